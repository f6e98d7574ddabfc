//! A scenario made definite: cells, replica placement, timeline, seed. No I/O except reading files.
//!
//! [`from_file`] reads a scenario and the compose file that it names, and draws a seed if none was
//! given. It reports the problems of sections, between sections and of the compose file together.
//! Each combination of the axes that need their own cluster or faults is a [`Plan`], all of them a
//! [`Study`].

mod batching;
mod cells;
mod clients;
mod cluster;
mod compose;
mod conflict;
mod expectations;
mod faults;
mod left_out;
mod make;
mod producer;
mod quorum;
mod shard;
mod study;
mod topic;
mod types;
mod words;

pub(crate) use clients::ClientPlan;
pub use clients::Role;
pub use make::{Asked, from_file, from_text, study_from_text};
pub(crate) use shard::Shard;
pub use types::*;

#[cfg(test)]
mod tests;
