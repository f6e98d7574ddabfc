//! [`Rule`]: for each count of the list, how to get it from ledger and log, what remains of it if
//! the log was not read whole, and its witnesses.

use super::completeness::Reading;
use super::partition_facts::PartitionFacts;
use super::types::Witness;
use super::{loss, presence};
use crate::ledger::{PartitionLedger, PartitionObserved};
use crate::model::Metric;

/// How to get one count.
pub(super) struct Rule {
    /// The count in a partition, as far as it was read. If nothing was read, everything
    /// acknowledged is absent.
    pub(super) count: fn(&PartitionLedger, &PartitionObserved) -> u64,
    /// What reading more of the log can do to it.
    pub(super) more: More,
    /// Where it happened: at most this many witnesses.
    pub(super) witnesses: fn(&PartitionFacts<'_>, usize) -> Vec<Witness>,
}

/// What reading more of a log can do to a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    /// Nothing: it comes from the ledger.
    Nothing,
    /// Only add: the count over partitions that were read at least this well is the minimum.
    Adds(Reading),
    /// Only take away: the count is the maximum, and the minimum is that of partitions read whole.
    TakesAway,
}

/// The rule of a count; `None` for a time.
pub(super) fn rule(metric: Metric) -> Option<Rule> {
    let of_ledger = |count| Rule { count, more: More::Nothing, witnesses: |_, _| Vec::new() };
    // Copies, rejected messages, corrupt and foreign records stay what they are.
    let adds = More::Adds(Reading::Gaps);
    Some(match metric {
        Metric::Acked => of_ledger(acked),
        Metric::Rejected => of_ledger(rejected),
        Metric::Unknown => {
            of_ledger(|ledger, read| ledger.sent - acked(ledger, read) - rejected(ledger, read))
        }
        // A confused reading may have taken a message of ours for a foreign one, which makes it
        // absent: that, too, only adds to the lost.
        Metric::Lost => Rule {
            count: |ledger, read| messages(ledger, read, lost_word),
            more: More::TakesAway,
            witnesses: loss::witnesses,
        },
        Metric::Duplicated => {
            Rule { count: |_, read| read.duplicated(), more: adds, witnesses: presence::duplicated }
        }
        // A message counts as reordered by its first copy. The first copy that was read is the
        // first one only if nothing before it is missing, so behind a gap it proves nothing.
        Metric::Reordered => Rule {
            count: |_, read| read.reordered(),
            more: More::Adds(Reading::NoTail),
            witnesses: presence::reordered,
        },
        Metric::Phantom => Rule {
            count: |ledger, read| messages(ledger, read, phantom_word),
            more: adds,
            witnesses: presence::phantom,
        },
        Metric::Corrupt => {
            Rule { count: |_, read| read.corrupt().count, more: adds, witnesses: presence::corrupt }
        }
        Metric::Foreign => {
            Rule { count: |_, read| read.foreign().count, more: adds, witnesses: presence::foreign }
        }
        Metric::Unavailable => return None,
    })
}

/// Counts bits over all words of a partition.
pub(super) fn messages(
    ledger: &PartitionLedger,
    read: &PartitionObserved,
    word: fn(&PartitionLedger, &PartitionObserved, usize) -> u64,
) -> u64 {
    (0..ledger.words()).map(|index| u64::from(word(ledger, read, index).count_ones())).sum()
}

fn acked(ledger: &PartitionLedger, read: &PartitionObserved) -> u64 {
    messages(ledger, read, |ledger, _, word| ledger.acked.word(word))
}

/// Without acknowledged messages: an acknowledgement overrides a rejection.
fn rejected(ledger: &PartitionLedger, read: &PartitionObserved) -> u64 {
    messages(ledger, read, |ledger, _, word| ledger.rejected.word(word) & !ledger.acked.word(word))
}

/// Acknowledged, and absent from what was read.
pub(super) fn lost_word(ledger: &PartitionLedger, read: &PartitionObserved, word: usize) -> u64 {
    ledger.acked.word(word) & !read.seen().word(word)
}

/// Rejected, yet there.
pub(super) fn phantom_word(ledger: &PartitionLedger, read: &PartitionObserved, word: usize) -> u64 {
    ledger.rejected.word(word) & !ledger.acked.word(word) & read.seen().word(word)
}
