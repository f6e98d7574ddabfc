//! What people and scripts get to see: `assemble` makes a [`Report`] of what is known, one file
//! a format shows it.

mod advice;
mod annotations;
mod assemble;
#[cfg(test)]
mod blank;
mod client_errors;
mod ending;
mod first_version;
mod format;
mod gfm;
mod grid;
mod headline;
mod html;
mod invocation;
mod json;
mod json_lines;
mod junit;
mod layout;
mod lead;
mod lines;
mod live;
mod markdown;
#[cfg(test)]
mod matrix_tests;
mod merge;
mod model;
mod paint;
mod prose;
mod rate;
mod saved;
mod settled;
mod sort;
mod table;
#[cfg(test)]
mod tests;
mod told;
mod trials;
mod unmet;
mod window;
mod wrap;

pub use annotations::annotations;
pub use assemble::Assembly;
#[cfg(test)]
pub use blank::blank;
pub use client_errors::{ClientError, ErrorOf};
pub use ending::{Ending, write_end};
pub use first_version::{FIRST_SCHEMA, OldCell, why};
pub use format::{Format, write, write_files};
pub use invocation::{Invocation, Verb};
pub use json_lines::{Finished, JsonLines};
pub use lines::{INTERRUPTED, in_a_line, printable};
pub use live::{Detail, Live, Show};
pub use merge::{cell_trials, merge};
pub use model::{CellReport, Memory, Report, SCHEMA, ShownCounts};
pub use paint::Paint;
pub use rate::{acked_min, latency_max};
pub use saved::{ReadError, SavedFile, Wanted, read};
pub use sort::{SORT_COLUMNS, Sort};
pub use trials::{AchievedRate, CellTrial, CellTrials, LATENCY_MAX, RATE_MIN, Tally, TrialReport};
pub use wrap::{COLUMNS, COLUMNS_MIN, wrapped, write_wrapped};
