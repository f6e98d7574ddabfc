//! The YAML tree with places. A [`Node`] is a text as written and knows nothing of its meaning, so
//! that readers can collect all problems and `--set` can change it.

use super::broken::Broken;
use super::place::{At, Place};

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub kind: Kind,
    /// Where it begins.
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing was written.
    Null,
    /// A word, number or text, as written.
    Scalar(String),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: At<String>,
    pub value: Node,
}

impl Node {
    /// Every key that its map has already.
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

    /// Its kind, for messages: a list, a map, a value.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}
