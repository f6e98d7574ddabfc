//! Amounts of a metric, in words.

use super::counts::Bounds;
use super::types::CellFindings;
use super::words::{counted, seconds};
use crate::model::{About, Metric};

/// `812 messages lost`, `0 to 5 messages lost`, `at least 3 records corrupt`.
pub(super) fn in_words(metric: Metric, value: Bounds, findings: &CellFindings) -> String {
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
    use super::super::expectation::tests::{expect, findings};
    use super::*;
    use crate::verify::{Counts, Outage, Verdict, judge};

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
            assert_eq!(
                (verdict.verdict, verdict.expectations[0].reason.as_str()),
                (Verdict::Pass, reason)
            );
            assert!(verdict.reasons.is_empty());
        }
    }

    #[test]
    fn reasons_are_sentences_with_figures() {
        let reason = |findings: &CellFindings, metric, min, max| {
            judge("c", &[expect(metric, min, max)], findings).reasons.remove(0).text
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
}
