//! Pure functions: ledger + observed + timeline -> anomalies -> verdicts. [`cell()`] finds what
//! happened to one cell, [`judge()`] compares that with the expectations, [`judge_run`] sums up.
//! `docs/verdicts.md` and comments beside the code argue each verdict.

mod amount;
mod cell;
mod client;
mod completeness;
mod count;
mod counts;
mod disk;
mod early;
mod expectation;
mod judge;
mod latency;
mod log_view;
mod loss;
mod loss_text;
mod movers;
mod partition_facts;
mod presence;
mod reason;
mod rule;
mod runs;
#[cfg(test)]
mod tests;
mod timeline;
mod types;
mod unavailable;
mod verdict;
mod words;

pub use cell::{CellInput, cell};
pub use client::ClientRecord;
pub use counts::{Bounds, Counts};
pub(crate) use judge::{judge, judge_run};
pub use reason::{Reason, ReasonKind, Scope, most_telling_first};
#[cfg(test)]
pub(crate) use timeline::MAX_STEPS;
pub(crate) use timeline::{Timeline, timeline};
pub use types::*;
pub use verdict::Verdict;
pub(crate) use verdict::{CellVerdict, ExpectationVerdict, RunVerdict};
