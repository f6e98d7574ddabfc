//! The workflows in examples/ci: what must hold of each, and the nightly one carried out without
//! GitHub. Runs are made up here; tests/kafka has a job with real ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod job;
mod night;
mod nightly;
mod structure;
