//! The file as written.
//!
//! A file becomes a tree of nodes that know their places ([`crate::yaml`]); `--set` and `--sweep`
//! change the tree; the axes that make plans (`outer`) make a tree for each combination; the
//! readers turn it into a [`Scenario`] and collect every problem.

mod bound;
pub(crate) mod builtin;
mod client_property;
mod file;
mod java;
mod keys;
mod names;
pub mod not_yet;
mod overrides;
mod plan_axes;
mod property;
mod read;
mod read_cluster;
mod read_expect;
mod read_faults;
mod read_matrix;
mod read_sections;
mod reader;
mod schema;
mod section;
mod sweeps;
mod types;

pub(crate) use names::BROKER_FOR_TOPICS;
pub(crate) use overrides::whole_path;
#[cfg(test)]
pub(crate) use plan_axes::MOST_PLANS;
pub(crate) use plan_axes::Outer;
pub use read::{Changes, read_text};
pub(crate) use read::{Reading, is_name, name_form, read_file, text_of};
pub(crate) use reader::FOREIGN;
pub use schema::{printed, schema};
pub(crate) use section::Section;
pub(crate) use types::{
    Axis, Chosen, Condition, Expected, FaultItem, Scenario, Setting, Settings, Subject,
};

#[cfg(test)]
pub(crate) mod mutated;
#[cfg(test)]
pub(crate) use keys::{SCENARIO, defaults};
#[cfg(test)]
pub(crate) use read_cluster::CLUSTER;
#[cfg(test)]
mod tests;
