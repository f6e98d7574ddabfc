//! The file as written.
//!
//! A file becomes a tree of nodes that know their places ([`crate::yaml`]); `--set` and `--sweep`
//! change the tree; the axes that make plans (`outer`) make a tree for each of their combinations;
//! the readers turn it into a [`Scenario`] and collect every problem on the way.

mod bound;
pub mod builtin;
mod client_property;
mod file;
mod java;
mod keys;
mod names;
pub mod not_yet;
mod outer;
mod overrides;
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

pub use bound::{Bound, Limits};
pub(crate) use names::BROKER_FOR_TOPICS;
pub use outer::{MOST_PLANS, Outer};
pub(crate) use overrides::whole_path;
pub use property::canonical;
pub use read::{Changes, Reading, is_name, name_form, read_file, read_text, text_of};
pub(crate) use reader::FOREIGN;
pub use schema::{printed, schema};
pub use section::Section;
pub use types::{
    Axis, Chosen, ClusterPlaces, ClusterSection, Condition, Expected, FaultItem, Scenario, Setting,
    Settings, Subject, Wanted,
};

#[cfg(test)]
pub(crate) mod mutated;
#[cfg(test)]
pub(crate) use keys::{SCENARIO, defaults};
#[cfg(test)]
pub(crate) use read_cluster::CLUSTER;
#[cfg(test)]
mod tests;
