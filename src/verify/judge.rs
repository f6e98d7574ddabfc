//! [`judge`] and [`judge_run`]: findings held against expectations.

use super::types::{Bounds, CellFindings};
use super::words::{plural, seconds};
use crate::exit::Exit;
use crate::plan::{Expectation, Metric};
use serde::{Deserialize, Serialize};

/// How an expectation, a cell or a run came out. Of several the greatest wins: a violation that
/// was seen stays one whatever else was not seen, and not having seen is never a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything was looked at, and all is as expected.
    Pass,
    /// It was not found out.
    Inconclusive,
    /// An expectation was violated, whatever was not looked at.
    Fail,
}

impl Verdict {
    /// The exit that it leads to.
    pub fn exit(self) -> Exit {
        match self {
            Verdict::Pass => Exit::Pass,
            Verdict::Inconclusive => Exit::Inconclusive,
            Verdict::Fail => Exit::Violated,
        }
    }
}

/// How one expectation came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectationVerdict {
    /// As it was written.
    pub text: String,
    /// What it measures.
    pub metric: Metric,
    /// How it came out.
    pub verdict: Verdict,
    /// Why, in words with figures.
    pub reason: String,
}

/// How a cell came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellVerdict {
    /// The worst of its expectations; inconclusive at best when the log was not read whole.
    pub verdict: Verdict,
    /// In their order.
    pub expectations: Vec<ExpectationVerdict>,
    /// Everything that keeps it from passing.
    pub reasons: Vec<String>,
}

/// How a run came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunVerdict {
    /// The worst of its cells; inconclusive at best when a fault had no effect.
    pub verdict: Verdict,
    /// Everything that keeps it from passing.
    pub reasons: Vec<String>,
}

/// Holds a cell's findings against its expectations.
pub fn judge(expectations: &[Expectation], findings: &CellFindings) -> CellVerdict {
    let expectations: Vec<ExpectationVerdict> =
        expectations.iter().map(|expectation| judge_one(expectation, findings)).collect();
    let mut verdict = expectations.iter().map(|one| one.verdict).max().unwrap_or(Verdict::Pass);
    if !findings.inconclusive.is_empty() {
        verdict = verdict.max(Verdict::Inconclusive);
    }
    let unmet = expectations.iter().filter(|one| one.verdict != Verdict::Pass);
    let reasons = unmet.map(|one| one.reason.clone()).chain(findings.inconclusive.iter().cloned());
    CellVerdict { verdict, reasons: reasons.collect(), expectations }
}

/// Sums up a run: its cells by their ids, and each fault that had no effect, in words.
pub fn judge_run(cells: &[(String, CellVerdict)], ineffective: &[String]) -> RunVerdict {
    let mut verdict = cells.iter().map(|(_, cell)| cell.verdict).max().unwrap_or(Verdict::Pass);
    let mut reasons = Vec::new();
    for (id, cell) in cells {
        reasons.extend(cell.reasons.iter().map(|reason| format!("cell {id}: {reason}")));
    }
    if cells.is_empty() {
        reasons.push("no cell was judged".to_owned());
    }
    reasons.extend_from_slice(ineffective);
    if cells.is_empty() || !ineffective.is_empty() {
        verdict = verdict.max(Verdict::Inconclusive);
    }
    RunVerdict { verdict, reasons }
}

/// One expectation. The true value lies within bounds, which are one value where the log was
/// read whole. It is violated only if no value within them meets it, and met only if all do.
fn judge_one(expectation: &Expectation, findings: &CellFindings) -> ExpectationVerdict {
    let metric = expectation.metric;
    let value = bounds_of(metric, findings);
    let unit = if metric == Metric::Unavailable { 1_000 } else { 1 };
    let max = expectation.max.map(|max| max.saturating_mul(unit));
    let min = expectation.min.map(|min| min.saturating_mul(unit));
    let above = max.is_some_and(|max| value.least > max);
    let below = min.is_some_and(|min| value.most.is_some_and(|most| most < min));
    let within = max.is_none_or(|max| value.most.is_some_and(|most| most <= max))
        && min.is_none_or(|min| value.least >= min);
    let (verdict, how) = if above || (below && !metric.is_anomaly()) {
        (Verdict::Fail, "is violated")
    } else if below {
        (Verdict::Inconclusive, "did not happen, so the run proves nothing")
    } else if within {
        (Verdict::Pass, "is met")
    } else {
        (Verdict::Inconclusive, "is not settled")
    };
    let reason = format!("`{}` {how}: {}", expectation.text, value_text(metric, value, findings));
    ExpectationVerdict { text: expectation.text.clone(), metric, verdict, reason }
}

/// Between which values the truth lies: messages, or microseconds of unavailability.
fn bounds_of(metric: Metric, findings: &CellFindings) -> Bounds {
    let exact = |value| Bounds { metric, least: value, most: Some(value) };
    if let Some(open) = findings.bounds.iter().find(|bounds| bounds.metric == metric) {
        return *open;
    }
    let counts = &findings.counts;
    match metric {
        Metric::Lost => exact(counts.lost),
        Metric::Duplicated => exact(counts.duplicated),
        Metric::Reordered => exact(counts.reordered),
        Metric::Phantom => exact(counts.phantom),
        Metric::Corrupt => exact(counts.corrupt),
        Metric::Foreign => exact(counts.foreign),
        Metric::Acked => exact(counts.acked),
        Metric::Rejected => exact(counts.rejected),
        Metric::Unknown => exact(counts.unknown),
        Metric::Unavailable => match findings.unavailable_ms {
            Some(ms) => exact((ms * 1e3).round() as u64),
            None => Bounds { metric, least: 0, most: None },
        },
    }
}

/// `812 messages lost`, `0 to 5 messages lost`, `at least 3 records corrupt`.
fn value_text(metric: Metric, value: Bounds, findings: &CellFindings) -> String {
    if metric == Metric::Unavailable {
        return unavailable_text(findings);
    }
    let (noun, participle) = match metric {
        Metric::Lost if !findings.confirmed => ("message", "lost, unconfirmed (acks=0)"),
        Metric::Acked if !findings.confirmed => ("message", "sent, unconfirmed (acks=0)"),
        Metric::Lost => ("message", "lost"),
        Metric::Duplicated => ("message", "duplicated"),
        Metric::Reordered => ("message", "reordered"),
        Metric::Phantom => ("message", "rejected, yet in the log"),
        Metric::Corrupt => ("record", "corrupt"),
        Metric::Foreign => ("record", "foreign"),
        Metric::Acked => ("message", "acknowledged"),
        Metric::Rejected => ("message", "rejected"),
        Metric::Unknown => ("message", "with an unknown outcome"),
        Metric::Unavailable => ("", ""),
    };
    let least = value.least;
    let how_many = match value.most {
        Some(most) if most == least => plural(least, noun),
        Some(most) => format!("{least} to {}", plural(most, noun)),
        None => format!("at least {}", plural(least, noun)),
    };
    format!("{how_many} {participle}")
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
    use crate::verify::{Counts, Outage};

    fn findings() -> CellFindings {
        CellFindings {
            counts: Counts { sent: 900, acked: 800, lost: 5, ..Counts::default() },
            bounds: Vec::new(),
            copies: 0,
            unknown_present: 0,
            confirmed: true,
            unavailable_ms: Some(3_000.4),
            outage: None,
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
        judge(&[expect(metric, min, max)], findings).verdict
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

    // 1 to 5 are lost, since part of the log was not read: violated only below 1, met only from
    // 5 on; and a control is met by the one that is certain.
    #[test]
    fn between_bounds_only_what_is_certain_counts() {
        let lost = Bounds { metric: Metric::Lost, least: 1, most: Some(5) };
        let open = CellFindings { bounds: vec![lost], ..findings() };
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
        let copies = Bounds { metric: Metric::Duplicated, least: 2, most: None };
        let open = CellFindings { bounds: vec![copies], ..findings() };
        assert_eq!(judged(&open, Metric::Duplicated, None, Some(1)), F);
        assert_eq!(judged(&open, Metric::Duplicated, None, Some(2)), I);
        assert_eq!(judged(&open, Metric::Duplicated, Some(2), None), P);
        assert_eq!(judged(&open, Metric::Duplicated, Some(3), None), I);
    }

    #[test]
    fn each_metric_measures_what_it_names() {
        let counts = Counts {
            sent: 0,
            lost: 1,
            duplicated: 2,
            reordered: 3,
            phantom: 4,
            corrupt: 5,
            foreign: 6,
            acked: 7,
            rejected: 8,
            unknown: 9,
        };
        let all = CellFindings { counts, ..findings() };
        let reasons = [
            (Metric::Lost, 1, "`lost` is met: 1 message lost"),
            (Metric::Duplicated, 2, "`duplicated` is met: 2 messages duplicated"),
            (Metric::Reordered, 3, "`reordered` is met: 3 messages reordered"),
            (Metric::Phantom, 4, "`phantom` is met: 4 messages rejected, yet in the log"),
            (Metric::Corrupt, 5, "`corrupt` is met: 5 records corrupt"),
            (Metric::Foreign, 6, "`foreign` is met: 6 records foreign"),
            (Metric::Acked, 7, "`acked` is met: 7 messages acknowledged"),
            (Metric::Rejected, 8, "`rejected` is met: 8 messages rejected"),
            (Metric::Unknown, 9, "`unknown` is met: 9 messages with an unknown outcome"),
        ];
        for (metric, value, reason) in reasons {
            let verdict = judge(&[expect(metric, Some(value), Some(value))], &all);
            assert_eq!((verdict.verdict, verdict.expectations[0].reason.as_str()), (P, reason));
            assert!(verdict.reasons.is_empty());
        }
    }

    #[test]
    fn reasons_are_sentences_with_figures() {
        let reason = |findings: &CellFindings, metric, min, max| {
            judge(&[expect(metric, min, max)], findings).reasons.concat()
        };
        assert_eq!(
            reason(&findings(), Metric::Lost, None, Some(0)),
            "`lost` is violated: 5 messages lost"
        );
        assert_eq!(
            reason(&findings(), Metric::Duplicated, Some(1), None),
            "`duplicated` did not happen, so the run proves nothing: 0 messages duplicated"
        );
        let lost = Bounds { metric: Metric::Lost, least: 0, most: Some(5) };
        let copies = Bounds { metric: Metric::Duplicated, least: 2, most: None };
        let open = CellFindings { bounds: vec![lost, copies], confirmed: false, ..findings() };
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
        assert_eq!(judge(&[], &findings()).verdict, P);
        assert_eq!(judge(&[], &torn).verdict, I);
        assert_eq!(judge(std::slice::from_ref(&met), &torn).reasons, ["partition 0: torn"]);
        assert_eq!(judge(&[met.clone(), unbitten.clone()], &findings()).verdict, I);
        let all = judge(&[unbitten, violated, met], &torn);
        assert_eq!((all.verdict, all.reasons.len()), (F, 3));
    }

    #[test]
    fn the_worst_of_a_run_wins_and_a_fault_without_effect_is_no_pass() {
        let cell = |verdict, reason: &str| {
            let reasons = if verdict == P { vec![] } else { vec![reason.to_owned()] };
            (reason.to_owned(), CellVerdict { verdict, expectations: vec![], reasons })
        };
        let (pass, unclear, fail) = (cell(P, "a"), cell(I, "b"), cell(F, "c"));
        let no_effect = ["the stop stopped nothing".to_owned()];
        assert_eq!(judge_run(std::slice::from_ref(&pass), &[]).verdict, P);
        assert_eq!(judge_run(std::slice::from_ref(&pass), &no_effect).verdict, I);
        assert_eq!(judge_run(&[pass.clone(), unclear.clone()], &[]).verdict, I);
        let all = judge_run(&[fail, pass, unclear], &no_effect);
        assert_eq!(all.verdict, F);
        assert_eq!(all.reasons, ["cell c: c", "cell b: b", "the stop stopped nothing"]);
        assert_eq!(judge_run(&[], &[]).verdict, I);
        let exits = [P, I, F].map(|verdict| verdict.exit().code());
        assert_eq!(exits, [0, 3, 1]);
    }
}
