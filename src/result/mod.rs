//! From facts to a verdict: [`Assembly`] makes a [`Report`] of what is known of a run, the gate
//! says whether it proves anything, [`merge`] puts several runs together, [`read`] reads what was
//! kept.

mod achieved_rate;
mod assemble;
#[cfg(test)]
mod blank;
mod client_errors;
mod first_version;
mod gate;
mod invocation;
pub mod lead;
mod merge;
mod phase;
mod report;
mod saved;
mod settled;
mod trials;
mod window;

pub use achieved_rate::{AchievedRate, LATENCY_MAX, RATE_MIN};
pub use assemble::Assembly;
#[cfg(test)]
pub use blank::{blank, trials};
pub use client_errors::{ClientError, ErrorOf};
pub use first_version::{FIRST_SCHEMA, OldCell, why};
pub use gate::{acked_min, latency_max};
pub use invocation::{Invocation, Verb};
pub use merge::{cell_trials, merge};
pub use phase::Phase;
pub use report::{CellReport, Memory, Report, SCHEMA};
pub use saved::{ReadError, SavedFile, Wanted, read};
pub use settled::is_settled;
pub use trials::{CellTrial, CellTrials, Tally, TrialReport};
