//! The worker processes: producer, stamp, pacing.
//! The conductor's side of a worker is [`Worker`]; what the two say to each other is in [`wire`].

mod conductor;
mod delivery;
#[cfg(test)]
pub(crate) mod mock_cluster;
pub(crate) mod outcome;
pub(crate) mod pacing;
pub(crate) mod producer;
mod spec;
pub mod stamp;
pub mod wire;

pub use conductor::Worker;
pub(crate) use conductor::{Ending, WorkerError};
pub use spec::WorkerSpec;
