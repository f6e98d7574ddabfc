//! The calls into the kernel that Rust cannot check: forking, descriptors, signal dispositions and
//! what a child does between fork and exec. Everything else about namespaces is safe code.
#![expect(unsafe_code, reason = "fork, clone, close_range, signal and pre_exec have no safe form")]

use crate::runtime::RuntimeError;
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::unistd::{ForkResult, Pid, fork, getppid, setsid};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

/// Where [`keep_only`] puts the descriptor that it keeps.
const KEPT_FD: i32 = 3;

/// Proof that this process has one thread. A copy of a process with more would have the locks of
/// threads that it lacks; nor may such a process enter a user namespace.
pub(super) struct SingleThread(());

impl SingleThread {
    pub(super) fn check() -> Result<SingleThread, RuntimeError> {
        let threads = fs::read_dir("/proc/self/task")
            .map_err(|e| RuntimeError::io("reading /proc/self/task", e))?
            .count();
        if threads == 1 {
            return Ok(SingleThread(()));
        }
        let what = format!("namespaces must be entered before the process has {threads} threads");
        Err(RuntimeError::new(what))
    }
}

/// Proof that this process has just been forked: nothing in it owns what it has inherited.
pub(super) struct Forked(());

/// Runs `child` in a copy of this process, as the first process of its own PID namespace.
pub(super) fn clone_into_pid_namespace(
    _: &SingleThread,
    child: impl FnOnce(Forked) -> i32,
) -> nix::Result<Pid> {
    let flags = (libc::CLONE_NEWPID | libc::SIGCHLD) as libc::c_long;
    let none: libc::c_long = 0;
    // SAFETY: without CLONE_VM this is fork(2): the child gets a copy of the address space and
    // continues on the same stack. The process has one thread, so no lock is held in the copy. All
    // pointers (stack, tid addresses, tls) are null, which requests none of their features.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, none, none, none, none) };
    match Errno::result(pid)? {
        0 => exit_with(child(Forked(()))),
        pid => Ok(Pid::from_raw(pid as i32)),
    }
}

/// Runs `child` in a copy of this process; its value is the exit status.
pub(super) fn fork_helper(_: &SingleThread, child: impl FnOnce(Forked) -> i32) -> nix::Result<Pid> {
    // SAFETY: the process has one thread, so the child may do whatever the parent may.
    match unsafe { fork() }? {
        ForkResult::Child => exit_with(child(Forked(()))),
        ForkResult::Parent { child } => Ok(child),
    }
}

fn exit_with(status: i32) -> ! {
    // SAFETY: _exit has no preconditions; it runs none of the parent's exit handlers.
    unsafe { libc::_exit(status) }
}

/// Closes every descriptor except this one: nobody may wait for a forked process's copies of pipes
/// and locks.
pub(super) fn keep_only(_: Forked, kept: OwnedFd) -> nix::Result<File> {
    // SAFETY: dup2 takes any numbers; the owner of descriptor 3 does not run in this process.
    Errno::result(unsafe { libc::dup2(kept.as_raw_fd(), KEPT_FD) })?;
    // `kept` itself is closed below, unless it is descriptor 3.
    std::mem::forget(kept);
    let (first, last) = ((KEPT_FD + 1) as libc::c_uint, libc::c_uint::MAX);
    // SAFETY: close_range takes any numbers; nothing in this process uses the closed ones again.
    Errno::result(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) })?;
    for fd in 0..KEPT_FD {
        // SAFETY: as above. The result does not matter: a descriptor that is not open is closed.
        unsafe { libc::close(fd) };
    }
    // SAFETY: dup2 above opened descriptor 3, and nothing else owns it.
    Ok(unsafe { File::from_raw_fd(KEPT_FD) })
}

/// Ended children leave no zombies.
pub(super) fn ignore_ended_children() -> nix::Result<()> {
    // SAFETY: ignoring a signal installs no handler that could run at a bad moment.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.map(drop)
}

/// Makes the child of `command` die with the thread that spawns it, and live in this network
/// namespace if one is given; signals are reset, and Ctrl-C does not reach it. A `parent` that the
/// child can see is checked once more, because it may have died meanwhile.
pub(super) fn confine(command: &mut Command, netns: Option<Arc<File>>, parent: Option<Pid>) {
    let in_child = move || -> io::Result<()> {
        if let Some(netns) = &netns {
            setns(&**netns, CloneFlags::CLONE_NEWNET)?;
        }
        setsid()?;
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        if parent.is_some_and(|parent| getppid() != parent) {
            return Err(Errno::ESRCH.into());
        }
        prctl::set_no_new_privs()?;
        forget_signals()?;
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec. It makes system calls only, on a descriptor
    // that the Arc keeps open, and neither allocates nor takes locks.
    unsafe { command.pre_exec(in_child) };
}

/// Signals that the tool (or its shell) ignores or blocks would stay so in the child: a JVM must
/// get its SIGTERM.
fn forget_signals() -> nix::Result<()> {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: the default disposition is no handler. SIGKILL, SIGSTOP and the two that libc
        // reserves refuse, which is fine.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    SigSet::empty().thread_set_mask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_threads_is_refused() {
        // The test harness has threads.
        let checked = std::thread::spawn(|| SingleThread::check().map(drop));
        let error = checked.join().unwrap().unwrap_err();
        assert!(error.to_string().contains("threads"), "{error}");
    }
}
