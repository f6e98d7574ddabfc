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

pub use bits::CHUNK_SEQUENCES;
pub(crate) use latency::LatencyHistogram;
pub(crate) use observed::{EarlyLog, OffsetRange, TopicFate};
pub use observed::{Observed, PartitionObserved};
pub(crate) use outcome::OutcomeLog;
pub use partition::PartitionLedger;
pub(crate) use phase::{LatencyPhase, PhaseChange, waits};
pub(crate) use pulse::{PULSE_ROW_US, PulseRow};
pub use reader::{Ledger, LedgerRecord};
pub use types::*;
pub use writer::LedgerWriter;
pub(crate) use writer::SendLog;
#[cfg(test)]
pub(crate) use {bits::Bits, observed::MAX_LOG_STRETCHES, pulse::SkippedRow};
