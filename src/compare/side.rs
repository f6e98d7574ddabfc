//! [`Side`]: what a comparison knows of a run, from a report or a baseline.

use crate::model::{ByMetric, Metric, Properties};
use crate::verify::Verdict;
use serde::{Deserialize, Serialize};

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The scenario's name.
    pub scenario: String,
    /// RFC 3339.
    pub started_at: String,
    /// Scenario settings that all cells share: `cluster.kafka`, `cluster.config.*`, `faults`.
    pub setup: Properties,
    /// Where it ran: `runtime`, and the `kafka` that was found there.
    pub environment: Properties,
    /// Notes about the run as a whole.
    pub notes: Vec<String>,
    /// In the report's order, with unique ids.
    pub cells: Vec<SideCell>,
}

/// What is known about one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct SideCell {
    pub id: String,
    /// The matrix's axes by name, with this cell's values.
    pub axes: Properties,
    /// Every property of topic and producer that was set.
    pub config: Properties,
    pub promises: Vec<Promise>,
    /// Trials that prove nothing, by reason.
    pub left_out: Vec<LeftOut>,
    /// Those that do, in order.
    pub trials: Vec<Trial>,
}

/// An expectation, and its result over all trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// As written: `lost: 0`.
    pub text: String,
    pub metric: Metric,
    /// The smallest value that meets it; `None` if there is none, or the report does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The largest, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The worst of all trials.
    pub verdict: Verdict,
}

/// Trials that are not compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Why not, in words.
    pub why: String,
    pub trials: Vec<u32>,
}

/// The figures of one trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// From 1 over all runs of the report.
    pub number: u32,
    /// Counts that are reported per trial; `None` if the log as read does not settle one.
    pub counts: ByMetric<Option<u64>>,
    /// Longest time without an acknowledgement.
    pub unavailable_ms: Option<f64>,
    /// 99th percentile of acknowledgement latency before the first fault.
    pub p99_before_us: Option<u64>,
    /// The same while a fault was in force.
    pub p99_during_us: Option<u64>,
}

impl Side {
    /// Everything that decides what a cell does, by name: the shared settings, overridden by its
    /// axes, and its own properties.
    pub fn settings(&self, cell: &SideCell) -> Properties {
        let mut all = self.setup.clone();
        all.extend(cell.axes.iter().map(|(name, value)| (name.clone(), value.clone())));
        all.extend(cell.config.iter().map(|(name, value)| (name.clone(), value.clone())));
        all
    }

    /// Whether any cell has a trial that proves something.
    pub fn is_comparable(&self) -> bool {
        self.cells.iter().any(SideCell::is_comparable)
    }
}

impl SideCell {
    /// Whether a trial proves something.
    pub fn is_comparable(&self) -> bool {
        !self.trials.is_empty()
    }
}

impl Promise {
    /// Whether a trial violates it; `None` if neither figures nor bounds tell.
    pub fn is_broken_by(&self, trial: &Trial) -> Option<bool> {
        let above = |value: f64| self.max.map(|max| value > max as f64);
        match self.metric {
            // Too few acknowledgements are a violation, too; a report has both bounds or none.
            Metric::Acked => {
                let acked = trial.figure(Metric::Acked)?;
                let below = self.min.map(|min| acked < min as f64);
                let above = above(acked);
                (below.is_some() || above.is_some())
                    .then(|| below == Some(true) || above == Some(true))
            }
            metric => above(trial.figure(metric)?),
        }
    }

    /// Whether a trial is below the minimum: then the control did not bite, and the trial proves
    /// nothing.
    pub fn did_not_bite(&self, trial: &Trial) -> bool {
        let least = self.min.filter(|_| self.metric.about().bad);
        least.zip(trial.figure(self.metric)).is_some_and(|(min, value)| value < min as f64)
    }
}

impl Trial {
    /// A trial's figure for a metric, in the metric's unit.
    pub fn figure(&self, metric: Metric) -> Option<f64> {
        match metric.is_time() {
            true => self.unavailable_ms,
            false => self.counts[metric].map(|count| count as f64),
        }
    }
}
