//! [`OutcomeLog`]: the poller's part of a ledger; it records delivery reports.

use super::error::LedgerError;
use super::growing_file::GrowingFile;
use super::latency::bucket;
use super::layout::{self, ACKED, PHASE_CHANGES, REJECTED, STRETCH_WORDS, STRETCHES, UNKNOWN};
use super::layout::{outcomes_at, sent_at};
use super::map::Words;
use super::phase::waits;
use super::pulse::{self, MAX_RUN_US, PULSE_ROW_US, ROW_WORDS};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// A stretch of acknowledgements ends after this many messages.
pub(super) const STRETCH_MESSAGES: u64 = 1024;

/// A stretch of acknowledgements ends after this time, which places each of its messages within a
/// quarter of a second.
pub(super) const STRETCH_US: u64 = 250_000;

/// The poller's part: the outcome of each message. A method that fails has recorded nothing.
pub struct OutcomeLog {
    control: Arc<Words>,
    pulse: GrowingFile,
    partitions: Vec<Outcomes>,
}

struct Outcomes {
    acked: GrowingFile,
    rejected: GrowingFile,
    stretches: GrowingFile,
    // The last seen value of `sent`; saves access to the sender's cache line.
    known_sent: u64,
    last_ack_us: Option<u64>,
    open: Option<Open>,
    closed_stretches: usize,
}

/// The stretch that the next acknowledgement may extend.
#[derive(Clone, Copy)]
struct Open {
    sequence: u64,
    offset: i64,
    count: u64,
    first_us: u64,
}

impl Open {
    fn extends_by(&self, sequence: u64, offset: i64, at_us: u64) -> bool {
        let offset_follows =
            if self.offset < 0 { offset < 0 } else { offset == self.offset + self.count as i64 };
        sequence == self.sequence + self.count
            && offset_follows
            && self.count < STRETCH_MESSAGES
            && at_us.saturating_sub(self.first_us) < STRETCH_US
    }
}

/// Where one outcome is recorded; every word of it exists.
struct Place {
    partition: usize,
    bit_word: usize,
    mask: u64,
    row: usize,
}

impl OutcomeLog {
    pub(super) fn new(
        control: Arc<Words>,
        pulse: GrowingFile,
        files: Vec<[GrowingFile; 3]>,
    ) -> Self {
        let partitions = files.into_iter().map(|[acked, rejected, stretches]| Outcomes {
            acked,
            rejected,
            stretches,
            known_sent: 0,
            last_ack_us: None,
            open: None,
            closed_stretches: 0,
        });
        OutcomeLog { control, pulse, partitions: partitions.collect() }
    }

    /// Records an acknowledgement at `at_us`, `latency_us` after the message was due, with its
    /// offset if known (negative: unknown). With acks=0 librdkafka reports this although nobody
    /// confirmed it.
    ///
    /// # Errors
    /// The message was never sent or has an outcome already, or the disk is full.
    pub fn acked(
        &mut self,
        partition: u32,
        sequence: u64,
        offset: i64,
        at_us: u64,
        latency_us: u64,
    ) -> io::Result<()> {
        let place = self.place(partition, sequence, at_us)?;
        let state = &mut self.partitions[place.partition];
        state.acked.ensure(place.bit_word)?;
        state.stretches.ensure((state.closed_stretches + 2) * STRETCH_WORDS - 1)?;
        let counters = outcomes_at(place.partition);
        // The stretch goes first and the counter last: if this process is killed in between, it
        // leaves a stretch whose last message has no bit, and never a bit without a stretch.
        let stretches = state.extend(sequence, offset.max(-1), at_us);
        self.control.word(counters + STRETCHES).store(stretches, Release);
        add(state.acked.word(place.bit_word), place.mask);
        // Release, here and for every counter: a reader that loads it with Acquire sees the bits
        // and stretches that it counts. Nothing else is ordered, since each word has a single
        // writer.
        bump(self.control.word(counters + ACKED), Release);
        let gap_us = state.last_ack_us.map(|last| at_us.saturating_sub(last));
        state.last_ack_us = Some(at_us);
        self.note_pulse(place.row, at_us, latency_us, gap_us);
        self.note_latency(at_us.saturating_sub(latency_us), at_us);
        Ok(())
    }

    /// The message was certainly not written by this send.
    ///
    /// # Errors
    /// As for [`OutcomeLog::acked`].
    pub fn rejected(&mut self, partition: u32, sequence: u64, at_us: u64) -> io::Result<()> {
        let place = self.place(partition, sequence, at_us)?;
        let state = &mut self.partitions[place.partition];
        state.rejected.ensure(place.bit_word)?;
        add(state.rejected.word(place.bit_word), place.mask);
        bump(self.control.word(outcomes_at(place.partition) + REJECTED), Release);
        bump(self.pulse.word(place.row + pulse::REJECTED), Relaxed);
        Ok(())
    }

    /// The message may or may not be in the log. It is only counted: what was sent and is neither
    /// acknowledged nor rejected is unknown.
    ///
    /// # Errors
    /// As for [`OutcomeLog::acked`], but the outcome may be this one already.
    pub fn unknown(&mut self, partition: u32, sequence: u64, at_us: u64) -> io::Result<()> {
        let place = self.place(partition, sequence, at_us)?;
        bump(self.control.word(outcomes_at(place.partition) + UNKNOWN), Release);
        bump(self.pulse.word(place.row + pulse::UNKNOWN), Relaxed);
        Ok(())
    }

    /// Checks the arguments and makes sure of the pulse's row.
    fn place(&mut self, partition: u32, sequence: u64, at_us: u64) -> io::Result<Place> {
        let count = self.partitions.len();
        let misused = |what| LedgerError::Misused { partition, sequence, what };
        let Some(state) = self.partitions.get_mut(partition as usize) else {
            return Err(misused("there is no such partition").into());
        };
        if at_us > MAX_RUN_US {
            return Err(misused("a run may last two days at most").into());
        }
        if sequence >= state.known_sent {
            state.known_sent = self.control.word(sent_at(partition as usize)).load(Acquire);
            if sequence >= state.known_sent {
                return Err(misused("it has an outcome but was never sent").into());
            }
        }
        let (bit_word, mask) = ((sequence / 64) as usize, 1 << (sequence % 64));
        if has(&state.acked, bit_word, mask) || has(&state.rejected, bit_word, mask) {
            return Err(misused("it has an outcome already").into());
        }
        let row = ((at_us / PULSE_ROW_US) as usize * count + partition as usize) * ROW_WORDS;
        self.pulse.ensure(row + ROW_WORDS - 1)?;
        Ok(Place { partition: partition as usize, bit_word, mask, row })
    }

    fn note_pulse(&self, row: usize, at_us: u64, latency_us: u64, gap_us: Option<u64>) {
        let word = |column: usize| self.pulse.word(row + column);
        if word(pulse::ACKED).load(Relaxed) == 0 {
            word(pulse::FIRST_ACK).store(at_us, Relaxed);
        } else if let Some(gap_us) = gap_us
            && gap_us > word(pulse::MAX_GAP).load(Relaxed)
        {
            word(pulse::MAX_GAP).store(gap_us, Relaxed);
            word(pulse::MAX_GAP_END).store(at_us, Relaxed);
        }
        word(pulse::LAST_ACK).store(at_us, Relaxed);
        raise(word(pulse::MAX_LATENCY), latency_us);
        bump(word(pulse::ACKED), Release);
    }

    fn note_latency(&self, due_us: u64, at_us: u64) {
        let partitions = self.partitions.len() as u32;
        // Acquire: the counted changes are visible.
        let changes = self.control.word(PHASE_CHANGES).load(Acquire) as usize;
        let change = |index| {
            let word = self.control.word(layout::change_at(partitions, index)).load(Relaxed);
            layout::unpack_change(word)
        };
        for (phase, wait_us) in waits(changes, change, due_us, at_us) {
            let at = layout::latency_at(partitions, phase);
            raise(self.control.word(at), wait_us);
            bump(self.control.word(at + 1 + bucket(wait_us)), Relaxed);
        }
    }
}

impl Outcomes {
    /// Extends the open stretch or begins another; returns the number of stretches.
    fn extend(&mut self, sequence: u64, offset: i64, at_us: u64) -> u64 {
        let extended = self.open.filter(|open| open.extends_by(sequence, offset, at_us));
        let open = match extended {
            Some(open) => Open { count: open.count + 1, ..open },
            None => {
                self.closed_stretches += usize::from(self.open.is_some());
                let at = self.closed_stretches * STRETCH_WORDS;
                for (index, value) in [sequence, offset as u64, at_us].into_iter().enumerate() {
                    self.stretches.word(at + index).store(value, Relaxed);
                }
                Open { sequence, offset, count: 1, first_us: at_us }
            }
        };
        // Count and duration share one word, so that a reader or a kill always finds a whole
        // stretch.
        let tail = open.count << 32 | at_us.saturating_sub(open.first_us);
        let at = self.closed_stretches * STRETCH_WORDS;
        self.stretches.word(at + STRETCH_WORDS - 1).store(tail, Release);
        self.open = Some(open);
        self.closed_stretches as u64 + 1
    }
}

fn has(bits: &GrowingFile, word: usize, mask: u64) -> bool {
    bits.has(word) && bits.word(word).load(Relaxed) & mask != 0
}

// Each word has one writing thread, so no read-modify-write instruction is needed.

fn add(word: &AtomicU64, mask: u64) {
    word.store(word.load(Relaxed) | mask, Relaxed);
}

fn bump(word: &AtomicU64, ordering: std::sync::atomic::Ordering) {
    word.store(word.load(Relaxed) + 1, ordering);
}

fn raise(word: &AtomicU64, value: u64) {
    if value > word.load(Relaxed) {
        word.store(value, Relaxed);
    }
}
