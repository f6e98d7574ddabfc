//! What the rest of the tool asks of each fault: [`FaultKind`] about its kind, [`FaultSpec`] about
//! a single one.

use super::{Act, FaultAction, Item, Layout, Places, Problem, Target, Written};
use crate::yaml::{Node, Reader};
use serde_json::{Value, json};

/// What all faults of a kind share. Texts begin in lower case and have no full stop: the
/// documentation has them in a table, editors in a sentence.
#[derive(Debug)]
pub struct FaultKind {
    /// The name in scenarios.
    pub name: &'static str,
    /// The form of its value.
    pub form: Form,
    /// What it does.
    pub does: &'static str,
    /// How it is healed; `None` if nothing is.
    pub healed_by: Option<&'static str>,
    /// Its keys beside `at` and `for`.
    pub keys: &'static [Key],
    /// The default limit in milliseconds of a fault that ends by itself. `None`: it lasts until it
    /// is healed, and the scenario must say how long.
    pub most_ms: Option<u64>,
    /// What it needs that not every runtime has.
    pub needs: Option<Need>,
    /// Items of `faults:`, for the documentation.
    pub examples: &'static [&'static str],
    /// Reads one, and reports problems.
    pub read: fn(&mut Reader, &Item<'_>) -> Option<Written>,
    /// How `doctor` tries it, on one broker among others; `None` if that would show nothing.
    pub rehearsal: fn(first: Target, others: &[Target]) -> Option<FaultAction>,
}

/// The form of a fault's value.
#[derive(Debug)]
pub struct Form {
    /// In the documentation's table.
    pub placeholder: &'static str,
    /// For editors.
    pub words: &'static str,
    pub schema: fn() -> Value,
}

/// The JSON Schema of one of several words.
pub(crate) fn one_of<T>(words: &[(&str, T)]) -> Value {
    let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    json!({ "enum": words })
}

/// A key that only one kind of fault has.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    /// Its meaning.
    pub about: &'static str,
    /// The default.
    pub default: Option<&'static str>,
    /// Why other faults do not have it.
    pub only: &'static str,
    /// Checks its value, and reports problems.
    pub is_sound: fn(&mut Reader, &Node) -> bool,
    pub schema: fn() -> Value,
}

/// What a fault needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    pub facility: Facility,
    /// Who needs what, and which runtime lacks it.
    pub words: &'static str,
}

/// What not every runtime has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    /// The freezer of containers.
    Freezer,
}

/// What a single fault means. `fault` has what it does to nodes.
pub trait FaultSpec {
    /// Its targets: the sides of a cut; for all other faults, one group.
    fn groups(&self) -> Vec<&[Target]>;

    /// What it does to the brokers that it names.
    fn act(&self) -> Act;

    /// Everything after its name.
    fn words(&self) -> String {
        self.sides_in_words()
    }

    /// Its targets as written.
    fn sides_in_words(&self) -> String {
        let words = |group: &&[Target]| {
            group.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        self.groups().iter().map(words).collect::<Vec<_>>().join(" | ")
    }

    /// Whom it hits if no election comes before it, one line each.
    fn outlook(&self, layout: &Layout<'_>) -> Vec<String> {
        self.groups().concat().iter().map(|target| target.outlook(layout)).collect()
    }

    /// Why it can have no effect in this layout; missing targets are checked elsewhere.
    fn problems(&self, _places: &Places, _layout: &Layout<'_>) -> Vec<Problem> {
        Vec::new()
    }
}
