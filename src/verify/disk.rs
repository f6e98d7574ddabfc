//! Whether an election can have cut off what is lost, or whether the later leader once had it.
//!
//! An election takes away only what the new leader never had. Whoever acknowledged a message had
//! it; with acks=all, so did every in-sync replica.

use super::partition_facts::PartitionFacts;
use super::types::{Act, AllDown, Leadership};
use super::unavailable::scenario_ms;
use crate::kafka::leaders::SIGHTING_US;
use std::collections::BTreeSet;

/// The leader of a later epoch, if it had what was acknowledged between two times before it led,
/// and no replica without it can have led in between. If several brokers may have acknowledged,
/// this must hold for each.
pub(super) fn leader_that_had_it(
    facts: &PartitionFacts<'_>,
    acked_by: &[Leadership],
    acked_us: (u64, u64),
    epoch: i32,
) -> Option<i32> {
    let leaders = &facts.leaders;
    let leader = leaders.leader_of(epoch)?;
    let had = |one: &Leadership| {
        // A zombie acknowledges what others never get.
        let was_over = leaders.deposed_us(one.epoch).is_some_and(|at_us| at_us <= acked_us.1);
        let had = who_had_it(facts, *one, acked_us);
        let between_too = if facts.input.unclean_elections || !facts.client.all_in_sync {
            leaders.replicas().is_subset(&had) || leaders.only_led_by(&had, one.epoch, epoch)
        } else {
            // Only in-sync replicas are elected.
            true
        };
        one.epoch < epoch && !was_over && had.contains(&leader) && between_too
    };
    (!acked_by.is_empty() && acked_by.iter().all(had)).then_some(leader)
}

/// Who certainly had it.
fn who_had_it(
    facts: &PartitionFacts<'_>,
    acked_by: Leadership,
    acked_us: (u64, u64),
) -> BTreeSet<i32> {
    let mut had = BTreeSet::from([acked_by.broker]);
    if facts.client.all_in_sync {
        // A replica may have fallen out of sync just before, and nobody was asked after that. Then
        // it could only lead by an unclean election.
        let sure = !facts.input.unclean_elections
            || facts.leaders.was_seen_until(acked_by.epoch, acked_us.1 + SIGHTING_US);
        if sure {
            had.extend(facts.leaders.in_sync(acked_by.epoch, acked_us.0, acked_us.1));
        }
    }
    had
}

/// The time between the acknowledgement and the election in which no replica answered, and the
/// faults in it that can have touched a disk.
pub(super) fn all_down(
    facts: &PartitionFacts<'_>,
    acked_us: (u64, u64),
    epoch: i32,
) -> Option<AllDown> {
    let elected_us = facts.leaders.elected_us(epoch)?;
    let replicas = facts.leaders.replicas();
    let mut silences = facts.leaders.silences_of_all(&replicas).into_iter();
    let (from_us, to_us) =
        silences.find(|(from_us, to_us)| *from_us <= elected_us && *to_us >= acked_us.1)?;
    let touched = facts.input.faults.iter().filter(|fault| {
        let can = match fault.act {
            Act::Kill => fault.brokers.iter().any(|broker| replicas.contains(broker)),
            Act::Exec => true,
            Act::Stop | Act::Cut | Act::Elect | Act::Other => false,
        };
        can && fault.called_us <= to_us && fault.healed_us >= from_us
    });
    Some(AllDown {
        from_ms: scenario_ms(from_us, facts.input.zero_us),
        to_ms: scenario_ms(to_us, facts.input.zero_us),
        faults: touched.map(|fault| fault.index).collect(),
    })
}
