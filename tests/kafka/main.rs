//! Runs of the real tool on real Kafka. One at a time: they are sensitive to each other's load.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cluster;
mod crash;
mod faults;
mod harness;
mod losses;
mod scale;
mod tampering;
