//! Which acknowledged Kafka messages are lost or duplicated when a broker stops or the network
//! splits, and why. One way leads through the house, left to right:
//! scenario, plan, runner (runtime, fault, client, kafka), result, report.
//! `docs/architecture.md` has the rooms in their order.

pub mod cli;
pub mod client;
pub mod clock;
pub mod compare;
pub mod compose;
pub mod distribution;
pub mod event;
pub mod exit;
pub mod fault;
pub mod image;
pub mod kafka;
pub mod ledger;
pub mod model;
pub mod native;
pub mod netfilter;
pub mod plan;
pub mod report;
pub mod result;
pub mod runner;
pub mod runtime;
pub mod scenario;
pub mod stats;
pub mod timeline;
pub mod verify;
pub mod yaml;
