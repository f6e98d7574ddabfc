//! [`Worker`]: one worker process, from its start to how it [ended](Ending).

use super::error::{WorkerError, tail};
use super::lines::{Received, collect};
use crate::client::spec::WorkerSpec;
use crate::client::wire::{Account, START, STOP};
use crate::runtime::{Process, RuntimeError};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How often a process that should end is checked.
const EXIT_POLL: Duration = Duration::from_millis(5);
/// How long a worker may take to end after its account: librdkafka joins its threads.
const EXIT_LIMIT: Duration = Duration::from_secs(5);

/// How the runtime starts a command among the clients.
pub(super) type Spawn<'a> = &'a dyn Fn(Command) -> Result<Child, RuntimeError>;

/// How a worker ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// It finished and reported everything.
    Finished(Box<Account>),
    /// A fault killed it: messages without an outcome stay unknown.
    KilledByFault,
}

/// One worker process. Dropping it kills it.
pub struct Worker {
    child: Child,
    stdin: ChildStdin,
    received: Arc<Received>,
    log: PathBuf,
    death_excused: bool,
    /// When it was told to end.
    stop_sent: Option<Instant>,
}

impl Worker {
    /// Starts `chaos worker` on `spec` through `spawn`. Its specification and its log go to `dir`.
    pub fn spawn(spawn: Spawn<'_>, spec: &WorkerSpec, dir: &Path) -> Result<Self, WorkerError> {
        let exe = std::env::current_exe()
            .map_err(|source| WorkerError::Io { what: "own program".into(), source })?;
        std::fs::create_dir_all(dir)
            .map_err(|source| WorkerError::Io { what: dir.display().to_string(), source })?;
        let path = dir.join("worker.json");
        spec.write(&path)?;
        let mut command = Command::new(exe);
        command.arg("worker").arg(&path);
        Worker::spawn_command(spawn, command, dir)
    }

    fn spawn_command(
        spawn: Spawn<'_>,
        mut command: Command,
        dir: &Path,
    ) -> Result<Self, WorkerError> {
        let log = dir.join("worker.log");
        let io = |what: &str| {
            let what = what.to_owned();
            move |source| WorkerError::Io { what, source }
        };
        let stderr = File::create(&log).map_err(io(&log.display().to_string()))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = spawn(command)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            let source = io::Error::other("the runtime did not keep stdin and stdout");
            return Err(WorkerError::Io { what: "pipes".into(), source });
        };
        let received = Arc::new(Received::default());
        let worker = Worker {
            child,
            stdin,
            received: Arc::clone(&received),
            log: log.clone(),
            death_excused: false,
            stop_sent: None,
        };
        thread::Builder::new()
            .name("worker lines".into())
            .spawn(move || collect(stdout, &received, &log))
            .map_err(io("thread"))?;
        Ok(worker)
    }

    /// Its process id, as this process sees it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it is ready to begin.
    pub fn wait_ready(&mut self, limit: Duration) -> Result<(), WorkerError> {
        let lines = self.received.wait(limit, |lines| lines.ready);
        if lines.ready {
            return Ok(());
        }
        if lines.closed {
            return Err(self.died(EXIT_LIMIT)?);
        }
        Err(self.silent("get ready", limit))
    }

    /// Tells it to begin.
    pub fn start(&mut self) -> Result<(), WorkerError> {
        self.say(START)
    }

    /// Tells it to end. It settles what is open then, and tells its account.
    ///
    /// # Errors
    /// When it has died, and neither was that excused nor had it finished.
    pub fn stop(&mut self) -> Result<(), WorkerError> {
        self.stop_sent = Some(Instant::now());
        let said = self.say(STOP);
        // It may have finished by itself, with its last line still on the way.
        let finished = || self.received.wait(EXIT_LIMIT, |_| false).account.is_some();
        match said {
            Err(_) if self.death_excused || finished() => Ok(()),
            other => other,
        }
    }

    fn say(&mut self, word: &str) -> Result<(), WorkerError> {
        let said = writeln!(self.stdin, "{word}").and_then(|()| self.stdin.flush());
        match said {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(self.died(EXIT_LIMIT)?),
            Err(source) => Err(WorkerError::Io { what: "stdin".into(), source }),
        }
    }

    /// A fault has killed it, or is about to: its death by a signal is no error from now on.
    pub fn excuse_death(&mut self) {
        self.death_excused = true;
    }

    /// Whether it is stopped by a signal.
    pub fn is_stopped(&self) -> bool {
        Process::find(self.pid() as i32).is_some_and(|process| process.state() == Some('T'))
    }

    /// Whether it has ended or told its account: it does nothing more.
    pub fn has_ended(&self) -> bool {
        let lines = self.received.lock();
        lines.closed || lines.failed || lines.account.is_some()
    }

    /// Waits until it has told its account and ended; call [`Worker::stop`] before, unless it
    /// ends by itself. After `limit` it is killed.
    ///
    /// # Errors
    /// When it died unexpectedly, or `limit` passed without an account.
    pub fn finish(&mut self, limit: Duration) -> Result<Ending, WorkerError> {
        let lines = self.received.wait(limit, |lines| lines.account.is_some());
        if lines.account.is_none() && !lines.closed {
            let waited = self.stop_sent.map_or(limit, |since| since.elapsed());
            let silent = self.silent("finish", waited);
            self.kill()?;
            return Err(silent);
        }
        let Some(status) = self.wait_exit(EXIT_LIMIT)? else {
            // It has reported everything; if librdkafka hangs at its end, that changes nothing.
            let silent = self.silent("end after it had finished", EXIT_LIMIT);
            self.kill()?;
            return lines.account.map(Ending::Finished).ok_or(silent);
        };
        // The process is gone, so its last line comes right away, if it wrote one.
        self.received.wait(EXIT_LIMIT, |_| false);
        self.ending(status)
    }

    fn ending(&self, status: ExitStatus) -> Result<Ending, WorkerError> {
        match self.received.lock().account.clone() {
            Some(account) => Ok(Ending::Finished(account)),
            None if self.death_excused && status.signal().is_some() => Ok(Ending::KilledByFault),
            None => Err(WorkerError::Died { pid: self.pid(), status, tail: tail(&self.log) }),
        }
    }

    /// The error for a worker whose pipes are closed.
    fn died(&mut self, limit: Duration) -> Result<WorkerError, WorkerError> {
        Ok(match self.wait_exit(limit)? {
            Some(status) => WorkerError::Died { pid: self.pid(), status, tail: tail(&self.log) },
            None => self.silent("end after it closed its pipes", limit),
        })
    }

    fn silent(&self, what: &'static str, waited: Duration) -> WorkerError {
        let (pid, tail) = (self.pid(), tail(&self.log));
        if self.is_stopped() {
            return WorkerError::Stopped { pid, what, tail };
        }
        WorkerError::Silent { pid, what, waited, tail }
    }

    fn try_wait(&mut self) -> Result<Option<ExitStatus>, WorkerError> {
        self.child
            .try_wait()
            .map_err(|source| WorkerError::Io { what: "exit status".into(), source })
    }

    fn wait_exit(&mut self, limit: Duration) -> Result<Option<ExitStatus>, WorkerError> {
        let since = Instant::now();
        loop {
            let status = self.try_wait()?;
            if status.is_some() || since.elapsed() >= limit {
                return Ok(status);
            }
            thread::sleep(EXIT_POLL);
        }
    }

    fn kill(&mut self) -> Result<(), WorkerError> {
        self.child
            .kill()
            .and_then(|()| self.child.wait())
            .map(drop)
            .map_err(|source| WorkerError::Io { what: "process".into(), source })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // On the way out there is nobody to tell; the runtime kills what it made anyway.
        let _ = self.kill();
    }
}

#[cfg(test)]
mod tests;
