//! [`LatencyHistogram`]: acknowledgement latencies on a logarithmic scale, eight steps per octave.

use serde::{Deserialize, Serialize};

/// Steps: single microseconds up to 8 us, then eight per octave up to 2^34 us (4.7 hours). Longer
/// latencies fall into the last.
pub(super) const BUCKETS: usize = 256;
const _: () = assert!(BUCKETS == 1 << u8::BITS, "a step fits into a byte");

/// The number of latencies per step, and the highest. A percentile is never below the true one, and
/// at most 12.5 % above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyHistogram {
    counts: Vec<u64>,
    max_us: u64,
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        LatencyHistogram { counts: vec![0; BUCKETS], max_us: 0 }
    }
}

impl LatencyHistogram {
    pub fn new() -> Self {
        LatencyHistogram::default()
    }

    /// From the parts in shared memory.
    pub(super) fn from_counts(counts: Vec<u64>, max_us: u64) -> Self {
        LatencyHistogram { counts, max_us }
    }

    pub fn record(&mut self, latency_us: u64) {
        self.record_many(latency_us, 1);
    }

    /// Counts equal latencies.
    pub fn record_many(&mut self, latency_us: u64, count: u64) {
        if count > 0 {
            self.counts[bucket(latency_us)] += count;
            self.max_us = self.max_us.max(latency_us);
        }
    }

    /// The step of a latency; it fits into a byte.
    pub fn step_of(latency_us: u64) -> u8 {
        bucket(latency_us) as u8
    }

    /// The highest latency of a step: at most 12.5 % above any other in it.
    pub fn highest_of(step: u8) -> u64 {
        highest_of(usize::from(step))
    }

    pub fn merge(&mut self, other: &LatencyHistogram) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.max_us = self.max_us.max(other.max_us);
    }

    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Exact.
    pub fn max_us(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.max_us)
    }

    /// The smallest latency, rounded up to its step, that at least the share `q` (0 to 1) of all
    /// does not exceed.
    pub fn percentile(&self, q: f64) -> Option<u64> {
        let count = self.count();
        let rank = ((q * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut below = 0;
        for (index, in_bucket) in self.counts.iter().enumerate() {
            below += in_bucket;
            if below >= rank {
                let last = index + 1 == BUCKETS;
                return Some(if last { self.max_us } else { highest_of(index).min(self.max_us) });
            }
        }
        None
    }
}

pub(super) fn bucket(latency_us: u64) -> usize {
    if latency_us < 8 {
        return latency_us as usize;
    }
    let octave = latency_us.ilog2() as usize;
    let eighth = (latency_us >> (octave - 3)) as usize & 7;
    ((octave - 2) * 8 + eighth).min(BUCKETS - 1)
}

fn highest_of(bucket: usize) -> u64 {
    if bucket < 8 {
        return bucket as u64;
    }
    let (octave, eighth) = (bucket / 8 + 2, (bucket % 8) as u64);
    ((8 + eighth + 1) << (octave - 3)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_holds_just_the_latencies_up_to_its_highest() {
        for index in 0..BUCKETS - 1 {
            assert_eq!(bucket(highest_of(index)), index);
            assert_eq!(bucket(highest_of(index) + 1), index + 1);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert!(highest_of(BUCKETS - 2) > 300_000_000, "five minutes fit");
    }

    #[test]
    fn percentiles_are_of_the_rank_that_they_name() {
        let mut histogram = LatencyHistogram::new();
        histogram.record_many(9, 0);
        assert_eq!((histogram.percentile(0.5), histogram.max_us()), (None, None));
        // 1 to 7 us have their own steps: the 4th of 7 is the median, the 7th the 99th percentile.
        for latency in 1..=7 {
            histogram.record(latency);
        }
        assert_eq!(histogram.percentile(0.0), Some(1));
        assert_eq!(histogram.percentile(0.5), Some(4));
        assert_eq!(histogram.percentile(4.0 / 7.0), Some(4));
        assert_eq!(histogram.percentile(0.99), Some(7));
        // A percentile in the highest step does not exceed the highest latency seen.
        histogram.record(1_000_000);
        assert_eq!(histogram.percentile(1.0), Some(1_000_000));
        assert_eq!(histogram.max_us(), Some(1_000_000));
        let mut other = LatencyHistogram::new();
        other.record(u64::MAX);
        histogram.merge(&other);
        assert_eq!((histogram.count(), histogram.percentile(1.0)), (9, Some(u64::MAX)));
    }
}
