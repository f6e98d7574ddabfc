//! Whether the figures of a cell prove anything: only then they may be compared, counted as a trial,
//! and drawn conclusions from.

use super::report::{CellReport, Report};
use crate::verify::Verdict;

/// Whether the figures of a cell of a single run are settled: its log was read whole, the machine
/// bore it, every fault took effect, and each control bit, in whichever cell.
pub(crate) fn is_settled(report: &Report, cell: &CellReport) -> bool {
    cell.verdict != Verdict::Inconclusive && !report.why.iter().any(|one| one.spoils(&cell.id))
}
