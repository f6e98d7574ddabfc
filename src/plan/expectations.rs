//! Which expectations apply to which cell. One that cannot fail is a mistake: nobody would notice
//! that it was never checked. So is one that applies to no cell, which `study` checks.

use super::cells::Point;
use super::left_out::{Values, summed};
use super::make::Maker;
use super::types::{Cell, ClusterPlan, Expectation};
use crate::model::Rate;
use crate::scenario::{Condition, Outer, Scenario, Section, Subject};

/// Gives every cell its expectations.
pub(super) fn plan(
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
        let mut held = false;
        for (point, cell) in points.iter().zip(cells.iter_mut()) {
            if expected
                .when
                .iter()
                .all(|condition| holds(condition, scenario, cluster, point, cell))
            {
                cell.expectations.extend(resolved.iter().cloned());
                held = true;
            }
        }
        maker.held.push(held);
    }
    if maker.problems.is_empty() {
        let silent = || cells.iter().filter(|cell| cell.expectations.is_empty());
        if !cells.is_empty() && silent().count() == cells.len() {
            maker.note("nothing is expected: the run will be measured, not judged".to_owned());
            return;
        }
        let text = "nothing is expected: it will be measured, not judged";
        let said = silent().map(|cell| (in_order(scenario, cell), text.to_owned())).collect();
        for (subject, text) in summed("cell", said) {
            maker.note(format!("{}: {text}", subject.words));
        }
    }
}

fn in_order(scenario: &Scenario, cell: &Cell) -> Values {
    let value = |name: &String| Some((name.clone(), cell.axes.get(name)?.clone()));
    scenario.axes().filter_map(value).collect()
}

fn holds(
    condition: &Condition,
    scenario: &Scenario,
    cluster: &ClusterPlan,
    point: &Point<'_>,
    cell: &Cell,
) -> bool {
    let value = match &condition.subject {
        Subject::Property(section, name) => {
            let written = match section {
                Section::Topic => point.topic.get(*name),
                Section::Producer => point.producer.get(*name),
            };
            let written = written.map(|setting| setting.value.value.clone());
            written.or_else(|| implied(*section, name, cell))
        }
        Subject::Outer(Outer::Faults) => {
            let chosen = scenario.outer.iter().find(|chosen| chosen.outer == Outer::Faults);
            chosen.map(|chosen| chosen.value.value.clone())
        }
        Subject::Outer(Outer::Config(name)) => cluster.config.get(name).cloned(),
        Subject::Outer(Outer::Cluster(key)) => cluster.in_words(key),
    };
    value.is_some_and(|value| condition.values.iter().any(|wanted| wanted.value == value))
}

/// A property's default.
fn implied(section: Section, name: &str, cell: &Cell) -> Option<String> {
    let producer = || cell.producers().next();
    match (section, name) {
        (Section::Topic, "partitions") => Some(cell.topic.partitions().to_string()),
        (Section::Topic, "replication.factor") => Some(cell.topic.replication_factor().to_string()),
        (Section::Topic, _) => cell.topic.config.get(name).cloned(),
        (Section::Producer, "message.bytes") => Some(producer()?.message_bytes.to_string()),
        (Section::Producer, "rate") => match producer()?.rate {
            Rate::PerSecond(rate) => Some(rate.to_string()),
            Rate::Max => Some("max".to_owned()),
        },
        (Section::Producer, "messages") => producer()?.messages.map(|n| n.to_string()),
        (Section::Producer, "saturate") => Some(producer()?.saturate.to_string()),
        (Section::Producer, _) => producer()?.config.get(name).cloned(),
    }
}
