//! [`Received`]: the lines of a worker, collected on a thread of their own.

use crate::client::wire::{Account, WorkerEvent};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::ChildStdout;
use std::time::Duration;

/// What the worker has said so far.
#[derive(Default)]
pub(super) struct Received {
    lines: Mutex<Lines>,
    changed: Condvar,
}

#[derive(Clone, Default)]
pub(super) struct Lines {
    pub(super) ready: bool,
    /// Nothing more will come.
    pub(super) closed: bool,
    pub(super) failed: bool,
    pub(super) account: Option<Box<Account>>,
}

impl Received {
    pub(super) fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock()
    }

    /// Waits until `done` holds or nothing more will come; returns the lines then.
    pub(super) fn wait(&self, limit: Duration, done: impl Fn(&Lines) -> bool) -> Lines {
        let mut lines = self.lock();
        self.changed.wait_while_for(&mut lines, |lines| !lines.closed && !done(lines), limit);
        lines.clone()
    }
}

/// Reads the worker's lines to their end. An invalid line goes to its log.
pub(super) fn collect(stdout: ChildStdout, received: &Received, log: &Path) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let event = serde_json::from_str(&line);
        let mut lines = received.lock();
        match event {
            Ok(WorkerEvent::Ready) => lines.ready = true,
            Ok(WorkerEvent::Fatal { .. }) => lines.failed = true,
            Ok(WorkerEvent::Finished { account }) => lines.account = Some(account),
            Err(error) => {
                let note = format!("an invalid line on stdout ({error}): {line}\n");
                // If the log cannot be written either, the line is dropped.
                let _ = File::options()
                    .append(true)
                    .open(log)
                    .and_then(|mut log| log.write_all(note.as_bytes()));
            }
        }
        drop(lines);
        received.changed.notify_all();
    }
    received.lock().closed = true;
    received.changed.notify_all();
}
