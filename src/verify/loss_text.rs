//! A lost range in one sentence: what was promised, by whom, when, and what happened to it.

use super::partition_facts::PartitionFacts;
use super::types::{Act, Cause, Content, Leadership, Standing, Witness};
use super::words::{
    appended_by, counted, exact_seconds, is, leader_in, messages, seconds, span, them, was,
};
use crate::ledger::TopicFate;

/// For example `812 messages acknowledged by broker 0 in epoch 4 at offsets 5210-6021 of partition
/// 0 between 10.2 s and 11.0 s were truncated when broker 1 became leader in epoch 5`.
pub(super) fn of(facts: &PartitionFacts<'_>, witness: &Witness, cause: Cause) -> String {
    let promise = if facts.client.confirmed {
        acknowledged_by(&witness.acked_by)
    } else {
        "sent, unconfirmed (acks=0),".to_owned()
    };
    // Without offsets, only sequences identify these messages.
    let place = match (witness.offsets, witness.sequences) {
        (Some(offsets), _) => format!("at {} of", span("offset", offsets)),
        (None, Some(sequences)) => format!("with {} for", span("sequence", sequences)),
        (None, None) => "for".to_owned(),
    };
    format!(
        "{} {promise} {place} partition {}{} {}{}",
        messages(witness.count),
        witness.partition,
        when(witness),
        fate(facts, witness, cause),
        faults(facts, witness),
    )
}

/// ` (moved by: kill leader at 7 s for 4 s; in force: process_stop followers at 5 s for 2 s)`, or
/// nothing. A fault that did both is named once. Whether Kafka held an election because it was
/// asked is not known, so the text says only that it was asked.
fn faults(facts: &PartitionFacts<'_>, witness: &Witness) -> String {
    let (moved_by, in_force) = (&witness.moved_by, &witness.faults);
    let told: &[u16] = witness.all_down.as_ref().map_or(&[], |down| &down.faults);
    let asked = |fault: &&u16| {
        let act = facts.input.faults.iter().find(|one| one.index == **fault).map(|one| one.act);
        moved_by.contains(fault) && act == Some(Act::Elect)
    };
    let asked: Vec<u16> = moved_by.iter().filter(asked).copied().collect();
    let moved_by: Vec<u16> = moved_by.iter().filter(|one| !asked.contains(one)).copied().collect();
    let both = |fault: &&u16| moved_by.contains(fault) && in_force.contains(fault);
    let only = |faults: &[u16], others: &[u16]| -> Vec<u16> {
        faults.iter().filter(|one| !others.contains(one) && !told.contains(one)).copied().collect()
    };
    let groups = [
        ("in force, and moved the leader", moved_by.iter().filter(both).copied().collect()),
        ("moved by", only(&moved_by, in_force)),
        ("asked for an election", asked),
        ("in force", only(in_force, &moved_by)),
    ];
    let named = groups.iter().filter_map(|(role, faults): &(&str, Vec<u16>)| {
        Some(format!("{role}: {}", facts.named(faults)?))
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() { String::new() } else { format!(" ({})", named.join("; ")) }
}

fn acknowledged_by(candidates: &[Leadership]) -> String {
    let named = candidates.iter().map(|one| leader_in(Some(one.broker), one.epoch));
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        "acknowledged".to_owned()
    } else {
        format!("acknowledged by {}", named.join(" or "))
    }
}

fn when(witness: &Witness) -> String {
    let (Some(from), Some(to)) = (witness.acked_from_ms, witness.acked_to_ms) else {
        return String::new();
    };
    let (from, to) = (exact_seconds(from), exact_seconds(to));
    if from == to { format!(" at {from}") } else { format!(" between {from} and {to}") }
}

fn fate(facts: &PartitionFacts<'_>, witness: &Witness, cause: Cause) -> String {
    let count = witness.count;
    let (was, is) = (was(count), is(count));
    match cause {
        Cause::Truncated { epoch, leader: Some(broker), next_epoch: true } => {
            format!("{was} truncated when broker {broker} became leader in epoch {epoch}")
        }
        Cause::Truncated { epoch, leader, .. } => {
            format!("{is} not in the log with which {} went on", leader_in(leader, epoch))
        }
        Cause::GoneFromDisk { epoch, leader } => format!(
            "{is} gone from every replica's disk, and no election explains it: {}{}",
            had(witness, leader, epoch),
            down(facts, witness),
        ),
        Cause::GoneInSync { epoch, leader } => {
            format!("{is} gone, and no election explains it: {}", had(witness, leader, epoch))
        }
        Cause::TopicDeleted => match facts.input.observed.topic {
            TopicFate::Deleted { .. } => format!("{is} gone with the topic, which was deleted"),
            TopicFate::MadeAnew { .. } | TopicFate::Kept => {
                format!("{is} not in the topic that was made anew after the one that was deleted")
            }
        },
        Cause::Replaced => {
            format!("{is} gone, and other records are there{}", appended(&witness.standing))
        }
        Cause::BeyondEnd => {
            let end = facts.input.observed.end[facts.partition as usize];
            format!("{is} gone: the log ends at offset {end}, and no later epoch was seen")
        }
        Cause::BelowLogStart => {
            let start = facts.input.observed.log_start[facts.partition as usize];
            format!("{is} not visible: the log starts at offset {start} now")
        }
        Cause::Missing => format!("{is} gone: no records are at these offsets"),
        Cause::Corrupt => format!("{was} not found: the records at these offsets are corrupt"),
        Cause::Unread => format!("{was} not found: the log was not read whole"),
        Cause::Unrecorded => {
            format!("{is} gone; what is at these offsets was not recorded")
        }
        Cause::NowhereFound => format!("{is} nowhere in the log"),
    }
}

/// Why the leader of a later epoch once had the messages.
fn had(witness: &Witness, leader: i32, epoch: i32) -> String {
    let them = them(witness.count);
    let acked_itself = witness.acked_by.iter().all(|one| one.broker == leader);
    let why = if acked_itself {
        format!("broker {leader} itself acknowledged {them}")
    } else {
        format!("broker {leader} was in sync when acks=all acknowledged {them}")
    };
    format!("{why}, and no longer had {them} when it became leader in epoch {epoch}")
}

/// When no replica answered, and what can have touched the disks then.
fn down(facts: &PartitionFacts<'_>, witness: &Witness) -> String {
    let Some(down) = &witness.all_down else { return String::new() };
    let (from, to) = (seconds(down.from_ms), seconds(down.to_ms));
    let faults = facts.named(&down.faults);
    let faults = faults.map_or_else(String::new, |named| format!(", during {named}"));
    format!("; no replica answered from {from} to {to}{faults}")
}

/// `: 3 of ours appended by broker 1 in epoch 5; 1 foreign …`.
fn appended(standing: &[Standing]) -> String {
    let one = |standing: &Standing| {
        let count = (standing.offsets.last - standing.offsets.first + 1) as u64;
        let what = match standing.content {
            Content::Ours { .. } | Content::Neighbour => counted(count, "other message"),
            Content::Foreign => counted(count, "foreign record"),
            Content::Corrupt => counted(count, "corrupt record"),
        };
        format!("{what} {}", appended_by(standing.leader, standing.epoch))
    };
    let parts: Vec<String> = standing.iter().map(one).collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}
