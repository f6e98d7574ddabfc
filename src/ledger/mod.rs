//! The memory-mapped record of sends and outcomes, and the bitsets that hold it.

mod types;

pub use types::*;
