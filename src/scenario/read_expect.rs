//! Reads `expect:` and `matrix:`.

use super::bound::Limits;
use super::node::{Entry, Kind, Node};
use super::place::At;
use super::property::{self, Property};
use super::reader::Reader;
use super::suggest;
use super::types::{Axis, Condition, Expected, Wanted};
use crate::plan::Metric;

const METRICS: &[(&str, Metric)] = &[
    ("lost", Metric::Lost),
    ("duplicated", Metric::Duplicated),
    ("reordered", Metric::Reordered),
    ("phantom", Metric::Phantom),
    ("corrupt", Metric::Corrupt),
    ("foreign", Metric::Foreign),
    ("acked", Metric::Acked),
    ("rejected", Metric::Rejected),
    ("unknown", Metric::Unknown),
    ("unavailable", Metric::Unavailable),
];

impl Reader {
    /// `expect:`.
    pub fn expect(&mut self, node: &Node) -> Vec<Expected> {
        match &node.kind {
            Kind::List(items) => items.iter().filter_map(|item| self.expected(item)).collect(),
            _ => self.expected(node).into_iter().collect(),
        }
    }

    fn expected(&mut self, node: &Node) -> Option<Expected> {
        let help = "write what must hold, as in `lost: 0`";
        let mut expected = Expected { place: None, when: Vec::new(), wanted: Vec::new() };
        let problems_before = self.problems.len();
        for entry in self.map(node, "expect", help) {
            let name = entry.key.value.as_str();
            if name == "when" {
                expected.place = Some(entry.key.place);
                expected.when = self.conditions(&entry.value);
            } else if let Some((_, metric)) = METRICS.iter().find(|(known, _)| *known == name) {
                expected.wanted.extend(self.wanted(entry, *metric));
            } else {
                let known: Vec<&str> =
                    METRICS.iter().map(|(name, _)| *name).chain(["when"]).collect();
                self.unknown_key(&entry.key, "`expect`", &known);
            }
        }
        if self.problems.len() > problems_before {
            self.break_off("expect");
            return (!expected.wanted.is_empty()).then_some(expected);
        }
        if expected.wanted.is_empty() {
            self.report(node.place, "nothing is expected here", help);
            return None;
        }
        Some(expected)
    }

    fn wanted(&mut self, entry: &Entry, metric: Metric) -> Option<Wanted> {
        let name = &entry.key.value;
        let text = self.scalar(&entry.value, name)?;
        match Limits::parse(&text.value, metric) {
            Ok(limits) => {
                let is_number = text.value.bytes().all(|b| b.is_ascii_digit());
                let quote = if is_number { "" } else { "\"" };
                let written = format!("{name}: {quote}{}{quote}", text.value.trim());
                Some(Wanted { metric, limits, text: written, place: text.place })
            }
            Err(help) => {
                let message = format!("`{name}: {}` cannot be expected", text.value);
                self.report(text.place, message, help);
                None
            }
        }
    }

    fn conditions(&mut self, node: &Node) -> Vec<Condition> {
        let help = "write a property and its value, as in `when: {acks: 1}`";
        let mut conditions = Vec::new();
        for entry in self.map(node, "when", help) {
            let Some(property) = self.any_property(&entry.key, "`when`") else { continue };
            let values = self.values(&entry.value, &property, &entry.key.value);
            if values.is_empty() {
                continue;
            }
            conditions.push(Condition {
                section: property.section,
                property: property.name,
                values: values.into_iter().map(|value| value.value).collect(),
            });
        }
        conditions
    }

    /// `matrix:`.
    pub fn matrix(&mut self, node: &Node) -> Vec<Axis> {
        let help = "write a property and its values, as in `acks: [\"1\", all]`";
        let mut axes: Vec<Axis> = Vec::new();
        let problems_before = self.problems.len();
        for entry in self.map(node, "matrix", help) {
            let Some(property) = self.any_property(&entry.key, "`matrix`") else { continue };
            if !matches!(entry.value.kind, Kind::List(_)) {
                let message = format!("`{}` must be a list of values", entry.key.value);
                self.report(entry.value.place, message, help);
                continue;
            }
            if axes.iter().any(|axis| axis.property == property.name) {
                let message = format!("`{}` is an axis already", property.name);
                self.report(entry.key.place, message, "keep one of its two names");
                continue;
            }
            if let Some(values) = self.axis_values(entry, &property) {
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

    fn axis_values(&mut self, entry: &Entry, property: &Property) -> Option<Vec<At<String>>> {
        let name = &entry.key.value;
        if matches!(&entry.value.kind, Kind::List(items) if items.is_empty()) {
            let message = format!("`{name}` has no values");
            self.report(entry.value.place, message, "give it at least one value, or remove it");
            return None;
        }
        let values = self.values(&entry.value, property, name);
        for (i, value) in values.iter().enumerate() {
            if values.iter().take(i).any(|earlier| earlier.value == value.value) {
                let message = format!("`{}` is listed twice for `{name}`", value.value);
                self.report(value.place, message, "each value makes a cell of its own: keep one");
            }
        }
        (!values.is_empty()).then_some(values)
    }

    fn values(&mut self, node: &Node, property: &Property, name: &str) -> Vec<At<String>> {
        let texts = self.scalars(node, name);
        texts.iter().filter_map(|text| self.value(property, text, name)).collect()
    }

    /// A property of topics or producers.
    fn any_property(&mut self, key: &At<String>, place: &str) -> Option<Property> {
        if let Some(property) = property::find(&key.value) {
            return Some(property);
        }
        let help = match property::nearest_of_all(&key.value) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let direct = property::TOPIC.iter().chain(property::PRODUCER);
                let known: Vec<&str> = direct.map(|(name, _)| *name).collect();
                format!(
                    "a property of the topic or the producer can stand here: {}, \
                     or one of their `config`",
                    suggest::listed(&known)
                )
            }
        };
        self.report(key.place, format!("unknown property `{}` in {place}", key.value), help);
        None
    }
}
