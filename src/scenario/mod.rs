//! The file as written: types, YAML reading, diagnostics with line and column.
//!
//! A file becomes a tree of nodes that know their places; `--set` changes the tree;
//! the readers turn it into a [`Scenario`] and collect every problem on the way.

mod bound;
mod client_property;
mod diagnostic;
mod length;
mod names;
mod node;
mod overrides;
mod place;
mod property;
mod read;
mod read_expect;
mod read_faults;
mod read_sections;
mod reader;
mod suggest;
mod types;

pub use bound::{Bound, Limits};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use length::{Clock, Length};
pub use place::{At, Place, Source};
pub use property::{Section, canonical};
pub use read::{Reading, load, read_file, read_text};
pub use suggest::nearest;
pub use types::{
    Action, Axis, ClusterSection, Condition, Expected, FaultItem, Scenario, Setting, Settings,
    Wanted,
};

#[cfg(test)]
mod proptests;
#[cfg(test)]
mod tests;
