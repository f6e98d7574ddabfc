//! The results of several runs of one cell, side by side.

use super::report::{CellReport, Report};
use crate::exit::Exit;
use crate::ledger::LatencyPhase;
use crate::model::{ByMetric, Metric, as_fields};
use crate::plan::Plan;
use crate::stats::{Share, Spread};
use crate::verify::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One of the merged runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialReport {
    /// From 1 over all runs.
    pub number: u32,
    /// The values of the axes that made its plan, by name; empty if there is one plan.
    pub axes: BTreeMap<String, String>,
    /// Its own folder, relative to the report's, with its own report.json.
    pub folder: String,
    pub verdict: Verdict,
    /// The exit status that it alone would have given.
    pub exit_code: u8,
    /// In words.
    pub reasons: Vec<String>,
    /// RFC 3339.
    pub started_at: String,
    /// How long it took, in milliseconds, without the start of a warm cluster.
    pub ms: f64,
    pub faults: Vec<String>,
}

impl TrialReport {
    /// For a run of this plan with this number and folder.
    pub fn of(number: u32, folder: String, plan: &Plan, report: &Report) -> Self {
        let axes = plan.outer_axes();
        TrialReport {
            number,
            axes: axes.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            folder,
            verdict: report.verdict,
            exit_code: report.exit_code,
            reasons: report.reasons.clone(),
            started_at: report.started_at.clone(),
            ms: report.phases.iter().map(|phase| phase.ms).sum(),
            faults: plan.faults.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether it was aborted.
    pub fn is_cut(&self) -> bool {
        Exit::of_run(self.exit_code).is_cut()
    }
}

/// One cell's trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellTrials {
    /// What was wrong with messages.
    #[serde(flatten, with = "as_fields::tallies")]
    pub tallies: ByMetric<Tally>,
    /// Longest time without an acknowledgement, in milliseconds.
    pub unavailable_ms: Option<Spread>,
    /// 99th percentile of acknowledgement latency before the first fault, in microseconds.
    pub p99_before_us: Option<Spread>,
    /// The same while a fault was in force.
    pub p99_during_us: Option<Spread>,
    /// In order.
    pub each: Vec<CellTrial>,
}

/// How often an anomaly was seen, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Settled trials with at least one.
    pub share: Share,
    /// Messages per trial; `None` if no trial settles it.
    pub count: Option<Spread>,
}

impl Default for Tally {
    fn default() -> Self {
        Tally { share: Share::of(0, 0), count: None }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellTrial {
    /// [`TrialReport::number`].
    pub trial: u32,
    pub verdict: Verdict,
    /// Whether its figures prove nothing, whatever the verdict: a fault had no effect, a control of
    /// some cell did not bite, or the machine was overloaded.
    #[serde(default)]
    pub unsettled: bool,
    /// `None` if the log as read does not settle a count.
    #[serde(flatten, with = "as_fields::per_trial")]
    pub counts: ByMetric<Option<u64>>,
    /// Longest time without an acknowledgement.
    pub unavailable_ms: Option<f64>,
    /// 99th percentile before the first fault.
    pub p99_before_us: Option<u64>,
    /// 99th percentile while a fault was in force.
    pub p99_during_us: Option<u64>,
}

impl CellTrial {
    /// From a single run's cell, and whether it is settled.
    pub fn of(trial: u32, cell: &CellReport, settled: bool) -> Self {
        CellTrial {
            trial,
            verdict: cell.verdict,
            unsettled: !settled,
            counts: ByMetric::of(|metric| {
                let is_told = metric.is_per_trial() && !metric.is_time();
                cell.counts[metric].settled().filter(|_| is_told)
            }),
            unavailable_ms: cell.unavailable_ms,
            p99_before_us: cell.p99_us(LatencyPhase::Before),
            p99_during_us: cell.p99_us(LatencyPhase::During),
        }
    }

    /// Whether its figures prove something.
    pub fn is_settled(&self) -> bool {
        !self.unsettled && self.verdict != Verdict::Inconclusive
    }
}

impl CellTrials {
    /// Shares and spreads are those of the settled trials.
    pub fn of(each: Vec<CellTrial>) -> Self {
        let settled = || each.iter().filter(|trial| trial.is_settled());
        let spread = |value: &dyn Fn(&CellTrial) -> Option<f64>| {
            Spread::of(&settled().filter_map(value).collect::<Vec<_>>())
        };
        let tally = |metric: Metric| {
            let counts = settled().filter(|_| metric.is_anomaly());
            let counts = counts.filter_map(|trial| trial.counts[metric]);
            let counts: Vec<f64> = counts.map(|n| n as f64).collect();
            let hits = counts.iter().filter(|n| **n > 0.0).count() as u64;
            Tally { share: Share::of(hits, counts.len() as u64), count: Spread::of(&counts) }
        };
        CellTrials {
            tallies: ByMetric::of(tally),
            unavailable_ms: spread(&|t| t.unavailable_ms),
            p99_before_us: spread(&|t| t.p99_before_us.map(|us| us as f64)),
            p99_during_us: spread(&|t| t.p99_during_us.map(|us| us as f64)),
            each,
        }
    }
}
