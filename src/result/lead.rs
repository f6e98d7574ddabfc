//! What a report says first: the most telling reason, and how many there are of each kind; for a
//! green run, what was met or measured.

use super::report::{CellReport, Report};
use crate::model::{Metric, counted};
use crate::verify::{Reason, ReasonKind, Scope, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// For cells in which a control did not bite.
const UNMET: &str = "control not met";

/// For figures without expectations.
pub(crate) const NOTHING_EXPECTED: &str = "nothing was expected";

/// The reasons of a finished run, in order; for a green one, what is good about it.
pub(crate) fn reasons(why: &[Reason], cells: &[CellReport], faults: usize) -> Vec<String> {
    if why.is_empty() { vec![green(cells, faults)] } else { lines(why) }
}

/// Each reason once, however many trials have it.
pub(crate) fn lines(why: &[Reason]) -> Vec<String> {
    let mut told: Vec<&Reason> = Vec::new();
    for one in why {
        let is_same = |other: &&Reason| {
            let same_text = one.metric.is_some() || one.text == other.text;
            (one.kind, &one.scope, one.metric) == (other.kind, &other.scope, other.metric)
                && same_text
                && one.trial != other.trial
        };
        if !told.iter().any(is_same) {
            told.push(one);
        }
    }
    told.iter().map(ToString::to_string).collect()
}

fn green(cells: &[CellReport], faults: usize) -> String {
    let judged = cells.iter().filter(|cell| cell.verdict != Verdict::Measured).count();
    if judged == 0 {
        return measured(cells);
    }
    let met = match judged {
        1 => "every expectation is met".to_owned(),
        n => format!("every expectation of {n} cells is met"),
    };
    let unasked = match cells.len() - judged {
        0 => String::new(),
        1 => format!("; {NOTHING_EXPECTED} of 1 cell"),
        n => format!("; {NOTHING_EXPECTED} of {n} cells"),
    };
    let faults = match faults {
        0 => "no fault".to_owned(),
        1 => "the fault took effect".to_owned(),
        n => format!("all {n} faults took effect"),
    };
    format!("{met}{unasked}; {faults}")
}

/// `3565 of 5660 acknowledged messages lost; nothing was expected`.
pub(crate) fn measured(cells: &[CellReport]) -> String {
    let sum = |metric: Metric| cells.iter().map(|cell| cell.counts.of(metric)).sum::<u64>();
    let acked = format!("of {} {} lost", sum(Metric::Acked), acked_messages(cells));
    let seen: Vec<String> = Metric::anomalies()
        .filter(|metric| *metric != Metric::Lost)
        .filter_map(|metric| Some((sum(metric), metric.word())).filter(|(n, _)| *n > 0))
        .map(|(n, word)| format!(", {n} {word}"))
        .collect();
    let text = match (sum(Metric::Lost), seen.is_empty()) {
        (0, true) => format!("none {acked}, none duplicated"),
        (0, false) => format!("none {acked}{}", seen.concat()),
        (lost, _) => format!("{lost} {acked}{}", seen.concat()),
    };
    format!("{text}; {NOTHING_EXPECTED}")
}

/// What these cells' acknowledged messages are called: with acks=0 nobody acknowledges.
pub(crate) fn acked_messages<'a>(cells: impl IntoIterator<Item = &'a CellReport>) -> &'static str {
    let confirmed: BTreeSet<bool> = cells.into_iter().map(|cell| cell.confirmed).collect();
    match (confirmed.contains(&true), confirmed.contains(&false)) {
        (_, false) => "acknowledged messages",
        (false, true) => "unconfirmed messages",
        (true, true) => "acknowledged or unconfirmed messages",
    }
}

/// The same over several trials.
pub(crate) fn reasons_of_trials(
    why: &[Reason],
    cells: &[CellReport],
    trials: usize,
) -> Vec<String> {
    let judged = cells.iter().any(|cell| cell.verdict != Verdict::Measured);
    match (why.is_empty(), judged) {
        (false, _) => lines(why),
        (true, true) => vec![format!("every expectation is met in {trials} of {trials} trials")],
        (true, false) => vec![format!("in {trials} trials {}", measured(cells))],
    }
}

/// The first reason with the number of reasons of each kind.
pub(crate) fn headline(report: &Report) -> String {
    let first = report.reasons.first().map_or("", String::as_str);
    match counts(report) {
        Some(counts) => format!("{first} ({counts})"),
        None => first.to_owned(),
    }
}

/// `1 of 2 cells violated an expectation, 1 not settled`; `None` if the first reason says it all.
pub(crate) fn counts(report: &Report) -> Option<String> {
    if report.why.len() < 2 {
        return None;
    }
    let mut parts = Vec::new();
    if !report.trials.is_empty() {
        // An aborted run found nothing out.
        let whole: Vec<Verdict> =
            report.trials.iter().filter(|t| !t.is_cut()).map(|t| t.verdict).collect();
        let of = |verdict: Verdict| whole.iter().filter(|one| **one == verdict).count();
        let words = [(of(Verdict::Fail), "failed"), (of(Verdict::Inconclusive), "inconclusive")];
        parts.extend(sentence(&words, whole.len(), "trial"));
    }
    if report.exit().is_cut() {
        return parts.pop();
    }
    parts.extend(of_cells(report));
    let faults = report.faults.iter().map(|fault| fault.index).collect::<Vec<_>>();
    if report.trials.is_empty() {
        let failed = |index: &&u16| report.why.iter().any(|r| r.scope == Scope::Fault(**index));
        let n = faults.iter().filter(failed).count();
        parts.extend(sentence(&[(n, "without effect or undone")], faults.len(), "fault"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// How many of several cells have which kind as their worst; for a single cell, its expectations.
fn of_cells(report: &Report) -> Option<String> {
    let mut kinds: BTreeMap<ReasonKind, usize> = BTreeMap::new();
    let (total, noun) = match report.cells.as_slice() {
        [one] => {
            let own = report.why.iter().filter(|r| r.is_of(&one.id) && r.trial.is_none());
            for reason in own.filter(|r| r.metric.is_some()) {
                *kinds.entry(reason.kind).or_default() += 1;
            }
            (one.expectations.len(), "expectation")
        }
        several => {
            let worst = |cell: &CellReport| {
                report.why.iter().filter(|r| r.is_of(&cell.id)).map(|r| r.kind).min()
            };
            for kind in several.iter().filter_map(worst) {
                *kinds.entry(kind).or_default() += 1;
            }
            (several.len(), "cell")
        }
    };
    // An expectation is violated; one of several cells violates an expectation.
    let word = |kind| match (kind, noun) {
        (ReasonKind::Violated, "cell") => "violated an expectation",
        (kind, _) => word(kind),
    };
    let words: Vec<(usize, &str)> = kinds.into_iter().map(|(kind, n)| (n, word(kind))).collect();
    sentence(&words, total, noun)
}

/// `2 of 9 cells violated an expectation, 3 not settled`; `None` if there is none of any kind.
fn sentence(words: &[(usize, &str)], total: usize, noun: &str) -> Option<String> {
    let mut some = words.iter().filter(|(n, _)| *n > 0);
    let total = counted(total, noun);
    let first = some.next().map(|(n, word)| {
        // The first is a clause, the others are only counts.
        if *word == UNMET {
            format!("{word} in {n} of {total}")
        } else {
            format!("{n} of {total} {word}")
        }
    })?;
    let others =
        some.map(
            |(n, word)| {
                if *word == UNMET { format!(", {word} in {n}") } else { format!(", {n} {word}") }
            },
        );
    Some(others.fold(first, |text, other| text + &other))
}

fn word(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::Stopped => "stopped",
        ReasonKind::Violated => "violated",
        ReasonKind::Fault => "without a fault",
        ReasonKind::Unmet => UNMET,
        ReasonKind::NotSettled => "not settled",
        ReasonKind::Overload => "overloaded",
    }
}
