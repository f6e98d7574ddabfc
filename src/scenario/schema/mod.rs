//! The JSON Schema of a scenario file, for editors, generated from the readers' tables.
//!
//! It never refuses a file that the readers accept, however values are spelled. It may accept what
//! only a reader or the planner can refuse (two names of one property, a target that does not
//! exist). Draft 7 is the newest that editors' YAML servers support completely.

mod build;
mod cluster;
mod expect;
mod faults;
mod forms;
mod matrix;
mod print;
mod property;

pub use build::schema;
pub use print::printed;

#[cfg(test)]
mod tests;
