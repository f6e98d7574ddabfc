//! The plans of all combinations of the axes that need their own cluster or faults. An impossible
//! combination made by the matrix is left out; a mistake is an error.

use super::cells::{self, MOST_CELLS, outer_values};
use super::left_out::{Values, joined, summed};
use super::make::{Asked, Maker};
use super::types::{Plan, Study};
use super::{compose, quorum};
use crate::scenario::{Condition, Expected, Outer, Reading, Scenario, Subject};
use crate::yaml::{Diagnostic, Diagnostics, Place, suggest};

/// The limit of cells over all plans of a study, impossible ones included.
pub(super) const MOST_STUDY_CELLS: usize = 1024;

/// The error for an unknown `when` lists this many cells: the reader needs the form of their names.
const MOST_CELLS_SHOWN: usize = 12;

/// The plan of one combination, as far as it could be made.
struct Draft {
    outer: Values,
    plan: Plan,
    problems: Vec<Diagnostic>,
    /// When its faults certainly leave no majority of controllers.
    quorum: Vec<String>,
    /// For each item of `expect`, whether it applies to some cell; empty without cells.
    held: Vec<bool>,
}

/// Makes the plans of a scenario; draws a seed if there is none. Reports the problems of its
/// reading, between its sections and of its compose file.
pub(super) fn make(reading: Reading, asked: &Asked<'_>) -> Result<Study, Diagnostics> {
    let Reading { mut scenarios, mut problems } = reading;
    if let Some(versions) = asked.versions {
        problems.extend(scenarios.iter().filter_map(|scenario| unknown_kafka(scenario, versions)));
    }
    if let Some(problem) = scenarios.first().and_then(|first| too_many(first, scenarios.len())) {
        problems.push(problem);
        scenarios.truncate(1);
    }
    let own = scenarios.iter().find_map(|scenario| scenario.seed);
    let seed = asked.seed.or(own).unwrap_or_else(|| fastrand::u64(..));
    let drafts: Vec<Draft> = scenarios.iter_mut().map(|scenario| draft(scenario, seed)).collect();
    problems.extend(mistakes(&drafts));
    let mut notes = Vec::new();
    if let Some(first) = scenarios.first() {
        let (unheld, told) = unheld(first, &drafts, !problems.is_empty());
        problems.extend(unheld);
        notes = told;
    }
    if !problems.is_empty() {
        return Err(Diagnostics::new(problems));
    }
    let (sound, impossible): (Vec<Draft>, Vec<Draft>) =
        drafts.into_iter().partition(|draft| draft.problems.is_empty());
    let reasons = impossible.into_iter().filter_map(|draft| {
        let reason = draft.problems.into_iter().next()?;
        Some((draft.outer, reason.message))
    });
    for (subject, reason) in summed("run", reasons.collect()) {
        notes.push(subject.left_out(&reason));
    }
    let quorum = sound
        .iter()
        .flat_map(|draft| draft.quorum.iter().map(|note| (draft.outer.clone(), note.clone())));
    for (subject, note) in summed("run", quorum.collect()) {
        let who = if sound.len() > 1 { format!("{}: ", subject.words) } else { String::new() };
        notes.push(format!("{who}{note}"));
    }
    let mut plans: Vec<Plan> = sound.into_iter().map(|draft| draft.plan).collect();
    if let Some(first) = plans.first_mut() {
        first.notes.append(&mut notes);
    }
    Ok(Study { plans })
}

fn draft(scenario: &mut Scenario, seed: u64) -> Draft {
    let mut problems = Vec::new();
    let composed = compose::read(scenario, &mut problems);
    let mut maker = Maker::new(scenario, composed.as_ref());
    let plan = maker.plan(seed);
    problems.append(&mut maker.problems);
    let held = maker.held;
    let quorum = quorum::notes(&plan, &quorum::voters(&plan.cluster, composed.as_ref()));
    Draft { outer: outer_values(scenario), plan, problems, quorum, held }
}

/// A version that nobody could start is a mistake, on an axis too: it leaves no combination out. A
/// compose file's images have their own.
fn unknown_kafka(scenario: &Scenario, versions: &[&str]) -> Option<Diagnostic> {
    let kafka = &scenario.cluster.kafka;
    if scenario.cluster.compose.is_some() || versions.contains(&kafka.as_str()) {
        return None;
    }
    let place = scenario.cluster.places.kafka?;
    let help = format!(
        "known here: {}; any other by `--kafka-home DIR`, or by `--runtime docker` from its image",
        suggest::listed(versions)
    );
    let message = format!("Kafka {kafka} cannot be fetched");
    Some(scenario.source.problem(place, message).help(help))
}

fn too_many(scenario: &Scenario, plans: usize) -> Option<Diagnostic> {
    let of_one = cells::count(scenario);
    let all = of_one.saturating_mul(plans);
    // A plan that is too large by itself is reported where plans are made.
    if of_one > MOST_CELLS || all <= MOST_STUDY_CELLS {
        return None;
    }
    let place = scenario.matrix.first().map_or(Place::START, |axis| axis.name.place);
    let message = format!("the matrix makes {all} cells in {plans} runs");
    let help = format!(
        "all runs together may have {MOST_STUDY_CELLS}: leave values out, or split the scenario"
    );
    Some(scenario.source.problem(place, message).help(help))
}

/// The problems other than left-out combinations. A timeline must be possible in some cluster. If
/// it is not, the problems that all clusters share are the mistake; without shared ones, all are
/// reported.
fn mistakes(drafts: &[Draft]) -> Vec<Diagnostic> {
    let mut timelines: Vec<(Option<&str>, Vec<&Draft>)> = Vec::new();
    for draft in drafts {
        let timeline = draft.outer.iter().find(|(name, _)| name == "faults");
        let timeline = timeline.map(|(_, value)| value.as_str());
        match timelines.iter_mut().find(|(known, _)| *known == timeline) {
            Some((_, members)) => members.push(draft),
            None => timelines.push((timeline, vec![draft])),
        }
    }
    let mut mistakes = Vec::new();
    for (_, members) in timelines {
        if members.iter().any(|draft| draft.problems.is_empty()) {
            continue;
        }
        let is_same = |a: &Diagnostic, b: &Diagnostic| {
            (&a.file, &a.argument, a.line, a.column) == (&b.file, &b.argument, b.line, b.column)
        };
        let everywhere = |problem: &Diagnostic| {
            members.iter().all(|draft| draft.problems.iter().any(|other| is_same(problem, other)))
        };
        let all = || members.iter().flat_map(|d| d.problems.iter().map(move |p| (*d, p)));
        let any_common = all().any(|(_, problem)| everywhere(problem));
        for (draft, problem) in all().filter(|(_, p)| !any_common || everywhere(p)) {
            let mut problem = problem.clone();
            if members.iter().any(|draft| !draft.problems.contains(&problem)) {
                let cluster: Values =
                    draft.outer.iter().filter(|(name, _)| name != "faults").cloned().collect();
                problem.message = format!("{} ({})", problem.message, joined(&cluster));
            }
            mistakes.push(problem);
        }
    }
    mistakes
}

/// An expectation that applies to no cell would never be checked. That is a mistake, unless a sweep
/// removed the cells: then it is a note.
fn unheld(scenario: &Scenario, drafts: &[Draft], broken: bool) -> (Vec<Diagnostic>, Vec<String>) {
    let (mut problems, mut notes) = (Vec::new(), Vec::new());
    let incomplete = broken && drafts.iter().any(|draft| draft.held.is_empty());
    for (i, expected) in scenario.expect.iter().enumerate() {
        let unknown = expected.when.iter().flat_map(|c| unknown_timelines(scenario, c));
        let unknown: Vec<Diagnostic> = unknown.collect();
        let Some(place) = expected.place.filter(|_| unknown.is_empty()) else {
            problems.extend(unknown);
            continue;
        };
        let is_held = drafts.iter().any(|draft| draft.held.get(i) == Some(&true));
        let is_sound = scenario.is_sound(&["matrix", "expect"])
            && expected.when.iter().all(|c| scenario.is_sound(&[c.subject.name()]));
        if is_held || incomplete || !is_sound {
            continue;
        }
        if expected.when.iter().any(|condition| is_swept(scenario, condition)) {
            notes.push(format!("no cell is left of which {} is expected", texts(expected)));
        } else {
            let message = "this `when` holds for no cell, so nothing would be checked";
            problems.push(scenario.source.problem(place, message).help(cells_in_words(drafts)));
        }
    }
    (problems, notes)
}

fn unknown_timelines(scenario: &Scenario, condition: &Condition) -> Vec<Diagnostic> {
    if condition.subject != Subject::Outer(Outer::Faults) || !scenario.is_sound(&["faults"]) {
        return Vec::new();
    }
    let known: Vec<&str> = scenario.timelines.iter().map(String::as_str).collect();
    let unknown = condition.values.iter().filter(|name| !known.contains(&name.value.as_str()));
    let problem = |name: &crate::yaml::At<String>| {
        let message = format!("`matrix.faults` has no timeline `{}`", name.value);
        let help = match known.as_slice() {
            [] => "name the timelines under `matrix: faults:`, or leave this out".to_owned(),
            known => suggest::help(&name.value, known),
        };
        scenario.source.problem(name.place, message).help(help)
    };
    unknown.map(problem).collect()
}

/// Whether the command line chose the values of the condition's subject.
fn is_swept(scenario: &Scenario, condition: &Condition) -> bool {
    let mut axes = scenario.matrix.iter();
    let name = match &condition.subject {
        Subject::Property(_, name) => {
            axes.find(|axis| axis.property == *name).map(|axis| &axis.name)
        }
        Subject::Outer(outer) => {
            scenario.outer.iter().find(|chosen| chosen.outer == *outer).map(|chosen| &chosen.name)
        }
    };
    name.is_some_and(|name| name.place.argument.is_some())
}

fn texts(expected: &Expected) -> String {
    let texts: Vec<&str> = expected.wanted.iter().map(|wanted| wanted.text.as_str()).collect();
    texts.join(" and ")
}

fn cells_in_words(drafts: &[Draft]) -> String {
    let mut ids: Vec<&str> =
        drafts.iter().flat_map(|draft| &draft.plan.cells).map(|cell| cell.id.as_str()).collect();
    let more = ids.len().saturating_sub(MOST_CELLS_SHOWN);
    ids.truncate(MOST_CELLS_SHOWN);
    let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!("the cells are: {}{rest}", ids.join("; "))
}

#[cfg(test)]
mod tests;
