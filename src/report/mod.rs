//! What people and scripts get to see: `assemble` makes a [`Report`] of what is known, one file
//! a format shows it.

mod assemble;
mod json;
mod lines;
mod live;
mod model;
mod table;
#[cfg(test)]
mod tests;

pub use assemble::Assembly;
pub use json::write_json;
pub use live::Live;
pub use model::{CellReport, Memory, Report, SCHEMA, ShownCounts};
pub use table::write_table;
