//! [`PulseRow`]: what happened in one partition in one tenth of a second.

use super::error::corrupt;
use super::layout::send_row_words;
use super::map::Words;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

pub(crate) const PULSE_ROW_US: u64 = 100_000;

/// The longest run that a ledger records: two days. It bounds the pulse's files.
pub(super) const MAX_RUN_US: u64 = 48 * 3600 * 1_000_000;

/// Words of one row's outcomes. The sent counts have their own file: another thread writes them,
/// and would compete for the same cache line.
pub(super) const ROW_WORDS: usize = 8;

/// Rows by which the files grow.
pub(super) const ROW_CHUNK: usize = 256;

pub(super) const ACKED: usize = 0;
pub(super) const REJECTED: usize = 1;
pub(super) const UNKNOWN: usize = 2;
pub(super) const FIRST_ACK: usize = 3;
pub(super) const LAST_ACK: usize = 4;
pub(super) const MAX_GAP: usize = 5;
pub(super) const MAX_GAP_END: usize = 6;
pub(super) const MAX_LATENCY: usize = 7;

/// One row of a partition's pulse. Times are the run's clock; those of acknowledgements are
/// meaningful only if `acked` is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PulseRow {
    /// The row's begin; it ends [`PULSE_ROW_US`] later.
    pub at_us: u64,
    /// Messages handed to the client.
    pub sent: u64,
    pub acked: u64,
    pub rejected: u64,
    /// Reported with an unknown outcome.
    pub unknown: u64,
    pub first_ack_us: u64,
    pub last_ack_us: u64,
    /// The longest time between two successive acknowledgements in this row.
    pub max_gap_us: u64,
    /// When that time ended.
    pub max_gap_end_us: u64,
    /// The highest acknowledgement latency in this row.
    pub max_latency_us: u64,
}

/// Messages that were due in one tenth of a second and never sent: the producer was more than a
/// second late, because it was stopped or its client accepted no more, and skipped them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRow {
    /// The row's begin; it ends [`PULSE_ROW_US`] later.
    pub at_us: u64,
    pub count: u64,
}

impl PulseRow {
    pub fn is_empty(&self) -> bool {
        self.sent | self.acked | self.rejected | self.unknown == 0
    }
}

/// The rows of one partition in which something happened, from both files.
pub(super) fn rows(
    sent: Option<&Words>,
    outcomes: Option<&Words>,
    (partitions, partition): (u32, u32),
    path: &Path,
) -> io::Result<Vec<PulseRow>> {
    let sent_row = send_row_words(partitions);
    let (partitions, partition) = (partitions as usize, partition as usize);
    let (sent_words, words) = (sent.map_or(0, Words::len), outcomes.map_or(0, Words::len));
    if sent_words % sent_row != 0 || words % (partitions * ROW_WORDS) != 0 {
        return Err(corrupt(path, "its last row is not whole"));
    }
    let count = (sent_words / sent_row).max(words / (partitions * ROW_WORDS));
    let mut rows = Vec::new();
    for index in 0..count {
        let load = |words: Option<&Words>, at: usize| {
            words.filter(|words| at < words.len()).map_or(0, |words| words.word(at).load(Relaxed))
        };
        let cell = index * partitions + partition;
        let column = |column: usize| load(outcomes, cell * ROW_WORDS + column);
        let row = PulseRow {
            at_us: index as u64 * PULSE_ROW_US,
            sent: load(sent, index * sent_row + partition),
            acked: column(ACKED),
            rejected: column(REJECTED),
            unknown: column(UNKNOWN),
            first_ack_us: column(FIRST_ACK),
            last_ack_us: column(LAST_ACK),
            max_gap_us: column(MAX_GAP),
            max_gap_end_us: column(MAX_GAP_END),
            max_latency_us: column(MAX_LATENCY),
        };
        if !row.is_empty() {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The rows with skipped messages.
pub(super) fn skipped(sent: Option<&Words>, partitions: u32) -> Vec<SkippedRow> {
    let row_words = send_row_words(partitions);
    let rows = sent.map_or(0, Words::len) / row_words;
    let count =
        |row: usize| sent.map_or(0, |words| words.word((row + 1) * row_words - 1).load(Relaxed));
    let row = |row: usize| SkippedRow { at_us: row as u64 * PULSE_ROW_US, count: count(row) };
    (0..rows).map(row).filter(|row| row.count > 0).collect()
}
