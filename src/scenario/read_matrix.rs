//! Reads the axes of `matrix:` that make cells: properties of topics and producers.

use super::plan_axes;
use super::property::{self, Property};
use super::section::Section;
use super::types::{Axis, Scenario};
use crate::yaml::{At, Entry, Kind, Node, Reader, suggest};
use std::collections::BTreeSet;

const HELP: &str = "write a property and its values, as in `acks: [\"1\", all]`";

impl Reader {
    /// `matrix:` without the axes that [`Reader::outer_axes`] took.
    pub fn matrix(&mut self, node: &Node) -> Vec<Axis> {
        let mut axes: Vec<Axis> = Vec::new();
        let problems_before = self.problems.len();
        for entry in self.map(node, "matrix", HELP) {
            let Some(property) = self.any_property(&entry.key, "`matrix`") else { continue };
            if axes.iter().any(|axis| axis.property == property.name) {
                let message = format!("`{}` is already an axis", property.name);
                self.report(entry.key.place, message, "keep one of its two names");
                continue;
            }
            if !self.is_list_of_values(entry) {
                continue;
            }
            let values = self.values(&entry.value, &property, &entry.key.value);
            self.check_twice(&entry.key.value, &values);
            if !values.is_empty() {
                axes.push(Axis {
                    section: property.section,
                    property: property.name,
                    name: entry.key.clone(),
                    values,
                });
            }
        }
        if self.problems.len() > problems_before {
            self.break_off("matrix");
        }
        axes
    }

    /// Reports a `--set` of a value that an axis varies: it would have no effect.
    pub fn check_axes_not_set(&mut self, scenario: &Scenario) {
        for axis in &scenario.matrix {
            let settings = match axis.section {
                Section::Topic => &scenario.topic,
                Section::Producer => &scenario.producer,
            };
            if let Some(setting) = settings.get(axis.property) {
                self.check_not_set(&setting.value, &axis.name);
            }
        }
    }

    /// Reports a value in the file's sections that `--set` gave although an axis varies it.
    pub fn check_not_set(&mut self, set: &At<String>, axis: &At<String>) {
        if set.place.argument.is_none() {
            return;
        }
        let (name, value) = (&axis.value, &set.value);
        let message = format!("the matrix varies `{name}`, so setting it has no effect");
        let help = match axis.place.argument {
            Some(_) => "give only one of the two".to_owned(),
            None => format!("set the axis instead: `--set matrix.{name}=[{value}]`"),
        };
        self.report(set.place, message, help);
    }

    /// Whether an axis has a list of at least one value; reports it otherwise.
    pub fn is_list_of_values(&mut self, entry: &Entry) -> bool {
        let name = &entry.key.value;
        match &entry.value.kind {
            Kind::List(items) if items.is_empty() => {
                let message = format!("`{name}` has no values");
                let help = "give it at least one value, or remove it";
                self.report(entry.value.place, message, help);
                false
            }
            Kind::List(_) => true,
            _ => {
                let message = format!("`{name}` must be a list of values");
                self.report(entry.value.place, message, HELP);
                false
            }
        }
    }

    /// Reports values that an axis lists twice.
    pub fn check_twice(&mut self, name: &str, values: &[At<String>]) {
        let mut seen = BTreeSet::new();
        for value in values {
            if !seen.insert(value.value.as_str()) {
                let message = format!("`{}` is listed twice for `{name}`", value.value);
                self.report(value.place, message, "each value makes its own cells: keep one");
            }
        }
    }

    /// The values of a property, in the plan's spelling.
    pub fn values(&mut self, node: &Node, property: &Property, name: &str) -> Vec<At<String>> {
        let texts = self.scalars(node, name);
        texts.iter().filter_map(|text| self.value(property, text, name)).collect()
    }

    /// A property of topics or producers; reports an unknown name.
    pub fn any_property(&mut self, key: &At<String>, place: &str) -> Option<Property> {
        if let Some(property) = property::find(&key.value) {
            return Some(property);
        }
        if self.is_elsewhere(key) {
            return None;
        }
        let message = format!("unknown property `{}` in {place}", key.value);
        self.report(key.place, message, help_on_unknown(&key.value));
        None
    }
}

/// What to write instead of an unknown axis.
fn help_on_unknown(name: &str) -> String {
    // As `--set` and the file's sections write it.
    let bare = ["topic.", "producer."].iter().find_map(|section| {
        let rest = name.strip_prefix(section)?;
        Some(rest.strip_prefix("config.").unwrap_or(rest))
    });
    if let Some(bare) = bare.filter(|bare| property::find(bare).is_some()) {
        return format!("write it without its section: `{bare}`");
    }
    let near = property::nearest_of_all(name).map(str::to_owned);
    if let Some(near) = near.or_else(|| plan_axes::nearest(name)) {
        return format!("did you mean `{near}`?");
    }
    format!(
        "a property of the topic or the producer can be used here: {}, or one of their `config`; or \
         one of the cluster: {}; or `faults`",
        suggest::listed(&property::all_direct()),
        suggest::listed(&plan_axes::names())
    )
}
