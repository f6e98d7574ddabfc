//! How a missed rate is marked.

use crate::result::CellReport;

/// The table's mark for a cell's share of its rate; `None` if it kept its rate.
pub(super) fn mark(cell: &CellReport) -> Option<String> {
    let rate = cell.rate.as_ref().filter(|rate| !rate.is_kept())?;
    Some(format!("{:.0} % of rate", rate.share() * 100.0))
}
