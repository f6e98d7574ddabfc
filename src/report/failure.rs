//! What reports that list failures one by one say about an unmet expectation, and about a cell that
//! is worse than all of its expectations.

use crate::model::more;
use crate::result::{CellReport, Report};
use crate::verify::{ExpectationVerdict, Reason, Verdict};

/// How many trials are named.
const TRIALS_MAX: usize = 20;

/// The reason first, then what else is known: trials, what was not looked at, witnesses.
pub(super) fn expectation(
    report: &Report,
    cell: &CellReport,
    one: &ExpectationVerdict,
) -> Vec<String> {
    let mut words = vec![one.reason.clone()];
    words.extend(trials(cell));
    if one.verdict == Verdict::Inconclusive {
        words.extend(otherwise(report, cell));
    }
    let witnesses = cell.witnesses.iter().filter(|w| w.anomaly == one.metric);
    words.extend(witnesses.map(|witness| witness.text.clone()));
    let omitted = cell.omitted.iter().filter(|o| o.anomaly == one.metric);
    let more = omitted.filter_map(|o| more(o.count, "message"));
    words.extend(more.map(|more| format!("and {more}")));
    if one.metric.is_time() {
        words.extend(cell.fault_outages.iter().filter_map(|of_fault| {
            let seconds = of_fault.outage?.ms / 1e3;
            Some(format!("{seconds:.3} s of one outage during {}", of_fault.what))
        }));
    }
    words
}

/// What keeps a cell from passing beside its expectations.
pub(super) fn otherwise(report: &Report, cell: &CellReport) -> Vec<String> {
    let own = report.why.iter().filter(|one| one.is_of(&cell.id) && one.metric.is_none());
    let words = |one: &Reason| {
        let of = one.trial.map_or(String::new(), |trial| format!("trial {trial}: "));
        format!("{of}{}", one.text)
    };
    own.map(words).collect()
}

/// In which of several trials the cell did not pass: the reason is that of one of them.
fn trials(cell: &CellReport) -> Option<String> {
    let each = &cell.trials.as_ref()?.each;
    let bad: Vec<String> = each
        .iter()
        .filter(|trial| !trial.verdict.is_green())
        .map(|trial| trial.trial.to_string())
        .collect();
    let more = if bad.len() > TRIALS_MAX { ", …" } else { "" };
    let named = bad.iter().take(TRIALS_MAX).cloned().collect::<Vec<_>>().join(", ");
    let (some, all) = (bad.len(), each.len());
    (some > 0).then(|| format!("the cell did not pass in {some} of {all} trials: {named}{more}"))
}
