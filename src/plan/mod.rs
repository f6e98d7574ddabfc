//! A scenario made definite: cells, replica placement, timeline, seed. No I/O.
//!
//! [`make`] is pure but for a seed that nobody gave. [`from_file`] also reads the file, so that
//! the problems of one section and those between sections come out together.

mod cells;
mod client;
mod cluster;
mod conflict;
mod expectations;
mod faults;
mod make;
mod topic;
mod types;
mod words;

pub use cells::MOST_CELLS;
pub use make::{from_file, from_text, make};
pub use types::*;

#[cfg(test)]
mod tests;
