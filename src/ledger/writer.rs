//! [`LedgerWriter`]: creates a ledger, and splits into the sender's and the poller's part.

use super::bits::CHUNK_SEQUENCES;
use super::error::{LedgerError, at};
use super::growing_file::{GrowingFile, allocate, create};
use super::layout::{self, MAX_PARTITIONS, Paths, STRETCH_CHUNK, STRETCH_WORDS, sent_at};
use super::map::Words;
use super::outcome::OutcomeLog;
use super::pulse::{MAX_RUN_US, PULSE_ROW_US, ROW_CHUNK, ROW_WORDS};
use super::types::ProducerId;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};

/// A new ledger, before its work is split between two threads.
pub struct LedgerWriter {
    sender: SendLog,
    poller: OutcomeLog,
}

impl LedgerWriter {
    /// Creates the ledger's files in `dir`, and `dir` if necessary. [`super::Ledger::open`] finds
    /// the ledger once this has returned, and nothing before.
    ///
    /// # Errors
    /// `dir` has a ledger already, the disk is full, or the number of partitions is not between 1
    /// and [`MAX_PARTITIONS`].
    pub fn create(dir: &Path, id: ProducerId, partitions: u32) -> io::Result<LedgerWriter> {
        if partitions == 0 || partitions > MAX_PARTITIONS {
            return Err(LedgerError::Partitions { partitions, most: MAX_PARTITIONS }.into());
        }
        std::fs::create_dir_all(dir).map_err(at("create", dir))?;
        let paths = Paths(dir);
        let sent_chunk = ROW_CHUNK * layout::send_row_words(partitions);
        let pulse_sent = GrowingFile::create(paths.pulse_sent(), sent_chunk)?;
        let chunk = ROW_CHUNK * partitions as usize * ROW_WORDS;
        let pulse = GrowingFile::create(paths.pulse(), chunk)?;
        let bit_words = (CHUNK_SEQUENCES / 64) as usize;
        let mut files = Vec::new();
        for partition in 0..partitions {
            files.push([
                GrowingFile::create(paths.acked(partition), bit_words)?,
                GrowingFile::create(paths.rejected(partition), bit_words)?,
                GrowingFile::create(paths.stretches(partition), STRETCH_CHUNK * STRETCH_WORDS)?,
            ]);
        }
        let control = Arc::new(new_control(&paths, id, partitions)?);
        Ok(LedgerWriter {
            sender: SendLog::new(Arc::clone(&control), pulse_sent, partitions),
            poller: OutcomeLog::new(control, pulse, files),
        })
    }

    /// The parts for two threads: one sends, one polls delivery reports.
    pub fn split(self) -> (SendLog, OutcomeLog) {
        (self.sender, self.poller)
    }
}

/// Writes the control file last and under another name, so that a ledger is complete or absent.
fn new_control(paths: &Paths<'_>, id: ProducerId, partitions: u32) -> io::Result<Words> {
    let (path, unfinished) = (paths.control(), paths.unfinished_control());
    let file = create(&unfinished)?;
    allocate(&file, &unfinished, 0, layout::control_words(partitions) as u64 * 8)?;
    let control = Words::map(&file).map_err(at("map", &unfinished))?;
    layout::write_header(&control, id, partitions);
    std::fs::rename(&unfinished, &path).map_err(at("rename", &unfinished))?;
    Ok(control)
}

/// The sender's part: what was handed to the client.
pub struct SendLog {
    control: Arc<Words>,
    pulse: GrowingFile,
    partitions: Vec<Sent>,
}

#[derive(Clone, Default)]
struct Sent {
    count: u64,
    last_pulse_word: Option<usize>,
}

impl SendLog {
    fn new(control: Arc<Words>, pulse: GrowingFile, partitions: u32) -> Self {
        SendLog { control, pulse, partitions: vec![Sent::default(); partitions as usize] }
    }

    /// Records a message that is about to be handed over. Call it before the hand-over: a message
    /// that may be in the log must never be missing from the ledger.
    ///
    /// # Errors
    /// The sequence is not the number of messages sent to this partition so far, or the disk is
    /// full. Then nothing is recorded, and the message must not be sent.
    pub fn sent(&mut self, partition: u32, sequence: u64, at_us: u64) -> io::Result<()> {
        let row_words = self.row_words();
        let misused = |what| LedgerError::Misused { partition, sequence, what };
        let Some(state) = self.partitions.get_mut(partition as usize) else {
            return Err(misused("there is no such partition").into());
        };
        if sequence != state.count {
            return Err(misused("sequences must count from 0 without a gap").into());
        }
        if at_us > MAX_RUN_US {
            return Err(misused("a run may last two days at most").into());
        }
        let word = (at_us / PULSE_ROW_US) as usize * row_words + partition as usize;
        self.pulse.ensure(word)?;
        let row = self.pulse.word(word);
        // Only this thread writes the row and the counter, so load and store suffice.
        row.store(row.load(Relaxed) + 1, Relaxed);
        state.count += 1;
        state.last_pulse_word = Some(word);
        // Release: whoever sees an acknowledgement of this message (which the client's own queues
        // order after this store) and then loads the counter finds the message counted.
        self.control.word(sent_at(partition as usize)).store(state.count, Release);
        Ok(())
    }

    /// Records messages that were due at equal intervals between two times, the last one included,
    /// and that the producer skipped: it was stopped, or the client accepted none.
    pub fn skipped(&mut self, first_us: u64, last_us: u64, count: u64) -> io::Result<()> {
        let last_us = last_us.min(MAX_RUN_US);
        let first_us = first_us.min(last_us);
        let (first_row, last_row) = (first_us / PULSE_ROW_US, last_us / PULSE_ROW_US);
        let length_us = u128::from(last_us - first_us) + 1;
        // How many are due before a time.
        let before = |at_us: u64| {
            let part_us = u128::from(at_us.saturating_sub(first_us)).min(length_us);
            (part_us * u128::from(count) / length_us) as u64
        };
        for row in first_row..=last_row {
            let due = before((row + 1) * PULSE_ROW_US) - before(row * PULSE_ROW_US);
            let word = row as usize * self.row_words() + self.partitions.len();
            self.pulse.ensure(word)?;
            let word = self.pulse.word(word);
            word.store(word.load(Relaxed) + due, Relaxed);
        }
        Ok(())
    }

    fn row_words(&self) -> usize {
        layout::send_row_words(self.partitions.len() as u32)
    }

    /// Takes back the message recorded last for a partition, because it was not handed over after
    /// all. Does nothing if `sequence` is another.
    pub fn take_back(&mut self, partition: u32, sequence: u64) {
        let Some(state) = self.partitions.get_mut(partition as usize) else { return };
        let Some(word) = state.last_pulse_word.filter(|_| sequence + 1 == state.count) else {
            return;
        };
        state.count = sequence;
        state.last_pulse_word = None;
        let row = self.pulse.word(word);
        row.store(row.load(Relaxed).saturating_sub(1), Relaxed);
        self.control.word(sent_at(partition as usize)).store(sequence, Release);
    }
}
