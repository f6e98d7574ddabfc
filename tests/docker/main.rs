//! What needs a Docker daemon. One at a time: ports are shared. `./script/test` starts a daemon
//! and builds the images first; by hand, `cargo test --test docker` against a daemon that runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
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
