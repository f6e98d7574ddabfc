//! Whether a cell's figures prove anything: only then may they be compared, counted as a trial, and
//! concluded from.

use super::report::{CellReport, Report};
use crate::verify::Verdict;

/// Whether the figures of a cell of a single run are settled: its log was read whole, the machine
/// kept up, every fault took effect, and each control bit, in whichever cell.
pub(crate) fn is_settled(report: &Report, cell: &CellReport) -> bool {
    cell.verdict != Verdict::Inconclusive && !report.why.iter().any(|one| one.spoils(&cell.id))
}
