//! Witnesses of what should not be in the log, or not there: copies, phantoms, messages out of
//! order, corrupt and foreign records.

use super::partition_facts::{PartitionFacts, What};
use super::rule::phantom_word;
use super::runs::Runs;
use super::types::{Content, Span, Standing, Witness};
use super::words::{appended_by, counted, is, messages, span, was};
use crate::ledger::OffsetRange;
use crate::model::Metric;
use std::ops::Range;

/// How many copies a witness lists.
const MAX_COPIES: usize = 4;

/// Messages at two or more offsets.
pub(super) fn duplicated(facts: &PartitionFacts<'_>, most: usize) -> Vec<Witness> {
    let runs = Runs::new(facts.read.sent_limit(), |word| facts.read.again().word(word));
    pieces(facts, runs, most, Metric::Duplicated, |witness, copies| {
        let here = witness.partition;
        let sequences = sequences_text(witness);
        let subject = format!("{}{sequences}", messages(witness.count));
        let Some(second) = copies.get(1) else {
            let verb = if witness.count == 1 { "appears" } else { "appear" };
            return format!(
                "{subject} {verb} more than once in partition {here}; the offsets were not recorded"
            );
        };
        let listed: Vec<String> = copies.iter().take(MAX_COPIES).map(copy_text).collect();
        let more = match copies.len().saturating_sub(MAX_COPIES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let least = if facts.read.stretches_end().is_some() { "at least " } else { "" };
        let verb = if witness.count == 1 { "appears" } else { "appear" };
        let apart = second.offsets.first - copies[0].offsets.first;
        let apart = counted(apart as u64, "offset");
        format!(
            "{subject} {verb} {least}{} times in partition {here}: at {}{more}; the second copy \
             is {apart} after the first",
            copies.len(),
            listed.join(" and "),
        )
    })
}

/// Messages that were rejected and are in the log all the same.
pub(super) fn phantom(facts: &PartitionFacts<'_>, most: usize) -> Vec<Witness> {
    let runs = Runs::new(facts.ledger.sent, |word| phantom_word(facts.ledger, facts.read, word));
    pieces(facts, runs, most, Metric::Phantom, |witness, copies| {
        let listed: Vec<String> = copies.iter().take(MAX_COPIES).map(copy_text).collect();
        let place =
            if listed.is_empty() { String::new() } else { format!(" at {}", listed.join(" and ")) };
        format!(
            "{}{} {} rejected, yet {} in partition {}{place}",
            messages(witness.count),
            sequences_text(witness),
            was(witness.count),
            is(witness.count),
            witness.partition,
        )
    })
}

/// Messages whose first copies follow a higher sequence.
pub(super) fn reordered(facts: &PartitionFacts<'_>, most: usize) -> Vec<Witness> {
    let examples = facts.read.reordered_examples().iter().take(most);
    examples
        .map(|example| {
            let stretch = example.stretch;
            let sequences =
                Span { first: stretch.sequence, last: stretch.sequence + stretch.count - 1 };
            let offsets =
                Span { first: stretch.offset, last: stretch.offset + stretch.count as i64 - 1 };
            let standing = Standing {
                offsets,
                epoch: example.epoch,
                leader: facts.leaders.leader_of(example.epoch),
                content: Content::Ours { sequence: stretch.sequence },
            };
            let mut witness = present(facts, Metric::Reordered, sequences, vec![standing]);
            witness.text = format!(
                "{}{} {} in partition {} at {}, after sequence {}",
                messages(witness.count),
                sequences_text(&witness),
                is(witness.count),
                witness.partition,
                copy_text(&standing),
                example.behind,
            );
            witness
        })
        .collect()
}

/// Records that differ from what was sent.
pub(super) fn corrupt(facts: &PartitionFacts<'_>, most: usize) -> Vec<Witness> {
    records(facts, &facts.read.corrupt().examples, most, (Metric::Corrupt, Content::Corrupt))
}

/// Records that this cell's producer did not write.
pub(super) fn foreign(facts: &PartitionFacts<'_>, most: usize) -> Vec<Witness> {
    records(facts, &facts.read.foreign().examples, most, (Metric::Foreign, Content::Foreign))
}

fn records(
    facts: &PartitionFacts<'_>,
    ranges: &[OffsetRange],
    most: usize,
    (anomaly, content): (Metric, Content),
) -> Vec<Witness> {
    let kind = if content == Content::Corrupt { "corrupt record" } else { "foreign record" };
    let one = |range: &OffsetRange| {
        let offsets = Span { first: range.first, last: range.last() };
        let what =
            What { count: range.count, sequences: None, offsets: Some(offsets), acked_us: None };
        let leader = facts.leaders.leader_of(range.epoch);
        let standing = Standing { offsets, epoch: range.epoch, leader, content };
        Witness {
            standing: vec![standing],
            text: format!(
                "{} in partition {} at {}",
                counted(range.count, kind),
                facts.partition,
                copy_text(&standing),
            ),
            ..facts.witness(anomaly, &what)
        }
    };
    ranges.iter().take(most).map(one).collect()
}

/// Splits runs of messages where their copies are placed differently.
fn pieces(
    facts: &PartitionFacts<'_>,
    runs: impl Iterator<Item = Range<u64>>,
    most: usize,
    anomaly: Metric,
    text: impl Fn(&Witness, &[Standing]) -> String,
) -> Vec<Witness> {
    let mut witnesses = Vec::new();
    for run in runs {
        let mut sequence = run.start;
        while sequence < run.end {
            if witnesses.len() == most {
                return witnesses;
            }
            let (copies, end) = facts.log.copies(sequence, run.end);
            let sequences = Span { first: sequence, last: end - 1 };
            let mut witness = present(facts, anomaly, sequences, copies);
            witness.text = text(&witness, &witness.standing);
            witness.standing.truncate(MAX_COPIES);
            witnesses.push(witness);
            sequence = end;
        }
    }
    witnesses
}

fn present(
    facts: &PartitionFacts<'_>,
    anomaly: Metric,
    sequences: Span<u64>,
    standing: Vec<Standing>,
) -> Witness {
    let what = What {
        count: sequences.last - sequences.first + 1,
        sequences: Some(sequences),
        offsets: standing.first().map(|copy| copy.offsets),
        acked_us: facts.acked_between(sequences),
    };
    Witness { standing, ..facts.witness(anomaly, &what) }
}

fn sequences_text(witness: &Witness) -> String {
    witness.sequences.map_or_else(String::new, |all| format!(" ({})", span("sequence", all)))
}

fn copy_text(copy: &Standing) -> String {
    let appended = appended_by(copy.leader, copy.epoch);
    format!("{}, {appended}", span("offset", copy.offsets))
}
