//! Where nodes run. A [`Node`] is a process in a network namespace; a [`Cluster`] is what a
//! [`Provider`] made, and all that faults and the runner know of it.

pub mod docker;
mod error;
#[cfg(test)]
pub(crate) mod fake;
mod kafka_id;
pub mod local;
mod process;
mod provider;
mod types;

pub use error::{RuntimeError, Stop};
pub(crate) use kafka_id::kafka_id;
pub use process::{Liveness, Process};
pub use provider::{Order, Provider};
pub use types::*;
