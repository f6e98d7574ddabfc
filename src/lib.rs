//! Finds out which acknowledged Kafka messages are lost or duplicated when a broker stops or the
//! network splits, and why. A run goes through scenario, plan, runner (runtime, fault, client,
//! kafka), result and report. `docs/architecture.md` lists the rooms in their order.

#![warn(unreachable_pub)]

mod cli;
mod client;
mod clock;
mod compare;
mod compose;
mod distribution;
mod event;
mod exit;
mod fault;
mod image;
mod kafka;
mod ledger;
mod model;
mod native;
mod netfilter;
mod plan;
mod report;
mod result;
mod runner;
mod runtime;
mod scenario;
mod stats;
#[doc(hidden)]
pub mod testing;
mod timeline;
mod verify;
mod yaml;

pub use cli::main;
