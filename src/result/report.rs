//! `report.json`: everything that is known of a run. All other formats can be rebuilt from it.

use super::achieved_rate::AchievedRate;
use super::client_errors::ClientError;
use super::invocation::Invocation;
use super::phase::Phase;
use super::trials::{CellTrials, TrialReport};
use crate::client::producer::Summary;
use crate::event::Observation;
use crate::exit::Exit;
use crate::fault::FaultRecord;
use crate::ledger::LatencyPhase;
use crate::model::{Environment, Metric};
use crate::plan::{Cell, Plan};
use crate::verify::{
    CellFindings, CellVerdict, Counts, Early, ExpectationVerdict, FaultOutage, Omitted, Outage,
    PhaseLatency, Reason, Timeline, Verdict, Witness,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema's name and version; a change that breaks readers makes a new one. The second has the
/// verdict `measured`.
pub(crate) const SCHEMA: &str = "kafka-chaos/report/2";

/// All that is known of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// Of the whole run.
    pub verdict: Verdict,
    /// The exit status that it means.
    pub exit_code: u8,
    /// Why, in words; the first is the most telling.
    pub reasons: Vec<String>,
    /// What keeps the run from passing, in the order of `reasons`: each with its kind, and what it is
    /// about. Of several trials all of them.
    #[serde(default)]
    pub why: Vec<Reason>,
    /// When the run began, RFC 3339 with the zone.
    pub started_at: String,
    /// The environment as lines for people: written from `environment`, which earlier versions did
    /// not have.
    pub about: Vec<String>,
    /// Where it ran and on what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The runs of which this report was put together, in order; empty in a single run's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<TrialReport>,
    /// Names of the matrix's axes, in the order of the table's columns.
    #[serde(default)]
    pub axes: Vec<String>,
    /// One a cell, in the plans' order.
    pub cells: Vec<CellReport>,
    /// One a fault, in the plan's order.
    pub faults: Vec<FaultRecord>,
    /// What the watcher saw, changes only, in order. `at_us` counts from the run's begin.
    pub leaders: Vec<Observation>,
    /// How long each phase took.
    pub phases: Vec<Phase>,
    /// The scenario's zero, milliseconds since the run began: the moment when every partition had
    /// an acknowledgement; none if it was not reached.
    pub zero_ms: Option<f64>,
    /// When sending ended, milliseconds of the scenario's clock.
    pub sending_ended_ms: Option<f64>,
    /// What the accounting itself took.
    pub memory: Memory,
    /// Worth knowing, changes no verdict.
    pub notes: Vec<String>,
    /// The command that did it; none in reports that were written before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation: Option<Invocation>,
    /// What was run.
    pub plan: Plan,
}

/// What the accounting took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Ledger and observed log of all cells together, as they were verified.
    pub ledger_and_observed_bytes: u64,
    /// The highest resident set of this process.
    pub peak_resident_bytes: u64,
}

/// What is known of one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellReport {
    /// The cell's id.
    pub id: String,
    /// The matrix's axes by name, with this cell's values.
    #[serde(default)]
    pub axes: BTreeMap<String, String>,
    /// Every property of topic and producer that was set, by Kafka's and librdkafka's names.
    pub config: BTreeMap<String, String>,
    /// Of this cell.
    pub verdict: Verdict,
    /// Each expectation and what became of it.
    pub expectations: Vec<ExpectationVerdict>,
    /// Messages by what became of them, as far as the log as it was read settles it: `counts` and
    /// `bounds`.
    #[serde(flatten)]
    pub counts: Counts,
    /// Records that are copies of a message standing before them.
    pub copies: u64,
    /// Messages of unknown outcome that are in the log. No anomaly: unknown is unknown.
    pub unknown_present: u64,
    /// Whether acknowledgements mean anything: false with acks=0.
    pub confirmed: bool,
    /// Longest time from zero on without an acknowledgement on one partition; none when nothing
    /// was sent.
    pub unavailable_ms: Option<f64>,
    /// The same with its place.
    pub outage: Option<Outage>,
    /// What happened before any fault: it meets and violates nothing.
    #[serde(default)]
    pub early: Early,
    /// The longest outage within each fault.
    pub fault_outages: Vec<FaultOutage>,
    /// How long messages waited: those due before zero, and before, during and after faults.
    pub latencies: Vec<PhaseLatency>,
    /// A bounded number for each anomaly.
    pub witnesses: Vec<Witness>,
    /// How many messages the witnesses leave out.
    pub omitted: Vec<Omitted>,
    /// Worth knowing, changes no verdict.
    pub notes: Vec<String>,
    /// How fast it sent, against what was asked for; none without a clock (`rate: max`), and when
    /// it did not come to that.
    #[serde(default)]
    pub rate: Option<AchievedRate>,
    /// Its messages step by step; none when nothing was sent, and where several runs were put
    /// together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// What the client told as errors, by kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_errors: Vec<ClientError>,
    /// The first producer's own account; none if it died, and where several runs were put together.
    pub producer: Option<Summary>,
    /// What each of several trials gave; none in a single run's own report. Then `counts` are
    /// sums, latencies medians, outages the longest, and the witnesses those of one trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<CellTrials>,
}

impl CellReport {
    /// Findings and verdict put together.
    pub fn new(
        cell: &Cell,
        config: BTreeMap<String, String>,
        findings: CellFindings,
        verdict: CellVerdict,
        producer: Option<Summary>,
    ) -> Self {
        CellReport {
            id: cell.id.clone(),
            axes: cell.axes.clone(),
            config,
            verdict: verdict.verdict,
            expectations: verdict.expectations,
            counts: findings.counts,
            copies: findings.copies,
            unknown_present: findings.unknown_present,
            confirmed: findings.confirmed,
            unavailable_ms: findings.unavailable_ms,
            outage: findings.outage,
            early: findings.early,
            fault_outages: findings.fault_outages,
            latencies: findings.latencies,
            witnesses: findings.witnesses,
            omitted: findings.omitted,
            notes: findings.notes,
            rate: None,
            timeline: None,
            client_errors: Vec::new(),
            producer,
            trials: None,
        }
    }

    /// Whether a control demands this count, and got it: then it is no cause for alarm.
    pub fn is_expected(&self, metric: Metric) -> bool {
        let own = || self.expectations.iter().filter(|one| one.metric == metric);
        own().any(|one| one.control) && own().all(|one| one.verdict == Verdict::Pass)
    }

    /// The 99th percentile of the acknowledgement latencies of one phase.
    pub fn p99_us(&self, phase: LatencyPhase) -> Option<u64> {
        self.latencies.iter().find(|l| l.phase == phase)?.p99_us
    }
}

impl Report {
    /// The exit that the report's exit status means.
    pub fn exit(&self) -> Exit {
        Exit::of_run(self.exit_code)
    }
}
