//! From a file to a [`Scenario`]: reads the text, applies `--set` and `--sweep`, reads every
//! section once for each combination of the axes that make plans, and collects all problems.

use super::keys::{self, SCENARIO, Top};
use super::reader::FOREIGN;
use super::section::Section;
use super::types::{ClusterSection, Scenario, Settings};
use super::{file, not_yet, overrides, plan_axes, property, sweeps};
use crate::yaml::{Argument, At, Diagnostic, Diagnostics, Kind, Node, Place, Reader, Source};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Names become folders, topics and cells; longer ones would not fit.
pub(super) const MOST_NAME_BYTES: usize = 64;

const FORM: &str = "the file must be one YAML map; docs/scenarios.md shows its form";

/// Changes from the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changes<'a> {
    pub overrides: &'a [String],
    pub sweeps: &'a [String],
}

/// What could be read, and the problems. Both are kept, because checks across sections still find
/// something in a scenario with problems.
#[derive(Clone, Debug)]
pub struct Reading {
    /// One scenario for each combination of the axes that make plans, without wrong values; never
    /// empty.
    pub scenarios: Vec<Scenario>,
    /// Empty for a valid file.
    pub problems: Vec<Diagnostic>,
}

/// Reads a scenario file with the command line's changes. [`crate::plan::from_file`] also finds
/// problems between sections.
///
/// # Errors
/// The file cannot be read, or is not a YAML map.
pub(crate) fn read_file(path: &Path, changes: &Changes<'_>) -> Result<Reading, Diagnostics> {
    read_text(&path.display().to_string(), &file_text(path)?, changes)
}

fn file_text(path: &Path) -> Result<String, Diagnostics> {
    file::read(path).map_err(|why| no_text(&path.display().to_string(), why))
}

/// A reader's text; `name` is its name in messages.
pub(crate) fn text_of(name: &str, from: &mut dyn Read) -> Result<String, Diagnostics> {
    file::text(from).map_err(|why| no_text(name, why))
}

fn no_text(name: &str, (message, help): file::NoText) -> Diagnostics {
    let source = Source { name: name.to_owned(), text: String::new(), arguments: Vec::new() };
    Diagnostics::new(vec![source.problem(Place::FILE, message).help(help)])
}

/// Reads a scenario's text; `name` is its name in messages.
///
/// # Errors
/// The text is not a YAML map.
pub fn read_text(name: &str, text: &str, changes: &Changes<'_>) -> Result<Reading, Diagnostics> {
    let of = |option: &'static str, texts: &[String]| -> Vec<Argument> {
        texts.iter().map(|text| Argument { option, text: text.clone() }).collect()
    };
    let source = Arc::new(Source {
        name: name.to_owned(),
        text: text.to_owned(),
        arguments: [of(overrides::OPTION, changes.overrides), of(sweeps::OPTION, changes.sweeps)]
            .concat(),
    });
    let mut root = Node::parse(&source, FORM)?;
    if root.kind == Kind::Null {
        let help = "begin with `name:`; docs/scenarios.md shows the rest";
        let problem = source.problem(Place::START, "the scenario is empty").help(help);
        return Err(Diagnostics::new(vec![problem]));
    }
    if let Some(class) = trogdor(&root) {
        let mut reader = Reader::new(source, FOREIGN);
        reader.is_elsewhere(&class);
        return Err(Diagnostics::new(reader.problems));
    }
    let mut reader = Reader::new(source, FOREIGN);
    reader.apply_overrides(&mut root);
    let timelines = plan_axes::timelines(&root);
    reader.apply_sweeps(&mut root);
    let axes = reader.outer_axes(&mut root);
    let combinations = reader.combinations(&root, &axes);
    let mut scenarios = Vec::new();
    let mut problems = reader.problems;
    for (tree, chosen) in combinations {
        let mut one = Reader::new(reader.source.clone(), FOREIGN);
        one.broken.clone_from(&reader.broken);
        let mut scenario = one.scenario(&tree);
        scenario.outer = chosen;
        scenario.timelines.clone_from(&timelines);
        scenario.broken = one.broken;
        scenarios.push(scenario);
        problems.append(&mut one.problems);
    }
    Ok(Reading { scenarios, problems })
}

/// The class of a Trogdor spec, if the file is one: JSON is YAML.
fn trogdor(root: &Node) -> Option<At<String>> {
    let class = &plan_axes::entry(root, "class")?.value;
    let Kind::Scalar(name) = &class.kind else { return None };
    name.starts_with(not_yet::TROGDOR).then(|| At::new(name.clone(), class.place))
}

/// Whether a text can be the name of a scenario or a timeline.
pub(crate) fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins && text.len() <= MOST_NAME_BYTES && text.chars().all(fits)
}

/// The form of a name, in words.
pub(crate) fn name_form() -> String {
    format!(
        "use up to {MOST_NAME_BYTES} letters, digits, `-`, `_` and `.`, beginning with a letter or \
         digit"
    )
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
            outer: Vec::new(),
            timelines: Vec::new(),
            broken: std::collections::BTreeSet::new(),
        };
        let help = "begin with `name:`; docs/scenarios.md shows the rest";
        let mut has_name = false;
        for entry in self.map(root, "scenario", help) {
            let value = &entry.value;
            let Some(key) = keys::find(SCENARIO, &entry.key.value) else {
                self.unknown_at_top(&entry.key);
                continue;
            };
            match key.is {
                Top::Name => {
                    has_name = true;
                    scenario.name = self.name(value).unwrap_or(scenario.name);
                }
                Top::Summary => {
                    scenario.summary =
                        self.scalar(value, "summary").map_or_else(String::new, |s| {
                            s.value.split_whitespace().collect::<Vec<_>>().join(" ")
                        });
                }
                Top::Cluster => scenario.cluster = self.cluster(value),
                Top::Topic => scenario.topic = self.section(value, Section::Topic),
                Top::Producer => scenario.producer = self.section(value, Section::Producer),
                Top::Faults => scenario.faults = self.faults(value),
                Top::Duration => {
                    scenario.duration = self.length(value, "duration");
                    if scenario.duration.is_none() {
                        self.break_off("duration");
                    }
                }
                Top::Seed => scenario.seed = self.seed(value),
                Top::Expect => scenario.expect = self.expect(value),
                Top::Matrix => scenario.matrix = self.matrix(value),
            }
        }
        if !has_name && !self.broken.contains("scenario") {
            self.report(Place::START, "the scenario has no `name`", help);
        }
        self.check_axes_not_set(&scenario);
        scenario
    }

    /// Reports an unknown top-level key; it may be a property that belongs into a section.
    fn unknown_at_top(&mut self, key: &At<String>) {
        self.break_off("key");
        let Some(property) = property::find(&key.value) else {
            self.unknown_key(key, "a scenario", &keys::names(SCENARIO));
            return;
        };
        let section = property.section.name();
        let config = if property.is_direct() { "" } else { ".config" };
        let message = format!("unknown key `{}` in a scenario", key.value);
        self.report(key.place, message, format!("it belongs under `{section}{config}`"));
    }

    fn name(&mut self, node: &Node) -> Option<At<String>> {
        let text = self.scalar(node, "name")?;
        let message = format!("`name: {}` is not a valid scenario name", text.value);
        self.is_name(&text, &message, "it names folders and topics").then_some(text)
    }

    /// Checks a name, and reports its purpose if it is invalid.
    pub fn is_name(&mut self, text: &At<String>, message: &str, purpose: &str) -> bool {
        if is_name(&text.value) {
            return true;
        }
        self.report(text.place, message, format!("{}: {purpose}", name_form()));
        false
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
