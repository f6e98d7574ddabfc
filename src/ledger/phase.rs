//! [`LatencyPhase`]: the parts of a run with separate latencies, and [`waits`], the one rule that
//! assigns a message's wait to them.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatencyPhase {
    /// Before the scenario's zero: connections are made, brokers' code is compiled.
    #[default]
    WarmUp,
    /// From zero to the first fault.
    Before,
    /// While a fault is in force.
    During,
    /// When no fault is in force any more.
    After,
}

impl LatencyPhase {
    /// In the order of their numbers.
    pub const ALL: [LatencyPhase; 4] =
        [LatencyPhase::WarmUp, LatencyPhase::Before, LatencyPhase::During, LatencyPhase::After];
}

/// A phase began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseChange {
    /// Microseconds of the run's clock.
    pub at_us: u64,
    pub phase: LatencyPhase,
}

/// The phases that a message's wait counts in, and how much of it, for a message that was due at
/// `due_us` and heard of at `until_us`.
///
/// A message belongs to the phase in which it was due, however late its acknowledgement comes. But
/// one that waits when a fault strikes says nothing about the time without a fault: it belongs to
/// [`LatencyPhase::During`], and the phase that the fault ended counts its wait until then.
///
/// `change(i)` returns the first `count` phase changes in order of time; before them all is
/// warm-up.
pub(crate) fn waits(
    count: usize,
    change: impl Fn(usize) -> PhaseChange,
    due_us: u64,
    until_us: u64,
) -> impl Iterator<Item = (LatencyPhase, u64)> {
    let mut index = count;
    let mut next = None;
    let mut phase = LatencyPhase::WarmUp;
    while index > 0 {
        let one = change(index - 1);
        if one.at_us <= due_us {
            phase = one.phase;
            break;
        }
        next = Some(one);
        index -= 1;
    }
    let wait_us = until_us.saturating_sub(due_us);
    let can_be_struck = matches!(phase, LatencyPhase::Before | LatencyPhase::After);
    let struck = next.filter(|next| {
        can_be_struck && next.phase == LatencyPhase::During && next.at_us < until_us
    });
    let (first, second) = match struck {
        Some(fault) => ((phase, fault.at_us - due_us), Some((LatencyPhase::During, wait_us))),
        None => ((phase, wait_us), None),
    };
    std::iter::once(first).chain(second)
}

#[cfg(test)]
mod tests {
    use super::LatencyPhase::{After, Before, During, WarmUp};
    use super::*;

    /// Zero at 10, a fault from 20 to 30, another from 40 to 50.
    const CHANGES: [(u64, LatencyPhase); 5] =
        [(10, Before), (20, During), (30, After), (40, During), (50, After)];

    fn of(due_us: u64, until_us: u64) -> Vec<(LatencyPhase, u64)> {
        let change = |i: usize| PhaseChange { at_us: CHANGES[i].0, phase: CHANGES[i].1 };
        waits(CHANGES.len(), change, due_us, until_us).collect()
    }

    // However late the acknowledgement, the phase is the one in which the message was due.
    #[test]
    fn a_message_belongs_to_the_phase_in_which_it_was_due() {
        assert_eq!(of(9, 99), [(WarmUp, 90)]);
        assert_eq!(of(10, 19), [(Before, 9)]);
        assert_eq!(of(20, 99), [(During, 79)]);
        assert_eq!(of(29, 30), [(During, 1)]);
        assert_eq!(of(30, 39), [(After, 9)]);
        assert_eq!(of(50, 999), [(After, 949)]);
        assert_eq!(of(12, 11), [(Before, 0)], "clocks of two threads may cross");
    }

    // In flight when the fault strikes: the baseline counts 1, the fault all 16. A second fault
    // treats messages sent between the two likewise.
    #[test]
    fn a_message_that_a_fault_strikes_is_the_fault_s_and_waited_until_then() {
        assert_eq!(of(19, 35), [(Before, 1), (During, 16)]);
        assert_eq!(of(19, 20), [(Before, 1)]);
        assert_eq!(of(35, 60), [(After, 5), (During, 25)]);
    }

    #[test]
    fn without_a_change_all_is_warm_up() {
        let none = |_: usize| unreachable!("there is none");
        assert_eq!(waits(0, none, 3, 8).collect::<Vec<_>>(), [(WarmUp, 5)]);
    }
}
