//! Reads the part of a `faults:` item that its fault defines: [`Item`] in, [`Written`] out.

use super::{FaultAction, FaultKind, Target, target};
use crate::yaml::{At, Entry, Node, Place, Reader};

/// An item of `faults:`.
#[derive(Clone, Copy, Debug)]
pub struct Item<'n> {
    pub name: &'static str,
    /// The value after it.
    pub value: &'n Node,
    entries: &'n [Entry],
}

/// A fault, and the places of its targets, in the order of its groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub action: FaultAction,
    /// The places of its targets.
    pub targets: Vec<Place>,
}

impl<'n> Item<'n> {
    /// An item with these keys, if it names a fault of this kind.
    pub fn new(kind: &FaultKind, entries: &'n [Entry]) -> Option<Self> {
        let value = value(entries, kind.name)?;
        Some(Item { name: kind.name, value, entries })
    }

    pub fn own(&self, key: &str) -> Option<&'n Node> {
        value(self.entries, key)
    }

    /// Reads a fault that has nothing but targets.
    pub fn targets(
        &self,
        reader: &mut Reader,
        make: fn(Vec<Target>) -> FaultAction,
    ) -> Option<Written> {
        let (targets, places) = apart(target::read(reader, self.value, self.name)?);
        Some(Written { action: make(targets), targets: places })
    }
}

fn value<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Node> {
    entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
}

/// Splits values from their places.
pub(super) fn apart<T>(values: Vec<At<T>>) -> (Vec<T>, Vec<Place>) {
    values.into_iter().map(|at| (at.value, at.place)).unzip()
}
