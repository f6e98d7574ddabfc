//! Turns the matrix into cells: every combination of its values, except those that no producer can
//! have.

use super::conflict::Conflict;
use super::left_out::{Values, joined, summed};
use super::make::Maker;
use super::types::{Cell, ClusterPlan};
use super::{batching, clients, expectations, producer, topic};
use crate::model::Properties;
use crate::scenario::{Axis, Chosen, Scenario, Section, Setting, Settings};
use crate::yaml::{At, Place};

/// The limit for a run: each cell is a topic and a process.
pub(super) const MOST_CELLS: usize = 64;

/// The settings in force in one cell.
pub(super) struct Point<'s> {
    /// `topic`, with the cell's values.
    pub topic: Settings,
    /// `producer`, with the cell's values.
    pub producer: Settings,
    /// The cell's values, in the order of the axes.
    pub values: Vec<(&'s Axis, &'s At<String>)>,
}

impl Point<'_> {
    /// The values of the axes that make cells.
    fn pairs(&self) -> Values {
        let pair =
            |(axis, value): &(&Axis, &At<String>)| (axis.name.value.clone(), value.value.clone());
        self.values.iter().map(pair).collect()
    }
}

/// What was found, and for which cells.
#[derive(Default)]
struct Found {
    notes: Vec<(Values, String)>,
    /// Impossible cells, and the place of the reason.
    left_out: Vec<(Values, Conflict, Place)>,
}

pub(super) fn plan(maker: &mut Maker<'_>, cluster: &ClusterPlan) -> Vec<Cell> {
    let scenario = maker.scenario;
    let count = count(scenario);
    if count > MOST_CELLS {
        let place = scenario.matrix.first().map_or(Place::START, |axis| axis.name.place);
        let help = format!("a run may have {MOST_CELLS}: leave values out, or split the scenario");
        maker.report(place, format!("the matrix makes {count} cells"), help);
        return Vec::new();
    }
    let mut cells = Vec::new();
    let mut points = Vec::new();
    let mut found = Found::default();
    let problems_before = maker.problems.len();
    for number in 0..count {
        let point = point(scenario.matrix.as_slice(), number, &scenario.topic, &scenario.producer);
        let index = u16::try_from(cells.len()).unwrap_or(u16::MAX);
        match cell(maker, cluster, &point, index, &mut found) {
            Ok(cell) => {
                cells.push(cell);
                points.push(point);
            }
            Err(conflicts) => conflicting(maker, &point, conflicts, &mut found),
        }
    }
    if cells.is_empty() {
        if maker.problems.len() == problems_before {
            report_nothing_left(maker, found);
        }
        return cells;
    }
    for (subject, note) in summed("cell", found.notes) {
        maker.note(format!("{}: {note}", subject.words));
    }
    let reasons =
        found.left_out.into_iter().map(|(values, conflict, _)| (values, conflict.message));
    for (subject, reason) in summed("cell", reasons.collect()) {
        maker.note(subject.left_out(&reason));
    }
    batching::settle(maker, &mut cells);
    expectations::plan(maker, cluster, &points, &mut cells);
    cells
}

/// How many cells a plan of the scenario has, impossible ones included.
pub(super) fn count(scenario: &Scenario) -> usize {
    scenario.matrix.iter().map(|axis| axis.values.len()).fold(1, usize::saturating_mul)
}

fn cell(
    maker: &Maker<'_>,
    cluster: &ClusterPlan,
    point: &Point<'_>,
    index: u16,
    found: &mut Found,
) -> Result<Cell, Vec<Conflict>> {
    let scenario = maker.scenario;
    let topic = topic::plan(scenario, &point.topic, cluster, index);
    let (topic, (producer, note)) = match (topic, producer::plan(&point.producer, cluster.timing)) {
        (Ok(topic), Ok(producer)) => (topic, producer),
        (topic, producer) => {
            let topic = topic.err().unwrap_or_default();
            return Err(producer.err().into_iter().chain(topic).collect());
        }
    };
    let own = point.pairs();
    found.notes.extend(note.map(|note| (own.clone(), note)));
    let all = [outer_values(scenario), own].concat();
    let id = if all.is_empty() { "main".to_owned() } else { joined(&all) };
    let axes: Properties = all.into_iter().collect();
    let clients = clients::producers([producer]);
    Ok(Cell { id, index, axes, topic, clients, expectations: Vec::new() })
}

/// The values chosen for this plan, of the axes that make plans.
pub(super) fn outer_values(scenario: &Scenario) -> Values {
    let pair = |chosen: &Chosen| (chosen.name.value.clone(), chosen.value.value.clone());
    scenario.outer.iter().map(pair).collect()
}

fn point<'s>(
    matrix: &'s [Axis],
    mut number: usize,
    topic: &Settings,
    producer: &Settings,
) -> Point<'s> {
    let mut point = Point { topic: topic.clone(), producer: producer.clone(), values: Vec::new() };
    // The last axis changes fastest, as in a table that is read line by line.
    for axis in matrix.iter().rev() {
        let value = &axis.values[number % axis.values.len()];
        number /= axis.values.len();
        let settings = match axis.section {
            Section::Topic => &mut point.topic,
            Section::Producer => &mut point.producer,
        };
        let setting = Setting { name: axis.name.clone(), value: value.clone() };
        settings.insert(axis.property.to_owned(), setting);
        point.values.push((axis, value));
    }
    point.values.reverse();
    point
}

/// A contradiction made by the matrix leaves the cell out; any other is an error.
fn conflicting(
    maker: &mut Maker<'_>,
    point: &Point<'_>,
    conflicts: Vec<Conflict>,
    found: &mut Found,
) {
    let is_axis = |property| point.values.iter().any(|(axis, _)| axis.property == property);
    let mut is_left_out = false;
    for conflict in conflicts {
        if !maker.scenario.is_sound(&conflict.properties) {
            continue;
        }
        let place = conflict.place(&point.topic, &point.producer);
        if !conflict.properties.into_iter().any(is_axis) {
            maker.report(place, conflict.message, conflict.help);
        } else if !is_left_out {
            is_left_out = true;
            found.left_out.push((point.pairs(), conflict, place));
        }
    }
}

fn report_nothing_left(maker: &mut Maker<'_>, found: Found) {
    let Some((_, conflict, place)) = found.left_out.into_iter().next() else { return };
    let message = format!("no cell is left of the matrix: {}", conflict.message);
    maker.report(place, message, conflict.help);
}
