//! The worker processes. A worker is one process with one role, which a file of its own carries
//! out ([`producer`]); what all roles share stands beside: the spec, the words, the log, the
//! connection. The conductor's side of a worker is [`Worker`].

mod conductor;
mod connection;
mod control;
mod entry;
mod errors;
mod failure;
#[cfg(test)]
pub(crate) mod mock_cluster;
pub(crate) mod producer;
mod spec;
pub mod stamp;
pub(crate) mod wire;

pub use conductor::Worker;
pub(crate) use conductor::{Ending, WorkerError};
pub(crate) use entry::main;
pub use errors::{DeliveryErrors, Errors, Times};
pub use spec::WorkerSpec;
