//! A stand-in for the ledger room, in memory and with its signatures; deleted at merge, when
//! `super::ledger_shim` becomes `crate::ledger` in `delivery.rs` and `producer.rs`.

use crate::event::Progress;
use crate::ledger::ProducerId;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

static LEDGERS: LazyLock<Mutex<HashMap<PathBuf, Arc<Counts>>>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Counts {
    sent: Vec<AtomicU64>,
    acked: AtomicU64,
    rejected: AtomicU64,
}

impl Counts {
    fn reported(&self, partition: u32, sequence: u64, counter: Option<&AtomicU64>) {
        assert!(sequence < self.sent[partition as usize].load(Relaxed), "it was sent");
        if let Some(counter) = counter {
            counter.fetch_add(1, Relaxed);
        }
    }
}

/// Stand-in for `ledger::LedgerWriter`.
#[derive(Debug)]
pub struct LedgerWriter(Arc<Counts>);

/// Stand-in for `ledger::SendLog`.
#[derive(Debug)]
pub struct SendLog(Arc<Counts>);

/// Stand-in for `ledger::OutcomeLog`.
#[derive(Debug)]
pub struct OutcomeLog(Arc<Counts>);

/// Stand-in for `ledger::Ledger`.
#[derive(Debug)]
pub struct Ledger(Arc<Counts>);

impl LedgerWriter {
    /// As the contract says.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn create(dir: &Path, _id: ProducerId, partitions: u32) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let sent = (0..partitions).map(|_| AtomicU64::new(0)).collect();
        let counts = Arc::new(Counts { sent, ..Counts::default() });
        let mut ledgers = LEDGERS.lock().unwrap_or_else(PoisonError::into_inner);
        ledgers.insert(dir.to_owned(), Arc::clone(&counts));
        Ok(LedgerWriter(counts))
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
        let before = self.0.sent[partition as usize].fetch_add(1, Relaxed);
        assert_eq!(before, sequence, "sequences have no gaps");
        Ok(())
    }

    /// As the contract says.
    pub fn take_back(&mut self, partition: u32, sequence: u64) {
        let before = self.0.sent[partition as usize].fetch_sub(1, Relaxed);
        assert_eq!(before, sequence + 1, "it is the last one");
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
        self.0.reported(partition, sequence, Some(&self.0.acked));
        Ok(())
    }

    /// As the contract says.
    ///
    /// # Errors
    /// Never, here.
    pub fn rejected(&mut self, partition: u32, sequence: u64, _at_us: u64) -> io::Result<()> {
        self.0.reported(partition, sequence, Some(&self.0.rejected));
        Ok(())
    }

    /// As the contract says.
    ///
    /// # Errors
    /// Never, here.
    pub fn unknown(&mut self, partition: u32, sequence: u64, _at_us: u64) -> io::Result<()> {
        self.0.reported(partition, sequence, None);
        Ok(())
    }
}

impl Ledger {
    /// As the contract says.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let ledgers = LEDGERS.lock().unwrap_or_else(PoisonError::into_inner);
        ledgers.get(dir).cloned().map(Ledger).ok_or(io::ErrorKind::NotFound.into())
    }

    /// As the contract says.
    pub fn progress(&self) -> Progress {
        Progress {
            sent: self.0.sent.iter().map(|sent| sent.load(Relaxed)).sum(),
            acked: self.0.acked.load(Relaxed),
            rejected: self.0.rejected.load(Relaxed),
        }
    }
}
