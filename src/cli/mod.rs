//! One file a command: its arguments, what it does, its exit code.

pub mod plan;
pub mod validate;
