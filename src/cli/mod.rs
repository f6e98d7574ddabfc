//! One file a command: its arguments, what it does, its exit code.

mod cluster;
mod main;
pub mod plan;
mod run;
pub mod validate;
mod worker;

pub use main::main;
