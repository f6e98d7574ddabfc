//! Expectations that BASE kept: whether NEW keeps them. If a message was lost that nobody may lose,
//! that is a fact and needs no statistics.

use super::candidates::{Candidate, Shape, shares};
use super::model::{Change, Finding, Rule};
use super::side::{Promise, SideCell};
use crate::stats::Hits;
use crate::verify::Verdict;

/// How NEW does by an expectation of BASE.
struct Kept {
    /// Whether any trial broke it.
    is_broken: bool,
    /// In how many trials, if their figures tell.
    broken: Option<Hits>,
    /// NEW's own expectation of it, if it differs.
    instead: Option<String>,
}

/// The results for BASE's expectations: findings where the verdict settles it, candidates where a
/// share of trials does.
pub(super) fn promises(base: &SideCell, new: &SideCell) -> (Vec<Finding>, Vec<Candidate>) {
    let (mut findings, mut candidates) = (Vec::new(), Vec::new());
    for promise in &base.promises {
        let kept = kept(promise, new);
        let by_base = broken_in(promise, base);
        if promise.metric.is_anomaly() {
            findings.push(finding(promise, by_base, &kept, (base, new)));
            continue;
        }
        match by_base.zip(kept.broken) {
            Some((by_base, by_new)) => {
                let (worse, better) = shares(by_base, by_new);
                candidates.push(Candidate {
                    measure: promise.text.clone(),
                    trials: (by_base.of as usize, by_new.of as usize),
                    worse,
                    better,
                    shape: Shape::Bound { base: by_base, new: by_new },
                });
            }
            None => findings.push(finding(promise, by_base, &kept, (base, new))),
        }
    }
    findings.extend(new.promises.iter().filter_map(|promise| unknown_to(base, promise, new)));
    (findings, candidates)
}

fn kept(promise: &Promise, new: &SideCell) -> Kept {
    let of_metric = |own: &&Promise| own.metric == promise.metric;
    let same = new.promises.iter().filter(of_metric).find(|own| own.text == promise.text);
    let instead = new.promises.iter().filter(of_metric).map(|own| own.text.clone()).next();
    // A duration in Kafka's clocks may differ in NEW: its own bound is the one it keeps.
    let broken = broken_in(same.unwrap_or(promise), new);
    let by_verdict = same.is_some_and(|own| own.verdict == Verdict::Fail);
    let by_figures = broken.is_some_and(|broken| broken.hits > 0);
    let instead = if same.is_some() { None } else { instead };
    Kept { is_broken: by_verdict || by_figures, broken, instead }
}

/// Whether BASE kept it in every trial that proves something. A trial that was not settled, because
/// its log was not read, does not count against the others.
fn was_kept(promise: &Promise, by_base: Option<Hits>, base: &SideCell) -> bool {
    let by_figures = || by_base.is_some_and(|broken| broken.hits == 0);
    base.is_comparable()
        && match promise.verdict {
            Verdict::Pass | Verdict::Measured => true,
            Verdict::Inconclusive => by_figures(),
            Verdict::Fail => false,
        }
}

/// In how many of a cell's trials an expectation was violated; `None` if figures do not tell.
fn broken_in(promise: &Promise, cell: &SideCell) -> Option<Hits> {
    let told: Vec<bool> = cell.trials.iter().filter_map(|t| promise.is_broken_by(t)).collect();
    let hits = told.iter().filter(|broken| **broken).count() as u64;
    (!told.is_empty()).then_some(Hits { hits, of: told.len() as u64 })
}

fn finding(
    promise: &Promise,
    by_base: Option<Hits>,
    kept: &Kept,
    (base, new): (&SideCell, &SideCell),
) -> Finding {
    let was_kept = was_kept(promise, by_base, base);
    let change = if was_kept && kept.is_broken { Change::Worse } else { Change::None };
    let by_base = match (promise.verdict, by_base) {
        _ if was_kept => "kept".to_owned(),
        (Verdict::Pass | Verdict::Measured, _) => "not tried".to_owned(),
        (_, Some(broken)) if broken.hits > 0 => trials_of(broken, "broken in"),
        (Verdict::Fail, _) => "broken".to_owned(),
        (Verdict::Inconclusive, _) => "not settled".to_owned(),
    };
    let by_new = match (kept.is_broken, kept.broken) {
        (true, Some(broken)) if broken.hits > 0 => trials_of(broken, "broken in"),
        (true, _) => "broken".to_owned(),
        (false, Some(broken)) => trials_of(Hits { hits: broken.of, ..broken }, "kept in"),
        (false, None) if kept.instead.is_some() => "not asked".to_owned(),
        (false, None) => "not broken".to_owned(),
    };
    let instead = kept.instead.as_ref();
    let instead = instead.map_or(String::new(), |text| format!("; its scenario expects `{text}`"));
    Finding {
        measure: promise.text.clone(),
        rule: Rule::Promise,
        change,
        text: format!("`{}` is {by_base} by BASE, and {by_new} by NEW{instead}", promise.text),
        base: by_base,
        new: by_new,
        trials: (base.trials.len(), new.trials.len()),
        worse: None,
        better: None,
        ratio: None,
        striking: false,
    }
}

/// `broken in 2 of 20`.
fn trials_of(hits: Hits, verb: &str) -> String {
    format!("{verb} {} of {}", hits.hits, hits.of)
}

/// What NEW breaks and BASE never promised: worth reporting, and no regression.
fn unknown_to(base: &SideCell, promise: &Promise, new: &SideCell) -> Option<Finding> {
    let is_known = base.promises.iter().any(|one| one.metric == promise.metric);
    (promise.verdict == Verdict::Fail && !is_known).then(|| Finding {
        measure: promise.text.clone(),
        rule: Rule::Promise,
        change: Change::Undecided,
        base: "not asked".to_owned(),
        new: "broken".to_owned(),
        text: format!("`{}` is broken by NEW; BASE's scenario does not expect it", promise.text),
        trials: (base.trials.len(), new.trials.len()),
        worse: None,
        better: None,
        ratio: None,
        striking: false,
    })
}
