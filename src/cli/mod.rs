//! One file per command: its arguments, what it does, its exit code.

mod baseline;
pub mod changes;
mod choose_runtime;
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
mod new;
mod new_file;
mod newest_run;
mod output;
pub mod plan;
mod report;
mod run;
mod scenario_argument;
mod schema;
pub mod validate;
mod worker;

pub use main::main;
