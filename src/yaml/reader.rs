//! What all readers share: [`Reader`] collects problems, and turns nodes into maps, lists and
//! words, or reports what they should have been.

use super::{At, Diagnostic, Entry, Kind, Node, Place, Source, suggest};
use crate::model::Length;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Words that have a meaning elsewhere, but not in the file.
#[derive(Debug)]
pub struct Foreign {
    /// What to write instead of a word in a section.
    pub instead: fn(section: &str, word: &str) -> Option<&'static str>,
    /// What is wrong with a word anywhere, and what to do.
    pub told: fn(word: &str) -> Option<(String, &'static str)>,
}

/// The state of reading one file.
pub struct Reader {
    /// What places refer to.
    pub source: Arc<Source>,
    pub problems: Vec<Diagnostic>,
    /// Names of the values that were wrong.
    pub broken: BTreeSet<String>,
    /// Words from elsewhere.
    pub foreign: &'static Foreign,
}

impl Reader {
    pub fn new(source: Arc<Source>, foreign: &'static Foreign) -> Self {
        Reader { source, problems: Vec::new(), broken: BTreeSet::new(), foreign }
    }

    /// Records a problem and what to do about it.
    pub fn report(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        let problem = self.source.problem(place, message).help(help);
        self.problems.push(problem);
    }

    /// Records that this value is missing because it was wrong.
    pub fn break_off(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    /// The entries of a map; an absent value counts as an empty map.
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

    /// A single value, or a list of values.
    pub fn scalars(&mut self, node: &Node, name: &str) -> Vec<At<String>> {
        match &node.kind {
            Kind::List(items) => items.iter().filter_map(|i| self.scalar(i, name)).collect(),
            _ => self.scalar(node, name).into_iter().collect(),
        }
    }

    /// Whether a word has a meaning elsewhere; then reports what to write instead.
    pub fn is_elsewhere(&mut self, word: &At<String>) -> bool {
        let Some((message, help)) = (self.foreign.told)(&word.value) else { return false };
        self.report(word.place, message, help);
        true
    }

    /// Reports an unknown key.
    pub fn unknown_key(&mut self, key: &At<String>, section: &str, known: &[&str]) {
        let help = match (self.foreign.instead)(section, &key.value) {
            Some(instead) => instead.to_owned(),
            None if self.is_elsewhere(key) => return,
            None => suggest::help(&key.value, known),
        };
        self.report(key.place, format!("unknown key `{}` in {section}", key.value), help);
    }

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
}
