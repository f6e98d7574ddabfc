//! [`Bits`]: one bit per sequence, in chunks that take memory only where a bit is set; and
//! [`OutcomeBits`], which may be the ledger's own mapped file instead.

use super::map::Words;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Sequences by which the ledger's bit files grow.
pub const CHUNK_SEQUENCES: u64 = 65_536;

// 4096 sequences: small enough that scattered duplicates cost little, large enough that the index
// of chunks adds under 2 % where every sequence is set.
const CHUNK_WORDS: usize = 64;

/// A set of sequences of one partition.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    chunks: Vec<Option<Box<[u64; CHUNK_WORDS]>>>,
}

impl Bits {
    /// Takes no memory.
    pub fn new() -> Self {
        Bits::default()
    }

    /// Adds a sequence and returns whether it was there before. The index of chunks grows with the
    /// sequence, so callers bound it.
    pub fn set(&mut self, sequence: u64) -> bool {
        let mask = 1 << (sequence % 64);
        let word = self.word_mut((sequence / 64) as usize);
        let before = *word & mask != 0;
        *word |= mask;
        before
    }

    pub fn get(&self, sequence: u64) -> bool {
        self.word((sequence / 64) as usize) >> (sequence % 64) & 1 == 1
    }

    /// The 64 sequences from `64 * index` on, the first in the lowest bit.
    pub fn word(&self, index: usize) -> u64 {
        match self.chunks.get(index / CHUNK_WORDS) {
            Some(Some(chunk)) => chunk[index % CHUNK_WORDS],
            _ => 0,
        }
    }

    pub fn count(&self) -> u64 {
        let words = self.chunks.iter().flatten().flat_map(|chunk| chunk.iter());
        words.map(|word| u64::from(word.count_ones())).sum()
    }

    /// Bytes of memory used.
    pub fn allocated_bytes(&self) -> usize {
        let chunks = self.chunks.iter().flatten().count();
        let slot = size_of::<Option<Box<[u64; CHUNK_WORDS]>>>();
        chunks * CHUNK_WORDS * 8 + self.chunks.capacity() * slot
    }

    fn word_mut(&mut self, index: usize) -> &mut u64 {
        let chunk = index / CHUNK_WORDS;
        if chunk >= self.chunks.len() {
            self.chunks.reserve_exact((chunk + 1 - self.chunks.len()).max(self.chunks.len() / 8));
            self.chunks.resize_with(chunk + 1, || None);
        }
        let words = self.chunks[chunk].get_or_insert_with(|| Box::new([0; CHUNK_WORDS]));
        &mut words[index % CHUNK_WORDS]
    }
}

/// The acknowledged or the rejected sequences of a partition: the mapped file itself, which saves a
/// copy in memory, or a set in memory.
#[derive(Clone)]
pub struct OutcomeBits(Store);

#[derive(Clone)]
enum Store {
    Held(Bits),
    Mapped(Arc<Words>),
}

impl OutcomeBits {
    pub(super) fn mapped(words: Words) -> Self {
        OutcomeBits(Store::Mapped(Arc::new(words)))
    }

    /// The 64 sequences from `64 * index` on, the first in the lowest bit.
    pub fn word(&self, index: usize) -> u64 {
        match &self.0 {
            Store::Held(bits) => bits.word(index),
            Store::Mapped(words) if index < words.len() => words.word(index).load(Relaxed),
            Store::Mapped(_) => 0,
        }
    }

    pub fn get(&self, sequence: u64) -> bool {
        self.word((sequence / 64) as usize) >> (sequence % 64) & 1 == 1
    }

    pub fn count(&self) -> u64 {
        match &self.0 {
            Store::Held(bits) => bits.count(),
            Store::Mapped(words) => {
                let ones = |index| words.word(index).load(Relaxed).count_ones();
                (0..words.len()).map(|index| u64::from(ones(index))).sum()
            }
        }
    }

    /// Bytes of memory used beside the ledger's file.
    pub fn allocated_bytes(&self) -> usize {
        match &self.0 {
            Store::Held(bits) => bits.allocated_bytes(),
            Store::Mapped(_) => 0,
        }
    }
}

impl From<Bits> for OutcomeBits {
    fn from(bits: Bits) -> Self {
        OutcomeBits(Store::Held(bits))
    }
}

impl Default for OutcomeBits {
    fn default() -> Self {
        Bits::new().into()
    }
}

impl std::fmt::Debug for OutcomeBits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OutcomeBits({} set)", self.count())
    }
}

impl FromIterator<u64> for OutcomeBits {
    fn from_iter<I: IntoIterator<Item = u64>>(sequences: I) -> Self {
        sequences.into_iter().collect::<Bits>().into()
    }
}

impl FromIterator<u64> for Bits {
    fn from_iter<I: IntoIterator<Item = u64>>(sequences: I) -> Self {
        let mut bits = Bits::new();
        for sequence in sequences {
            bits.set(sequence);
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_is_found_where_it_was_set_and_nowhere_else() {
        let edges = [0, 1, 63, 64, 4095, 4096, CHUNK_SEQUENCES - 1, CHUNK_SEQUENCES];
        for edge in edges {
            let mut bits = Bits::new();
            assert!(!bits.set(edge), "{edge} was not there");
            assert!(bits.set(edge), "{edge} was there");
            assert_eq!(bits.count(), 1);
            for other in edges {
                assert_eq!(bits.get(other), other == edge);
            }
        }
    }

    #[test]
    fn memory_is_taken_only_where_a_bit_is_set() {
        let mut bits = Bits::new();
        assert_eq!(bits.allocated_bytes(), 0);
        bits.set(999 * CHUNK_WORDS as u64 * 64);
        let index = 1000 * size_of::<usize>();
        assert!((index..index + 1024).contains(&bits.allocated_bytes()));
    }
}
