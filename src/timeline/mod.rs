//! Faults before anything runs: the one list of them ([`FaultAction`], [`KINDS`]), and a pure file
//! for each. The file of the same name in `fault` acts on nodes.
//!
//! A new fault is an entry in the list below, a file here and one there. Everything else asks the
//! list.

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

pub(crate) use act::Act;
pub(crate) use elect_leaders::{ElectLeaders, Election};
pub(crate) use exec::Exec;
pub(crate) use kill::Kill;
pub(crate) use kind::{Facility, FaultKind, FaultSpec, Form, Key, Need, one_of};
pub(crate) use layout::{Layout, Topic, brokers};
pub use list::FaultAction;
pub(crate) use list::{KINDS, kind, names, own_keys};
pub use network_partition::{NetworkPartition, Ports};
pub use pause::Pause;
pub(crate) use places::{Places, Problem};
pub use plan::FaultPlan;
pub use process_stop::ProcessStop;
pub(crate) use read::{Item, Written};
pub(crate) use target::TARGETS;
pub use target::Target;

/// Passes the list of all faults to a macro, in the order of documentation and messages.
macro_rules! with_all_faults {
    ($then:ident) => {
        $then! { ProcessStop, Pause, Kill, NetworkPartition, ElectLeaders, Exec }
    };
}
pub(crate) use with_all_faults;

#[cfg(test)]
mod tests;
