//! [`State`]: everything that the block knows, folded from a run's events.

use super::cells::Cells;
use super::faults::Faults;
use super::partitions::Partitions;
use crate::event::{FAULTS_PHASE, Observation, RunEvent, Stamped};

/// What is known so far. Times are milliseconds since the run began, unless they say otherwise.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Empty before the first event.
    pub scenario: String,
    /// The current phase.
    pub phase: Option<Phase>,
    /// When the scenario's clock showed zero.
    pub zero_ms: Option<f64>,
    /// Those in force, and those to come.
    pub faults: Faults,
    pub partitions: Partitions,
    pub cells: Cells,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Phase {
    pub name: String,
    pub since_ms: f64,
    /// How long it is expected to take.
    pub expected_ms: Option<u64>,
}

impl State {
    /// Folds the next event.
    pub(super) fn fold(&mut self, stamped: &Stamped) {
        let now_ms = stamped.since_start_ms;
        match &stamped.event {
            RunEvent::Started { scenario, cells, faults, times, topics, .. } => {
                self.scenario.clone_from(scenario);
                self.faults = Faults::planned(faults, times);
                self.partitions = Partitions::of(cells, topics);
                self.cells = Cells::of(cells);
            }
            RunEvent::Phase { name, expected_ms } => {
                let expected_ms = *expected_ms;
                self.phase = Some(Phase { name: name.clone(), since_ms: now_ms, expected_ms });
            }
            RunEvent::Zero => self.zero_ms = Some(now_ms),
            RunEvent::Progress { cells } => self.cells.progress(now_ms, cells),
            RunEvent::Fault { index, what, step } => {
                self.faults.step(*index, what, step, stamped.at_ms.unwrap_or(0.0));
            }
            RunEvent::Observed(Observation::Partition(view)) => self.partitions.claimed(view),
            RunEvent::Observed(Observation::Controller(view)) => self.partitions.controls(view),
            RunEvent::Observed(Observation::Broker(view)) => self.partitions.answers(view),
            RunEvent::Interrupted | RunEvent::Step(_) | RunEvent::Note { .. } => {}
        }
    }

    /// The scenario's clock in milliseconds; `None` before its zero.
    pub(super) fn at_ms(&self, now_ms: f64) -> Option<f64> {
        self.zero_ms.map(|zero_ms| now_ms - zero_ms)
    }

    /// Whether planned faults are still to come: one that did not begin in its phase never will.
    pub(super) fn faults_come(&self) -> bool {
        self.phase.as_ref().is_some_and(|phase| phase.name == FAULTS_PHASE)
    }
}
