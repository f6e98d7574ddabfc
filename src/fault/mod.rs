//! One file per fault: inject, proof that it took effect, heal. A [`Fault`] knows nodes and nothing
//! of the runtime that made them; [`live`] walks each of them through its times.

mod consequences;
mod custody;
mod cuts;
mod elect_leaders;
mod exec;
mod history;
mod holds;
mod journal;
mod kill;
mod life;
mod network_partition;
#[cfg(test)]
mod overlap_tests;
#[cfg(test)]
mod partition_tests;
mod pause;
mod placed;
mod prepare;
mod process;
mod process_stop;
mod record;
mod target;
#[cfg(test)]
mod tests;
mod types;
mod undone;

pub use consequences::consequences;
pub use custody::Custody;
pub use history::History;
pub use holds::{Still, Way};
pub use journal::{Journal, JournalEntry};
pub use life::{Cancel, Site, live};
pub use record::FaultRecord;
pub use target::{Situation, resolve};
pub use types::{Fault, FaultError};
pub use undone::Undone;
