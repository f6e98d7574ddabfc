//! [`Ledger`]: the conductor's side, while the worker writes or after its end.

use super::bits::OutcomeBits;
use super::error::{at, corrupt};
use super::growing_file::read;
use super::latency::{BUCKETS, LatencyHistogram};
use super::layout::{self, ACKED, Paths, REJECTED, STRETCH_WORDS, STRETCHES, UNKNOWN};
use super::layout::{MAX_PHASE_CHANGES, PHASE_CHANGES, outcomes_at, sent_at};
use super::map::Words;
use super::partition::PartitionLedger;
use super::phase::{LatencyPhase, PhaseChange};
use super::pulse::{self, PulseRow, SkippedRow};
use super::types::{AckStretch, ProducerId, Stretch};
use crate::event::Progress;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// An open ledger. Counters are read live from shared memory; each call maps a partition's files
/// anew, so it sees everything written before it, growth included.
pub struct Ledger {
    dir: PathBuf,
    control: Words,
    id: ProducerId,
    partitions: u32,
}

/// Everything that the verifier needs from a ledger, copied out of its files.
#[derive(Clone, Debug, Default)]
pub struct LedgerRecord {
    pub partitions: Vec<PartitionLedger>,
    /// By partition; only rows in which something happened.
    pub pulses: Vec<Vec<PulseRow>>,
    /// By the phase's number; acknowledged messages only.
    pub latencies: Vec<LatencyHistogram>,
    /// Phase changes in order of time; before them all is warm-up.
    pub changes: Vec<PhaseChange>,
    /// Messages that were due and never sent, of all partitions.
    pub skipped: Vec<SkippedRow>,
}

impl Ledger {
    /// Opens the ledger in `dir`.
    ///
    /// # Errors
    /// `NotFound` until the writer has completed it; `InvalidData` if a file is missing, short, of
    /// another version, or not a ledger's.
    pub fn open(dir: &Path) -> io::Result<Ledger> {
        let paths = Paths(dir);
        let path = paths.control();
        let control = read(&path)?.ok_or_else(|| corrupt(&path, "it is empty"))?;
        let (id, partitions) = layout::read_header(&control, &path)?;
        let mut files = vec![paths.pulse_sent(), paths.pulse()];
        for partition in 0..partitions {
            files.extend([
                paths.acked(partition),
                paths.rejected(partition),
                paths.stretches(partition),
            ]);
        }
        for file in files {
            if !file.try_exists().map_err(at("look for", &file))? {
                return Err(corrupt(&file, "it is missing"));
            }
        }
        Ok(Ledger { dir: dir.to_owned(), control, id, partitions })
    }

    /// Who wrote it.
    pub fn id(&self) -> ProducerId {
        self.id
    }

    pub fn partitions(&self) -> u32 {
        self.partitions
    }

    /// Current counts over all partitions. Acknowledged plus rejected never exceeds sent.
    pub fn progress(&self) -> Progress {
        let outcome = |counter: usize| {
            let of = |p| self.control.word(outcomes_at(p) + counter).load(Acquire);
            (0..self.partitions as usize).map(of).sum()
        };
        // Outcomes first: loading them with Acquire makes the sends that they belong to visible.
        let (acked, rejected) = (outcome(ACKED), outcome(REJECTED));
        let of = |p| self.control.word(sent_at(p)).load(Acquire);
        Progress { sent: (0..self.partitions as usize).map(of).sum(), acked, rejected }
    }

    /// How many sent messages have no report yet, over all partitions. A reported unknown outcome
    /// counts as a report.
    pub fn open_messages(&self) -> u64 {
        // Outcomes first, as above.
        let of = |p| [ACKED, REJECTED, UNKNOWN].map(|counter| self.outcome(p, counter));
        let reported: u64 = (0..self.partitions).flat_map(of).sum();
        let sent = |p| self.control.word(sent_at(p)).load(Acquire);
        (0..self.partitions as usize).map(sent).sum::<u64>().saturating_sub(reported)
    }

    /// How many partitions have an acknowledgement.
    pub fn acked_partitions(&self) -> u32 {
        let acked = |p: &u32| self.outcome(*p, ACKED) > 0;
        (0..self.partitions).filter(acked).count() as u32
    }

    /// Records that a phase began, at a time not before the last one's. Only one thread at a time
    /// may do so. Messages count in it if they were due later, so call it at once. After
    /// [`MAX_PHASE_CHANGES`] the last phase stays in force.
    pub fn begin_phase(&self, change: PhaseChange) {
        let count = self.control.word(PHASE_CHANGES);
        let index = count.load(Relaxed) as usize;
        if index < MAX_PHASE_CHANGES {
            let at = layout::change_at(self.partitions, index);
            self.control.word(at).store(layout::pack_change(change), Relaxed);
            count.store(index as u64 + 1, Release);
        }
    }

    pub fn phase_changes(&self) -> Vec<PhaseChange> {
        let count = self.control.word(PHASE_CHANGES).load(Acquire) as usize;
        let at = |index| self.control.word(layout::change_at(self.partitions, index)).load(Relaxed);
        (0..count.min(MAX_PHASE_CHANGES)).map(|index| layout::unpack_change(at(index))).collect()
    }

    /// A phase's latencies so far.
    pub fn latency(&self, phase: LatencyPhase) -> LatencyHistogram {
        let at = layout::latency_at(self.partitions, phase);
        let count = |bucket| self.control.word(at + 1 + bucket).load(Relaxed);
        let max_us = self.control.word(at).load(Relaxed);
        LatencyHistogram::from_counts((0..BUCKETS).map(count).collect(), max_us)
    }

    /// The rows of a partition in which something happened, in order of time.
    pub fn pulse(&self, partition: u32) -> io::Result<Vec<PulseRow>> {
        self.check(partition)?;
        let paths = Paths(&self.dir);
        let (sent, outcomes) = (read(&paths.pulse_sent())?, read(&paths.pulse())?);
        let which = (self.partitions, partition);
        pulse::rows(sent.as_ref(), outcomes.as_ref(), which, &paths.pulse())
    }

    /// The outcomes of a partition's messages. While the writer lives: a state between the call and
    /// its return.
    ///
    /// # Errors
    /// The partition does not exist, or its files contradict the counters.
    pub fn partition(&self, partition: u32) -> io::Result<PartitionLedger> {
        self.check(partition)?;
        let paths = Paths(&self.dir);
        // The counters first: what they count is in the files by then. `sent` last: it covers every
        // outcome that was found.
        let (acks, rejections) =
            (self.outcome(partition, ACKED), self.outcome(partition, REJECTED));
        let reported_unknown = self.outcome(partition, UNKNOWN);
        let stretches = self.stretches(partition)?;
        let acked = bits(&paths.acked(partition), acks)?;
        let rejected = bits(&paths.rejected(partition), rejections)?;
        let sent = self.control.word(sent_at(partition as usize)).load(Acquire);
        for (path, set) in
            [(paths.acked(partition), &acked), (paths.rejected(partition), &rejected)]
        {
            if let Some(sequence) = set.1.filter(|highest| *highest >= sent) {
                let what = format!("it knows sequence {sequence}, but only {sent} were sent");
                return Err(corrupt(&path, what));
            }
        }
        if let Some(stretch) =
            stretches.iter().find(|s| s.stretch.sequence.saturating_add(s.stretch.count) > sent)
        {
            let what = format!("it names {stretch:?}, but only {sent} were sent");
            return Err(corrupt(&paths.stretches(partition), what));
        }
        Ok(PartitionLedger {
            sent,
            reported_unknown,
            acked: acked.0,
            rejected: rejected.0,
            stretches,
        })
    }

    /// Everything at once, for the verifier.
    pub fn record(&self) -> io::Result<LedgerRecord> {
        let mut record = LedgerRecord::default();
        for partition in 0..self.partitions {
            record.partitions.push(self.partition(partition)?);
            record.pulses.push(self.pulse(partition)?);
        }
        record.latencies = LatencyPhase::ALL.map(|phase| self.latency(phase)).to_vec();
        record.changes = self.phase_changes();
        let sends = read(&Paths(&self.dir).pulse_sent())?;
        record.skipped = pulse::skipped(sends.as_ref(), self.partitions);
        Ok(record)
    }

    fn outcome(&self, partition: u32, counter: usize) -> u64 {
        self.control.word(outcomes_at(partition as usize) + counter).load(Acquire)
    }

    fn check(&self, partition: u32) -> io::Result<()> {
        if partition < self.partitions {
            return Ok(());
        }
        let what = format!("it has {} partitions, and none is {partition}", self.partitions);
        Err(io::Error::new(io::ErrorKind::InvalidInput, what))
    }

    fn stretches(&self, partition: u32) -> io::Result<Vec<AckStretch>> {
        let path = Paths(&self.dir).stretches(partition);
        let count = self.outcome(partition, STRETCHES) as usize;
        let words = read(&path)?;
        let available = words.as_ref().map_or(0, Words::len) / STRETCH_WORDS;
        let Some(words) = words.filter(|_| count <= available) else {
            return if count == 0 {
                Ok(Vec::new())
            } else {
                Err(corrupt(&path, format!("it has room for {available} of {count} stretches")))
            };
        };
        let mut stretches = Vec::with_capacity(count);
        for at in (0..count).map(|index| index * STRETCH_WORDS) {
            let tail = words.word(at + STRETCH_WORDS - 1).load(Acquire);
            let load = |index: usize| words.word(at + index).load(Relaxed);
            let (first_ack_us, messages) = (load(2), tail >> 32);
            if messages == 0 {
                return Err(corrupt(&path, format!("stretch {} is empty", at / STRETCH_WORDS)));
            }
            let stretch = Stretch { sequence: load(0), offset: load(1) as i64, count: messages };
            let last_ack_us = first_ack_us + (tail & u64::from(u32::MAX));
            stretches.push(AckStretch { stretch, first_ack_us, last_ack_us });
        }
        Ok(stretches)
    }
}

/// Maps a bit file, which must hold at least as many bits as counted, and returns the highest
/// sequence too.
fn bits(path: &Path, counted: u64) -> io::Result<(OutcomeBits, Option<u64>)> {
    let (bits, words) = match read(path)? {
        Some(words) => {
            let len = words.len();
            (OutcomeBits::mapped(words), len)
        }
        None => (OutcomeBits::default(), 0),
    };
    let highest = (0..words).rev().find(|index| bits.word(*index) != 0);
    let highest = highest.map(|index| index as u64 * 64 + u64::from(bits.word(index).ilog2()));
    let found = bits.count();
    if found < counted {
        return Err(corrupt(path, format!("{counted} were counted, but it holds {found}")));
    }
    Ok((bits, highest))
}
