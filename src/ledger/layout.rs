//! Where things are in a ledger's files: the control file word by word, and file names.

use super::error::corrupt;
use super::latency::BUCKETS;
use super::map::Words;
use super::phase::{LatencyPhase, PhaseChange};
use super::types::ProducerId;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

/// How many phase changes a ledger holds; after that the last one stays in force.
pub(super) const MAX_PHASE_CHANGES: usize = 4096;

pub(crate) const MAX_PARTITIONS: u32 = 10_000;

/// Words per stretch of acknowledgements: sequence, offset, time, and count with duration.
pub(super) const STRETCH_WORDS: usize = 4;

/// Stretches by which their file grows.
pub(super) const STRETCH_CHUNK: usize = 512;

const MAGIC: u64 = u64::from_le_bytes(*b"kchledgr");
const VERSION: u64 = 2;
const HEADER_WORDS: usize = 4;
const CHECKSUM: usize = 4;

/// The number of phase changes; a cache line away from what the worker writes.
pub(super) const PHASE_CHANGES: usize = 8;

const PARTITIONS_FROM: usize = 16;

// Two cache lines per partition: the sender writes the first, the poller the second.
const PARTITION_WORDS: usize = 16;

const PHASE_WORDS: usize = BUCKETS + 1;

// The upper bits of a change's word hold its phase: two days take 38 bits.
const PHASE_SHIFT: u32 = 56;

/// The poller's counters of one partition, relative to [`outcomes_at`].
pub(super) const ACKED: usize = 0;
pub(super) const REJECTED: usize = 1;
pub(super) const UNKNOWN: usize = 2;
pub(super) const STRETCHES: usize = 3;

pub(super) fn sent_at(partition: usize) -> usize {
    PARTITIONS_FROM + partition * PARTITION_WORDS
}

pub(super) fn outcomes_at(partition: usize) -> usize {
    sent_at(partition) + PARTITION_WORDS / 2
}

/// A phase's highest latency; its histogram follows.
pub(super) fn latency_at(partitions: u32, phase: LatencyPhase) -> usize {
    sent_at(partitions as usize) + phase as usize * PHASE_WORDS
}

pub(super) fn change_at(partitions: u32, index: usize) -> usize {
    sent_at(partitions as usize) + LatencyPhase::ALL.len() * PHASE_WORDS + index
}

/// Packs a phase change into one word, so that it appears as a whole.
pub(super) fn pack_change(change: PhaseChange) -> u64 {
    (change.phase as u64) << PHASE_SHIFT | change.at_us
}

/// Unpacks a word. An unknown phase counts as the last one.
pub(super) fn unpack_change(word: u64) -> PhaseChange {
    let last = LatencyPhase::ALL.len() - 1;
    let phase = LatencyPhase::ALL[((word >> PHASE_SHIFT) as usize).min(last)];
    PhaseChange { at_us: word & ((1 << PHASE_SHIFT) - 1), phase }
}

pub(super) fn control_words(partitions: u32) -> usize {
    change_at(partitions, MAX_PHASE_CHANGES)
}

/// Words per row in the file of sends: one count per partition, then the messages that were due and
/// skipped.
pub(super) fn send_row_words(partitions: u32) -> usize {
    partitions as usize + 1
}

/// The files of one ledger.
pub(super) struct Paths<'a>(pub(super) &'a Path);

impl Paths<'_> {
    pub(super) fn control(&self) -> PathBuf {
        self.0.join("control")
    }

    /// The control file until the ledger is complete.
    pub(super) fn unfinished_control(&self) -> PathBuf {
        self.0.join("control.new")
    }

    pub(super) fn pulse_sent(&self) -> PathBuf {
        self.0.join("pulse-sent")
    }

    pub(super) fn pulse(&self) -> PathBuf {
        self.0.join("pulse")
    }

    pub(super) fn acked(&self, partition: u32) -> PathBuf {
        self.0.join(format!("{partition}.acked"))
    }

    pub(super) fn rejected(&self, partition: u32) -> PathBuf {
        self.0.join(format!("{partition}.rejected"))
    }

    pub(super) fn stretches(&self, partition: u32) -> PathBuf {
        self.0.join(format!("{partition}.stretches"))
    }
}

pub(super) fn write_header(control: &Words, id: ProducerId, partitions: u32) {
    let who = u64::from(id.cell) | u64::from(id.producer) << 16 | u64::from(partitions) << 32;
    let header = [MAGIC, VERSION, id.run, who];
    for (index, word) in header.into_iter().enumerate() {
        control.word(index).store(word, Relaxed);
    }
    control.word(CHECKSUM).store(checksum(header), Relaxed);
}

pub(super) fn read_header(control: &Words, path: &Path) -> io::Result<(ProducerId, u32)> {
    if control.len() <= CHECKSUM {
        return Err(corrupt(path, format!("it has only {} words", control.len())));
    }
    let header: [u64; HEADER_WORDS] = std::array::from_fn(|i| control.word(i).load(Relaxed));
    if header[0] != MAGIC {
        return Err(corrupt(path, "it does not start as a ledger does"));
    }
    if header[1] != VERSION {
        let what = format!("its version is {}, and only {VERSION} is known", header[1]);
        return Err(corrupt(path, what));
    }
    if control.word(CHECKSUM).load(Relaxed) != checksum(header) {
        return Err(corrupt(path, "the checksum of its head is wrong"));
    }
    let id =
        ProducerId { run: header[2], cell: header[3] as u16, producer: (header[3] >> 16) as u16 };
    let partitions = (header[3] >> 32) as u32;
    if partitions == 0 || partitions > MAX_PARTITIONS {
        return Err(corrupt(path, format!("it names {partitions} partitions")));
    }
    if control.len() != control_words(partitions) {
        let wanted = control_words(partitions);
        let what = format!("it has {} words where {wanted} belong", control.len());
        return Err(corrupt(path, what));
    }
    Ok((id, partitions))
}

fn checksum(header: [u64; HEADER_WORDS]) -> u64 {
    let bytes: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    u64::from(crc32fast::hash(&bytes))
}
