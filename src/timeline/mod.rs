//! Faults as they are known before anything runs: the one list of them ([`FaultAction`], [`KINDS`]), and a
//! pure file for each. What acts on nodes stands in [`crate::fault`], a file of the same name.
//!
//! A new fault is an entry in `list.rs`, a file here and one there. Everything else asks the list.

mod act;
pub mod docs;
mod elect_leaders;
mod exec;
mod kill;
mod kind;
mod layout;
mod list;
mod network_partition;
mod pause;
mod places;
mod plan;
mod process_stop;
mod read;
mod target;

pub use act::Act;
pub use elect_leaders::{ElectLeaders, Election};
pub use exec::Exec;
pub use kill::Kill;
pub use kind::{Facility, FaultKind, FaultSpec, Form, Key, Need};
pub use layout::{Layout, Topic, brokers};
pub(crate) use list::with_all_faults;
pub use list::{FaultAction, KINDS, kind, names, own_keys};
pub use network_partition::{NetworkPartition, Ports};
pub use pause::Pause;
pub use places::{Places, Problem};
pub use plan::FaultPlan;
pub use process_stop::ProcessStop;
pub use read::{Item, Written};
pub use target::{TARGETS, Target};

#[cfg(test)]
mod tests;
