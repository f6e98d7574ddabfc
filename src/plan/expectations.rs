//! Which expectations hold for which cell. One that holds for none, or that cannot fail, is a
//! mistake: nobody would notice that it was never checked.

use super::cells::Point;
use super::make::Maker;
use super::types::{Cell, ClusterPlan, Expectation};
use crate::scenario::{Condition, Section};

/// Gives every cell its expectations.
pub fn plan(
    maker: &mut Maker<'_>,
    cluster: &ClusterPlan,
    points: &[Point<'_>],
    cells: &mut [Cell],
) {
    let scenario = maker.scenario;
    for expected in &scenario.expect {
        let mut resolved = Vec::new();
        for wanted in &expected.wanted {
            match wanted.limits.resolve(&cluster.clocks) {
                Ok((min, max)) => {
                    let text = wanted.text.clone();
                    resolved.push(Expectation { metric: wanted.metric, min, max, text });
                }
                Err(reason) => {
                    let help = "write what could fail, as in `0`, `\">= 1\"` or `\"160..400\"`";
                    maker.report(wanted.place, format!("`{}`: {reason}", wanted.text), help);
                }
            }
        }
        let mut held = 0;
        for (point, cell) in points.iter().zip(cells.iter_mut()) {
            if expected.when.iter().all(|condition| holds(condition, point, cell)) {
                cell.expectations.extend(resolved.iter().cloned());
                held += 1;
            }
        }
        let sound = scenario.is_sound(&["matrix", "expect"])
            && expected.when.iter().all(|condition| scenario.is_sound(&[condition.property]));
        if let (0, Some(place), true) = (held, expected.place, sound) {
            let ids: Vec<&str> = cells.iter().map(|cell| cell.id.as_str()).collect();
            let help = format!("the cells are: {}", ids.join("; "));
            maker.report(place, "this `when` holds for no cell, so nothing would be checked", help);
        }
    }
    if maker.problems.is_empty() {
        for cell in cells.iter().filter(|cell| cell.expectations.is_empty()) {
            maker.note(format!("cell {}: nothing is expected, so nothing can fail", cell.id));
        }
    }
}

fn holds(condition: &Condition, point: &Point<'_>, cell: &Cell) -> bool {
    let name = condition.property;
    let written = match condition.section {
        Section::Topic => point.topic.get(name),
        Section::Producer => point.producer.get(name),
    };
    let written = written.map(|setting| setting.value.value.clone());
    let value = written.or_else(|| implied(condition.section, name, cell));
    value.is_some_and(|value| condition.values.contains(&value))
}

/// A property's value where the scenario says nothing.
fn implied(section: Section, name: &str, cell: &Cell) -> Option<String> {
    match (section, name) {
        (Section::Topic, "partitions") => Some(cell.topic.partitions().to_string()),
        (Section::Topic, "replication.factor") => Some(cell.topic.replication_factor().to_string()),
        (Section::Topic, _) => cell.topic.config.get(name).cloned(),
        (Section::Producer, "message.bytes") => Some(cell.producer.message_bytes.to_string()),
        (Section::Producer, "rate") => match cell.producer.rate {
            super::types::Rate::PerSecond(rate) => Some(rate.to_string()),
            super::types::Rate::Max => Some("max".to_owned()),
        },
        (Section::Producer, "messages") => cell.producer.messages.map(|n| n.to_string()),
        (Section::Producer, _) => cell.producer.config.get(name).cloned(),
    }
}
