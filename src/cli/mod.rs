//! One file a command: its arguments, what it does, its exit code.

mod baseline;
pub mod changes;
mod choose;
mod cluster;
mod compare;
mod completions;
mod conduct;
mod doctor;
mod filter;
mod heal;
mod hints;
mod image;
mod list;
mod main;
mod man;
mod matrix;
mod named;
mod new;
mod newest;
pub mod plan;
mod refused;
mod report;
mod run;
mod schema;
mod telling;
pub mod validate;
mod worker;

pub use main::main;
