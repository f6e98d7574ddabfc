//! [`judge`] and [`judge_run`]: findings held against expectations.

use super::counts::Bounds;
use super::reason::{Reason, ReasonKind, Scope, most_telling_first};
use super::types::CellFindings;
use super::verdict::{CellVerdict, ExpectationVerdict, RunVerdict, Verdict};
use super::words::{counted, seconds};
use crate::model::{About, Metric};
use crate::plan::Expectation;

/// Holds a cell's findings against its expectations. Without any it is measured: whatever happened
/// met and violated nothing. Where nothing was sent, nothing is met either.
pub fn judge(cell: &str, expectations: &[Expectation], findings: &CellFindings) -> CellVerdict {
    let mut judged = CellVerdict {
        verdict: if expectations.is_empty() { Verdict::Measured } else { Verdict::Pass },
        expectations: Vec::new(),
        reasons: Vec::new(),
    };
    let scope = || Scope::Cell(cell.to_owned());
    for expectation in expectations {
        let Judged { one, unmet } = judge_one(expectation, findings);
        if let Some((kind, amount)) = unmet {
            let metric = Some(expectation.metric);
            let text = one.reason.clone();
            judged.add(Reason { metric, amount, ..Reason::new(kind, scope(), text) });
        }
        judged.expectations.push(one);
    }
    for why in &findings.inconclusive {
        judged.add(Reason::new(ReasonKind::NotSettled, scope(), why.clone()));
    }
    judged
}

/// Sums up a run: its cells, and what is to be said of its faults.
pub fn judge_run(cells: &[CellVerdict], faults: Vec<Reason>) -> RunVerdict {
    let mut reasons: Vec<Reason> = cells.iter().flat_map(|cell| cell.reasons.clone()).collect();
    if cells.is_empty() {
        let why = "no cell was judged".to_owned();
        reasons.push(Reason::new(ReasonKind::NotSettled, Scope::Run, why));
    }
    reasons.extend(faults);
    most_telling_first(&mut reasons);
    let of_cells = cells.iter().map(|cell| cell.verdict);
    let verdicts = of_cells.chain(reasons.iter().map(|reason| reason.kind.verdict()));
    RunVerdict { verdict: verdicts.max().unwrap_or(Verdict::Inconclusive), reasons }
}

/// An expectation's verdict; and where it is not met, what kind of reason that is, and how much
/// of it.
struct Judged {
    one: ExpectationVerdict,
    unmet: Option<(ReasonKind, u64)>,
}

/// One expectation. The true value lies within bounds, which are one value where the log was
/// read whole. It is violated only if no value within them meets it, and met only if all do.
fn judge_one(expectation: &Expectation, findings: &CellFindings) -> Judged {
    let metric = expectation.metric;
    let seen = bounds_of(metric, findings);
    // What was before any fault happened, and yet it meets and violates nothing.
    let early = findings.early.counts[metric];
    // The ledger knows each rejection and unknown outcome, so those before zero are no more doubt.
    let is_exact = !metric.is_anomaly();
    let value = Bounds {
        least: seen.least.saturating_sub(early),
        most: seen.most.map(|most| if is_exact { most.saturating_sub(early) } else { most }),
    };
    let unit = if metric.is_time() { 1_000 } else { 1 };
    let max = expectation.max.map(|max| max.saturating_mul(unit));
    let min = expectation.min.map(|min| min.saturating_mul(unit));
    let above = max.is_some_and(|max| value.least > max);
    let below = min.is_some_and(|min| value.most.is_some_and(|most| most < min));
    let within = max.is_none_or(|max| value.most.is_some_and(|most| most <= max))
        && min.is_none_or(|min| value.least >= min);
    let control = metric.about().bad && min.is_some_and(|min| min > 0);
    let is_idle = findings.counts.sent == 0;
    let (verdict, how, unmet) = if is_idle {
        (Verdict::Inconclusive, "is not settled", Some((ReasonKind::NotSettled, 0)))
    } else if above {
        (Verdict::Fail, "is violated", Some((ReasonKind::Violated, value.least)))
    } else if below && !metric.about().bad {
        let lacking = min.unwrap_or(0).saturating_sub(value.least);
        (Verdict::Fail, "is violated", Some((ReasonKind::Violated, lacking)))
    } else if below {
        let how = "did not happen, so the run proves nothing";
        (Verdict::Inconclusive, how, Some((ReasonKind::Unmet, 0)))
    } else if within {
        (Verdict::Pass, "is met", None)
    } else {
        (Verdict::Inconclusive, "is not settled", Some((ReasonKind::NotSettled, value.least)))
    };
    let expected = if control && unmet.is_none() { ", as expected" } else { "" };
    let value = match is_idle {
        true => "nothing was sent".to_owned(),
        false => value_text(metric, seen, findings),
    };
    let reason = format!("`{}` {how}: {value}{expected}", expectation.text);
    let text = expectation.text.clone();
    Judged { one: ExpectationVerdict { text, metric, verdict, control, reason }, unmet }
}

/// Between which values the truth lies: messages, or microseconds of unavailability.
fn bounds_of(metric: Metric, findings: &CellFindings) -> Bounds {
    match (metric.is_time(), findings.unavailable_ms) {
        (false, _) => findings.counts[metric],
        (true, Some(ms)) => Bounds::exact((ms * 1e3).round() as u64),
        (true, None) => Bounds { least: 0, most: None },
    }
}

/// `812 messages lost`, `0 to 5 messages lost`, `at least 3 records corrupt`.
fn value_text(metric: Metric, value: Bounds, findings: &CellFindings) -> String {
    if metric.is_time() {
        return unavailable_text(findings);
    }
    let About { noun, became, unconfirmed, early, .. } = metric.about();
    let what = if findings.confirmed || unconfirmed.is_empty() { became } else { unconfirmed };
    let least = value.least;
    let how_many = match value.most {
        Some(most) if most == least => counted(least, noun),
        Some(most) => format!("{least} to {}", counted(most, noun)),
        None => format!("at least {}", counted(least, noun)),
    };
    let early = match (findings.early.counts[metric], early) {
        (0, _) | (_, None) => String::new(),
        (count, Some(when)) => format!(", {count} of them before {when}"),
    };
    format!("{how_many} {what}{early}")
}

fn unavailable_text(findings: &CellFindings) -> String {
    match (&findings.outage, findings.unavailable_ms) {
        (Some(outage), _) => format!(
            "{:.3} s without an acknowledgement on partition {}, from {} to {}",
            outage.ms / 1e3,
            outage.partition,
            seconds(outage.from_ms),
            seconds(outage.to_ms),
        ),
        (None, Some(ms)) => format!("{:.3} s without an acknowledgement", ms / 1e3),
        (None, None) => "nothing was sent".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{Counts, Early, Outage};

    fn findings() -> CellFindings {
        CellFindings {
            counts: Counts::exact(900, [(Metric::Acked, 800), (Metric::Lost, 5)]),
            copies: 0,
            unknown_present: 0,
            confirmed: true,
            unavailable_ms: Some(3_000.4),
            outage: None,
            early: Early::default(),
            fault_outages: Vec::new(),
            latencies: Vec::new(),
            witnesses: Vec::new(),
            omitted: Vec::new(),
            notes: Vec::new(),
            inconclusive: Vec::new(),
        }
    }

    fn expect(metric: Metric, min: Option<u64>, max: Option<u64>) -> Expectation {
        Expectation { metric, min, max, text: format!("{metric:?}").to_lowercase() }
    }

    fn judged(
        findings: &CellFindings,
        metric: Metric,
        min: Option<u64>,
        max: Option<u64>,
    ) -> Verdict {
        judge("c", &[expect(metric, min, max)], findings).verdict
    }

    fn texts(reasons: &[Reason]) -> Vec<&str> {
        reasons.iter().map(|reason| reason.text.as_str()).collect()
    }

    const P: Verdict = Verdict::Pass;
    const I: Verdict = Verdict::Inconclusive;
    const F: Verdict = Verdict::Fail;

    // The log was read whole, 5 are lost: above the most that may be is a violation; below the
    // least that must be, the fault did not bite, and that proves nothing.
    #[test]
    fn an_exact_count_meets_violates_or_does_not_bite() {
        let cases = [
            (None, Some(5), P),
            (None, Some(4), F),
            (Some(5), None, P),
            (Some(6), None, I),
            (Some(5), Some(5), P),
            (Some(1), Some(4), F),
            (Some(6), Some(9), I),
            (None, None, P),
        ];
        for (min, max, verdict) in cases {
            assert_eq!(judged(&findings(), Metric::Lost, min, max), verdict, "{min:?} {max:?}");
        }
    }

    // A lower bound on acknowledgements is a promise and no control.
    #[test]
    fn too_few_acknowledgements_are_a_violation() {
        assert_eq!(judged(&findings(), Metric::Acked, Some(801), None), F);
        assert_eq!(judged(&findings(), Metric::Acked, Some(800), None), P);
        assert_eq!(judged(&findings(), Metric::Acked, None, Some(799)), F);
    }

    // 3000.4 ms: no milliseconds are rounded away, in either direction.
    #[test]
    fn unavailability_is_compared_to_the_microsecond() {
        for (min, max, verdict) in [
            (None, Some(3_000), F),
            (None, Some(3_001), P),
            (Some(3_000), None, P),
            (Some(3_001), None, I),
        ] {
            assert_eq!(judged(&findings(), Metric::Unavailable, min, max), verdict);
        }
        let nothing_sent = CellFindings { unavailable_ms: None, ..findings() };
        assert_eq!(judged(&nothing_sent, Metric::Unavailable, None, Some(u64::MAX)), I);
    }

    // Nothing is lost of what nobody sent, and that proves nothing.
    #[test]
    fn where_nothing_was_sent_no_expectation_is_met_or_violated() {
        let idle = CellFindings { counts: Counts::default(), unavailable_ms: None, ..findings() };
        for (metric, min, max) in [
            (Metric::Lost, None, Some(0)),
            (Metric::Lost, Some(1), None),
            (Metric::Acked, Some(1), None),
            (Metric::Rejected, None, Some(0)),
            (Metric::Unavailable, None, Some(1)),
        ] {
            let judged = judge("c", &[expect(metric, min, max)], &idle);
            assert_eq!((judged.verdict, judged.reasons[0].kind), (I, ReasonKind::NotSettled));
            let text = &judged.expectations[0].reason;
            assert!(text.ends_with(" is not settled: nothing was sent"), "{text}");
        }
    }

    // 1 to 5 are lost, since part of the log was not read: violated only below 1, met only from
    // 5 on; and a control is met by the one that is certain.
    #[test]
    fn between_bounds_only_what_is_certain_counts() {
        let mut open = findings();
        open.counts[Metric::Lost] = Bounds { least: 1, most: Some(5) };
        let cases = [
            (None, Some(0), F),
            (None, Some(1), I),
            (None, Some(4), I),
            (None, Some(5), P),
            (Some(1), None, P),
            (Some(2), None, I),
            (Some(6), None, I),
        ];
        for (min, max, verdict) in cases {
            assert_eq!(judged(&open, Metric::Lost, min, max), verdict, "{min:?} {max:?}");
        }
        // At least 2 duplicated: no upper bound can be met, but one below 2 is violated.
        let mut open = findings();
        open.counts[Metric::Duplicated] = Bounds { least: 2, most: None };
        assert_eq!(judged(&open, Metric::Duplicated, None, Some(1)), F);
        assert_eq!(judged(&open, Metric::Duplicated, None, Some(2)), I);
        assert_eq!(judged(&open, Metric::Duplicated, Some(2), None), P);
        assert_eq!(judged(&open, Metric::Duplicated, Some(3), None), I);
    }

    #[test]
    fn each_metric_measures_what_it_names() {
        let reasons = [
            (Metric::Lost, 1, "`lost` is met: 1 message lost, as expected"),
            (Metric::Duplicated, 2, "`duplicated` is met: 2 messages duplicated, as expected"),
            (Metric::Reordered, 3, "`reordered` is met: 3 messages reordered, as expected"),
            (
                Metric::Phantom,
                4,
                "`phantom` is met: 4 messages rejected, yet in the log, as expected",
            ),
            (Metric::Corrupt, 5, "`corrupt` is met: 5 records corrupt, as expected"),
            (Metric::Foreign, 6, "`foreign` is met: 6 records foreign, as expected"),
            (Metric::Acked, 7, "`acked` is met: 7 messages acknowledged"),
            (Metric::Rejected, 8, "`rejected` is met: 8 messages rejected, as expected"),
            (
                Metric::Unknown,
                9,
                "`unknown` is met: 9 messages with an unknown outcome, as expected",
            ),
        ];
        let counts = Counts::exact(45, reasons.map(|(metric, value, _)| (metric, value)));
        let all = CellFindings { counts, ..findings() };
        for (metric, value, reason) in reasons {
            let verdict = judge("c", &[expect(metric, Some(value), Some(value))], &all);
            assert_eq!((verdict.verdict, verdict.expectations[0].reason.as_str()), (P, reason));
            assert!(verdict.reasons.is_empty());
        }
    }

    #[test]
    fn reasons_are_sentences_with_figures() {
        let reason = |findings: &CellFindings, metric, min, max| {
            texts(&judge("c", &[expect(metric, min, max)], findings).reasons).concat()
        };
        assert_eq!(
            reason(&findings(), Metric::Lost, None, Some(0)),
            "`lost` is violated: 5 messages lost"
        );
        assert_eq!(
            reason(&findings(), Metric::Duplicated, Some(1), None),
            "`duplicated` did not happen, so the run proves nothing: 0 messages duplicated"
        );
        let mut open = CellFindings { confirmed: false, ..findings() };
        open.counts[Metric::Lost] = Bounds { least: 0, most: Some(5) };
        open.counts[Metric::Duplicated] = Bounds { least: 2, most: None };
        assert_eq!(
            reason(&open, Metric::Lost, None, Some(0)),
            "`lost` is not settled: 0 to 5 messages lost, unconfirmed (acks=0)"
        );
        assert_eq!(
            reason(&open, Metric::Duplicated, None, Some(2)),
            "`duplicated` is not settled: at least 2 messages duplicated"
        );
        assert_eq!(
            reason(&open, Metric::Acked, Some(801), None),
            "`acked` is violated: 800 messages sent, unconfirmed (acks=0)"
        );
        assert_eq!(
            reason(&findings(), Metric::Unavailable, None, Some(1)),
            "`unavailable` is violated: 3.000 s without an acknowledgement"
        );
        let outage = Outage { partition: 2, from_ms: 500.0, to_ms: 3_500.4, ms: 3_000.4 };
        let placed = CellFindings { outage: Some(outage), ..findings() };
        assert_eq!(
            reason(&placed, Metric::Unavailable, None, Some(1)),
            "`unavailable` is violated: 3.000 s without an acknowledgement on partition 2, from \
             0.5 s to 3.5 s"
        );
    }

    // A violation is one even if the log was not read whole; without any it is inconclusive.
    #[test]
    fn the_worst_of_a_cell_wins() {
        let torn = CellFindings { inconclusive: vec!["partition 0: torn".into()], ..findings() };
        let met = expect(Metric::Lost, None, Some(5));
        let violated = expect(Metric::Acked, Some(801), None);
        let unbitten = expect(Metric::Corrupt, Some(1), None);
        assert_eq!(judge("c", &[], &findings()).verdict, Verdict::Measured);
        assert_eq!(judge("c", &[], &torn).verdict, I);
        assert_eq!(
            texts(&judge("c", std::slice::from_ref(&met), &torn).reasons),
            ["partition 0: torn"]
        );
        assert_eq!(judge("c", &[met.clone(), unbitten.clone()], &findings()).verdict, I);
        let all = judge("c", &[unbitten, violated, met], &torn);
        assert_eq!((all.verdict, all.reasons.len()), (F, 3));
    }

    // What is met although it is bad says that somebody asked for it.
    #[test]
    fn a_control_that_bit_is_marked() {
        let control = |min, max| {
            let judged = judge("c", &[expect(Metric::Lost, min, max)], &findings());
            let one = judged.expectations.into_iter().next().unwrap();
            (one.control, one.reason.ends_with(", as expected"))
        };
        assert_eq!(control(Some(1), None), (true, true));
        assert_eq!(control(Some(5), Some(5)), (true, true));
        assert_eq!(control(Some(6), None), (true, false));
        assert_eq!(control(Some(1), Some(4)), (true, false));
        assert_eq!(control(Some(0), Some(9)), (false, false));
        let acked = judge("c", &[expect(Metric::Acked, Some(1), None)], &findings());
        assert!(!acked.expectations[0].control);
    }

    fn cell(id: &str, expectations: &[Expectation], findings: &CellFindings) -> CellVerdict {
        judge(id, expectations, findings)
    }

    fn no_effect() -> Vec<Reason> {
        let why = "the stop stopped nothing".to_owned();
        vec![Reason::new(ReasonKind::Fault, Scope::Fault(0), why)]
    }

    #[test]
    fn the_worst_of_a_run_wins_and_a_fault_without_effect_is_no_pass() {
        let torn = CellFindings { inconclusive: vec!["b".into()], ..findings() };
        let pass = cell("a", &[expect(Metric::Lost, None, Some(5))], &findings());
        let unclear = cell("b", &[expect(Metric::Acked, None, None)], &torn);
        let fail = cell("c", &[expect(Metric::Lost, None, Some(0))], &findings());
        assert_eq!(judge_run(std::slice::from_ref(&pass), vec![]).verdict, P);
        assert_eq!(judge_run(std::slice::from_ref(&pass), no_effect()).verdict, I);
        assert_eq!(judge_run(&[pass.clone(), unclear.clone()], vec![]).verdict, I);
        let all = judge_run(&[unclear, pass, fail], no_effect());
        assert_eq!(all.verdict, F);
        let told: Vec<String> = all.reasons.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "cell c: `lost` is violated: 5 messages lost",
                "the stop stopped nothing",
                "cell b: b"
            ]
        );
        assert_eq!(judge_run(&[], vec![]).verdict, I);
        let exits = Verdict::ALL.map(|verdict| verdict.exit().code());
        assert_eq!(exits, [0, 0, 3, 1]);
    }

    // Nothing was expected: it is no pass, and changes nothing for the cells of which something
    // was. What makes figures worthless makes these worthless, too.
    #[test]
    fn without_expectations_a_cell_is_measured() {
        let torn = CellFindings { inconclusive: vec!["torn".into()], ..findings() };
        let measured = cell("a", &[], &findings());
        let met = cell("b", &[expect(Metric::Lost, None, Some(5))], &findings());
        let violated = cell("c", &[expect(Metric::Lost, None, Some(0))], &findings());
        let run = |cells: &[&CellVerdict], faults| {
            judge_run(&cells.iter().map(|&cell| cell.clone()).collect::<Vec<_>>(), faults).verdict
        };
        assert_eq!(run(&[&measured], vec![]), Verdict::Measured);
        assert_eq!(run(&[&measured, &met], vec![]), P);
        assert_eq!(run(&[&measured, &violated], vec![]), F);
        assert_eq!(run(&[&measured], no_effect()), I);
        assert_eq!(run(&[&cell("a", &[], &torn)], vec![]), I);
    }
}
