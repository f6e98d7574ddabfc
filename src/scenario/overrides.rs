//! `--set section.property=value`: changes the tree before it is read, so that a value given on
//! the command line is checked just as one in the file.

use super::keys::{self, Key, SCENARIO, Top};
use super::property;
use super::read_cluster::CLUSTER;
use super::section::CONFIG;
use crate::model::Metric;
use crate::yaml::{At, Entry, Kind, Node, Place, Reader, suggest};

pub(super) const OPTION: &str = "--set";

impl Reader {
    /// Applies every `--set` argument, in order.
    pub fn apply_overrides(&mut self, root: &mut Node) {
        let source = self.source.clone();
        for (index, text) in source.given_to(OPTION) {
            self.apply_override(root, text, index);
        }
    }

    fn apply_override(&mut self, root: &mut Node, argument: &str, index: u16) {
        let place = Place::argument(index, 0, argument.chars().count());
        let help = "write it as `--set producer.acks=1` or `--set cluster.timing=fast`";
        let Some((path, value)) = argument.split_once('=') else {
            self.report(place, format!("`--set {argument}` has no `=`"), help);
            return;
        };
        let (section, rest) = match path.split_once('.') {
            Some((section, rest)) => (section, Some(rest)),
            None => (path, None),
        };
        let value = match parse_value(value.trim(), place) {
            Ok(value) => value,
            Err(message) => {
                self.report(place, message, "write a list as `[1, all]`");
                return;
            }
        };
        match (keys::find(SCENARIO, section).map(|key| key.is), rest) {
            (Some(Top::Name | Top::Summary | Top::Duration | Top::Seed), None) => {
                *child(root, section, place) = value;
            }
            (Some(Top::Expect), Some(metric)) => expect(root, metric, value, place),
            (Some(Top::Cluster | Top::Topic | Top::Producer), Some(rest)) => {
                let section = child(root, section, place);
                match rest.strip_prefix("config.") {
                    Some(name) => *child(child(section, "config", place), name, place) = value,
                    None => *child(section, rest, place) = value,
                }
            }
            (Some(Top::Matrix), Some(name)) => {
                *child(child(root, section, place), name, place) = value;
            }
            (Some(Top::Cluster | Top::Topic | Top::Producer | Top::Expect | Top::Matrix), None) => {
                self.report(place, format!("`--set {argument}` names no key of `{section}`"), help);
            }
            (Some(Top::Faults), _) => {
                let message = format!("`--set {argument}`: faults are written in the file");
                let help = "give each timeline a name under `matrix: faults:`, and pick some by \
                            `--sweep faults=NAME`";
                self.report(place, message, help);
            }
            (None | Some(Top::Name | Top::Summary | Top::Duration | Top::Seed), _) => {
                self.unknown_path(argument, path, section, place);
            }
        }
    }
}

impl Reader {
    /// Reports a path that begins with no section; it may be the end of one.
    fn unknown_path(&mut self, argument: &str, path: &str, section: &str, place: Place) {
        if self.is_elsewhere(&At::new(path.to_owned(), place)) {
            return;
        }
        let message = format!("`--set {argument}` names the unknown section `{section}`");
        let known = settable();
        let near = whole_path(path)
            .or_else(|| suggest::nearest(section, known.iter().copied()).map(str::to_owned))
            .or_else(|| whole_path(property::nearest_of_all(path)?));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => suggest::help(section, &known),
        };
        self.report(place, message, help);
    }
}

/// The first words of a path: the sections, and the keys with a single value.
fn settable() -> Vec<&'static str> {
    let is_single = |top: Top| matches!(top, Top::Name | Top::Summary | Top::Duration | Top::Seed);
    let keys = SCENARIO.iter().filter(|key| key.is != Top::Faults);
    let (single, sections): (Vec<&Key<Top>>, Vec<&Key<Top>>) =
        keys.partition(|key| is_single(key.is));
    sections.into_iter().chain(single).map(|key| key.name).collect()
}

/// The whole path of a name that is its end.
pub(crate) fn whole_path(name: &str) -> Option<String> {
    let name = name.strip_prefix("config.").unwrap_or(name);
    if let Some(found) = property::find(name) {
        let config = if found.is_direct() { "" } else { "config." };
        return Some(format!("{}.{config}{}", found.section.name(), found.name));
    }
    let cluster = keys::find(CLUSTER, name).filter(|_| name != CONFIG);
    cluster
        .map(|key| format!("cluster.{}", key.name))
        .or_else(|| Metric::find(name).map(|metric| format!("expect.{}", metric.word())))
}

/// A list or a map is read as YAML; everything else is a single value as written, because `>= 1`
/// and the like mean something else in YAML.
fn parse_value(value: &str, place: Place) -> Result<Node, String> {
    if !value.starts_with(['[', '{']) {
        return Ok(Node { kind: Kind::Scalar(value.to_owned()), place });
    }
    match Node::parse_text(value) {
        Ok(mut node) => {
            relocate(&mut node, place);
            Ok(node)
        }
        Err(broken) => {
            Err(broken.into_iter().map(|(_, message, _)| message).collect::<Vec<_>>().join("; "))
        }
    }
}

fn relocate(node: &mut Node, place: Place) {
    node.place = place;
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| relocate(item, place)),
        Kind::Map(entries) => {
            for entry in entries {
                entry.key.place = place;
                relocate(&mut entry.value, place);
            }
        }
        Kind::Null | Kind::Scalar(_) => {}
    }
}

/// The value under a key, created if missing. A value that is not a map becomes one: an argument
/// overrides the file.
pub(super) fn child<'n>(node: &'n mut Node, key: &str, place: Place) -> &'n mut Node {
    if !matches!(node.kind, Kind::Map(_)) {
        *node = Node { kind: Kind::Map(Vec::new()), place };
    }
    let Kind::Map(entries) = &mut node.kind else { unreachable!("it was made a map just now") };
    let found = entries.iter().position(|entry| entry.key.value == key);
    let index = found.unwrap_or_else(|| {
        let value = Node { kind: Kind::Null, place };
        entries.push(Entry { key: At::new(key.to_owned(), place), value });
        entries.len() - 1
    });
    let entry = &mut entries[index];
    if !matches!(entry.value.kind, Kind::Map(_)) {
        entry.key.place = place;
    }
    &mut entry.value
}

/// In a list of expectations the metric is replaced wherever it occurs; if it occurs nowhere, it is
/// expected of every cell.
fn expect(root: &mut Node, metric: &str, value: Node, place: Place) {
    let expect = child(root, "expect", place);
    let Kind::List(items) = &mut expect.kind else {
        *child(expect, metric, place) = value;
        return;
    };
    let mut found = false;
    for item in items.iter_mut() {
        let Kind::Map(entries) = &mut item.kind else { continue };
        for entry in entries.iter_mut().filter(|entry| entry.key.value == metric) {
            entry.key.place = place;
            entry.value = value.clone();
            found = true;
        }
    }
    if !found {
        let mut item = Node { kind: Kind::Map(Vec::new()), place };
        *child(&mut item, metric, place) = value;
        items.push(item);
    }
}
