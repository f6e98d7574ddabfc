//! The JSON Schema of a scenario file, for editors, made of the tables that the readers use.
//!
//! It never refuses a file that the readers take, however the values are spelt; it may take what
//! only a reader or the planner can refuse (two names of one property, a target that is not there).
//! Draft 7, the newest that editors' YAML servers know all of.

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
