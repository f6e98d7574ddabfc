//! [`OffsetRanges`]: offsets of one kind, all counted, the first ones kept.

/// How many ranges of each anomaly are kept by offset; all are counted.
pub(super) const MAX_EXAMPLES: usize = 20;

/// Consecutive offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    pub first: i64,
    pub count: u64,
    /// The leader epoch in which they were appended; for missing offsets, that of the next record.
    pub epoch: i32,
}

impl OffsetRange {
    pub fn last(&self) -> i64 {
        self.first + self.count as i64 - 1
    }
}

/// Offsets of one kind: all counted, the first ranges kept.
#[derive(Clone, Debug, Default)]
pub struct OffsetRanges {
    pub count: u64,
    /// The first [`MAX_EXAMPLES`] ranges.
    pub examples: Vec<OffsetRange>,
    /// There were more ranges than are kept.
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
