//! [`movers`]: the faults that moved a partition's leader, or asked for that.

use super::partition_facts::PartitionFacts;
use super::types::{Act, FaultWindow};
use crate::kafka::leaders::SIGHTING_US;

/// The faults that moved the leader from one epoch to a later one, by their position in the plan.
///
/// A leader is deposed for what happens to it. So a fault moved it if it acted on its broker, was
/// proved, and was in force when the leader was deposed, or until just before: a broker that wakes
/// too late is deposed all the same. Requests for elections are included, whether or not they were
/// heard.
pub(super) fn movers(facts: &PartitionFacts<'_>, from_epoch: i32, to_epoch: i32) -> Vec<u16> {
    let leaders = &facts.leaders;
    let mut old = from_epoch;
    let mut moved: Vec<u16> = Vec::new();
    for new in leaders.epochs_led(from_epoch, to_epoch) {
        let deposed = leaders.leader_of(old).zip(leaders.deposed_us(old));
        let elected_us = leaders.elected_us(new);
        let did = |fault: &&FaultWindow| match fault.act {
            Act::Stop | Act::Kill | Act::Cut | Act::Exec => {
                deposed.is_some_and(|(broker, at_us)| {
                    fault.brokers.contains(&broker) && held_at(fault, at_us)
                })
            }
            Act::Elect => elected_us.is_some_and(|at_us| held_at(fault, at_us)),
            Act::Other => false,
        };
        moved.extend(facts.input.faults.iter().filter(did).map(|fault| fault.index));
        old = new;
    }
    moved.sort_unstable();
    moved.dedup();
    moved
}

/// Whether a fault may have been in force at a change, which may have been seen late. It must have
/// been proved, but a proof may come later than the effect.
fn held_at(fault: &FaultWindow, seen_us: u64) -> bool {
    fault.effective_us.is_some()
        && fault.called_us <= seen_us
        && fault.healed_us.saturating_add(SIGHTING_US) >= seen_us
}
