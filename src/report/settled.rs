//! Whether the figures of a cell prove anything: only then they may be compared, counted as a trial,
//! and drawn conclusions from.

use super::{CellReport, Report};
use crate::verify::{ReasonKind, Scope, Verdict};

/// Whether the figures of a cell of a single run are settled: its log was read whole, the machine
/// bore it, every fault took effect, and each control bit, in whichever cell. Without what a
/// control demands, the absence of loss elsewhere means nothing.
pub fn is_settled(report: &Report, cell: &CellReport) -> bool {
    let spares = |kind: ReasonKind, scope: &Scope| match (kind, scope) {
        (ReasonKind::Violated, _) => true,
        (ReasonKind::Unmet, _) | (_, Scope::Run | Scope::Fault(_)) => false,
        (_, Scope::Cell(id)) => *id != cell.id,
    };
    cell.verdict != Verdict::Inconclusive
        && report.why.iter().all(|one| spares(one.kind, &one.scope))
}
