//! [`LatencyPhases`]: tells the workers which phase their messages' latencies belong to.

use crate::event::FaultStep;
use crate::ledger::{LatencyPhase, Ledger, PhaseChange};
use parking_lot::Mutex;
use std::collections::BTreeSet;

/// Records in every ledger when a phase begins: before, during and after faults. A fault is in
/// force from its call to the end of its healing.
pub(super) struct LatencyPhases<'a> {
    ledgers: Vec<&'a Ledger>,
    zero_us: u64,
    state: Mutex<State>,
}

struct State {
    in_force: BTreeSet<u16>,
    since_us: u64,
}

impl<'a> LatencyPhases<'a> {
    /// The scenario's clock shows zero.
    pub(super) fn begin(ledgers: impl Iterator<Item = &'a Ledger>, zero_us: u64) -> Self {
        let state = State { in_force: BTreeSet::new(), since_us: zero_us };
        let phases =
            LatencyPhases { ledgers: ledgers.collect(), zero_us, state: Mutex::new(state) };
        phases.note(LatencyPhase::Before, zero_us);
        phases
    }

    /// A fault is called, at `called_at_ms` of the scenario's clock: what it strikes from now on
    /// counts as during it, even if its injection is slow.
    pub(super) fn call(&self, index: u16, called_at_ms: f64) {
        let at_us = self.zero_us + (called_at_ms * 1e3).max(0.0) as u64;
        self.change(at_us, |in_force| in_force.insert(index));
    }

    /// A fault reached a step, at `now_us` of the run's clock. One that could not be injected is
    /// healed, too.
    pub(super) fn step(&self, index: u16, step: &FaultStep, now_us: u64) {
        if *step == FaultStep::Healed {
            self.change(now_us, |in_force| in_force.remove(&index));
        }
    }

    fn change(&self, at_us: u64, change: impl FnOnce(&mut BTreeSet<u16>) -> bool) {
        let mut state = self.state.lock();
        let had_any = !state.in_force.is_empty();
        change(&mut state.in_force);
        let has_any = !state.in_force.is_empty();
        if had_any != has_any {
            // Each fault has its own thread, so one may report an earlier time later.
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
        let phases = LatencyPhases::begin(ledgers.iter(), 1_000);
        // Called at 2 ms of the scenario's clock.
        phases.call(0, 2.0);
        phases.call(1, 3.0);
        phases.step(0, &FaultStep::Healed, 10_000);
        phases.step(1, &FaultStep::Healed, 11_000);
        // Its call precedes the heal that was reported first.
        phases.call(2, 9.5);
        phases.step(2, &FaultStep::Healed, 13_000);
        phases.call(3, 13.0);
        phases.step(3, &FaultStep::Failed { reason: "no".into() }, 14_500);
        phases.step(3, &FaultStep::Healed, 15_000);
        let found: Vec<_> =
            ledgers[0].phase_changes().iter().map(|one| (one.at_us, one.phase)).collect();
        let expected = [(1_000, Before), (3_000, During), (11_000, After), (11_000, During)];
        assert_eq!(found[..4], expected);
        assert_eq!(found[4..], [(13_000, After), (14_000, During), (15_000, After)]);
    }
}
