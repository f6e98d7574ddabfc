//! What happened to cells and faults, in limited words: shared by the end of a run on a terminal
//! and the summary. The texts are raw: whoever shows them makes them safe.

use super::{client_errors, grid};
use crate::fault::FaultRecord;
use crate::model::more;
use crate::result::{CellReport, Report};
use crate::verify::{ExpectationVerdict, Verdict};

/// How many witnesses of all cells together are listed; `report.json` has more.
const WITNESSES_MAX: usize = 8;

/// Says that a fault has no proof.
pub(super) const NOT_EFFECTIVE: &str = "NOT EFFECTIVE";

/// What there is to say about one cell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CellSummary {
    /// The cell's name among the others.
    pub cell: String,
    /// Each expectation that is not met, each control that is, then what happened.
    pub lines: Vec<String>,
}

/// The cells with something to say: everything for few of them, the first words for many; and how
/// many more cells there are.
pub(super) fn cells(report: &Report) -> (Vec<CellSummary>, usize) {
    let telling: Vec<&CellReport> = report
        .cells
        .iter()
        .filter(|cell| {
            let has_errors = client_errors::line(cell).is_some();
            !cell.witnesses.is_empty() || !cell.verdict.is_green() || has_errors
        })
        .collect();
    let each = (WITNESSES_MAX / telling.len().max(1)).max(1);
    let told = telling.iter().take(WITNESSES_MAX).map(|cell| of_cell(report, cell, each));
    let told = told.filter(|told| !told.lines.is_empty()).collect();
    (told, telling.len().saturating_sub(WITNESSES_MAX))
}

fn of_cell(report: &Report, cell: &CellReport, witnesses: usize) -> CellSummary {
    let is_unmet = |e: &&ExpectationVerdict| e.verdict != Verdict::Pass;
    let unmet = cell.expectations.iter().filter(is_unmet);
    let controls = cell.expectations.iter().filter(|e| e.control && !is_unmet(e));
    let mut lines: Vec<String> = unmet.chain(controls).map(|e| e.reason.clone()).collect();
    lines.extend(cell.witnesses.iter().take(witnesses).map(|witness| witness.text.clone()));
    let more = more(cell.witnesses.len().saturating_sub(witnesses), "range");
    lines.extend(more.map(|more| format!("and {more} in report.json")));
    lines.extend(client_errors::line(cell));
    // What keeps a cell from its verdict need not be an expectation or a message.
    if lines.is_empty() {
        let own = report.why.iter().filter(|reason| reason.is_of(&cell.id));
        lines.extend(own.map(|reason| reason.text.clone()));
    }
    CellSummary { cell: grid::name(report, cell), lines }
}

/// What became of each fault with its proof; of several trials, how often each was proved. `mark` is
/// [`NOT_EFFECTIVE`] as it is to be shown, and `safe` gives texts as they can be.
pub(super) fn faults(report: &Report, mark: &str, safe: impl Fn(&str) -> String) -> Vec<String> {
    if report.trials.is_empty() {
        return report.faults.iter().map(|fault| of_fault(fault, mark, &safe)).collect();
    }
    let proved = |(what, same): (&str, Vec<&FaultRecord>)| {
        let proved = same.iter().filter(|f| f.effective).count();
        format!("{}: proved in {proved} of {}", safe(what), same.len())
    };
    alike(&report.faults).into_iter().map(proved).collect()
}

/// Groups faults with the same words, as in several trials, in the order of first occurrence.
pub(super) fn alike(faults: &[FaultRecord]) -> Vec<(&str, Vec<&FaultRecord>)> {
    let mut groups: Vec<(&str, Vec<&FaultRecord>)> = Vec::new();
    for fault in faults {
        match groups.iter_mut().find(|(what, _)| *what == fault.what) {
            Some((_, same)) => same.push(fault),
            None => groups.push((&fault.what, vec![fault])),
        }
    }
    groups
}

fn of_fault(fault: &FaultRecord, mark: &str, safe: impl Fn(&str) -> String) -> String {
    let nodes = if fault.nodes.is_empty() { "nobody".to_owned() } else { fault.nodes.join(", ") };
    let outcome = match (fault.effective, fault.called_at_ms, fault.effective_at_ms) {
        (true, Some(called), Some(effective)) => {
            let proof = fault.evidence.iter().find(|e| e.proves).map_or("", |e| e.text.as_str());
            let after_ms = effective - called;
            format!("effective {after_ms:.1} ms after it was called; {}", safe(proof))
        }
        _ => format!("{mark}: {}", safe(why_not(fault))),
    };
    format!("{} on {}: {outcome}", safe(&fault.what), safe(&nodes))
}

/// Why a fault was not effective.
pub(super) fn why_not(fault: &FaultRecord) -> &str {
    fault.reason.as_deref().unwrap_or("no proof was seen")
}

/// How long each phase took, and all of them.
pub(super) fn phases(report: &Report) -> String {
    let phases: Vec<String> =
        report.phases.iter().map(|p| format!("{} {:.1}", p.name, p.ms / 1e3)).collect();
    let total = report.phases.iter().fold(0.0, |sum, p| sum + p.ms);
    let first = report
        .zero_ms
        .map_or(String::new(), |ms| format!("; first acknowledgements after {:.1} s", ms / 1e3));
    format!("seconds: {}; in all {:.1}{first}", phases.join(", "), total / 1e3)
}
