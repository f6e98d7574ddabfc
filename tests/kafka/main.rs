//! Runs of the real tool on real Kafka, one at a time, because they are sensitive to each other's
//! load.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cluster;
mod crash;
mod elections;
mod faults;
mod harness;
mod interference;
#[path = "../ci_workflow/job.rs"]
mod job;
mod losses;
mod page;
mod phases;
#[path = "../terminal/pty.rs"]
mod pty;
mod scale;
mod series;
mod tampering;
mod terminal;
mod without_effect;
mod workflow;
