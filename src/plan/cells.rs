//! The matrix made cells: every combination of its values, but for those that no producer can
//! have.

use super::client;
use super::conflict::Conflict;
use super::expectations;
use super::make::Maker;
use super::topic;
use super::types::{Cell, ClusterPlan, Properties};
use crate::scenario::{At, Axis, Place, Section, Setting, Settings};

/// A run has no more cells: each is a topic and a process of its own.
pub const MOST_CELLS: usize = 64;

/// The settings in force in one cell.
pub struct Point<'s> {
    /// `topic`, with the cell's values.
    pub topic: Settings,
    /// `producer`, with the cell's values.
    pub producer: Settings,
    /// The cell's values, in the order of the axes.
    pub values: Vec<(&'s Axis, &'s At<String>)>,
}

impl Point<'_> {
    fn id(&self) -> String {
        let pair = |(axis, value): &(&Axis, &At<String>)| {
            let mut text = format!("{}={}", axis.name.value, value.value);
            text.retain(|c| !c.is_control());
            text
        };
        let pairs: Vec<String> = self.values.iter().map(pair).collect();
        if pairs.is_empty() { "main".to_owned() } else { pairs.join(",") }
    }
}

/// Makes every cell.
pub fn plan(maker: &mut Maker<'_>, cluster: &ClusterPlan) -> Vec<Cell> {
    let scenario = maker.scenario;
    check_axes(maker);
    let count = scenario.matrix.iter().map(|axis| axis.values.len()).fold(1, usize::saturating_mul);
    if count > MOST_CELLS {
        let place = scenario.matrix.first().map_or(Place::START, |axis| axis.name.place);
        let help = format!("a run may have {MOST_CELLS}: leave values out, or split the scenario");
        maker.report(place, format!("the matrix makes {count} cells"), help);
        return Vec::new();
    }
    let mut cells = Vec::new();
    let mut points = Vec::new();
    let mut left_out: Vec<(Conflict, Place)> = Vec::new();
    for number in 0..count {
        let point = point(scenario.matrix.as_slice(), number, &scenario.topic, &scenario.producer);
        let index = u16::try_from(cells.len()).unwrap_or(u16::MAX);
        match cell(maker, cluster, &point, index) {
            Ok(cell) => {
                cells.push(cell);
                points.push(point);
            }
            Err(conflict) => conflicting(maker, &point, conflict, &mut left_out),
        }
    }
    if cells.is_empty() {
        report_nothing_left(maker, left_out);
        return cells;
    }
    expectations::plan(maker, cluster, &points, &mut cells);
    cells
}

fn cell(
    maker: &mut Maker<'_>,
    cluster: &ClusterPlan,
    point: &Point<'_>,
    index: u16,
) -> Result<Cell, Conflict> {
    let (producer, note) = client::plan(&point.producer, cluster.timing)?;
    let topic = topic::plan(maker, &point.topic, cluster, index)?;
    if let Some(note) = note {
        maker.note(format!("cell {}: {note}", point.id()));
    }
    let axes: Properties = point
        .values
        .iter()
        .map(|(axis, value)| (axis.name.value.clone(), value.value.clone()))
        .collect();
    Ok(Cell { id: point.id(), index, axes, topic, producer, expectations: Vec::new() })
}

fn point<'s>(
    matrix: &'s [Axis],
    mut number: usize,
    topic: &Settings,
    producer: &Settings,
) -> Point<'s> {
    let mut point = Point { topic: topic.clone(), producer: producer.clone(), values: Vec::new() };
    // The last axis runs fastest, as in a table that is read line by line.
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

/// What `--set` gives a property that the matrix varies would have no effect.
fn check_axes(maker: &mut Maker<'_>) {
    let scenario = maker.scenario;
    for axis in &scenario.matrix {
        let settings = match axis.section {
            Section::Topic => &scenario.topic,
            Section::Producer => &scenario.producer,
        };
        let Some(setting) = settings.get(axis.property) else { continue };
        if setting.value.place.argument.is_some() && axis.name.place.argument.is_none() {
            let name = &axis.name.value;
            let message = format!("the matrix varies `{name}`, so setting it has no effect");
            let help =
                format!("set the axis instead: `--set matrix.{name}=[{}]`", setting.value.value);
            maker.report(setting.value.place, message, help);
        }
    }
}

/// A contradiction that the matrix makes leaves the cell out; one that it does not is an error.
fn conflicting(
    maker: &mut Maker<'_>,
    point: &Point<'_>,
    conflict: Conflict,
    left_out: &mut Vec<(Conflict, Place)>,
) {
    if !maker.scenario.is_sound(&conflict.properties) {
        return;
    }
    let by_matrix =
        point.values.iter().any(|(axis, _)| conflict.properties.contains(&axis.property));
    let place = conflict.place(&point.topic, &point.producer);
    if by_matrix {
        let message = conflict.message.replace('`', "");
        maker.note(format!("cell {} is left out: {message}", point.id()));
        left_out.push((conflict, place));
    } else {
        maker.report(place, conflict.message, conflict.help);
    }
}

fn report_nothing_left(maker: &mut Maker<'_>, left_out: Vec<(Conflict, Place)>) {
    let Some((conflict, place)) = left_out.into_iter().next() else { return };
    let message = format!("no cell is left of the matrix: {}", conflict.message);
    maker.report(place, message, conflict.help);
}
