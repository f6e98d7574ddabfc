//! The stamp in every message's key, and what a record read back turns out to be.
//!
//! The key is 40 bytes, little endian: magic 8, run 8, cell 2, producer 2, partition 4, sequence 8,
//! length of the value 4, CRC-32 4. The checksum covers the value and then the first 36 bytes of
//! the key, so that the value's part is computed once for all messages.

use crate::ledger::{Found, ProducerId};

pub const STAMP_BYTES: usize = 40;

/// The first bytes of a stamp.
pub const MAGIC: [u8; 8] = *b"kchaos01";

/// How many bytes of the magic must match for a key to count as a damaged stamp rather than as
/// somebody else's key.
const MAGIC_BYTES_THAT_TELL: usize = 6;

const RUN: usize = 8;
const CELL: usize = 16;
const PRODUCER: usize = 18;
const PARTITION: usize = 20;
const SEQUENCE: usize = 24;
const VALUE_LENGTH: usize = 32;
const CHECKSUM: usize = 36;

/// Makes the stamps of one producer, and has the one value that all of its messages share.
#[derive(Clone, Debug)]
pub struct Stamper {
    /// A stamp with everything filled in that is the same for all messages.
    template: [u8; STAMP_BYTES],
    value: Box<[u8]>,
    /// The checksum's state after the value.
    value_checksum: crc32fast::Hasher,
}

impl Stamper {
    /// The stamper of producer `id`; its value is `value_bytes` pseudo-random bytes from `seed`.
    pub fn new(id: ProducerId, seed: u64, value_bytes: u32) -> Self {
        let mut value = vec![0; value_bytes as usize].into_boxed_slice();
        fastrand::Rng::with_seed(seed).fill(&mut value);
        let mut value_checksum = crc32fast::Hasher::new();
        value_checksum.update(&value);
        let mut template = [0; STAMP_BYTES];
        template[..RUN].copy_from_slice(&MAGIC);
        template[RUN..CELL].copy_from_slice(&id.run.to_le_bytes());
        template[CELL..PRODUCER].copy_from_slice(&id.cell.to_le_bytes());
        template[PRODUCER..PARTITION].copy_from_slice(&id.producer.to_le_bytes());
        template[VALUE_LENGTH..CHECKSUM].copy_from_slice(&value_bytes.to_le_bytes());
        Stamper { template, value, value_checksum }
    }

    /// The value of every message.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The key of message `sequence` of `partition`.
    pub fn encode(&self, partition: u32, sequence: u64) -> [u8; STAMP_BYTES] {
        let mut key = self.template;
        key[PARTITION..SEQUENCE].copy_from_slice(&partition.to_le_bytes());
        key[SEQUENCE..VALUE_LENGTH].copy_from_slice(&sequence.to_le_bytes());
        let mut checksum = self.value_checksum.clone();
        checksum.update(&key[..CHECKSUM]);
        key[CHECKSUM..].copy_from_slice(&checksum.finalize().to_le_bytes());
        key
    }
}

/// Whether `key` is a stamp, damaged or not, of any run.
pub fn is_stamp(key: Option<&[u8]>) -> bool {
    let key = key.unwrap_or_default();
    key.iter().zip(MAGIC).filter(|&(&found, wanted)| found == wanted).count()
        >= MAGIC_BYTES_THAT_TELL
}

/// What a record of `partition` with this key and value is, and to whom of the `expected`: by
/// position. What is nobody's is so to the first. Whether its sequence was ever sent is for the
/// ledger to say.
pub fn check(
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    expected: &[ProducerId],
    partition: u32,
) -> (usize, Found) {
    let Some(key) = key.filter(|key| is_stamp(Some(key))) else { return (0, Found::Foreign) };
    let Ok(key) = <&[u8; STAMP_BYTES]>::try_from(key) else { return (0, Found::Corrupt) };
    let sender = u16::from_le_bytes(field(key, PRODUCER));
    let by = expected.iter().position(|one| one.producer == sender);
    // A stamp with an empty value has a value all the same: a null one is not what was sent.
    let Some(value) = value else { return (by.unwrap_or(0), Found::Corrupt) };
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(value);
    checksum.update(&key[..CHECKSUM]);
    let intact = key[..RUN] == MAGIC
        && u64::from(u32::from_le_bytes(field(key, VALUE_LENGTH))) == value.len() as u64
        && u32::from_le_bytes(field(key, CHECKSUM)) == checksum.finalize();
    if !intact {
        return (by.unwrap_or(0), Found::Corrupt);
    }
    let ours = |by: &usize| {
        u64::from_le_bytes(field(key, RUN)) == expected[*by].run
            && u16::from_le_bytes(field(key, CELL)) == expected[*by].cell
            && u32::from_le_bytes(field(key, PARTITION)) == partition
    };
    match by.filter(ours) {
        Some(by) => (by, Found::Ours { sequence: u64::from_le_bytes(field(key, SEQUENCE)) }),
        None => (0, Found::Foreign),
    }
}

fn field<const N: usize>(key: &[u8; STAMP_BYTES], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&key[at..at + N]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: ProducerId = ProducerId { run: 0x0123_4567_89ab_cdef, cell: 7, producer: 2 };

    fn checked(stamper: &Stamper, key: &[u8]) -> Found {
        check(Some(key), Some(stamper.value()), &[ID], 3).1
    }

    #[test]
    fn a_stamp_has_the_documented_layout() {
        let key = Stamper::new(ID, 1, 100).encode(3, 0x1122_3344_5566_7788);
        assert_eq!(&key[..8], b"kchaos01");
        assert_eq!(&key[8..16], &[0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01]);
        assert_eq!(&key[16..24], &[7, 0, 2, 0, 3, 0, 0, 0]);
        assert_eq!(&key[24..32], &[0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
        assert_eq!(&key[32..36], &[100, 0, 0, 0]);
    }

    #[test]
    fn the_value_follows_from_the_seed() {
        let of_seed = |seed| Stamper::new(ID, seed, 64).value().to_vec();
        assert_eq!(of_seed(5), of_seed(5));
        assert_ne!(of_seed(5), of_seed(6));
        assert_eq!(of_seed(5).len(), 64);
    }

    #[test]
    fn another_run_cell_producer_or_partition_is_foreign() {
        let others = [
            ProducerId { run: 1, ..ID },
            ProducerId { cell: 1, ..ID },
            ProducerId { producer: 1, ..ID },
        ];
        for other in others {
            let stamper = Stamper::new(other, 9, 10);
            assert_eq!(checked(&stamper, &stamper.encode(3, 5)), Found::Foreign, "{other:?}");
        }
        let stamper = Stamper::new(ID, 9, 10);
        assert_eq!(checked(&stamper, &stamper.encode(2, 5)), Found::Foreign);
        assert_eq!(checked(&stamper, &stamper.encode(3, 5)), Found::Ours { sequence: 5 });
    }

    #[test]
    fn plain_text_and_no_key_are_foreign_and_a_null_value_is_corrupt() {
        let stamper = Stamper::new(ID, 9, 10);
        assert_eq!(checked(&stamper, b"order-4711"), Found::Foreign);
        assert_eq!(checked(&stamper, b"a key of exactly forty bytes, plain text"), Found::Foreign);
        assert_eq!(checked(&stamper, b""), Found::Foreign);
        assert_eq!(check(None, Some(b"text"), &[ID], 3).1, Found::Foreign);
        assert_eq!(check(None, None, &[ID], 3).1, Found::Foreign);
        assert_eq!(check(Some(&stamper.encode(3, 5)), None, &[ID], 3).1, Found::Corrupt);
        let empty = Stamper::new(ID, 9, 0);
        assert_eq!(check(Some(&empty.encode(3, 5)), None, &[ID], 3).1, Found::Corrupt);
        assert_eq!(checked(&empty, &empty.encode(3, 5)), Found::Ours { sequence: 5 });
    }

    #[test]
    fn a_magic_with_three_wrong_bytes_is_somebody_elses_key() {
        let stamper = Stamper::new(ID, 9, 10);
        let mut key = stamper.encode(3, 5);
        key[..3].copy_from_slice(b"xyz");
        assert_eq!(checked(&stamper, &key), Found::Foreign);
    }

    #[test]
    fn every_single_flipped_bit_is_corruption() {
        let stamper = Stamper::new(ID, 9, 33);
        let key = stamper.encode(3, 5);
        for bit in 0..STAMP_BYTES * 8 {
            let mut damaged = key;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(checked(&stamper, &damaged), Found::Corrupt, "bit {bit} of the key");
        }
        for bit in 0..33 * 8 {
            let mut value = stamper.value().to_vec();
            value[bit / 8] ^= 1 << (bit % 8);
            let found = check(Some(&key), Some(&value), &[ID], 3).1;
            assert_eq!(found, Found::Corrupt, "bit {bit} of the value");
        }
    }

    proptest! {
        #[test]
        fn what_was_stamped_is_found(
            run: u64, cell: u16, producer: u16, partition: u32, sequence: u64, seed: u64,
            bytes in 0_u32..2000,
        ) {
            let id = ProducerId { run, cell, producer };
            let stamper = Stamper::new(id, seed, bytes);
            let key = stamper.encode(partition, sequence);
            let found = check(Some(&key), Some(stamper.value()), &[id], partition).1;
            prop_assert_eq!(found, Found::Ours { sequence });
        }

        #[test]
        fn a_burst_of_damage_in_the_magic_is_corruption(
            first in 0_usize..8, second in 0_usize..8, with in 1_u8.., sequence: u64,
        ) {
            let stamper = Stamper::new(ID, 9, 100);
            let mut key = stamper.encode(3, sequence);
            key[first] ^= with;
            if second != first {
                key[second] ^= with;
            }
            prop_assert_eq!(checked(&stamper, &key), Found::Corrupt);
        }

        #[test]
        fn truncation_is_corruption(
            key_bytes in MAGIC_BYTES_THAT_TELL..STAMP_BYTES, value_bytes in 0_usize..100,
            sequence: u64,
        ) {
            let stamper = Stamper::new(ID, 9, 100);
            let key = stamper.encode(3, sequence);
            prop_assert_eq!(checked(&stamper, &key[..key_bytes]), Found::Corrupt);
            let value = &stamper.value()[..value_bytes];
            prop_assert_eq!(check(Some(&key), Some(value), &[ID], 3).1, Found::Corrupt);
        }

        #[test]
        fn any_flipped_bit_of_a_large_message_is_corruption(
            bit in 0_usize..(STAMP_BYTES + 1000) * 8, sequence: u64, seed: u64,
        ) {
            let stamper = Stamper::new(ID, seed, 1000);
            let mut key = stamper.encode(3, sequence);
            let mut value = stamper.value().to_vec();
            match bit.checked_sub(STAMP_BYTES * 8) {
                None => key[bit / 8] ^= 1 << (bit % 8),
                Some(bit) => value[bit / 8] ^= 1 << (bit % 8),
            }
            prop_assert_eq!(check(Some(&key), Some(&value), &[ID], 3).1, Found::Corrupt);
        }
    }
}
