//! The part of a `report.json` that a comparison reads, and the [`Side`] made from it.
//!
//! Reports are kept and compared later, by other versions of the tool: so only the necessary fields
//! are required, and everything else may change.

use super::side::{LeftOut, Promise, Side, SideCell, Trial};
use crate::exit::Exit;
use crate::fault::Undone;
use crate::ledger::LatencyPhase;
use crate::model::{ByMetric, Metric, PlannedKafka, Properties, RuntimeFacts, as_fields};
use crate::plan::{ClusterPlan, Expectation};
use crate::report::environment::{planned_kafka, runtime_name};
use crate::result::{self, CellTrial, OldCell};
use crate::timeline::FaultPlan;
use crate::verify::{ExpectationVerdict, PhaseLatency, Reason, ReasonKind, Verdict};
use serde::Deserialize;

/// A report as far as it is compared.
#[derive(Debug, Deserialize)]
pub(super) struct ReportFile {
    exit_code: u8,
    reasons: Vec<String>,
    #[serde(default)]
    why: Vec<Reason>,
    started_at: String,
    #[serde(default)]
    about: Vec<String>,
    environment: Option<Environment>,
    #[serde(default)]
    trials: Vec<Run>,
    cells: Vec<Cell>,
    faults: Vec<Fault>,
    plan: Plan,
}

/// Where it ran; the rest differs in every run.
#[derive(Debug, Deserialize)]
struct Environment {
    runtime: RuntimeFacts,
    kafka: PlannedKafka,
}

/// One of the merged runs.
#[derive(Clone, Debug, Deserialize)]
struct Run {
    number: u32,
    exit_code: u8,
    reasons: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Cell {
    id: String,
    #[serde(default)]
    axes: Properties,
    config: Properties,
    verdict: Verdict,
    expectations: Vec<ExpectationVerdict>,
    #[serde(with = "as_fields::per_trial")]
    counts: ByMetric<Option<u64>>,
    unavailable_ms: Option<f64>,
    latencies: Vec<PhaseLatency>,
    trials: Option<Trials>,
}

#[derive(Debug, Deserialize)]
struct Trials {
    each: Vec<CellTrial>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    /// `None` in a single run's report.
    trial: Option<u32>,
    what: String,
    effective: bool,
    undone: Option<Undone>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Plan {
    name: String,
    cluster: ClusterPlan,
    faults: Vec<FaultPlan>,
    cells: Vec<PlannedCell>,
    duration_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct PlannedCell {
    id: String,
    expectations: Vec<Expectation>,
}

impl ReportFile {
    /// Why nothing can be compared, if the run was aborted.
    pub(super) fn unfinished(&self, side: &Side) -> Option<String> {
        let why = ended(self.exit_code)?;
        let reason = self.reasons.first().map_or(String::new(), |r| format!(": {r}"));
        (!side.is_comparable()).then(|| format!("the run {why}{reason}"))
    }

    /// The part that is compared.
    pub(super) fn side(&self) -> Side {
        let mut notes = Vec::new();
        if let Some(why) = ended(self.exit_code) {
            notes.push(format!("the run {why}; trials that came to their end are compared"));
        }
        let runs = self.runs();
        let why = self.why(&runs);
        let promises: Vec<Vec<Promise>> =
            self.cells.iter().map(|cell| self.promises(cell)).collect();
        let each: Vec<Vec<CellTrial>> = self.cells.iter().map(Cell::each).collect();
        let mut spoilt: Vec<(u32, String)> =
            runs.iter().filter_map(|run| Some((run.number, self.spoilt(run, &why)?))).collect();
        for ((cell, promises), each) in self.cells.iter().zip(&promises).zip(&each) {
            for one in each {
                let trial = Trial::of(one);
                let idle = promises.iter().find(|promise| promise.did_not_bite(&trial));
                spoilt.extend(idle.map(|promise| {
                    (trial.number, format!("`{}` of cell {} did not happen", promise.text, cell.id))
                }));
            }
        }
        let cells = self.cells.iter().zip(promises).zip(each);
        let cells = cells.map(|((cell, mut promises), each)| {
            let (trials, left_out) = sort_out(cell, &each, &spoilt, &why);
            doubt(&mut promises, cell, &each, &trials, &why);
            SideCell {
                id: cell.id.clone(),
                axes: cell.axes.clone(),
                config: cell.config.clone(),
                promises,
                left_out,
                trials,
            }
        });
        Side {
            scenario: self.plan.name.clone(),
            started_at: self.started_at.clone(),
            setup: self.plan.setup(),
            environment: self.environment(),
            notes,
            cells: cells.collect(),
        }
    }

    /// The merged runs; a single run's own report is one.
    fn runs(&self) -> Vec<Run> {
        let single = || Run { number: 1, exit_code: self.exit_code, reasons: self.reasons.clone() };
        if self.trials.is_empty() { vec![single()] } else { self.trials.clone() }
    }

    /// Why a run proves nothing about any cell.
    fn spoilt(&self, run: &Run, why: &[Reason]) -> Option<String> {
        if let Some(why) = ended(run.exit_code) {
            return Some(format!("the run {why}"));
        }
        // Without a number it is the fault of a single run.
        let of_run = |fault: &&Fault| fault.trial.unwrap_or(run.number) == run.number;
        if let Some(idle) = self.faults.iter().filter(of_run).find(|fault| !fault.effective) {
            let reason = idle.reason.as_deref().unwrap_or("no proof was seen");
            return Some(match &idle.undone {
                Some(undone) => format!("{} was undone {}", idle.what, undone.in_words()),
                None => format!("{} did not take effect: {reason}", idle.what),
            });
        }
        let is_of_run = |one: &&Reason| one.trial.unwrap_or(run.number) == run.number;
        let failed = why.iter().filter(is_of_run).find(|one| one.kind == ReasonKind::Fault)?;
        Some(failed.text.clone())
    }

    /// Why runs did not pass; reports of the first version say it in words only.
    fn why(&self, runs: &[Run]) -> Vec<Reason> {
        if !self.why.is_empty() {
            return self.why.clone();
        }
        let cells: Vec<OldCell<'_>> =
            self.cells.iter().map(|cell| (cell.id.as_str(), &cell.expectations[..])).collect();
        let of = |run: &Run| result::why(run.exit_code, &run.reasons, &cells, Some(run.number));
        runs.iter().flat_map(of).collect()
    }

    fn promises(&self, cell: &Cell) -> Vec<Promise> {
        let planned = self.plan.cells.iter().find(|planned| planned.id == cell.id);
        let bounds = |one: &ExpectationVerdict| {
            let same = |e: &&Expectation| e.text == one.text && e.metric == one.metric;
            let own = planned.and_then(|planned| planned.expectations.iter().find(same));
            // The report has one plan of several; the same words about a count mean the same.
            let others = || self.plan.cells.iter().flat_map(|c| &c.expectations).find(same);
            let is_count = !one.metric.is_time();
            let written = own.or_else(|| others().filter(|_| is_count));
            written.map_or((None, None), |e| (e.min, e.max))
        };
        let promise = |one: &ExpectationVerdict| {
            let (min, max) = bounds(one);
            Promise { text: one.text.clone(), metric: one.metric, min, max, verdict: one.verdict }
        };
        cell.expectations.iter().map(promise).collect()
    }

    fn environment(&self) -> Properties {
        let known =
            |it: &Environment| [runtime_name(&it.runtime), planned_kafka(&it.kafka)].map(Some);
        // Earlier versions had lines alone: behind the runtime stands why it was taken, behind
        // Kafka what the plan says, too.
        let line = |name: &str, end: &str| {
            let rest = self.about.iter().find_map(|line| line.strip_prefix(name))?.trim();
            rest.split(end).next().map(str::to_owned)
        };
        let brokers = format!(", {} brokers", self.plan.cluster.brokers);
        let lines = || [line("runtime", " ("), line("kafka", &brokers)];
        let values = self.environment.as_ref().map_or_else(lines, known);
        let named = ["runtime", "kafka"].into_iter().zip(values);
        named.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// How an aborted run ended.
fn ended(exit_code: u8) -> Option<&'static str> {
    match exit_code {
        code if code == Exit::Environment.code() => Some("failed"),
        code if code == Exit::Interrupted.code() => Some("was interrupted"),
        code if code == Exit::Terminated.code() => Some("was terminated"),
        _ => None,
    }
}

impl Cell {
    /// Its trials; a single run's own figures are one.
    fn each(&self) -> Vec<CellTrial> {
        let p99 = |phase| self.latencies.iter().find(|l| l.phase == phase)?.p99_us;
        let single = || CellTrial {
            trial: 1,
            verdict: self.verdict,
            unsettled: false,
            counts: self.counts,
            unavailable_ms: self.unavailable_ms,
            p99_before_us: p99(LatencyPhase::Before),
            p99_during_us: p99(LatencyPhase::During),
        };
        self.trials.as_ref().map_or_else(|| vec![single()], |trials| trials.each.clone())
    }
}

impl Trial {
    fn of(one: &CellTrial) -> Self {
        Trial {
            number: one.trial,
            counts: one.counts,
            unavailable_ms: one.unavailable_ms,
            p99_before_us: one.p99_before_us,
            p99_during_us: one.p99_during_us,
        }
    }
}

/// Separates the trials that prove something from the others.
fn sort_out(
    cell: &Cell,
    each: &[CellTrial],
    spoilt: &[(u32, String)],
    why: &[Reason],
) -> (Vec<Trial>, Vec<LeftOut>) {
    let (mut trials, mut left_out): (Vec<Trial>, Vec<LeftOut>) = (Vec::new(), Vec::new());
    for one in each {
        let of_run = spoilt.iter().find(|(number, _)| *number == one.trial);
        let Some(why) = of_run.map(|(_, why)| why.clone()).or_else(|| unsettled(cell, one, why))
        else {
            trials.push(Trial::of(one));
            continue;
        };
        match left_out.iter_mut().find(|left| left.why == why) {
            Some(left) => left.trials.push(one.trial),
            None => left_out.push(LeftOut { why, trials: vec![one.trial] }),
        }
    }
    (trials, left_out)
}

/// An expectation broken only in trials that are not compared is not broken: figures tell the rest.
fn doubt(
    promises: &mut [Promise],
    cell: &Cell,
    each: &[CellTrial],
    compared: &[Trial],
    why: &[Reason],
) {
    let is_compared = |number: u32| compared.iter().any(|trial| trial.number == number);
    let fails = |one: &CellTrial| one.verdict == Verdict::Fail && !is_compared(one.trial);
    if !each.iter().any(fails) {
        return;
    }
    let is_broken = |metric: Metric| {
        let of_metric = |one: &&Reason| one.is_of(&cell.id) && one.metric == Some(metric);
        let mut violated =
            why.iter().filter(|one| one.kind == ReasonKind::Violated).filter(of_metric);
        violated.any(|one| one.trial.is_some_and(is_compared))
    };
    for promise in promises.iter_mut().filter(|one| one.verdict == Verdict::Fail) {
        if !is_broken(promise.metric) {
            promise.verdict = Verdict::Inconclusive;
        }
    }
}

/// Why a trial's figures prove nothing although its run does.
fn unsettled(cell: &Cell, one: &CellTrial, why: &[Reason]) -> Option<String> {
    let of_trial = |reason: &&Reason| reason.trial.unwrap_or(one.trial) == one.trial;
    let spoils = || why.iter().filter(of_trial).filter(|reason| reason.spoils(&cell.id));
    let reason = spoils().find(|reason| reason.is_of(&cell.id)).or_else(|| spoils().next());
    let word = match one.verdict {
        Verdict::Inconclusive => "inconclusive",
        Verdict::Measured | Verdict::Pass | Verdict::Fail => "not settled",
    };
    match reason {
        Some(reason) => Some(format!("{word}: {}", reason.text)),
        None => (!one.is_settled()).then(|| word.to_owned()),
    }
}

impl Plan {
    /// What all cells share, by a scenario's names.
    fn setup(&self) -> Properties {
        let cluster = &self.cluster;
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        let mut setup = Properties::from([
            ("cluster.kafka".to_owned(), cluster.kafka.clone()),
            ("cluster.brokers".to_owned(), cluster.brokers.to_string()),
            ("cluster.controllers".to_owned(), cluster.controllers.word().to_owned()),
            ("cluster.timing".to_owned(), cluster.timing.word().to_owned()),
            ("faults".to_owned(), faults.join("; ")),
        ]);
        let own = cluster.config.iter();
        setup.extend(own.map(|(name, value)| (format!("cluster.config.{name}"), value.clone())));
        if let Some(file) = &cluster.compose {
            setup.insert("cluster.compose".to_owned(), file.display().to_string());
        }
        if let Some(ms) = self.duration_ms {
            setup.insert("duration".to_owned(), format!("{} s", ms as f64 / 1e3));
        }
        setup
    }
}
