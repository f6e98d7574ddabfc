//! From a file to a [`Scenario`]: reads the text, applies `--set`, reads every section, and
//! collects all problems.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::node::{Kind, Node};
use super::place::{At, Place, Source};
use super::property;
use super::reader::Reader;
use super::types::{ClusterSection, Scenario, Settings};
use std::path::Path;
use std::sync::Arc;

/// Names become folders and topic names; longer ones would not fit.
const MOST_NAME_BYTES: usize = 64;

const KNOWN: &[&str] = &[
    "name", "summary", "cluster", "topic", "producer", "faults", "duration", "seed", "expect",
    "matrix",
];

/// What could be read, and what was wrong. Checks across sections still say something of a
/// scenario with problems, so both are kept.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The scenario, without what was wrong.
    pub scenario: Scenario,
    /// What was wrong; empty for a sound file.
    pub problems: Vec<Diagnostic>,
}

/// Reads a scenario file, with `--set` arguments applied.
///
/// # Errors
/// Every problem that one section alone shows. [`crate::plan::from_file`] finds the others too.
pub fn load(path: &Path, overrides: &[String]) -> Result<Scenario, Diagnostics> {
    let reading = read_file(path, overrides)?;
    if reading.problems.is_empty() {
        Ok(reading.scenario)
    } else {
        Err(Diagnostics::new(reading.problems))
    }
}

/// Reads a scenario file, with `--set` arguments applied, and keeps what could be read.
///
/// # Errors
/// When the file cannot be read, or is no YAML map.
pub fn read_file(path: &Path, overrides: &[String]) -> Result<Reading, Diagnostics> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => read_text(&name, &text, overrides),
        Err(error) => {
            let source = Source { name, text: String::new(), arguments: Vec::new() };
            let problem = source.problem(Place::FILE, format!("cannot read the scenario: {error}"));
            Err(Diagnostics::new(vec![
                problem.help("name a scenario file, as in scenarios/*.yaml"),
            ]))
        }
    }
}

/// Reads a scenario's text; `name` is what messages call it.
///
/// # Errors
/// When the text is no YAML map.
pub fn read_text(name: &str, text: &str, overrides: &[String]) -> Result<Reading, Diagnostics> {
    let source = Arc::new(Source {
        name: name.to_owned(),
        text: text.to_owned(),
        arguments: overrides.to_vec(),
    });
    let mut root = Node::parse(&source).map_err(|problem| Diagnostics::new(vec![*problem]))?;
    if root.kind == Kind::Null {
        let help = "begin with `name:`; docs/scenarios.md shows the rest";
        let problem = source.problem(Place::START, "the scenario is empty").help(help);
        return Err(Diagnostics::new(vec![problem]));
    }
    let mut reader = Reader::new(source);
    reader.apply_overrides(&mut root);
    let mut scenario = reader.scenario(&root);
    scenario.broken = reader.broken;
    Ok(Reading { scenario, problems: reader.problems })
}

impl Reader {
    fn scenario(&mut self, root: &Node) -> Scenario {
        let mut scenario = Scenario {
            source: self.source.clone(),
            name: At::new(String::new(), Place::START),
            summary: String::new(),
            cluster: ClusterSection::standard(),
            topic: Settings::new(),
            producer: Settings::new(),
            faults: Vec::new(),
            duration: None,
            seed: None,
            expect: Vec::new(),
            matrix: Vec::new(),
            broken: std::collections::BTreeSet::new(),
        };
        let help = "begin with `name:`; docs/scenarios.md shows the rest";
        let mut has_name = false;
        for entry in self.map(root, "scenario", help) {
            let value = &entry.value;
            match entry.key.value.as_str() {
                "name" => {
                    has_name = true;
                    scenario.name = self.name(value).unwrap_or(scenario.name);
                }
                "summary" => {
                    scenario.summary =
                        self.scalar(value, "summary").map_or_else(String::new, |s| {
                            s.value.split_whitespace().collect::<Vec<_>>().join(" ")
                        });
                }
                "cluster" => scenario.cluster = self.cluster(value),
                "topic" => scenario.topic = self.topic(value),
                "producer" => scenario.producer = self.producer(value),
                "faults" => scenario.faults = self.faults(value),
                "duration" => {
                    scenario.duration = self.length(value, "duration");
                    if scenario.duration.is_none() {
                        self.break_off("duration");
                    }
                }
                "seed" => scenario.seed = self.seed(value),
                "expect" => scenario.expect = self.expect(value),
                "matrix" => scenario.matrix = self.matrix(value),
                other if property::find(other).is_some() => self.homeless(&entry.key),
                _ => {
                    self.unknown_key(&entry.key, "a scenario", KNOWN);
                    self.break_off("key");
                }
            }
        }
        if !has_name && !self.broken.contains("scenario") {
            self.report(Place::START, "the scenario has no `name`", help);
        }
        scenario
    }

    /// A property at the top level; it belongs into a section.
    fn homeless(&mut self, key: &At<String>) {
        let Some(property) = property::find(&key.value) else { return };
        let section = match property.section {
            property::Section::Topic => "topic",
            property::Section::Producer => "producer",
        };
        let config = match property.form {
            property::Form::Text | property::Form::Client => ".config",
            _ => "",
        };
        let message = format!("unknown key `{}` in a scenario", key.value);
        self.report(key.place, message, format!("it belongs under `{section}{config}`"));
        self.break_off("key");
    }

    fn name(&mut self, node: &Node) -> Option<At<String>> {
        let text = self.scalar(node, "name")?;
        let name = &text.value;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && name.len() <= MOST_NAME_BYTES && name.chars().all(fits) {
            return Some(text);
        }
        let help = format!(
            "use up to {MOST_NAME_BYTES} letters, digits, `-`, `_` and `.`, \
             beginning with a letter or digit: it names folders and topics"
        );
        self.report(text.place, format!("`name: {name}` is no name for a scenario"), help);
        None
    }

    fn seed(&mut self, node: &Node) -> Option<u64> {
        let text = self.scalar(node, "seed")?;
        match property::count(&text.value, 0, u64::MAX) {
            Ok(seed) => Some(seed),
            Err(expected) => {
                let message = format!("`seed` cannot be `{}`", text.value);
                self.report(text.place, message, format!("it must be {expected}"));
                None
            }
        }
    }
}
