//! `--sweep property=a,b`: adds an axis to the matrix, or replaces its values, before the tree is
//! read, so that they are checked like those in the file.

use super::overrides::child;
use super::plan_axes::{self, Outer};
use super::property;
use crate::yaml::{At, Entry, Kind, Node, Place, Reader, suggest};

pub(super) const OPTION: &str = "--sweep";

const HELP: &str = "write it as `--sweep acks=0,1,all`";

impl Reader {
    /// Applies every `--sweep` argument, in order.
    pub fn apply_sweeps(&mut self, root: &mut Node) {
        let source = self.source.clone();
        let problems_before = self.problems.len();
        for (index, text) in source.given_to(OPTION) {
            if let Some((name, values)) = self.sweep(index, text) {
                self.apply_sweep(root, &name, values);
            }
        }
        if self.problems.len() > problems_before {
            self.break_off("matrix");
        }
    }

    /// The property and its values, each with its place in the argument.
    fn sweep(&mut self, index: u16, text: &str) -> Option<(At<String>, Vec<At<String>>)> {
        let whole = Place::argument(index, 0, text.chars().count());
        let Some((name, list)) = text.split_once('=') else {
            self.report(whole, format!("`{OPTION} {text}` has no `=`"), HELP);
            return None;
        };
        let mut from = name.chars().count() + 1;
        let after = Place::argument(index, from, list.chars().count().max(1));
        let name = piece(index, 0, name);
        if name.value.is_empty() {
            self.report(whole, format!("`{OPTION} {text}` names no property"), HELP);
            return None;
        }
        if list.trim().is_empty() {
            self.report(after, format!("`{OPTION} {text}` has no values"), HELP);
            return None;
        }
        if list.trim_start().starts_with('[') {
            let help = "write the values without brackets, with commas between them";
            self.report(after, format!("`{OPTION} {text}` has a list in brackets"), help);
            return None;
        }
        let mut values = Vec::new();
        for part in list.split(',') {
            values.push(piece(index, from, part));
            from += part.chars().count() + 1;
        }
        let empty: Vec<Place> =
            values.iter().filter(|v| v.value.is_empty()).map(|v| v.place).collect();
        for place in &empty {
            let message = format!("`{OPTION} {text}` has an empty value");
            self.report(*place, message, "remove the comma, or write the value");
        }
        empty.is_empty().then_some((name, values))
    }

    fn apply_sweep(&mut self, root: &mut Node, name: &At<String>, values: Vec<At<String>>) {
        let is_outer = Outer::find(&name.value).is_some();
        if !is_outer && self.any_property(name, "`--sweep`").is_none() {
            return;
        }
        let matrix = child(root, "matrix", name.place);
        // The file may use another name of the axis.
        let same = |entry: &&Entry| {
            property::canonical(&entry.key.value) == property::canonical(&name.value)
        };
        let known = match &matrix.kind {
            Kind::Map(entries) => entries.iter().find(same).map(|entry| entry.key.clone()),
            _ => None,
        };
        let given = known.as_ref().and_then(|key| self.source.argument(key.place)).cloned();
        if let Some(other) = given {
            let message = format!("`{}` is already an axis, by `{other}`", name.value);
            self.report(name.place, message, "give only one of the two");
            return;
        }
        if name.value == "faults" {
            self.pick_timelines(matrix, name, &values);
            return;
        }
        let axis = child(matrix, known.as_ref().map_or(&name.value, |key| &key.value), name.place);
        let scalar =
            |value: At<String>| Node { kind: Kind::Scalar(value.value), place: value.place };
        let place = values.first().map_or(name.place, |value| value.place);
        *axis = Node { kind: Kind::List(values.into_iter().map(scalar).collect()), place };
        if let Kind::Map(entries) = &mut matrix.kind
            && let Some(entry) = entries.iter_mut().find(|entry| same(&&**entry))
        {
            entry.key.place = name.place;
        }
    }

    /// Keeps the named timelines of `matrix.faults`, in the argument's order.
    fn pick_timelines(&mut self, matrix: &mut Node, name: &At<String>, values: &[At<String>]) {
        let entries = match plan_axes::entry(matrix, "faults").map(|faults| &faults.value.kind) {
            Some(Kind::Map(entries)) => entries.clone(),
            _ => {
                let message = "there are no timelines to choose from";
                let help = "faults are written in the file: give each timeline a name under \
                            `matrix: faults:`, then name them here";
                self.report(name.place, message, help);
                return;
            }
        };
        self.check_twice("faults", values);
        let names: Vec<&str> = entries.iter().map(|entry| entry.key.value.as_str()).collect();
        let mut picked = Vec::new();
        for value in values {
            match entries.iter().find(|entry| entry.key.value == value.value) {
                Some(entry) => {
                    picked.push(Entry { key: value.clone(), value: entry.value.clone() });
                }
                None => {
                    let message = format!("`matrix.faults` has no timeline `{}`", value.value);
                    self.report(value.place, message, suggest::help(&value.value, &names));
                }
            }
        }
        if let Kind::Map(entries) = &mut matrix.kind
            && let Some(faults) = entries.iter_mut().find(|entry| entry.key.value == "faults")
        {
            faults.key.place = name.place;
            if !picked.is_empty() {
                faults.value.kind = Kind::Map(picked);
            }
        }
    }
}

/// A piece of the argument that begins at this character, without surrounding white space.
fn piece(index: u16, from: usize, text: &str) -> At<String> {
    let indent = text.chars().take_while(|c| c.is_whitespace()).count();
    let word = text.trim();
    let place = Place::argument(index, from + indent, word.chars().count().max(1));
    At::new(word.to_owned(), place)
}
