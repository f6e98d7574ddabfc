//! Reads `expect:`.

use super::bound::Limits;
use super::keys::{Key, key};
use super::plan_axes::Outer;
use super::types::{Condition, Expected, Subject, Wanted};
use crate::model::Metric;
use crate::yaml::{Entry, Kind, Node, Reader};

/// The key beside the metrics.
pub(super) const WHEN: Key<()> =
    key("when", (), "For which cells: those that have all of these values.");

pub(super) fn keys() -> Vec<&'static str> {
    Metric::ALL.iter().map(|metric| metric.word()).chain([WHEN.name]).collect()
}

impl Reader {
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
            if name == WHEN.name {
                expected.place = Some(entry.key.place);
                expected.when = self.conditions(&entry.value);
            } else if let Some(metric) = Metric::find(name) {
                expected.wanted.extend(self.wanted(entry, metric));
            } else {
                self.unknown_key(&entry.key, "`expect`", &keys());
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
            let name = &entry.key.value;
            let (subject, values) = if let Some(outer) = Outer::find(name) {
                if let Outer::Config(property) = &outer
                    && self.is_of_topics(&entry.key, property, |own| format!("write `{own}`"))
                {
                    continue;
                }
                (Subject::Outer(outer), self.scalars(&entry.value, name))
            } else if let Some(property) = self.any_property(&entry.key, "`when`") {
                let subject = Subject::Property(property.section, property.name);
                (subject, self.values(&entry.value, &property, name))
            } else {
                continue;
            };
            if !values.is_empty() {
                conditions.push(Condition { subject, values });
            }
        }
        conditions
    }
}
