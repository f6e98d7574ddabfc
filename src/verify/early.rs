//! [`early`]: what happened before any fault. It is reported separately, because no fault caused
//! it, and no expectation of a fault is met or violated by it.
//!
//! The evidence is the log's end, queried from each leader right before the first fault. Within an
//! epoch a leader writes each offset once, and a leader of a later epoch writes in that epoch. So a
//! record below that end, of that epoch or an earlier one, was there before the fault, and so was
//! all that precedes it. These records are the *early* ones. They end where the log ended then, or
//! earlier, if a fault cut some of them off. Hence, before any fault:
//!
//! - a message was duplicated if its second copy is an early record;
//! - a message was lost if it is nowhere in the log, which was read whole, and was acknowledged
//!   before the end was queried, at an offset among the early records: another one is there;
//! - with acks=0 no offset is known, but messages go out in order over one connection: a missing
//!   one was lost early if an early record has a higher sequence. And if the early records are all
//!   that the log held then, a message handed over a second before the query, and not among them,
//!   had not arrived although nothing was wrong yet.

use super::cell::CellInput;
use super::client::{Client, Tally};
use super::completeness::Reading;
use super::partition_facts::PartitionFacts;
use super::rule::lost_word;
use super::runs::Runs;
use super::types::Early;
use super::unavailable::Outages;
use super::words::{counted, messages};
use crate::ledger::{AckStretch, EarlyLog, PULSE_ROW_US, PulseRow, TopicFate};
use crate::model::{ByMetric, Metric};
use std::collections::BTreeSet;

/// With acks=0, a sent message has arrived after this time if nothing is wrong.
const ARRIVED_AFTER_US: u64 = 1_000_000;

/// An outage before zero is noted from this length on.
const OUTAGE_NOTE_MS: f64 = 500.0;

/// An end is queried 0.3 s before the first fault. One that is older than this is the one of zero,
/// and says nothing about the time in between.
const ASKED_WITHIN_US: u64 = 500_000;

/// Counts what happened before any fault.
pub(super) fn early(input: &CellInput<'_>, tallies: &[Tally<'_>], outages: &Outages) -> Early {
    let before_zero = |count: fn(&PulseRow) -> u64| {
        // Whole rows only: in a row that zero cuts, the order is unknown.
        let rows = input.clients.iter().flat_map(|client| client.ledger.pulses.iter().flatten());
        rows.filter(|row| row.at_us + PULSE_ROW_US <= input.zero_us).map(count).sum()
    };
    let counts = ByMetric::all(0)
        .with(Metric::Rejected, before_zero(|row| row.rejected))
        .with(Metric::Unknown, before_zero(|row| row.unknown));
    let mut early = Early { outage: outages.before_zero(), counts };
    if input.observed.topic != TopicFate::Kept {
        return early; // The ends are those of another log.
    }
    let all = tallies.iter().flat_map(|tally| tally.readings().map(|read| (tally.client, read)));
    for (client, (partition, reading)) in all {
        let Some(log) = client.found_in(partition).early() else { continue };
        early.counts[Metric::Duplicated] += log.duplicated;
        // What is missing in the middle may have been the first copy.
        if reading <= Reading::NoTail {
            early.counts[Metric::Reordered] += log.reordered;
        }
        // What is nowhere may be in the unread part.
        if reading == Reading::Whole {
            early.counts[Metric::Lost] += lost(client, partition, &log);
        }
    }
    early
}

fn lost(client: Client<'_>, partition: usize, log: &EarlyLog) -> u64 {
    let (ledger, read) = (client.ledger_of(partition), client.found_in(partition));
    let mut runs = Runs::new(ledger.sent, |word| lost_word(ledger, read, word)).peekable();
    if runs.peek().is_none() {
        return 0;
    }
    let facts = PartitionFacts::new(client, partition, true);
    let mut lost = 0;
    for run in runs {
        let mut sequence = run.start;
        while sequence < run.end {
            sequence = match facts.ack_at(sequence, run.end) {
                Ok(ack) => {
                    lost += lost_of(&ack, log, client.record.confirmed);
                    sequence + ack.stretch.count
                }
                Err(next) => next,
            };
        }
    }
    // A message whose record is damaged now was there before.
    lost.saturating_sub(read.corrupt().count)
}

/// How many of a stretch of absent messages were lost before any fault.
fn lost_of(ack: &AckStretch, log: &EarlyLog, confirmed: bool) -> u64 {
    let stretch = &ack.stretch;
    let first = |count: i64| count.clamp(0, stretch.count as i64) as u64;
    if stretch.offset >= 0 {
        // After an unclean election offsets are assigned again, and a second election may bring
        // back the old log: what was acknowledged in between was lost by it.
        if ack.first_ack_us > log.end.at_us {
            return 0;
        }
        return first(log.next_offset - stretch.offset);
    }
    if confirmed {
        return 0; // The acknowledgement of a retry does not say where the message is.
    }
    let is_all = log.next_offset == log.end.offset;
    if is_all && ack.last_ack_us + ARRIVED_AFTER_US <= log.end.at_us {
        return stretch.count;
    }
    log.highest.map_or(0, |highest| first(highest as i64 - stretch.sequence as i64))
}

/// Why a cell that lost or duplicated messages before any fault says nothing about the fault.
pub(super) fn reason(input: &CellInput<'_>, early: &Early) -> Option<String> {
    let parts: Vec<String> = [Metric::Lost, Metric::Duplicated]
        .into_iter()
        .filter(|metric| early.counts[*metric] > 0)
        .map(|metric| format!("{} {}", messages(early.counts[metric]), metric.about().became))
        .collect();
    let when = if input.faults.is_empty() { "the scenario's zero" } else { "any fault" };
    (!parts.is_empty()).then(|| {
        format!("{} before {when}: the run proves nothing about what came later", parts.join(", "))
    })
}

/// Notes about the time before any fault.
pub(super) fn notes(
    input: &CellInput<'_>,
    early: &Early,
    tallies: &[Tally<'_>],
    counted_ms: f64,
) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(outage) = early.outage.filter(|o| o.ms >= OUTAGE_NOTE_MS && o.ms > counted_ms) {
        notes.push(format!(
            "before zero: {:.1} s without an acknowledgement on partition {}; no expectation \
             counts that",
            outage.ms / 1e3,
            outage.partition
        ));
    }
    for (metric, what) in [(Metric::Rejected, "rejected"), (Metric::Unknown, "of unknown outcome")]
    {
        if early.counts[metric] > 0 {
            let count = messages(early.counts[metric]);
            notes.push(format!("before zero: {count} {what}; no expectation counts them"));
        }
    }
    notes.extend(not_known(input, tallies));
    notes
}

/// Notes for partitions that lost or duplicated messages when the log's end before the fault is not
/// known, or only that of zero.
fn not_known(input: &CellInput<'_>, tallies: &[Tally<'_>]) -> Vec<String> {
    let Some(first_us) = input.faults.iter().map(|fault| fault.called_us).min() else {
        return Vec::new();
    };
    // How many, and the longest unknown time before the fault; `None`: all of it.
    let (mut never, mut late, mut longest_us) = (BTreeSet::new(), BTreeSet::new(), 0);
    let all = tallies.iter().flat_map(|tally| tally.readings().map(|read| (tally.client, read)));
    for (client, (partition, _)) in all {
        let (ledger, read) = (client.ledger_of(partition), client.found_in(partition));
        let early = read.early();
        let doubled = read.duplicated() > early.map_or(0, |log| log.duplicated);
        let lost = || (0..ledger.words()).any(|word| lost_word(ledger, read, word) != 0);
        if read.records() == 0 || !(doubled || lost()) {
            continue;
        }
        let unseen_us = early.map(|log| first_us.saturating_sub(log.end.at_us));
        match unseen_us {
            None => {
                never.insert(partition);
            }
            Some(us) if us > ASKED_WITHIN_US => {
                late.insert(partition);
                longest_us = longest_us.max(us);
            }
            Some(_) => {}
        }
    }
    let of_the_last = format!("in the last {:.1} s ", longest_us as f64 / 1e6);
    let kinds = [(never.len() as u64, ""), (late.len() as u64, of_the_last.as_str())];
    let told = kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, when)| {
        format!(
            "{}: whether messages were lost or duplicated {when}before any fault is not known, \
             because no leader reported the log's end in time",
            counted(count, "partition")
        )
    });
    told.collect()
}
