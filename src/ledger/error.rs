//! [`LedgerError`]: what can be wrong with a ledger, carried inside an [`io::Error`].

use std::io;
use std::path::{Path, PathBuf};

/// Why a ledger could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("cannot {action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// The disk has no room for the next chunk. Nothing was recorded.
    #[error(
        "cannot grow {path} to {bytes} bytes: {source}\n  help: free space on this disk, or let \
         --out name a folder on another one"
    )]
    NoRoom { path: PathBuf, bytes: u64, source: io::Error },
    /// A file's content is not a ledger's.
    #[error("{path} is not a sound ledger file: {what}; its counts cannot be trusted")]
    Corrupt { path: PathBuf, what: String },
    /// The caller broke the ledger's rules.
    #[error("the ledger was given partition {partition}, sequence {sequence}: {what}")]
    Misused {
        partition: u32,
        sequence: u64,
        /// The rule.
        what: &'static str,
    },
    /// An impossible number of partitions was requested.
    #[error("a ledger holds 1 to {most} partitions, not {partitions}")]
    Partitions {
        partitions: u32,
        /// The limit.
        most: u32,
    },
}

impl From<LedgerError> for io::Error {
    fn from(error: LedgerError) -> Self {
        let kind = match &error {
            LedgerError::Io { source, .. } | LedgerError::NoRoom { source, .. } => source.kind(),
            LedgerError::Corrupt { .. } => io::ErrorKind::InvalidData,
            LedgerError::Misused { .. } | LedgerError::Partitions { .. } => {
                io::ErrorKind::InvalidInput
            }
        };
        io::Error::new(kind, error)
    }
}

/// Adds the action and the file to an error of the operating system.
pub(super) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |source| LedgerError::Io { action, path: path.to_owned(), source }.into()
}

pub(super) fn corrupt(path: &Path, what: impl Into<String>) -> io::Error {
    LedgerError::Corrupt { path: path.to_owned(), what: what.into() }.into()
}
