//! [`LatencyPhases`]: tells the workers which phase their messages' latencies belong to.

use crate::event::FaultStep;
use crate::ledger::{LatencyPhase, Ledger, PhaseChange};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Notes in every ledger when a phase begins: before, during and after faults. A fault is in force
/// from its call to the end of its healing.
pub struct LatencyPhases<'a> {
    ledgers: &'a [Ledger],
    zero_us: u64,
    state: Mutex<State>,
}

struct State {
    in_force: BTreeSet<u16>,
    since_us: u64,
}

impl<'a> LatencyPhases<'a> {
    /// The scenario's clock shows zero.
    pub fn begin(ledgers: &'a [Ledger], zero_us: u64) -> Self {
        let state = State { in_force: BTreeSet::new(), since_us: zero_us };
        let phases = LatencyPhases { ledgers, zero_us, state: Mutex::new(state) };
        phases.note(LatencyPhase::Before, zero_us);
        phases
    }

    /// A fault went on, as of `now_us` of the run's clock.
    pub fn step(&self, index: u16, step: &FaultStep, now_us: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let had_any = !state.in_force.is_empty();
        let at_us = match step {
            FaultStep::Injected { called_at_ms, .. } => {
                state.in_force.insert(index);
                self.zero_us + (called_at_ms * 1e3).max(0.0) as u64
            }
            FaultStep::Healed => {
                state.in_force.remove(&index);
                now_us
            }
            FaultStep::Effective(_) | FaultStep::Undone { .. } | FaultStep::Failed { .. } => return,
        };
        let has_any = !state.in_force.is_empty();
        if had_any != has_any {
            // Each fault's own thread tells of it, so one may tell late of an earlier time.
            state.since_us = state.since_us.max(at_us);
            let phase = if has_any { LatencyPhase::During } else { LatencyPhase::After };
            self.note(phase, state.since_us);
        }
    }

    fn note(&self, phase: LatencyPhase, at_us: u64) {
        self.ledgers.iter().for_each(|ledger| ledger.begin_phase(PhaseChange { at_us, phase }));
    }
}

#[cfg(test)]
mod tests {
    use super::LatencyPhase::{After, Before, During};
    use super::*;
    use crate::ledger::{LedgerWriter, ProducerId};

    // Two faults overlap, a third comes when they are healed, and a fourth could not be injected.
    #[test]
    fn any_fault_in_force_makes_it_during() {
        let dir = tempfile::tempdir().unwrap();
        let id = ProducerId { run: 1, cell: 0, producer: 0 };
        drop(LedgerWriter::create(dir.path(), id, 1).unwrap());
        let ledgers = [Ledger::open(dir.path()).unwrap()];
        let phases = LatencyPhases::begin(&ledgers, 1_000);
        let injected = |called_at_ms| FaultStep::Injected { nodes: Vec::new(), called_at_ms };
        // Called at 2 ms of the scenario's clock, and told of when that was done.
        phases.step(0, &injected(2.0), 9_000);
        phases.step(1, &injected(3.0), 9_000);
        phases.step(0, &FaultStep::Healed, 10_000);
        phases.step(1, &FaultStep::Healed, 11_000);
        // Its call lies before the heal that was told first.
        phases.step(2, &injected(9.5), 12_000);
        phases.step(2, &FaultStep::Healed, 13_000);
        phases.step(3, &FaultStep::Failed { reason: "no".into() }, 14_000);
        phases.step(3, &FaultStep::Healed, 15_000);
        let found: Vec<_> =
            ledgers[0].phase_changes().iter().map(|one| (one.at_us, one.phase)).collect();
        let expected = [(1_000, Before), (3_000, During), (11_000, After), (11_000, During)];
        assert_eq!(found[..4], expected);
        assert_eq!(found[4..], [(13_000, After)]);
    }
}
