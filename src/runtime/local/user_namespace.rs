//! Enters a user namespace in which the tool has all rights over the namespaces that it makes,
//! while users, groups and files stay what they were.

use super::advice::{Settings, Step, explain};
use super::namespace::{Forked, SingleThread, fork_helper, keep_only};
use crate::runtime::RuntimeError;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{getegid, geteuid, pipe2};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

/// Why no user namespace was entered.
pub(super) enum NotEntered {
    /// The process is unchanged.
    Unchanged(RuntimeError),
    /// It is in a user namespace without rights, and there is no way back.
    Stuck(RuntimeError),
}

/// Enters a user namespace with an identity map.
pub(super) fn enter(alone: &SingleThread) -> Result<(), NotEntered> {
    if geteuid().is_root() { enter_as_root(alone) } else { enter_as_user() }
}

/// An ordinary user may map only themselves.
fn enter_as_user() -> Result<(), NotEntered> {
    let (user, group) = (geteuid(), getegid());
    unshare_user()?;
    fs::write("/proc/self/setgroups", "deny")
        .and_then(|()| fs::write("/proc/self/uid_map", format!("{user} {user} 1\n")))
        .and_then(|()| fs::write("/proc/self/gid_map", format!("{group} {group} 1\n")))
        .map_err(|e| stuck(errno_of(&e)))
}

/// Root maps everybody, so that other users' files stay accessible. Only a process outside the
/// namespace may write such a map, so a helper is forked first.
fn enter_as_root(alone: &SingleThread) -> Result<(), NotEntered> {
    let unchanged = |what: &str, e: io::Error| NotEntered::Unchanged(RuntimeError::io(what, e));
    let users = identity_of("/proc/self/uid_map").map_err(|e| unchanged("reading uid_map", e))?;
    let groups = identity_of("/proc/self/gid_map").map_err(|e| unchanged("reading gid_map", e))?;
    let (reader, writer) =
        pipe2(OFlag::O_CLOEXEC).map_err(|errno| unchanged("making a pipe", errno.into()))?;
    let mut go = File::from(writer);
    let parent = std::process::id();
    let helper = fork_helper(alone, |forked| write_maps(forked, parent, reader, &users, &groups))
        .map_err(|errno| unchanged("forking", errno.into()))?;
    let entered = unshare_user();
    let told = if entered.is_ok() { go.write_all(&[1]) } else { Ok(()) };
    drop(go);
    let status = waitpid(helper, None);
    entered?;
    told.map_err(|e| stuck(errno_of(&e)))?;
    match status {
        Ok(WaitStatus::Exited(_, 0)) => Ok(()),
        Ok(WaitStatus::Exited(_, code)) => Err(stuck(Errno::from_raw(code))),
        Ok(_) => Err(stuck(Errno::EINTR)),
        Err(errno) => Err(stuck(errno)),
    }
}

fn unshare_user() -> Result<(), NotEntered> {
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| {
        NotEntered::Unchanged(explain(Step::UserNamespace, errno, &Settings::read()))
    })
}

fn stuck(errno: Errno) -> NotEntered {
    NotEntered::Stuck(explain(Step::UserMap, errno, &Settings::read()))
}

/// The helper: waits until the parent is in the namespace, and maps. Its exit status is an errno.
fn write_maps(forked: Forked, parent: u32, go: OwnedFd, users: &str, groups: &str) -> i32 {
    // With a copy of the pipe's other end, the helper would wait for itself.
    let mut go = match keep_only(forked, go) {
        Ok(go) => go,
        Err(errno) => return errno as i32,
    };
    match go.read_exact(&mut [0]) {
        // The parent gave up: there is nothing to map.
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return 0,
        Err(e) => return errno_of(&e) as i32,
        Ok(()) => {}
    }
    let written = fs::write(format!("/proc/{parent}/uid_map"), users)
        .and_then(|()| fs::write(format!("/proc/{parent}/gid_map"), groups));
    written.map_or_else(|e| errno_of(&e) as i32, |()| 0)
}

/// The identity map of every id that this process knows.
fn identity_of(map: &str) -> io::Result<String> {
    identity(&fs::read_to_string(map)?)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("{map} is unreadable")))
}

fn identity(map: &str) -> Option<String> {
    let mut lines = String::new();
    for line in map.lines() {
        let mut fields = line.split_whitespace();
        let (first, _outside, count) = (fields.next()?, fields.next()?, fields.next()?);
        lines.push_str(&format!("{first} {first} {count}\n"));
    }
    Some(lines)
}

fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

#[cfg(test)]
mod tests {
    use super::identity;

    #[test]
    fn the_map_is_the_identity_on_everybody_known() {
        let host = "         0          0 4294967295\n";
        assert_eq!(identity(host).as_deref(), Some("0 0 4294967295\n"));
        let container = " 0 100000 65536\n 65536 5 1\n";
        assert_eq!(identity(container).as_deref(), Some("0 0 65536\n65536 65536 1\n"));
        assert_eq!(identity("0 0\n"), None);
    }
}
