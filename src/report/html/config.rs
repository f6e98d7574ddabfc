//! The configuration in force, as properties to copy: once what all cells share, and for each cell
//! its own.

use crate::report::lines::printable;
use crate::result::Report;
use std::collections::{BTreeMap, BTreeSet};

/// A block of properties.
#[derive(Debug, PartialEq)]
pub(super) struct Block {
    pub title: String,
    /// `name=value`, one per line.
    pub text: String,
}

/// Properties that say how a cell sends, and are no configuration of Kafka or its client.
const LOAD: [&str; 2] = ["message.bytes", "rate"];

/// Brokers, and what topics and producers share in all cells.
pub(super) fn common(report: &Report) -> Vec<Block> {
    let mut blocks = vec![block("Brokers", report.plan.cluster.config.iter())];
    let same = |(name, value): &(&String, &String)| {
        report.cells.iter().all(|cell| cell.config.get(*name) == Some(*value))
    };
    let Some(first) = report.cells.first() else { return blocks };
    let everywhere: BTreeMap<&String, &String> = first.config.iter().filter(same).collect();
    blocks.extend(split(report, "all cells", &everywhere));
    blocks
}

/// The own configuration of the cell at this position; empty if there is only one cell.
pub(super) fn own(report: &Report, cell: usize) -> Vec<Block> {
    let first = &report.cells[0].config;
    let differs =
        |name: &str| report.cells.iter().any(|other| other.config.get(name) != first.get(name));
    let own = report.cells[cell].config.iter().filter(|(name, _)| differs(name)).collect();
    split(report, "this cell", &own)
}

/// Topic, producer and load separately, because they go to different places.
fn split(report: &Report, whose: &str, properties: &BTreeMap<&String, &String>) -> Vec<Block> {
    let cells = &report.plan.cells;
    let topics: BTreeSet<&str> = cells
        .iter()
        .flat_map(|cell| cell.topic.config.keys().map(String::as_str))
        .chain(["partitions", "replication.factor"])
        .collect();
    let of = |title: &str, wanted: &dyn Fn(&str) -> bool| {
        let some = properties.iter().filter(|(name, _)| wanted(name)).map(|(n, v)| (*n, *v));
        block(&format!("{title}, {whose}"), some)
    };
    let is_load = |name: &str| LOAD.contains(&name);
    let is_topic = |name: &str| topics.contains(name);
    let blocks = [
        of("Topic", &is_topic),
        of("Producer", &|name| !is_topic(name) && !is_load(name)),
        of("Load", &is_load),
    ];
    blocks.into_iter().filter(|block| !block.text.is_empty()).collect()
}

fn block<'a>(title: &str, properties: impl Iterator<Item = (&'a String, &'a String)>) -> Block {
    let line =
        |(name, value): (&String, &String)| format!("{}={}", printable(name), printable(value));
    let lines: Vec<String> = properties.map(line).collect();
    Block { title: title.to_owned(), text: lines.join("\n") }
}
