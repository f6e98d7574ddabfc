//! Which cell of one run is compared with which of the other, and how their settings differ.

use super::model::Difference;
use super::side::{Side, SideCell};
use crate::model::Properties;
use std::collections::{BTreeMap, BTreeSet};

/// Two cells that answer the same question.
pub(super) struct Pair<'a> {
    pub base: &'a SideCell,
    pub new: &'a SideCell,
    pub differences: Vec<Difference>,
}

/// Cells in pairs, and those without one.
pub(super) struct Pairs<'a> {
    /// In BASE's order.
    pub pairs: Vec<Pair<'a>>,
    /// Cells that NEW lacks.
    pub only_in_base: Vec<&'a SideCell>,
    /// Cells that BASE does not know.
    pub only_in_new: Vec<&'a SideCell>,
}

/// Pairs cells by their values of the axes that vary in either run.
///
/// An axis with one value in each run distinguishes no cells: so a run of `acks=all` is compared
/// with one of `acks=1`, and the axis is a difference like any other. If a run lacks the other's
/// axis, its setting of that name counts.
pub(super) fn pairs<'a>(base: &'a Side, new: &'a Side) -> Pairs<'a> {
    let cells = || base.cells.iter().chain(&new.cells);
    let names: BTreeSet<&str> =
        cells().flat_map(|cell| cell.axes.keys().map(String::as_str)).collect();
    let (base_settings, new_settings) = (all_settings(base), all_settings(new));
    let varying: Vec<&str> = names
        .into_iter()
        .filter(|name| varies(&base_settings, name) || varies(&new_settings, name))
        .collect();
    let key = |settings: &Properties| -> Vec<Option<String>> {
        varying.iter().map(|name| value(settings, name).cloned()).collect()
    };
    let mut free: BTreeMap<Vec<Option<String>>, Vec<usize>> = BTreeMap::new();
    for (index, settings) in new_settings.iter().enumerate().rev() {
        free.entry(key(settings)).or_default().push(index);
    }
    let (mut pairs, mut only_in_base) = (Vec::new(), Vec::new());
    for (cell, settings) in base.cells.iter().zip(&base_settings) {
        match free.get_mut(&key(settings)).and_then(Vec::pop) {
            Some(index) => pairs.push(Pair {
                base: cell,
                new: &new.cells[index],
                differences: differences((base, settings), (new, &new_settings[index])),
            }),
            None => only_in_base.push(cell),
        }
    }
    let left: BTreeSet<usize> = free.into_values().flatten().collect();
    let only_in_new = left.into_iter().map(|index| &new.cells[index]).collect();
    Pairs { pairs, only_in_base, only_in_new }
}

fn all_settings(side: &Side) -> Vec<Properties> {
    side.cells.iter().map(|cell| side.settings(cell)).collect()
}

/// Whether a run has several values of an axis.
fn varies(cells: &[Properties], name: &str) -> bool {
    let values: BTreeSet<Option<&String>> = cells.iter().map(|cell| value(cell, name)).collect();
    values.len() > 1
}

/// A cell's value of an axis: an axis may include its section, a property does not.
fn value<'p>(settings: &'p Properties, axis: &str) -> Option<&'p String> {
    let property = || axis.strip_prefix("topic.").or_else(|| axis.strip_prefix("producer."));
    settings.get(axis).or_else(|| settings.get(property()?))
}

/// Differences in settings and in the place of the runs.
fn differences(base: (&Side, &Properties), new: (&Side, &Properties)) -> Vec<Difference> {
    let mut found = differing(base.1, new.1, true);
    let kafka = "cluster.kafka";
    // The version found at the place is a cause, too, but is listed once.
    let versions_vary = found.iter().any(|one| one.name == kafka);
    for mut one in differing(&base.0.environment, &new.0.environment, false) {
        one.is_cause = one.name == "kafka";
        let has_own = base.1.get(kafka) != base.0.setup.get(kafka)
            || new.1.get(kafka) != new.0.setup.get(kafka);
        if !(one.is_cause && (versions_vary || has_own)) {
            found.push(one);
        }
    }
    if base.0.scenario != new.0.scenario {
        found.push(Difference {
            name: "scenario".to_owned(),
            base: Some(base.0.scenario.clone()),
            new: Some(new.0.scenario.clone()),
            is_cause: false,
        });
    }
    let axes = |side: &Side, name: &str| side.cells.iter().any(|cell| cell.axes.contains_key(name));
    found.sort_by_key(|one| place(&one.name, axes(base.0, &one.name) || axes(new.0, &one.name)));
    found
}

/// The experiment's settings come first, in this order; the clocks that follow from its timing
/// last.
const EXPERIMENT: [&str; 10] = [
    "scenario",
    "runtime",
    "kafka",
    "cluster.kafka",
    "cluster.timing",
    "faults",
    "duration",
    "cluster.compose",
    "cluster.brokers",
    "cluster.controllers",
];

/// Where a difference is listed.
fn place(name: &str, is_axis: bool) -> usize {
    let own = EXPERIMENT.iter().position(|known| *known == name);
    let is_clock = name.ends_with(".ms") && name != "linger.ms" && !is_axis;
    own.unwrap_or(EXPERIMENT.len() + usize::from(is_clock))
}

fn differing(base: &Properties, new: &Properties, is_cause: bool) -> Vec<Difference> {
    let names: BTreeSet<&String> = base.keys().chain(new.keys()).collect();
    let differs = names.into_iter().filter(|name| base.get(*name) != new.get(*name));
    differs
        .map(|name| Difference {
            name: name.clone(),
            base: base.get(name).cloned(),
            new: new.get(name).cloned(),
            is_cause,
        })
        .collect()
}
