//! The worker processes: producer, stamp, pacing.
//! The conductor's side of a worker is [`Worker`]; what the two say to each other is in [`wire`].

mod conductor;
mod delivery;
#[cfg(test)]
pub(crate) mod mock_cluster;
pub mod outcome;
pub mod pacing;
pub mod producer;
mod spec;
pub mod stamp;
pub mod wire;

pub use conductor::{Ending, Worker, WorkerError};
pub use spec::{SpecError, WorkerSpec};
