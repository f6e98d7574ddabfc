//! [`Init`]: the first process of the PID namespace in which every node lives. It sleeps until the
//! tool is gone, however that happened, then kills all processes and removes the scratch folder.

use super::advice::{Settings, Step, explain};
use super::namespace::{self, Forked, SingleThread};
use super::namespace_members::{Kind, living_in};
use super::scratch;
use crate::runtime::RuntimeError;
use nix::fcntl::OFlag;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, chdir, pipe2, setsid};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long init waits for killed processes before it removes their files nevertheless.
const DEATH_WITHIN: Duration = Duration::from_secs(3);
/// How long the tool waits for init at its own end.
const REMOVAL_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(2);

/// The tool's side of init.
#[derive(Debug)]
pub(super) struct Init {
    pid: Pid,
    namespace: File,
    /// Init reads the other end; it ends when this is closed.
    lifeline: Option<OwnedFd>,
    scratch: PathBuf,
}

impl Init {
    /// Makes the PID namespace and its init.
    pub(super) fn start(scratch: &Path, alone: &SingleThread) -> Result<Init, RuntimeError> {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC)
            .map_err(|errno| RuntimeError::io("making a pipe", errno.into()))?;
        let pid =
            namespace::clone_into_pid_namespace(alone, |forked| live(forked, reader, scratch))
                .map_err(|errno| explain(Step::PidNamespace, errno, &Settings::read()))?;
        let path = format!("/proc/{pid}/ns/pid");
        let namespace =
            File::open(&path).map_err(|e| RuntimeError::io(format!("opening {path}"), e))?;
        Ok(Init { pid, namespace, lifeline: Some(writer), scratch: scratch.to_owned() })
    }

    pub(super) fn namespace(&self) -> io::Result<File> {
        self.namespace.try_clone()
    }

    /// As the tool sees it.
    pub(super) fn pid(&self) -> Pid {
        self.pid
    }
}

impl Drop for Init {
    /// Ends all processes, and waits until the scratch folder is gone.
    fn drop(&mut self) {
        self.lifeline = None;
        let start = Instant::now();
        // Init itself can end only after the tool has reaped all children in the namespace; a
        // caller that dropped one without waiting must not make the tool hang here.
        while start.elapsed() < REMOVAL_WITHIN {
            let ended = waitpid(self.pid, Some(WaitPidFlag::WNOHANG)) != Ok(WaitStatus::StillAlive);
            if ended || !self.scratch.exists() {
                break;
            }
            std::thread::sleep(POLL);
        }
    }
}

/// Init's life; returns its exit status.
fn live(forked: Forked, lifeline: OwnedFd, scratch: &Path) -> i32 {
    match wait_for_the_end(forked, lifeline).and_then(|()| end(scratch)) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

/// Waits until nobody holds the other end of the lifeline.
fn wait_for_the_end(forked: Forked, lifeline: OwnedFd) -> io::Result<()> {
    // First of all: with a copy of the pipe's other end, init would wait for itself.
    let mut lifeline = namespace::keep_only(forked, lifeline)?;
    setsid()?;
    prctl::set_name(c"chaos-init")?;
    namespace::ignore_ended_children()?;
    chdir("/")?;
    let mut byte = [0];
    loop {
        match lifeline.read(&mut byte) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

fn end(scratch: &Path) -> io::Result<()> {
    let namespace = File::open("/proc/self/ns/pid")?;
    let start = Instant::now();
    // A stopped process dies as well. A dead process that was not reaped can write no more; the
    // host's init reaps a killed tool's orphans.
    while kill(Pid::from_raw(-1), Signal::SIGKILL).is_ok()
        && !living_in(Kind::Pid, &[&namespace])?.is_empty()
        && start.elapsed() < DEATH_WITHIN
    {
        std::thread::sleep(POLL);
    }
    scratch::remove(scratch)
}
