//! [`WorkerError`]: what went wrong with a worker, with the end of its log.

use crate::client::spec::SpecError;
use crate::runtime::RuntimeError;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

/// How much of a worker's log an error quotes.
const LOG_TAIL: u64 = 600;

/// What went wrong with a worker.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Its specification can't be written.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The process can't be made.
    #[error("the worker can't be started: {0}")]
    Spawn(#[from] RuntimeError),
    /// Its folder, its log or its pipes fail.
    #[error("the worker's {what}: {source}")]
    Io { what: String, source: io::Error },
    /// It did not answer.
    #[error("the worker (process {pid}) did not {what} within {:.1} s{tail}", .waited.as_secs_f64())]
    Silent { pid: u32, what: &'static str, waited: Duration, tail: String },
    /// It was told to end and could not, because it is stopped.
    #[error("the worker (process {pid}) is stopped by a signal, so it could not {what}{tail}")]
    Stopped { pid: u32, what: &'static str, tail: String },
    /// It died, and no fault had killed it.
    #[error("the worker (process {pid}) ended, {status}, and no fault killed it{tail}")]
    Died { pid: u32, status: ExitStatus, tail: String },
}

/// The end of a worker's log, for an error's text.
pub(super) fn tail(log: &Path) -> String {
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
