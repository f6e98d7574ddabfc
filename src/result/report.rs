//! `report.json`: everything known about a run. All other formats are generated from it.

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

/// The schema's name and version; a breaking change makes a new one. The second has the verdict
/// `measured`.
pub(crate) const SCHEMA: &str = "kafka-chaos/report/2";

/// Everything known about one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    pub verdict: Verdict,
    /// The exit status that it means.
    pub exit_code: u8,
    /// Why, in words, the most telling first.
    pub reasons: Vec<String>,
    /// What keeps the run from passing, in the order of `reasons`: each with its kind and scope.
    /// All of them, for several trials.
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
    /// The merged runs, in order; empty in a single run's own report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<TrialReport>,
    /// Names of the matrix's axes, in the order of the table's columns.
    #[serde(default)]
    pub axes: Vec<String>,
    /// One per cell, in the plans' order.
    pub cells: Vec<CellReport>,
    /// One per fault, in the plan's order.
    pub faults: Vec<FaultRecord>,
    /// What the watcher saw, changes only, in order. `at_us` counts from the run's begin.
    pub leaders: Vec<Observation>,
    pub phases: Vec<Phase>,
    /// The scenario's zero, in milliseconds since the run began; `None` if it was not reached.
    pub zero_ms: Option<f64>,
    /// When sending ended, in milliseconds of the scenario's clock.
    pub sending_ended_ms: Option<f64>,
    /// The memory of the accounting itself.
    pub memory: Memory,
    /// For a person; changes no verdict.
    pub notes: Vec<String>,
    /// The command line; reports of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation: Option<Invocation>,
    /// What was run.
    pub plan: Plan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Ledger and observed log of all cells together, as verified.
    pub ledger_and_observed_bytes: u64,
    /// The highest resident set of this process.
    pub peak_resident_bytes: u64,
}

/// What is known about one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellReport {
    pub id: String,
    /// The matrix's axes by name, with this cell's values.
    #[serde(default)]
    pub axes: BTreeMap<String, String>,
    /// Every property of topic and producer that was set, by Kafka's and librdkafka's names.
    pub config: BTreeMap<String, String>,
    pub verdict: Verdict,
    /// Each expectation with its result.
    pub expectations: Vec<ExpectationVerdict>,
    /// Messages by outcome, as far as the log as read settles it: `counts` and `bounds`.
    #[serde(flatten)]
    pub counts: Counts,
    /// Records that are copies of an earlier message.
    pub copies: u64,
    /// Messages of unknown outcome that are in the log. Not an anomaly.
    pub unknown_present: u64,
    /// Whether acknowledgements mean anything: false with acks=0.
    pub confirmed: bool,
    /// The longest time from zero on without an acknowledgement on one partition; `None` if nothing
    /// was sent.
    pub unavailable_ms: Option<f64>,
    /// The same with its place.
    pub outage: Option<Outage>,
    /// What happened before any fault: it meets and violates nothing.
    #[serde(default)]
    pub early: Early,
    /// The longest outage within each fault.
    pub fault_outages: Vec<FaultOutage>,
    /// How long messages waited, by phase.
    pub latencies: Vec<PhaseLatency>,
    /// A limited number for each anomaly.
    pub witnesses: Vec<Witness>,
    /// How many messages the witnesses leave out.
    pub omitted: Vec<Omitted>,
    /// For a person; changes no verdict.
    pub notes: Vec<String>,
    /// How fast it sent, compared with the requested rate; `None` without a schedule (`rate: max`),
    /// and if the run did not get that far.
    #[serde(default)]
    pub rate: Option<AchievedRate>,
    /// Its messages step by step; `None` if nothing was sent, and for merged runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// Errors that the client reported, by kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_errors: Vec<ClientError>,
    /// The first producer's own account; none if it died, and where several runs were put together.
    pub producer: Option<Summary>,
    /// The results of several trials; `None` in a single run's own report. With trials `counts` are
    /// sums, latencies medians, outages the longest, and the witnesses those of one trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<CellTrials>,
}

impl CellReport {
    /// Combines findings and verdict.
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
    pub fn exit(&self) -> Exit {
        Exit::of_run(self.exit_code)
    }
}
