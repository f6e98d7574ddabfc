//! [`Runs`]: the ranges of consecutive sequences in a set that is given word by word.

use std::ops::Range;

/// Maximal ranges of set bits, in order. Empty words cost one comparison.
pub(super) struct Runs<F> {
    word: F,
    at: u64,
    limit: u64,
}

impl<F: Fn(usize) -> u64> Runs<F> {
    /// Of the sequences below `limit`; `word(i)` holds those from `64 * i` on.
    pub(super) fn new(limit: u64, word: F) -> Self {
        Runs { word, at: 0, limit }
    }

    /// The first sequence from `from` on whose bit is as wanted.
    fn next_bit(&self, from: u64, wanted: bool) -> Option<u64> {
        let mut from = from;
        while from < self.limit {
            let bits = (self.word)((from / 64) as usize);
            let looked_for = if wanted { bits } else { !bits };
            let ahead = looked_for >> (from % 64);
            if ahead != 0 {
                let found = from + u64::from(ahead.trailing_zeros());
                return (found < self.limit).then_some(found);
            }
            from = (from / 64 + 1) * 64;
        }
        None
    }
}

impl<F: Fn(usize) -> u64> Iterator for Runs<F> {
    type Item = Range<u64>;

    fn next(&mut self) -> Option<Range<u64>> {
        let start = self.next_bit(self.at, true)?;
        let end = self.next_bit(start, false).unwrap_or(self.limit);
        self.at = end;
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Bits;

    #[test]
    fn runs_end_at_gaps_at_words_and_at_the_limit() {
        let cases: [(&[Range<u64>], u64); 6] = [
            (&[], 200),
            (&[0..1, 2..3], 200),
            (&[0..64, 190..200], 200),
            (&[0..65, 66..67], 200),
            (&[63..64, 128..199], 199),
            (&[5..10, 63..130, 191..192], 192),
        ];
        for (ranges, limit) in cases {
            let bits: Bits = ranges.iter().cloned().flatten().collect();
            let found: Vec<_> = Runs::new(limit, |word| bits.word(word)).collect();
            assert_eq!(found, ranges);
        }
        // Sequences beyond the limit do not exist.
        let bits: Bits = (0..100).collect();
        let found: Vec<_> = Runs::new(70, |word| bits.word(word)).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0], 0..70);
        let beyond: Bits = (70..100).collect();
        assert_eq!(Runs::new(70, |word| beyond.word(word)).count(), 0);
    }
}
