//! From facts to a verdict: [`Assembly`] makes a [`Report`] of what is known of a run, the gate
//! says whether it proves anything, [`merge()`] puts several runs together, [`read`] reads what was
//! kept.

mod achieved_rate;
mod assemble;
#[cfg(test)]
mod blank;
mod client_errors;
mod first_version;
mod gate;
mod invocation;
pub(crate) mod lead;
mod merge;
mod phase;
mod report;
mod saved;
mod settled;
mod trials;
mod window;

#[cfg(test)]
pub(crate) use achieved_rate::AchievedRate;
pub use assemble::{Assembly, ClientFacts};
#[cfg(test)]
pub(crate) use blank::{blank, trials};
pub(crate) use client_errors::ClientError;
pub use client_errors::ErrorOf;
pub(crate) use first_version::{FIRST_SCHEMA, OldCell, why};
pub(crate) use gate::{acked_min, latency_max, wanted_rate};
pub use invocation::{Invocation, Verb};
pub(crate) use merge::cell_trials;
pub use merge::merge;
pub use phase::Phase;
pub(crate) use report::SCHEMA;
pub use report::{CellReport, Report};
pub use saved::read;
pub(crate) use saved::{ReadError, SavedFile, Wanted};
pub(crate) use settled::is_settled;
pub(crate) use trials::Tally;
pub use trials::{CellTrial, CellTrials, TrialReport};
