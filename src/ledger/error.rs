//! [`LedgerError`]: what may be wrong with a ledger, carried inside of an [`io::Error`].

use std::io;
use std::path::{Path, PathBuf};

/// Why a ledger could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
    /// The disk has no room for the next chunk. Nothing was recorded.
    #[error(
        "cannot grow {path} to {bytes} bytes: {source}\n  help: free space on this disk, or let \
         --out name a folder on another one"
    )]
    NoRoom {
        /// Which file.
        path: PathBuf,
        /// Wanted size.
        bytes: u64,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A file does not hold what a ledger's file must hold.
    #[error("{path} is not a sound ledger file: {what}; its counts cannot be trusted")]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The caller broke the ledger's rules.
    #[error("the ledger was given partition {partition}, sequence {sequence}: {what}")]
    Misused {
        partition: u32,
        sequence: u64,
        /// Which rule.
        what: &'static str,
    },
    /// A ledger was asked for with an impossible number of partitions.
    #[error("a ledger holds 1 to {most} partitions, not {partitions}")]
    Partitions {
        /// Asked for.
        partitions: u32,
        /// Allowed.
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

/// Adds to an error of the operating system what was tried, and on which file.
pub(super) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |source| LedgerError::Io { action, path: path.to_owned(), source }.into()
}

/// A file that does not hold what it must.
pub(super) fn corrupt(path: &Path, what: impl Into<String>) -> io::Error {
    LedgerError::Corrupt { path: path.to_owned(), what: what.into() }.into()
}
