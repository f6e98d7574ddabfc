//! How a rate that was missed is marked.

use crate::result::CellReport;

/// The cell's share of its rate as the table marks it; none where it kept its rate.
pub(super) fn mark(cell: &CellReport) -> Option<String> {
    let rate = cell.rate.as_ref().filter(|rate| !rate.is_kept())?;
    Some(format!("{:.0} % of rate", rate.share() * 100.0))
}
