//! What is to be said of each fault: [`FaultKind`] of all of its kind, [`FaultSpec`] of a single
//! one.

use super::{Act, FaultAction, Item, Layout, Places, Problem, Target, Written};
use crate::yaml::{Node, Reader};
use serde_json::{Value, json};

/// What all faults of one kind have in common. Texts begin with a small letter and have no stop at
/// their end: the documentation has them in a table, editors in a sentence.
#[derive(Debug)]
pub struct FaultKind {
    /// The name that the scenario uses.
    pub name: &'static str,
    /// What stands behind the name.
    pub form: Form,
    /// What it does.
    pub does: &'static str,
    /// How it is healed; `None` where nothing is.
    pub healed_by: Option<&'static str>,
    /// Its keys beside `at` and `for`.
    pub keys: &'static [Key],
    /// It ends by itself, and may take so many milliseconds where the scenario does not say.
    /// `None`: it lasts until it is healed, and the scenario must say how long.
    pub most_ms: Option<u64>,
    /// What not every runtime has.
    pub needs: Option<Need>,
    /// Items of `faults:`, for the documentation.
    pub examples: &'static [&'static str],
    /// Reads one; what is wrong is reported.
    pub read: fn(&mut Reader, &Item<'_>) -> Option<Written>,
    /// How `doctor` tries it, on one broker among others; `None` where that would show nothing.
    pub rehearsal: fn(first: Target, others: &[Target]) -> Option<FaultAction>,
}

/// What stands behind a fault's name.
#[derive(Debug)]
pub struct Form {
    /// In the documentation's table.
    pub placeholder: &'static str,
    /// For editors.
    pub words: &'static str,
    /// Its JSON Schema.
    pub schema: fn() -> Value,
}

/// The JSON Schema of one of several words, just as they are.
pub(crate) fn one_of<T>(words: &[(&str, T)]) -> Value {
    let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    json!({ "enum": words })
}

/// A key that only faults of one kind have.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// What holds without it.
    pub default: Option<&'static str>,
    /// Why other faults do not have it.
    pub only: &'static str,
    /// Whether its value has the right form; what is wrong is reported.
    pub is_sound: fn(&mut Reader, &Node) -> bool,
    /// The JSON Schema of its value.
    pub schema: fn() -> Value,
}

/// What a fault needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// What that is.
    pub facility: Facility,
    /// Who needs what, and which runtime has none.
    pub words: &'static str,
}

/// What not every runtime has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    /// The freezer of containers.
    Freezer,
}

/// What one fault means. What it does to nodes stands in `fault`.
pub trait FaultSpec {
    /// Whom it names: the sides of a cut, and of all other faults one group.
    fn groups(&self) -> Vec<&[Target]>;

    /// What it does to the brokers that it names.
    fn act(&self) -> Act;

    /// Everything behind its name.
    fn words(&self) -> String {
        self.sides_in_words()
    }

    /// Its targets as they are written.
    fn sides_in_words(&self) -> String {
        let words = |group: &&[Target]| {
            group.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        self.groups().iter().map(words).collect::<Vec<_>>().join(" | ")
    }

    /// Whom it means when no election comes before it, a line each.
    fn outlook(&self, layout: &Layout<'_>) -> Vec<String> {
        self.groups().concat().iter().map(|target| target.outlook(layout)).collect()
    }

    /// Why it can have no effect in this layout, but for targets that are not there.
    fn problems(&self, _places: &Places, _layout: &Layout<'_>) -> Vec<Problem> {
        Vec::new()
    }
}
