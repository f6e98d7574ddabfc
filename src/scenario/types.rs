//! A scenario as it was written, each value with its place; see [`Scenario`].

use super::bound::Limits;
use super::plan_axes::Outer;
use super::section::Section;
use crate::model::{Controllers, Flavour, Length, Metric, Timing};
use crate::timeline::{FaultAction, Places};
use crate::yaml::{At, Place, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One property that was set.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The name as it was written.
    pub name: At<String>,
    /// The value, in the plan's spelling.
    pub value: At<String>,
}

/// Properties that were set, by the names that the plan uses.
pub(crate) type Settings = BTreeMap<String, Setting>;

/// A scenario file, with `--set` and `--sweep` applied, and one value chosen of each axis that
/// makes plans. Values that were wrong are missing from it, and their
/// names stand in [`Scenario::broken`], so that no second problem is made of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The text that every place points into.
    pub source: Arc<Source>,
    /// `name`.
    pub name: At<String>,
    /// `summary`, empty when there is none.
    pub summary: String,
    /// `cluster`.
    pub cluster: ClusterSection,
    /// `topic` and `topic.config`.
    pub topic: Settings,
    /// `producer` and `producer.config`.
    pub producer: Settings,
    /// `faults`, or the chosen timeline of `matrix.faults`, in the order of the file.
    pub faults: Vec<FaultItem>,
    /// `duration`.
    pub duration: Option<At<Length>>,
    /// `seed`.
    pub seed: Option<u64>,
    /// `expect`, a single map being a list of one.
    pub expect: Vec<Expected>,
    /// The axes of `matrix` that make cells, in the order of the file.
    pub matrix: Vec<Axis>,
    /// The axes that make plans, each with the value that this scenario is for: those of the
    /// cluster in the order of the file, then the faults.
    pub outer: Vec<Chosen>,
    /// All names of `matrix.faults`, those too that `--sweep` passed over.
    pub timelines: Vec<String>,
    /// Names of what was wrong and is missing here.
    pub broken: BTreeSet<String>,
}

impl Scenario {
    /// The names of all axes: those that make plans, then those that make cells.
    pub fn axes(&self) -> impl Iterator<Item = &String> {
        let outer = self.outer.iter().map(|chosen| &chosen.name.value);
        outer.chain(self.matrix.iter().map(|axis| &axis.name.value))
    }

    /// Whether none of these was wrong, so that a check over them says something.
    pub fn is_sound(&self, names: &[&str]) -> bool {
        names.iter().all(|name| !self.broken.contains(*name))
    }
}

/// `cluster:`.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterSection {
    /// Kafka's version.
    pub kafka: String,
    /// The compose file, as it was written.
    pub compose: Option<At<String>>,
    /// How the compose file's images are told properties.
    pub flavour: Option<Flavour>,
    /// Where those keys stand that the compose file may contradict.
    pub places: ClusterPlaces,
    /// Number of brokers.
    pub brokers: u16,
    /// Where the controllers live.
    pub controllers: Controllers,
    /// Which clocks are in force.
    pub timing: Timing,
    /// Broker properties.
    pub config: Settings,
}

/// Where keys of `cluster:` stand, if they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterPlaces {
    /// `kafka`.
    pub kafka: Option<Place>,
    /// `brokers`.
    pub brokers: Option<Place>,
    /// `controllers`.
    pub controllers: Option<Place>,
}

/// One item of `faults:`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultItem {
    /// What is done.
    pub action: FaultAction,
    /// Where that stands.
    pub places: Places,
    /// `at`.
    pub at: At<Length>,
    /// `for`; what ends by itself may go without.
    pub duration: Option<At<Length>>,
}

/// One map of `expect:`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Where `when` stands, if it does.
    pub place: Option<Place>,
    /// For which cells: all of these must hold.
    pub when: Vec<Condition>,
    /// What must hold of them.
    pub wanted: Vec<Wanted>,
}

/// One line of `when:`: what it is about has one of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What it is about.
    pub subject: Subject,
    /// The values, in the plan's spelling; never empty.
    pub values: Vec<At<String>>,
}

/// What an axis of the matrix varies, and `when:` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A property of topics or producers: where it belongs, and the name that the plan uses.
    Property(Section, &'static str),
    /// What all cells of a plan share.
    Outer(Outer),
}

impl Subject {
    /// The name under which [`Scenario::broken`] knows it.
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
    /// What it varies.
    pub outer: Outer,
    /// The axis's name, as it was written.
    pub name: At<String>,
    /// The value; the timeline's name if it varies faults.
    pub value: At<String>,
}

/// One line of an expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What is measured.
    pub metric: Metric,
    /// What it must be.
    pub limits: Limits,
    /// As it was written.
    pub text: String,
    /// Where the value stands.
    pub place: Place,
}

/// One line of `matrix:` that makes cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Where the property belongs.
    pub section: Section,
    /// The name that the plan uses.
    pub property: &'static str,
    /// The name as it was written.
    pub name: At<String>,
    /// The values, in the plan's spelling; never empty.
    pub values: Vec<At<String>>,
}
