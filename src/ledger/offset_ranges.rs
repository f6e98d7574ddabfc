//! [`OffsetRanges`]: offsets of one kind, all counted and the first of them kept.

/// How many ranges of each oddity are kept by offset; all are counted.
pub(super) const MAX_EXAMPLES: usize = 20;

/// Consecutive offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    /// The first.
    pub first: i64,
    /// How many.
    pub count: u64,
    /// The leader epoch in which they were appended; for missing offsets, that of the record
    /// behind them.
    pub epoch: i32,
}

impl OffsetRange {
    /// The last offset.
    pub fn last(&self) -> i64 {
        self.first + self.count as i64 - 1
    }
}

/// Offsets of one kind: all counted, the first ranges kept.
#[derive(Clone, Debug, Default)]
pub struct OffsetRanges {
    /// How many offsets.
    pub count: u64,
    /// The first [`MAX_EXAMPLES`] ranges.
    pub examples: Vec<OffsetRange>,
    /// Whether there were more ranges than are kept.
    pub truncated: bool,
}

impl OffsetRanges {
    pub(super) fn add(&mut self, first: i64, count: u64, epoch: i32) {
        self.count += count;
        let full = self.examples.len() >= MAX_EXAMPLES;
        match self.examples.last_mut() {
            Some(last) if !self.truncated && last.last() + 1 == first && last.epoch == epoch => {
                last.count += count;
            }
            _ if full => self.truncated = true,
            _ => self.examples.push(OffsetRange { first, count, epoch }),
        }
    }
}
