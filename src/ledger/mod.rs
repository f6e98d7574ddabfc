//! The memory-mapped record of sends and outcomes, the bitsets that hold it, and what the log
//! held at the end ([`Observed`]). [`LedgerWriter`] is the worker's side, [`Ledger`] the
//! conductor's.

mod bits;
mod error;
mod growing;
mod latency;
mod layout;
mod map;
mod observed;
mod outcome;
mod partition;
mod phase;
mod pulse;
mod reader;
#[cfg(test)]
mod tests;
mod types;
mod writer;

pub use bits::{Bits, CHUNK_SEQUENCES, OutcomeBits};
pub use error::LedgerError;
pub use latency::LatencyHistogram;
pub use layout::{MAX_PARTITIONS, MAX_PHASE_CHANGES};
pub use observed::{
    EarlyLog, MAX_EXAMPLES, MAX_LOG_STRETCHES, Observed, OffsetRange, OffsetRanges,
    PartitionObserved, Reordered, TopicFate,
};
pub use outcome::OutcomeLog;
pub use partition::PartitionLedger;
pub use phase::{LatencyPhase, PhaseChange, waits};
pub use pulse::{MAX_RUN_US, PULSE_ROW_US, PulseRow, SkippedRow};
pub use reader::{Ledger, LedgerRecord};
pub use types::*;
pub use writer::{LedgerWriter, SendLog};
