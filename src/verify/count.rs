//! Counting: word-wise over ledger and log, and how far each count can be trusted.

use super::cell::CellInput;
use super::completeness::Reading;
use super::types::{Bounds, Counts};
use crate::ledger::{PartitionLedger, PartitionObserved};
use crate::model::Metric;

/// The counts of one partition.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PartitionCounts {
    pub(super) counts: Counts,
    pub(super) copies: u64,
    pub(super) unknown_present: u64,
}

/// Acknowledged, and absent from what was read.
pub(super) fn lost_word(ledger: &PartitionLedger, read: &PartitionObserved, word: usize) -> u64 {
    ledger.acked.word(word) & !read.seen().word(word)
}

/// Rejected, yet there. Bits of messages that were acknowledged are not: an acknowledgement is
/// the stronger word.
pub(super) fn phantom_word(ledger: &PartitionLedger, read: &PartitionObserved, word: usize) -> u64 {
    ledger.rejected.word(word) & !ledger.acked.word(word) & read.seen().word(word)
}

fn unknown_present_word(ledger: &PartitionLedger, read: &PartitionObserved, word: usize) -> u64 {
    read.seen().word(word) & !ledger.acked.word(word) & !ledger.rejected.word(word)
}

/// Counts one partition; without a word of its log everything acknowledged is absent.
pub(super) fn partition(ledger: &PartitionLedger, read: &PartitionObserved) -> PartitionCounts {
    let sum = |word: fn(&PartitionLedger, &PartitionObserved, usize) -> u64| -> u64 {
        (0..ledger.words()).map(|index| u64::from(word(ledger, read, index).count_ones())).sum()
    };
    let acked = sum(|ledger, _, word| ledger.acked.word(word));
    let rejected = sum(|ledger, _, word| ledger.rejected.word(word) & !ledger.acked.word(word));
    PartitionCounts {
        counts: Counts {
            sent: ledger.sent,
            acked,
            rejected,
            unknown: ledger.sent - acked - rejected,
            lost: sum(lost_word),
            duplicated: read.duplicated(),
            reordered: read.reordered(),
            phantom: sum(phantom_word),
            corrupt: read.corrupt().count,
            foreign: read.foreign().count,
        },
        copies: read.copies(),
        unknown_present: sum(unknown_present_word),
    }
}

/// The cell's counts.
pub(super) fn total(partitions: &[PartitionCounts]) -> PartitionCounts {
    let mut total = PartitionCounts::default();
    for one in partitions {
        let (sum, add) = (&mut total.counts, &one.counts);
        sum.sent += add.sent;
        sum.acked += add.acked;
        sum.rejected += add.rejected;
        sum.unknown += add.unknown;
        sum.lost += add.lost;
        sum.duplicated += add.duplicated;
        sum.reordered += add.reordered;
        sum.phantom += add.phantom;
        sum.corrupt += add.corrupt;
        sum.foreign += add.foreign;
        total.copies += one.copies;
        total.unknown_present += one.unknown_present;
    }
    total
}

/// Which counts an incomplete reading leaves open, and within which bounds.
///
/// Reading more of a log can only add copies, rejected messages, corrupt and foreign records:
/// what was counted of these is the least. It can only take away from what is absent: what was
/// counted as lost is the most, and the least is what partitions that were read whole lost.
/// A message counts as reordered by its first copy, and only if nothing before is missing is the
/// first copy read the first copy that there is: so behind a gap reordering proves nothing.
pub(super) fn bounds(partitions: &[PartitionCounts], readings: &[Reading]) -> Vec<Bounds> {
    if readings.iter().all(|reading| *reading == Reading::Whole) {
        return Vec::new();
    }
    let sum = |worst: Reading, count: fn(&Counts) -> u64| -> u64 {
        let trusted = partitions.iter().zip(readings).filter(|(_, reading)| **reading <= worst);
        trusted.map(|(one, _)| count(&one.counts)).sum()
    };
    let at_least = |metric, least| Bounds { metric, least, most: None };
    let lost = Bounds {
        metric: Metric::Lost,
        least: sum(Reading::Whole, |counts| counts.lost),
        // A confused reading may have taken a message of ours for a foreign one, which makes
        // it absent: also that only adds to the lost.
        most: Some(sum(Reading::Confused, |counts| counts.lost)),
    };
    vec![
        lost,
        at_least(Metric::Duplicated, sum(Reading::Gaps, |counts| counts.duplicated)),
        at_least(Metric::Reordered, sum(Reading::NoTail, |counts| counts.reordered)),
        at_least(Metric::Phantom, sum(Reading::Gaps, |counts| counts.phantom)),
        at_least(Metric::Corrupt, sum(Reading::Gaps, |counts| counts.corrupt)),
        at_least(Metric::Foreign, sum(Reading::Gaps, |counts| counts.foreign)),
    ]
}

/// Reasons that make any count of the cell meaningless.
pub(super) fn nothing_to_see(input: &CellInput<'_>, counts: &Counts) -> Option<String> {
    if counts.sent == 0 {
        return Some("nothing was sent, so nothing was tested".to_owned());
    }
    if counts.acked == 0 {
        let what = if input.confirmed { "acknowledged" } else { "reported as sent" };
        return Some(format!("nothing was {what}, so nothing could be lost"));
    }
    None
}
