//! Makes a [`Plan`] of a [`Scenario`], and collects what is wrong between its sections.

use super::types::Plan;
use super::{cells, cluster, faults};
use crate::scenario::{self, Diagnostic, Diagnostics, Place, Scenario};
use std::path::Path;

/// Reads a scenario file with its `--set` arguments and makes its plan. The given seed goes
/// before the scenario's; without either one is drawn.
///
/// # Errors
/// Every problem of the file, in one go.
pub fn from_file(
    path: &Path,
    overrides: &[String],
    seed: Option<u64>,
) -> Result<Plan, Diagnostics> {
    finish(scenario::read_file(path, overrides)?, seed)
}

/// As [`from_file`], of a text; `name` is what messages call it.
///
/// # Errors
/// Every problem of the text, in one go.
pub fn from_text(
    name: &str,
    text: &str,
    overrides: &[String],
    seed: Option<u64>,
) -> Result<Plan, Diagnostics> {
    finish(scenario::read_text(name, text, overrides)?, seed)
}

/// Makes the plan of a scenario that was read without problems.
///
/// # Errors
/// Every problem between its sections, in one go.
pub fn make(scenario: &Scenario, seed: Option<u64>) -> Result<Plan, Diagnostics> {
    let mut maker = Maker::new(scenario);
    let plan = maker.plan(seed);
    if maker.problems.is_empty() { Ok(plan) } else { Err(Diagnostics::new(maker.problems)) }
}

fn finish(reading: scenario::Reading, seed: Option<u64>) -> Result<Plan, Diagnostics> {
    let mut maker = Maker::new(&reading.scenario);
    let plan = maker.plan(seed);
    let mut problems = reading.problems;
    problems.append(&mut maker.problems);
    if problems.is_empty() { Ok(plan) } else { Err(Diagnostics::new(problems)) }
}

/// The state of making one plan.
pub struct Maker<'s> {
    /// What the plan is made of.
    pub scenario: &'s Scenario,
    /// What was wrong.
    pub problems: Vec<Diagnostic>,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl<'s> Maker<'s> {
    fn new(scenario: &'s Scenario) -> Self {
        Maker { scenario, problems: Vec::new(), notes: Vec::new() }
    }

    /// Records a problem and what to do about it.
    pub fn report(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        let problem = self.scenario.source.problem(place, message).help(help);
        self.problems.push(problem);
    }

    /// Records something that a person should know.
    pub fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    fn plan(&mut self, seed: Option<u64>) -> Plan {
        let scenario = self.scenario;
        let cluster = cluster::plan(self);
        let cells = cells::plan(self, &cluster);
        let faults = faults::plan(self, &cluster, &cells);
        let duration_ms = scenario.duration.as_ref().map(|d| d.value.millis(&cluster.clocks));
        self.check_end(duration_ms, &cells);
        Plan {
            name: scenario.name.value.clone(),
            summary: scenario.summary.clone(),
            source: scenario.source.name.clone(),
            seed: seed.or(scenario.seed).unwrap_or_else(|| fastrand::u64(..)),
            cluster,
            cells,
            faults,
            duration_ms,
            notes: std::mem::take(&mut self.notes),
        }
    }

    /// Something must tell when sending stops.
    fn check_end(&mut self, duration_ms: Option<u64>, cells: &[super::Cell]) {
        let scenario = self.scenario;
        if let (Some(0), Some(duration)) = (duration_ms, &scenario.duration) {
            self.report(duration.place, "the run has no length", "write `duration: 30s`");
        }
        let sound =
            scenario.is_sound(&["faults", "duration", "scenario", "key", "messages", "producer"]);
        if scenario.faults.is_empty() && scenario.duration.is_none() && sound {
            let counted = cells.iter().all(|cell| cell.producer.messages.is_some());
            if cells.is_empty() || counted {
                return;
            }
            let help = "write `faults:`, or `duration: 30s`, or `messages:` under `producer`";
            self.report(Place::START, "nothing tells when this run ends", help);
        }
    }
}
