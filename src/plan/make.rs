//! Makes one [`Plan`] of a [`Scenario`], and collects the problems between its sections.

use super::compose::Composed;
use super::types::{Plan, Study};
use super::{cells, cluster, faults, study};
use crate::scenario::{self, Changes, Scenario};
use crate::yaml::{Diagnostic, Diagnostics, Place};
use std::path::Path;

/// Options of the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    pub overrides: &'a [String],
    pub sweeps: &'a [String],
    /// Overrides the scenario's own; without either one is drawn.
    pub seed: Option<u64>,
    /// The available versions of Kafka; `None`: any that the scenario names.
    pub versions: Option<&'a [&'a str]>,
}

impl<'a> Asked<'a> {
    fn changes(&self) -> Changes<'a> {
        Changes { overrides: self.overrides, sweeps: self.sweeps }
    }
}

/// Reads a scenario file and makes its plans. Reports all problems of the file and of the arguments
/// at once.
pub fn from_file(path: &Path, asked: &Asked<'_>) -> Result<Study, Diagnostics> {
    study::make(scenario::read_file(path, &asked.changes())?, asked)
}

/// Like [`from_file`], for a text; `name` is its name in messages.
pub fn study_from_text(name: &str, text: &str, asked: &Asked<'_>) -> Result<Study, Diagnostics> {
    study::make(scenario::read_text(name, text, &asked.changes())?, asked)
}

/// The first plan of a text, which is its only one unless the matrix has axes that make plans.
pub fn from_text(
    name: &str,
    text: &str,
    overrides: &[String],
    seed: Option<u64>,
) -> Result<Plan, Diagnostics> {
    let asked = Asked { overrides, seed, ..Asked::default() };
    Ok(study_from_text(name, text, &asked)?.plans.swap_remove(0))
}

/// The state of making one plan.
pub(super) struct Maker<'s> {
    pub scenario: &'s Scenario,
    /// Its compose file, if it names a valid one.
    pub composed: Option<&'s Composed>,
    pub problems: Vec<Diagnostic>,
    pub notes: Vec<String>,
    /// For each item of `expect`, whether it applies to some cell; empty without cells.
    pub held: Vec<bool>,
}

impl<'s> Maker<'s> {
    pub(super) fn new(scenario: &'s Scenario, composed: Option<&'s Composed>) -> Self {
        let (problems, notes, held) = (Vec::new(), Vec::new(), Vec::new());
        Maker { scenario, composed, problems, notes, held }
    }

    /// Records a problem and what to do about it.
    pub(super) fn report(
        &mut self,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let problem = self.scenario.source.problem(place, message).help(help);
        self.problems.push(problem);
    }

    pub(super) fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// The plan, as far as it can be made.
    pub(super) fn plan(&mut self, seed: u64) -> Plan {
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
            seed,
            axes: scenario.axes().cloned().collect(),
            cluster,
            cells,
            faults,
            duration_ms,
            notes: std::mem::take(&mut self.notes),
        }
    }

    /// Something must end the sending.
    fn check_end(&mut self, duration_ms: Option<u64>, cells: &[super::Cell]) {
        let scenario = self.scenario;
        let producers = || cells.iter().flat_map(super::Cell::producers);
        if let (Some(0), Some(duration)) = (duration_ms, &scenario.duration) {
            self.report(duration.place, "the run has no length", "write `duration: 30s`");
        }
        if let Some(duration) = &scenario.duration
            && producers().any(|producer| producer.messages.is_some())
        {
            let help = "leave one of them out: `duration` is a time, `messages` is a count";
            self.report(
                duration.place,
                "`duration` and `messages` both say when the run ends",
                help,
            );
        }
        let sound =
            scenario.is_sound(&["faults", "duration", "scenario", "key", "messages", "producer"]);
        if scenario.faults.is_empty() && scenario.duration.is_none() && sound {
            let counted = producers().all(|producer| producer.messages.is_some());
            if cells.is_empty() || counted {
                return;
            }
            let help = "write `faults:`, or `duration: 30s`, or `messages:` under `producer`";
            self.report(Place::START, "nothing says when this run ends", help);
        }
    }
}
