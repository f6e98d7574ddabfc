//! What all readers share: [`Reader`] collects problems, and turns nodes into maps, lists and
//! words or says what they should have been.

use super::diagnostic::Diagnostic;
use super::length::Length;
use super::node::{Entry, Kind, Node};
use super::place::{At, Place, Source};
use super::property::Property;
use super::types::{Setting, Settings};
use super::{java, not_yet, suggest};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The state of reading one scenario, or one compose file.
pub struct Reader {
    /// What places point into.
    pub source: Arc<Source>,
    /// What was wrong.
    pub problems: Vec<Diagnostic>,
    /// Names of the values that were wrong.
    pub broken: BTreeSet<String>,
}

impl Reader {
    /// A reader that has found nothing wrong yet.
    pub fn new(source: Arc<Source>) -> Self {
        Reader { source, problems: Vec::new(), broken: BTreeSet::new() }
    }

    /// Records a problem and what to do about it.
    pub fn report(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        let problem = self.source.problem(place, message).help(help);
        self.problems.push(problem);
    }

    /// Remembers that the value of that name is missing because it was wrong.
    pub fn break_off(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    /// The entries of a map; nothing at all counts as an empty one.
    pub fn map<'n>(&mut self, node: &'n Node, name: &str, help: &str) -> &'n [Entry] {
        match &node.kind {
            Kind::Map(entries) => entries,
            Kind::Null => &[],
            Kind::Scalar(_) | Kind::List(_) => {
                let message = format!("`{name}` must be a map, not {}", node.noun());
                self.report(node.place, message, help);
                self.break_off(name);
                &[]
            }
        }
    }

    /// A single value.
    pub fn scalar(&mut self, node: &Node, name: &str) -> Option<At<String>> {
        if let Kind::Scalar(text) = &node.kind {
            return Some(At::new(text.clone(), node.place));
        }
        let message = match node.kind {
            Kind::Null => format!("`{name}` has no value"),
            _ => format!("`{name}` must be a single value, not {}", node.noun()),
        };
        self.report(node.place, message, format!("write `{name}: VALUE`"));
        None
    }

    /// One or more values: a single one, or a list of them.
    pub fn scalars(&mut self, node: &Node, name: &str) -> Vec<At<String>> {
        match &node.kind {
            Kind::List(items) => items.iter().filter_map(|i| self.scalar(i, name)).collect(),
            _ => self.scalar(node, name).into_iter().collect(),
        }
    }

    /// Whether a word asks for what the tool cannot do yet, or is the Java producer's name of a
    /// property: that is reported then.
    pub fn is_elsewhere(&mut self, word: &At<String>) -> bool {
        let name = &word.value;
        if let Some(found) = not_yet::find(name) {
            self.report(word.place, found.message(name), found.instead);
        } else if let Some(told) = java::counterpart(name) {
            self.report(word.place, format!("`{name}` exists only in the Java producer"), told);
        } else {
            return false;
        }
        true
    }

    /// A key that is not known at its place.
    pub fn unknown_key(&mut self, key: &At<String>, section: &str, known: &[&str]) {
        let help = match not_yet::instead(section, &key.value) {
            Some(instead) => instead.to_owned(),
            None if self.is_elsewhere(key) => return,
            None => suggest::help(&key.value, known),
        };
        self.report(key.place, format!("unknown key `{}` in {section}", key.value), help);
    }

    /// One of several words.
    pub fn choice<T: Copy>(&mut self, node: &Node, name: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.scalar(node, name)?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("`{name}` cannot be `{}`", text.value);
            self.report(text.place, message, suggest::help(&text.value, &known));
        }
        found
    }

    /// A length of time.
    pub fn length(&mut self, node: &Node, name: &str) -> Option<At<Length>> {
        let text = self.scalar(node, name)?;
        match Length::parse(&text.value) {
            Ok(length) => Some(At::new(length, text.place)),
            Err(reason) => {
                self.report(
                    text.place,
                    format!("`{name}: {}` {reason}", text.value),
                    Length::FORMS,
                );
                None
            }
        }
    }

    /// The value of a known property in the plan's spelling.
    pub fn value(
        &mut self,
        property: &Property,
        text: &At<String>,
        name: &str,
    ) -> Option<At<String>> {
        match property.normalise(&text.value) {
            Ok(value) => Some(At::new(value, text.place)),
            Err(expected) => {
                let message = format!("`{name}` cannot be `{}`", text.value);
                self.report(text.place, message, format!("it must be {expected}"));
                None
            }
        }
    }

    /// Adds a known property to the settings of its section, or marks it as broken.
    pub fn set(&mut self, settings: &mut Settings, property: &Property, entry: &Entry) {
        let text = self.scalar(&entry.value, &entry.key.value);
        let value = text.and_then(|text| self.value(property, &text, &entry.key.value));
        let Some(value) = value else {
            self.break_off(property.name);
            return;
        };
        let setting = Setting { name: entry.key.clone(), value };
        if let Some(first) = settings.get(property.name) {
            let message = format!(
                "`{}` and `{}` are one property, set twice",
                first.name.value, entry.key.value
            );
            self.report(entry.key.place, message, "keep one of them");
        } else {
            settings.insert(property.name.to_owned(), setting);
        }
    }
}
