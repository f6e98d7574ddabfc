//! The bus: stamps every event of a run with its time and sends it to the one listener.

use crate::clock::Epoch;
use crate::event::{Far, RunEvent, Stamped, Step};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

/// Sends events; cheap to clone, usable from every thread.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    epoch: Epoch,
    zero_us: Arc<AtomicU64>,
    listener: mpsc::Sender<Stamped>,
}

/// The scenario's clock has no zero yet.
const NO_ZERO: u64 = u64::MAX;

impl Bus {
    pub(crate) fn new(epoch: Epoch, listener: mpsc::Sender<Stamped>) -> Self {
        Bus { epoch, zero_us: Arc::new(AtomicU64::new(NO_ZERO)), listener }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Sets the scenario's zero to now and reports it.
    pub(crate) fn zero(&self) -> u64 {
        let now_us = self.epoch.elapsed_us();
        self.zero_us.store(now_us, Ordering::Release);
        self.tell(RunEvent::Zero);
        now_us
    }

    /// The scenario's zero, in microseconds of the run's clock, once it is set.
    pub(crate) fn zero_us(&self) -> Option<u64> {
        Some(self.zero_us.load(Ordering::Acquire)).filter(|z| *z != NO_ZERO)
    }

    /// Sends an event, as of now.
    pub(crate) fn tell(&self, event: RunEvent) {
        let now_us = self.epoch.elapsed_us();
        let since_start_ms = now_us as f64 / 1e3;
        let at_ms = self.zero_us().map(|zero_us| (now_us as f64 - zero_us as f64) / 1e3);
        // The listener outlives the run; if it is gone, nobody needs the event.
        drop(self.listener.send(Stamped { since_start_ms, at_ms, event }));
    }

    /// Tells a person at a terminal how far something is.
    pub(crate) fn step(&self, what: &'static str, far: Far) {
        self.tell(RunEvent::Step(Step { what, far }));
    }

    /// Sends a note that changes no verdict.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.tell(RunEvent::Note { text: text.into() });
    }
}
