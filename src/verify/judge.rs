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
