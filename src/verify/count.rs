//! Counts word by word over ledger and log, and how far each count can be trusted.

use super::cell::CellInput;
use super::completeness::Reading;
use super::counts::{Bounds, Counts};
use super::rule::{More, messages, rule};
use crate::ledger::{PartitionLedger, PartitionObserved};
use crate::model::{ByMetric, Metric};

/// The counts of one partition, or of several.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PartitionCounts {
    pub(super) sent: u64,
    pub(super) by: ByMetric<u64>,
    pub(super) copies: u64,
    pub(super) unknown_present: u64,
}

fn unknown_present_word(ledger: &PartitionLedger, read: &PartitionObserved, word: usize) -> u64 {
    read.seen().word(word) & !ledger.acked.word(word) & !ledger.rejected.word(word)
}

pub(super) fn partition(ledger: &PartitionLedger, read: &PartitionObserved) -> PartitionCounts {
    PartitionCounts {
        sent: ledger.sent,
        by: ByMetric::of(|metric| rule(metric).map_or(0, |rule| (rule.count)(ledger, read))),
        copies: read.copies(),
        unknown_present: messages(ledger, read, unknown_present_word),
    }
}

pub(super) fn total(partitions: &[PartitionCounts]) -> PartitionCounts {
    let sum = |of: &dyn Fn(&PartitionCounts) -> u64| partitions.iter().map(of).sum();
    PartitionCounts {
        sent: sum(&|one| one.sent),
        by: ByMetric::of(|metric| sum(&|one| one.by[metric])),
        copies: sum(&|one| one.copies),
        unknown_present: sum(&|one| one.unknown_present),
    }
}

/// The cell's counts, each within the bounds that an incomplete reading leaves.
pub(super) fn counts(partitions: &[PartitionCounts], readings: &[Reading]) -> Counts {
    let whole = readings.iter().all(|reading| *reading == Reading::Whole);
    let by = ByMetric::of(|metric| {
        let sum = |worst: Reading| -> u64 {
            let trusted = partitions.iter().zip(readings).filter(|(_, reading)| **reading <= worst);
            trusted.map(|(one, _)| one.by[metric]).sum()
        };
        let all = sum(Reading::Confused);
        let more = rule(metric).map_or(More::Nothing, |rule| rule.more);
        match if whole { More::Nothing } else { more } {
            More::Nothing => Bounds::exact(all),
            More::Adds(worst) => Bounds { least: sum(worst), most: None },
            More::TakesAway => Bounds { least: sum(Reading::Whole), most: Some(all) },
        }
    });
    Counts { sent: partitions.iter().map(|one| one.sent).sum(), by }
}

/// Reasons that make every count of the cell meaningless.
pub(super) fn nothing_to_see(input: &CellInput<'_>, total: &PartitionCounts) -> Option<String> {
    if total.sent == 0 {
        return Some("nothing was sent, so nothing was tested".to_owned());
    }
    if total.by[Metric::Acked] == 0 {
        let what = if input.is_confirmed() { "acknowledged" } else { "reported as sent" };
        return Some(format!("nothing was {what}, so nothing could be lost"));
    }
    None
}
