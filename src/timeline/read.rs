//! Reading one item of `faults:`, as far as its fault does it: [`Item`] in, [`Written`] out.

use super::{FaultAction, FaultKind, Target, target};
use crate::yaml::{At, Entry, Node, Place, Reader};

/// What stands in the item.
#[derive(Clone, Copy, Debug)]
pub struct Item<'n> {
    /// The fault's name.
    pub name: &'static str,
    /// What stands behind it.
    pub value: &'n Node,
    /// All keys of the item.
    entries: &'n [Entry],
}

/// A fault, and where its targets stand, in the order of its groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The fault.
    pub action: FaultAction,
    /// Where its targets stand.
    pub targets: Vec<Place>,
}

impl<'n> Item<'n> {
    /// An item with these keys, if it names a fault of this kind.
    pub fn new(kind: &FaultKind, entries: &'n [Entry]) -> Option<Self> {
        let value = value(entries, kind.name)?;
        Some(Item { name: kind.name, value, entries })
    }

    /// The value of a key of the fault's own.
    pub fn own(&self, key: &str) -> Option<&'n Node> {
        value(self.entries, key)
    }

    /// Reads a fault of which no more is to be known than its targets.
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

/// Values, and their places.
pub(super) fn apart<T>(values: Vec<At<T>>) -> (Vec<T>, Vec<Place>) {
    values.into_iter().map(|at| (at.value, at.place)).unzip()
}
