//! [`Worker`]: the tool's side of one worker process. It starts it, gives it its words, collects
//! its lines, and tells a death that a fault caused from one that nobody expected.

use super::spec::{SpecError, WorkerSpec};
use super::wire::{Errors, START, STOP, Summary, WorkerEvent};
use crate::runtime::{Process, RuntimeError};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often a process is looked at that is expected to end.
const EXIT_POLL: Duration = Duration::from_millis(5);
/// How long a worker may take to end after its summary: librdkafka joins its threads.
const EXIT_LIMIT: Duration = Duration::from_secs(5);
/// How much of the end of a worker's log an error quotes, in bytes.
const LOG_TAIL: u64 = 600;

/// How the runtime starts a command among the clients.
pub(super) type Spawn<'a> = &'a dyn Fn(Command) -> Result<Child, RuntimeError>;

/// What went wrong with a worker.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Its orders can't be written.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The process can't be made.
    #[error("the worker can't be started: {0}")]
    Spawn(#[from] RuntimeError),
    /// Its folder, its log or its pipes fail.
    #[error("the worker's {what}: {source}")]
    Io {
        /// Which of them.
        what: String,
        /// The reason.
        source: io::Error,
    },
    /// It did not answer.
    #[error("the worker (process {pid}) did not {what} within {:.1} s{tail}", .waited.as_secs_f64())]
    Silent {
        /// Its process.
        pid: u32,
        /// What was waited for.
        what: &'static str,
        /// How long.
        waited: Duration,
        /// The end of its log.
        tail: String,
    },
    /// It was told to end and could not, because it is stopped.
    #[error("the worker (process {pid}) is stopped by a signal, so it could not {what}{tail}")]
    Stopped {
        /// Its process.
        pid: u32,
        /// What was waited for.
        what: &'static str,
        /// The end of its log.
        tail: String,
    },
    /// It died, and no fault had killed it.
    #[error("the worker (process {pid}) ended, {status}, and no fault killed it{tail}")]
    Died {
        /// Its process.
        pid: u32,
        /// How it ended.
        status: ExitStatus,
        /// The end of its log.
        tail: String,
    },
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// It finished and told everything.
    Finished(Box<Summary>),
    /// A fault killed it: what it had sent without an outcome stays unknown.
    KilledByFault,
}

/// One worker process. Dropped, it is killed.
pub struct Worker {
    child: Child,
    stdin: ChildStdin,
    told: Arc<Told>,
    log: PathBuf,
    death_excused: bool,
    /// When it was told to end.
    told_to_stop: Option<Instant>,
}

/// What the worker has told so far.
#[derive(Default)]
struct Told {
    lines: Mutex<Lines>,
    changed: Condvar,
}

#[derive(Clone, Default)]
struct Lines {
    ready: bool,
    /// Nothing more will come.
    closed: bool,
    errors: Errors,
    fatal: Option<String>,
    summary: Option<Summary>,
}

impl Told {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done` holds or nothing more will come; gives what holds then.
    fn wait(&self, limit: Duration, done: impl Fn(&Lines) -> bool) -> Lines {
        let (lines, _) = self
            .changed
            .wait_timeout_while(self.lock(), limit, |lines| !lines.closed && !done(lines))
            .unwrap_or_else(PoisonError::into_inner);
        lines.clone()
    }
}

impl Worker {
    /// Starts `chaos worker` on `spec` through `spawn`. Its orders and its log go to `dir`.
    ///
    /// # Errors
    /// When its folder can't be written or the process can't be made.
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
        let told = Arc::new(Told::default());
        let worker = Worker {
            child,
            stdin,
            told: Arc::clone(&told),
            log: log.clone(),
            death_excused: false,
            told_to_stop: None,
        };
        thread::Builder::new()
            .name("worker lines".into())
            .spawn(move || collect(stdout, &told, &log))
            .map_err(io("thread"))?;
        Ok(worker)
    }

    /// Its process id, as this process sees it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it is ready to send.
    ///
    /// # Errors
    /// When it dies or `limit` passes before.
    pub fn wait_ready(&mut self, limit: Duration) -> Result<(), WorkerError> {
        let lines = self.told.wait(limit, |lines| lines.ready);
        if lines.ready {
            return Ok(());
        }
        if lines.closed {
            return Err(self.died(EXIT_LIMIT)?);
        }
        Err(self.silent("get ready", limit))
    }

    /// Tells it to begin sending.
    ///
    /// # Errors
    /// When it has died.
    pub fn start(&mut self) -> Result<(), WorkerError> {
        self.say(START)
    }

    /// Tells it to end sending. It flushes then, and tells its summary.
    ///
    /// # Errors
    /// When it has died, and neither was that excused nor had it finished.
    pub fn stop(&mut self) -> Result<(), WorkerError> {
        self.told_to_stop = Some(Instant::now());
        let said = self.say(STOP);
        // It may have finished by itself, its last line still on the way.
        let finished = || self.told.wait(EXIT_LIMIT, |_| false).summary.is_some();
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

    /// The errors it has told so far.
    pub fn errors(&self) -> Errors {
        self.told.lock().errors.clone()
    }

    /// Why it can send no more, if that is so.
    pub fn fatal(&self) -> Option<String> {
        self.told.lock().fatal.clone()
    }

    /// Whether it has ended or told its summary: nothing more is sent.
    pub fn has_ended(&self) -> bool {
        let lines = self.told.lock();
        lines.closed || lines.fatal.is_some() || lines.summary.is_some()
    }

    /// Its summary, once it has told it.
    pub fn summary(&self) -> Option<Summary> {
        self.told.lock().summary.clone()
    }

    /// Whether it is as it should be: alive, or finished, or killed by a fault.
    ///
    /// # Errors
    /// When it died unexpectedly.
    pub fn check(&mut self) -> Result<(), WorkerError> {
        match self.try_wait()? {
            None => Ok(()),
            Some(status) => self.ending(status).map(drop),
        }
    }

    /// Waits until it has told its summary and ended; call [`Worker::stop`] before, unless it
    /// ends by itself. After `limit` it is killed.
    ///
    /// # Errors
    /// When it died unexpectedly, or `limit` passed without a summary.
    pub fn finish(&mut self, limit: Duration) -> Result<Ending, WorkerError> {
        let lines = self.told.wait(limit, |lines| lines.summary.is_some());
        if lines.summary.is_none() && !lines.closed {
            let waited = self.told_to_stop.map_or(limit, |since| since.elapsed());
            let silent = self.silent("finish", waited);
            self.kill()?;
            return Err(silent);
        }
        let Some(status) = self.wait_exit(EXIT_LIMIT)? else {
            // It has told everything; that librdkafka hangs in its own end changes nothing.
            let silent = self.silent("end after it had finished", EXIT_LIMIT);
            self.kill()?;
            return self.summary().map(|summary| Ending::Finished(Box::new(summary))).ok_or(silent);
        };
        // The process is gone, so its last line comes right away, if it wrote one.
        self.told.wait(EXIT_LIMIT, |_| false);
        self.ending(status)
    }

    fn ending(&self, status: ExitStatus) -> Result<Ending, WorkerError> {
        match self.summary() {
            Some(summary) => Ok(Ending::Finished(Box::new(summary))),
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

/// Reads the worker's lines to their end. A line that is none goes to its log.
fn collect(stdout: ChildStdout, told: &Told, log: &Path) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let event = serde_json::from_str(&line);
        let mut lines = told.lock();
        match event {
            Ok(WorkerEvent::Ready) => lines.ready = true,
            Ok(WorkerEvent::Errors { errors, .. }) => lines.errors = errors,
            Ok(WorkerEvent::Fatal { text, .. }) => lines.fatal = Some(text),
            Ok(WorkerEvent::Finished { summary }) => {
                lines.errors = summary.errors.clone();
                lines.summary = Some(summary);
            }
            Err(error) => {
                let note = format!("an invalid line on stdout ({error}): {line}\n");
                // The log is the only place for it; failing that, the line is worth nothing.
                let _ = File::options()
                    .append(true)
                    .open(log)
                    .and_then(|mut log| log.write_all(note.as_bytes()));
            }
        }
        drop(lines);
        told.changed.notify_all();
    }
    told.lock().closed = true;
    told.changed.notify_all();
}

/// The end of a worker's log, for an error's text.
fn tail(log: &Path) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    match read() {
        Ok(text) if text.is_empty() => format!("; its log {} is empty", log.display()),
        Ok(text) => format!("; its log {} ends with:\n{text}", log.display()),
        Err(error) => format!("; its log {} can't be read: {error}", log.display()),
    }
}

#[cfg(test)]
mod tests;
