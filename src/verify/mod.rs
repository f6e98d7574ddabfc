//! Pure functions: ledger + observed + timeline -> anomalies -> verdicts. [`cell()`] finds what
//! happened to one cell, [`judge()`] holds it against the expectations, [`judge_run`] sums up.
//! The argument for each verdict is in `docs/verdicts.md` and beside the code.

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
