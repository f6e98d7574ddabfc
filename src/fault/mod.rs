//! One file per fault: inject, prove, heal. A [`Fault`] knows nodes and nothing of the runtime that
//! made them; [`live`] walks each of them through its times.

mod consequences;
mod custody;
mod cuts;
mod elect_leaders;
mod exec;
mod history;
mod holds;
mod installed;
mod journal;
mod kill;
mod lifecycle;
mod network_partition;
mod pause;
mod prepare;
mod process;
mod process_stop;
mod record;
mod target;
#[cfg(test)]
mod tests;
mod types;
mod undone;

pub(crate) use consequences::consequences;
pub use custody::Custody;
pub(crate) use history::History;
pub(crate) use holds::Still;
pub use holds::Way;
pub use journal::Journal;
pub(crate) use journal::JournalEntry;
pub use lifecycle::{Cancel, Site, live};
pub use record::FaultRecord;
pub use target::Situation;
pub(crate) use types::{Fault, FaultError};
pub(crate) use undone::Undone;
