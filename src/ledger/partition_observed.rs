//! [`PartitionObserved`]: what the log of one partition held, in as little memory as the verdict needs.

use super::bits::Bits;
use super::offset_ranges::{MAX_EXAMPLES, OffsetRange, OffsetRanges};
use super::types::{Found, LogEnd, LogStretch, Stretch};

/// How many stretches of a partition's log are kept. A log without duplicates and reordering has
/// one per leader epoch.
pub(crate) const MAX_LOG_STRETCHES: usize = 8192;

/// Messages whose first copies follow a message with a higher sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reordered {
    pub stretch: Stretch,
    pub epoch: i32,
    /// The highest sequence before them.
    pub behind: u64,
}

/// The records that were in the log when its end was queried right before the first fault: those
/// below that end, of its leader's epoch or an earlier one. Records that a fault cut off are not
/// among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyLog {
    /// The log's end as queried.
    pub end: LogEnd,
    /// The offset after the last of these records; 0 if there is none.
    pub next_offset: i64,
    /// The highest sequence among them.
    pub highest: Option<u64>,
    /// Messages of which two or more of them are copies.
    pub duplicated: u64,
    /// Messages whose first copy follows a higher sequence.
    pub reordered: u64,
}

/// What the log of one partition held of one client, recorded in the order of offsets. What is
/// nobody's is recorded for one client alone.
#[derive(Clone, Debug, Default)]
pub struct PartitionObserved {
    sent_limit: u64,
    early_end: Option<LogEnd>,
    /// Set once a record is not early.
    early: Option<EarlyLog>,
    seen: Bits,
    again: Bits,
    duplicated: u64,
    copies: u64,
    highest: Option<u64>,
    reordered: u64,
    reordered_examples: Vec<Reordered>,
    neighbours: Vec<OffsetRange>,
    foreign: OffsetRanges,
    corrupt: OffsetRanges,
    missing: OffsetRanges,
    stretches: Vec<LogStretch>,
    stretches_end: Option<i64>,
    first_offset: Option<i64>,
    last_offset: Option<i64>,
    records: u64,
}

impl PartitionObserved {
    /// Nothing read yet. A sequence at or above `sent_limit` (the ledger's count of sent messages)
    /// was never sent: it counts as foreign, and takes no memory however high it is.
    pub fn new(sent_limit: u64) -> Self {
        PartitionObserved { sent_limit, ..PartitionObserved::default() }
    }

    /// Adds the log's end before the first fault, if known.
    pub fn with_early_end(self, early_end: Option<LogEnd>) -> Self {
        PartitionObserved { early_end, ..self }
    }

    /// Records a record. An offset at or before the last one was read twice and is no second copy:
    /// it is ignored.
    pub fn record(&mut self, offset: i64, epoch: i32, found: Found) {
        if let Some(last) = self.last_offset {
            if offset <= last {
                return;
            }
            if offset > last + 1 {
                self.missing.add(last + 1, (offset - last - 1) as u64, epoch);
            }
        }
        // Epochs never decrease along a log, so early records come first.
        let is_behind = |end: LogEnd| offset >= end.offset || epoch > end.epoch;
        if self.early.is_none() && self.early_end.is_some_and(is_behind) {
            self.early = self.early();
        }
        self.first_offset.get_or_insert(offset);
        self.last_offset = Some(offset);
        self.records += 1;
        match found {
            Found::Ours { sequence } if sequence < self.sent_limit => {
                self.ours(sequence, offset, epoch);
            }
            Found::Ours { .. } | Found::Foreign => self.foreign.add(offset, 1, epoch),
            Found::Neighbour => self.neighbour(offset, epoch),
            Found::Corrupt => self.corrupt.add(offset, 1, epoch),
        }
    }

    fn neighbour(&mut self, offset: i64, epoch: i32) {
        let full = self.neighbours.len() >= MAX_LOG_STRETCHES;
        match self.neighbours.last_mut() {
            Some(last) if last.last() + 1 == offset && last.epoch == epoch => last.count += 1,
            _ if full => {}
            _ => self.neighbours.push(OffsetRange { first: offset, count: 1, epoch }),
        }
    }

    fn ours(&mut self, sequence: u64, offset: i64, epoch: i32) {
        let one = Stretch { sequence, offset, count: 1 };
        if self.seen.set(sequence) {
            self.copies += 1;
            self.duplicated += u64::from(!self.again.set(sequence));
        } else if let Some(behind) = self.highest.filter(|highest| sequence < *highest) {
            self.reordered += 1;
            self.keep_reordered(Reordered { stretch: one, epoch, behind });
        }
        self.highest = self.highest.max(Some(sequence));
        self.keep_stretch(LogStretch { stretch: one, epoch });
    }

    fn keep_reordered(&mut self, one: Reordered) {
        let full = self.reordered_examples.len() >= MAX_EXAMPLES;
        match self.reordered_examples.last_mut() {
            Some(last)
                if follows(&last.stretch, &one.stretch)
                    && (last.epoch, last.behind) == (one.epoch, one.behind) =>
            {
                last.stretch.count += 1;
            }
            _ if full => {}
            _ => self.reordered_examples.push(one),
        }
    }

    fn keep_stretch(&mut self, one: LogStretch) {
        if self.stretches_end.is_some() {
            return;
        }
        let full = self.stretches.len() >= MAX_LOG_STRETCHES;
        match self.stretches.last_mut() {
            Some(last) if follows(&last.stretch, &one.stretch) && last.epoch == one.epoch => {
                last.stretch.count += 1;
            }
            _ if full => self.stretches_end = Some(one.stretch.offset),
            _ => self.stretches.push(one),
        }
    }

    /// What was in the log before the first fault; `None` if its end was not known.
    pub fn early(&self) -> Option<EarlyLog> {
        self.early.or_else(|| {
            Some(EarlyLog {
                end: self.early_end?,
                next_offset: self.last_offset.map_or(0, |last| last + 1),
                highest: self.highest,
                duplicated: self.duplicated,
                reordered: self.reordered,
            })
        })
    }

    /// As given to [`PartitionObserved::new`].
    pub fn sent_limit(&self) -> u64 {
        self.sent_limit
    }

    pub fn seen(&self) -> &Bits {
        &self.seen
    }

    /// Sequences at two or more offsets.
    pub fn again(&self) -> &Bits {
        &self.again
    }

    /// How many sequences are at two or more offsets.
    pub fn duplicated(&self) -> u64 {
        self.duplicated
    }

    /// How many records are copies of an earlier message.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// How many messages have their first copy after a higher sequence.
    pub fn reordered(&self) -> u64 {
        self.reordered
    }

    /// The first [`MAX_EXAMPLES`] ranges of these.
    pub fn reordered_examples(&self) -> &[Reordered] {
        &self.reordered_examples
    }

    /// Messages of the cell's other clients, the first [`MAX_LOG_STRETCHES`] ranges of them.
    pub fn neighbours(&self) -> &[OffsetRange] {
        &self.neighbours
    }

    /// Records that no client of this cell wrote for this partition.
    pub fn foreign(&self) -> &OffsetRanges {
        &self.foreign
    }

    /// Records with our mark that differ from what was sent.
    pub fn corrupt(&self) -> &OffsetRanges {
        &self.corrupt
    }

    /// Offsets without a record between the first and the last record.
    pub fn missing(&self) -> &OffsetRanges {
        &self.missing
    }

    /// Our records in offset order, up to [`Self::stretches_end`].
    pub fn stretches(&self) -> &[LogStretch] {
        &self.stretches
    }

    /// The offset from which stretches were no longer kept, if there were too many.
    pub fn stretches_end(&self) -> Option<i64> {
        self.stretches_end
    }

    pub fn first_offset(&self) -> Option<i64> {
        self.first_offset
    }

    pub fn last_offset(&self) -> Option<i64> {
        self.last_offset
    }

    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of memory used.
    pub fn allocated_bytes(&self) -> usize {
        self.seen.allocated_bytes()
            + self.again.allocated_bytes()
            + self.stretches.capacity() * size_of::<LogStretch>()
            + self.neighbours.capacity() * size_of::<OffsetRange>()
            + self.reordered_examples.capacity() * size_of::<Reordered>()
            + [&self.foreign, &self.corrupt, &self.missing]
                .map(|ranges| ranges.examples.capacity() * size_of::<OffsetRange>())
                .iter()
                .sum::<usize>()
    }
}

fn follows(last: &Stretch, one: &Stretch) -> bool {
    last.sequence + last.count == one.sequence && last.offset + last.count as i64 == one.offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sent: u64, log: &[(i64, i32, u64)]) -> PartitionObserved {
        let mut observed = PartitionObserved::new(sent);
        for (offset, epoch, sequence) in log {
            observed.record(*offset, *epoch, Found::Ours { sequence: *sequence });
        }
        observed
    }

    #[test]
    fn a_log_in_order_is_one_stretch_an_epoch() {
        let observed = read(4, &[(0, 1, 0), (1, 1, 1), (2, 2, 2), (3, 2, 3)]);
        let stretch = |sequence, offset, count, epoch| LogStretch {
            stretch: Stretch { sequence, offset, count },
            epoch,
        };
        assert_eq!(observed.stretches(), [stretch(0, 0, 2, 1), stretch(2, 2, 2, 2)]);
        assert_eq!((observed.copies(), observed.reordered()), (0, 0));
        assert_eq!((observed.first_offset(), observed.last_offset()), (Some(0), Some(3)));
    }

    #[test]
    fn three_copies_of_one_message_are_one_duplicated_with_two_copies() {
        let observed = read(1, &[(0, 1, 0), (1, 1, 0), (2, 1, 0)]);
        assert_eq!((observed.duplicated(), observed.copies(), observed.reordered()), (1, 2, 0));
    }

    #[test]
    fn only_a_first_copy_behind_a_higher_sequence_is_reordered() {
        // 1 and 2 follow 3; the second 0 is a copy of one that came first.
        let observed = read(4, &[(0, 1, 0), (1, 1, 3), (2, 1, 1), (3, 1, 2), (4, 1, 0)]);
        assert_eq!((observed.reordered(), observed.duplicated()), (2, 1));
        let stretch = Stretch { sequence: 1, offset: 2, count: 2 };
        assert_eq!(observed.reordered_examples(), [Reordered { stretch, epoch: 1, behind: 3 }]);
    }

    #[test]
    fn a_sequence_that_was_never_sent_is_foreign_and_takes_no_memory() {
        let observed = read(3, &[(0, 1, 2), (1, 1, 3), (2, 1, u64::MAX)]);
        assert_eq!((observed.foreign().count, observed.seen().count()), (2, 1));
        let range = OffsetRange { first: 1, count: 2, epoch: 1 };
        assert_eq!(observed.foreign().examples, [range]);
        assert!(observed.allocated_bytes() < 10_000);
    }

    #[test]
    fn a_record_read_twice_is_no_copy_and_a_gap_is_counted() {
        let observed = read(9, &[(5, 1, 0), (6, 1, 1), (6, 1, 1), (5, 1, 0), (9, 2, 2)]);
        assert_eq!((observed.copies(), observed.records()), (0, 3));
        assert_eq!(observed.missing().examples, [OffsetRange { first: 7, count: 2, epoch: 2 }]);
    }

    // Before the fault the log ended at 4, in epoch 1, with one message duplicated. A later epoch
    // cut off the last of these records and wrote others below that end, one of them a copy.
    #[test]
    fn early_records_end_at_the_known_end_or_where_a_later_epoch_begins() {
        let end = LogEnd { offset: 4, epoch: 1, at_us: 7 };
        let log = [(0, 0, 1), (1, 1, 0), (2, 1, 1), (3, 2, 1), (4, 2, 2), (5, 2, 2)];
        let mut observed = PartitionObserved::new(9).with_early_end(Some(end));
        let early = |observed: &PartitionObserved| {
            let early = observed.early().unwrap();
            assert_eq!(early.end, end);
            (early.next_offset, early.highest, early.duplicated, early.reordered)
        };
        assert_eq!(early(&observed), (0, None, 0, 0));
        for (index, (offset, epoch, sequence)) in log.into_iter().enumerate() {
            observed.record(offset, epoch, Found::Ours { sequence });
            let expected = [(1, Some(1), 0, 0), (2, Some(1), 0, 1), (3, Some(1), 1, 1)];
            assert_eq!(early(&observed), expected[index.min(2)], "after offset {offset}");
        }
        assert_eq!((observed.duplicated(), observed.reordered()), (2, 1));
        // Without a later epoch the known end is the end.
        let mut whole = PartitionObserved::new(9).with_early_end(Some(end));
        (0..6).for_each(|at| whole.record(at, 1, Found::Ours { sequence: at as u64 }));
        assert_eq!(early(&whole), (4, Some(3), 0, 0));
        assert_eq!(read(9, &[(0, 0, 0)]).early(), None);
    }

    #[test]
    fn examples_and_stretches_are_bounded_and_say_so() {
        let mut observed = PartitionObserved::new(1 << 20);
        for index in 0..=MAX_LOG_STRETCHES as i64 {
            observed.record(4 * index, 1, Found::Corrupt);
            observed.record(4 * index + 1, 1, Found::Ours { sequence: 2 * index as u64 });
            observed.record(4 * index + 2, 1, Found::Foreign);
        }
        assert_eq!(observed.stretches().len(), MAX_LOG_STRETCHES);
        assert_eq!(observed.stretches_end(), Some(4 * MAX_LOG_STRETCHES as i64 + 1));
        for ranges in [observed.corrupt(), observed.foreign(), observed.missing()] {
            assert_eq!(ranges.examples.len(), MAX_EXAMPLES);
            assert!(ranges.truncated);
        }
        assert_eq!(observed.corrupt().count, MAX_LOG_STRETCHES as u64 + 1);
        let backwards: Vec<_> = (0..=30).map(|at| (at, 1, 30 - at as u64)).collect();
        let observed = read(31, &backwards);
        assert_eq!((observed.reordered(), observed.reordered_examples().len()), (30, MAX_EXAMPLES));
        // A range right after the last kept one must not extend it once others were dropped.
        let mut ranges = OffsetRanges::default();
        for index in 0..=MAX_EXAMPLES as i64 {
            ranges.add(2 * index, 1, 1);
        }
        ranges.add(2 * MAX_EXAMPLES as i64 - 1, 1, 1);
        assert_eq!(ranges.examples.last().map(|range| range.count), Some(1));
    }
}
