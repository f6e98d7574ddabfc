//! A scenario made definite: cells, replica placement, timeline, seed. No I/O.

mod types;

pub use types::*;
