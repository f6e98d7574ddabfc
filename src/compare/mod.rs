//! Two runs side by side: what changed, and whether chance explains it.
//!
//! Reports and baseline files are both read into a [`Side`]; [`compare`] pairs their cells and
//! judges; [`write_words`] and the JSON of [`Comparison`] show the result. The rules and their
//! reasons are in `docs/compare.md`.

mod baseline;
mod candidates;
mod decide;
mod judge;
mod model;
mod pair;
mod promise;
mod read;
mod report_file;
mod show;
mod side;
mod words;

pub(crate) use baseline::{baseline_text, default_name};
pub use judge::{Options, compare};
pub use model::{Change, Comparison, Finding, Outcome, PairFindings, Rule};
pub(crate) use read::Kind;
pub use read::read;
pub use show::write_words;
pub use side::{Promise, Side, SideCell, Trial};
