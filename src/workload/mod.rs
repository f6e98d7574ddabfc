//! The worker processes: producer, stamp, pacing; `native` holds the only librdkafka FFI.
//! The conductor's side of a worker is [`Worker`]; what the two say to each other is in [`wire`].

mod conductor;
mod delivery;
pub mod native;
pub mod outcome;
pub mod pacing;
pub mod producer;
mod spec;
pub mod stamp;
pub mod wire;

pub use conductor::{Ending, Worker, WorkerError};
pub use spec::{SpecError, WorkerSpec};
