//! How long each phase of a run took.

use super::Bus;
use crate::event::RunEvent;
use crate::result::Phase;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Phases {
    bus: Bus,
    done: Vec<Phase>,
    current: Option<(String, Instant)>,
}

impl Phases {
    pub(crate) fn new(bus: Bus) -> Self {
        Phases { bus, done: Vec::new(), current: None }
    }

    /// Ends the current phase, if any, and begins the next.
    pub(crate) fn begin(&mut self, name: &str, expected: Option<Duration>) {
        self.end();
        self.current = Some((name.to_owned(), Instant::now()));
        let expected_ms = expected.map(|d| d.as_millis() as u64);
        self.bus.tell(RunEvent::Phase { name: name.to_owned(), expected_ms });
    }

    /// Ends the current phase.
    pub(crate) fn end(&mut self) {
        if let Some((name, begun)) = self.current.take() {
            self.done.push(Phase { name, ms: begun.elapsed().as_secs_f64() * 1e3 });
        }
    }

    pub(crate) fn into_done(mut self) -> Vec<Phase> {
        self.end();
        self.done
    }
}
