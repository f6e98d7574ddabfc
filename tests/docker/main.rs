//! Tests that need a Docker daemon. One at a time, because ports are shared. `./script/test` starts
//! a daemon and builds the images first; manually, `cargo test --test docker` with a running
//! daemon.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
mod brokers;
mod compose_file;
mod crash;
mod errors;
mod filter;
#[path = "../kafka/harness.rs"]
mod harness;
mod heal;
mod image;
mod imaging;
mod lifecycle;
mod runs;
mod small;
mod world;
