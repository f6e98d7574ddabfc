//! The YAML tree with places: a [`Node`] is a text as it stands, without knowing what the text is
//! about, so that the readers can collect all problems and `--set` can change it.

use super::broken::Broken;
use super::place::{At, Place};

/// A value of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub place: Place,
}

/// What a value of the tree is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing was written.
    Null,
    /// A word, number or text, as it was written.
    Scalar(String),
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a map and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: At<String>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Every key that stands in its map already.
    pub(super) fn written_twice(&self, found: &mut Vec<Broken>) {
        match &self.kind {
            Kind::List(items) => items.iter().for_each(|item| item.written_twice(found)),
            Kind::Map(entries) => {
                for (i, entry) in entries.iter().enumerate() {
                    let key = &entry.key;
                    let first = entries[..i].iter().find(|other| other.key.value == key.value);
                    if let Some(first) = first {
                        let message = format!("`{}` is written twice", key.value);
                        let help = format!("first written on line {}", first.key.place.line);
                        found.push((key.place, message, Some(help)));
                    }
                    entry.value.written_twice(found);
                }
            }
            Kind::Null | Kind::Scalar(_) => {}
        }
    }

    /// What it is, for messages: a list, a map, a value.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}
