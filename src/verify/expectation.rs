//! [`judge_one`]: compares one expectation with the findings.

use super::amount;
use super::counts::Bounds;
use super::reason::ReasonKind;
use super::types::CellFindings;
use super::verdict::{ExpectationVerdict, Verdict};
use crate::model::Metric;
use crate::plan::Expectation;

/// An expectation's verdict; if it is not met, the kind of reason, and the amount.
pub(super) struct Judged {
    pub(super) one: ExpectationVerdict,
    pub(super) unmet: Option<(ReasonKind, u64)>,
}

/// Judges one expectation. The true value lies within bounds, which are one value if the log was
/// read whole. It is violated only if no value within them meets it, and met only if all do.
pub(super) fn judge_one(expectation: &Expectation, findings: &CellFindings) -> Judged {
    let metric = expectation.metric;
    let seen = bounds_of(metric, findings);
    // What happened before any fault meets and violates nothing.
    let early = findings.early.counts[metric];
    // The ledger knows each rejection and unknown outcome, so those before zero leave no doubt.
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
        false => amount::in_words(metric, seen, findings),
    };
    let reason = format!("`{}` {how}: {value}{expected}", expectation.text);
    let text = expectation.text.clone();
    Judged { one: ExpectationVerdict { text, metric, verdict, control, reason }, unmet }
}

/// The bounds of the true value: messages, or microseconds of unavailability.
fn bounds_of(metric: Metric, findings: &CellFindings) -> Bounds {
    match (metric.is_time(), findings.unavailable_ms) {
        (false, _) => findings.counts[metric],
        (true, Some(ms)) => Bounds::exact((ms * 1e3).round() as u64),
        (true, None) => Bounds { least: 0, most: None },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::verify::{Counts, Early, judge};

    pub(in crate::verify) fn findings() -> CellFindings {
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

    pub(in crate::verify) fn expect(
        metric: Metric,
        min: Option<u64>,
        max: Option<u64>,
    ) -> Expectation {
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

    const P: Verdict = Verdict::Pass;
    const I: Verdict = Verdict::Inconclusive;
    const F: Verdict = Verdict::Fail;

    // The log was read whole, 5 are lost: above the maximum is a violation; below the minimum the
    // fault did not bite, which proves nothing.
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

    // A lower bound on acknowledgements is a promise, not a control.
    #[test]
    fn too_few_acknowledgements_are_a_violation() {
        assert_eq!(judged(&findings(), Metric::Acked, Some(801), None), F);
        assert_eq!(judged(&findings(), Metric::Acked, Some(800), None), P);
        assert_eq!(judged(&findings(), Metric::Acked, None, Some(799)), F);
    }

    // 3000.4 ms: no rounding to milliseconds in either direction.
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

    // 1 to 5 are lost, since part of the log was not read: violated only below 1, met only from 5
    // on; and a control is met by the one that is certain.
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

    // A met expectation of something bad means that somebody asked for it.
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
}
