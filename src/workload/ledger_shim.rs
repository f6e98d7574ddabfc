//! A stand-in for the ledger room, in memory and with its signatures; deleted at merge, when
//! `super::ledger_shim` becomes `crate::ledger` in `delivery.rs` and `producer.rs`.

use crate::event::Progress;
use crate::ledger::ProducerId;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

type Shared = Arc<Mutex<Counts>>;

static LEDGERS: LazyLock<Mutex<HashMap<PathBuf, Shared>>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Counts {
    sent: Vec<u64>,
    progress: Progress,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stand-in for `ledger::LedgerWriter`.
#[derive(Debug)]
pub struct LedgerWriter(Shared);

/// Stand-in for `ledger::SendLog`.
#[derive(Debug)]
pub struct SendLog(Shared);

/// Stand-in for `ledger::OutcomeLog`.
#[derive(Debug)]
pub struct OutcomeLog(Shared);

/// Stand-in for `ledger::Ledger`.
#[derive(Debug)]
pub struct Ledger(Shared);

impl LedgerWriter {
    /// As the contract says.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn create(dir: &Path, _id: ProducerId, partitions: u32) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let counts = Counts { sent: vec![0; partitions as usize], ..Counts::default() };
        let shared = Arc::new(Mutex::new(counts));
        lock(&LEDGERS).insert(dir.to_owned(), Arc::clone(&shared));
        Ok(LedgerWriter(shared))
    }

    /// As the contract says.
    pub fn split(self) -> (SendLog, OutcomeLog) {
        (SendLog(Arc::clone(&self.0)), OutcomeLog(self.0))
    }
}

impl SendLog {
    /// As the contract says.
    ///
    /// # Errors
    /// Never, here.
    pub fn sent(&mut self, partition: u32, sequence: u64, _at_us: u64) -> io::Result<()> {
        let mut counts = lock(&self.0);
        assert_eq!(counts.sent[partition as usize], sequence, "sequences have no gaps");
        counts.sent[partition as usize] += 1;
        counts.progress.sent += 1;
        Ok(())
    }

    /// As the contract says.
    pub fn take_back(&mut self, partition: u32, sequence: u64) {
        let mut counts = lock(&self.0);
        assert_eq!(counts.sent[partition as usize], sequence + 1, "it is the last one");
        counts.sent[partition as usize] -= 1;
        counts.progress.sent -= 1;
    }
}

impl OutcomeLog {
    /// As the contract says.
    ///
    /// # Errors
    /// Never, here.
    pub fn acked(
        &mut self,
        partition: u32,
        sequence: u64,
        _offset: i64,
        _at_us: u64,
        _latency_us: u64,
    ) -> io::Result<()> {
        let mut counts = lock(&self.0);
        assert!(sequence < counts.sent[partition as usize], "it was sent");
        counts.progress.acked += 1;
        Ok(())
    }

    /// As the contract says.
    ///
    /// # Errors
    /// Never, here.
    pub fn rejected(&mut self, partition: u32, sequence: u64, _at_us: u64) -> io::Result<()> {
        let mut counts = lock(&self.0);
        assert!(sequence < counts.sent[partition as usize], "it was sent");
        counts.progress.rejected += 1;
        Ok(())
    }

    /// As the contract says.
    ///
    /// # Errors
    /// Never, here.
    pub fn unknown(&mut self, partition: u32, sequence: u64, _at_us: u64) -> io::Result<()> {
        assert!(sequence < lock(&self.0).sent[partition as usize], "it was sent");
        Ok(())
    }
}

impl Ledger {
    /// As the contract says.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(dir: &Path) -> io::Result<Self> {
        lock(&LEDGERS).get(dir).cloned().map(Ledger).ok_or(io::ErrorKind::NotFound.into())
    }

    /// As the contract says.
    pub fn progress(&self) -> Progress {
        lock(&self.0).progress
    }
}
