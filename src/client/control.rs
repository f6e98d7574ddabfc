//! [`Control`]: the conductor's words, as they reach a worker's role.

use super::wire::{START, STOP, log_line};
use crate::clock::Epoch;
use crate::exit::Exit;
use parking_lot::{Condvar, Mutex};
use std::io::{self, BufRead};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether to begin, and whether to end.
#[derive(Debug, Default)]
pub(crate) struct Control {
    started: Mutex<bool>,
    changed: Condvar,
    stopped: AtomicBool,
}

impl Control {
    /// Begins the work.
    pub(crate) fn start(&self) {
        *self.started.lock() = true;
        self.changed.notify_all();
    }

    /// Ends it.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.start();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn wait_for_start(&self) {
        let mut started = self.started.lock();
        while !*started {
            self.changed.wait(&mut started);
        }
    }
}

/// Follows the conductor's commands. When it is gone nobody needs a summary, and the ledger has
/// everything already: the process ends at once, without a flush.
pub(super) fn listen(control: &Control, epoch: Epoch) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.trim() {
            START => control.start(),
            STOP => control.stop(),
            other => log_line(epoch, &format!("the conductor sent an unknown word: {other}")),
        }
    }
    log_line(epoch, "the conductor is gone");
    std::process::exit(i32::from(Exit::Environment.code()));
}
