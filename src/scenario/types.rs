//! A scenario as written, each value with its place; see [`Scenario`].

use super::bound::Limits;
use super::plan_axes::Outer;
use super::section::Section;
use crate::model::{Controllers, Flavour, Length, Metric, Timing};
use crate::timeline::{FaultAction, Places};
use crate::yaml::{At, Place, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A property that was set.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// As written.
    pub name: At<String>,
    /// In the plan's spelling.
    pub value: At<String>,
}

/// Properties that were set, by the plan's names.
pub(crate) type Settings = BTreeMap<String, Setting>;

/// A scenario file, with `--set` and `--sweep` applied, and one value chosen of each axis that
/// makes plans. Wrong values are missing, and their names are in [`Scenario::broken`], so that they
/// cause no second problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What every place refers to.
    pub source: Arc<Source>,
    pub name: At<String>,
    /// Empty if there is none.
    pub summary: String,
    pub cluster: ClusterSection,
    /// With `topic.config`.
    pub topic: Settings,
    /// With `producer.config`.
    pub producer: Settings,
    /// Or the chosen timeline of `matrix.faults`, in the file's order.
    pub faults: Vec<FaultItem>,
    pub duration: Option<At<Length>>,
    pub seed: Option<u64>,
    /// A single map is a list of one.
    pub expect: Vec<Expected>,
    /// The axes that make cells, in the file's order.
    pub matrix: Vec<Axis>,
    /// The axes that make plans, each with this scenario's value: those of the cluster in the
    /// file's order, then the faults.
    pub outer: Vec<Chosen>,
    /// All names in `matrix.faults`, including those that `--sweep` left out.
    pub timelines: Vec<String>,
    /// Names of wrong values, which are missing here.
    pub broken: BTreeSet<String>,
}

impl Scenario {
    /// The names of all axes: those that make plans, then those that make cells.
    pub fn axes(&self) -> impl Iterator<Item = &String> {
        let outer = self.outer.iter().map(|chosen| &chosen.name.value);
        outer.chain(self.matrix.iter().map(|axis| &axis.name.value))
    }

    /// Whether none of these was wrong, so that a check across them is meaningful.
    pub fn is_sound(&self, names: &[&str]) -> bool {
        names.iter().all(|name| !self.broken.contains(*name))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClusterSection {
    pub kafka: String,
    /// As written.
    pub compose: Option<At<String>>,
    /// How the compose file's images take properties.
    pub flavour: Option<Flavour>,
    /// Places of the keys that the compose file may contradict.
    pub places: ClusterPlaces,
    pub brokers: u16,
    pub controllers: Controllers,
    pub timing: Timing,
    pub config: Settings,
}

/// Places of keys in `cluster:`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterPlaces {
    pub kafka: Option<Place>,
    pub brokers: Option<Place>,
    pub controllers: Option<Place>,
}

/// One item of `faults:`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultItem {
    pub action: FaultAction,
    /// Where its parts were written.
    pub places: Places,
    pub at: At<Length>,
    /// Optional for a fault that ends by itself.
    pub duration: Option<At<Length>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The place of `when`.
    pub place: Option<Place>,
    /// All of these must hold.
    pub when: Vec<Condition>,
    pub wanted: Vec<Wanted>,
}

/// One line of `when:`: its subject has one of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub subject: Subject,
    /// In the plan's spelling; never empty.
    pub values: Vec<At<String>>,
}

/// What an axis of the matrix varies, and `when:` selects by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Property(Section, &'static str),
    /// What all cells of a plan share.
    Outer(Outer),
}

impl Subject {
    /// Its name in [`Scenario::broken`].
    pub fn name(&self) -> &str {
        match self {
            Subject::Property(_, name) => name,
            Subject::Outer(Outer::Cluster(key)) => key,
            Subject::Outer(Outer::Config(name)) => name,
            Subject::Outer(Outer::Faults) => "faults",
        }
    }
}

/// An axis that makes plans, and one of its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    pub outer: Outer,
    /// As written.
    pub name: At<String>,
    /// The timeline's name if it varies faults.
    pub value: At<String>,
}

/// One line of an expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub metric: Metric,
    /// What it must be.
    pub limits: Limits,
    /// As written.
    pub text: String,
    /// The value's place.
    pub place: Place,
}

/// A line of `matrix:` that makes cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Where the property belongs.
    pub section: Section,
    /// The plan's name.
    pub property: &'static str,
    /// As written.
    pub name: At<String>,
    /// In the plan's spelling; never empty.
    pub values: Vec<At<String>>,
}
