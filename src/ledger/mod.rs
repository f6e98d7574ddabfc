//! The memory-mapped record of sends and outcomes, the bitsets that hold it, and what the log held
//! at the end ([`Observed`]). [`LedgerWriter`] is the worker's side, [`Ledger`] the conductor's.

mod bits;
mod error;
mod growing_file;
mod latency;
mod layout;
mod map;
mod observed;
mod offset_ranges;
mod outcome;
mod partition;
mod partition_observed;
mod phase;
mod pulse;
mod reader;
#[cfg(test)]
mod tests;
mod types;
mod writer;

pub use bits::CHUNK_SEQUENCES;
pub(crate) use latency::LatencyHistogram;
pub(crate) use layout::MAX_PARTITIONS;
pub use observed::Observed;
pub(crate) use observed::TopicFate;
pub(crate) use offset_ranges::OffsetRange;
pub(crate) use outcome::OutcomeLog;
pub use partition::PartitionLedger;
pub(crate) use partition_observed::EarlyLog;
pub use partition_observed::PartitionObserved;
pub use phase::LatencyPhase;
pub(crate) use phase::{PhaseChange, waits};
pub(crate) use pulse::{PULSE_ROW_US, PulseRow};
pub use reader::{Ledger, LedgerRecord};
pub use types::*;
pub use writer::LedgerWriter;
pub(crate) use writer::SendLog;
#[cfg(test)]
pub(crate) use {bits::Bits, partition_observed::MAX_LOG_STRETCHES, pulse::SkippedRow};
