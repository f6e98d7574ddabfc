//! A scenario as it was written, each value with its place; see [`Scenario`].

use super::bound::Limits;
use super::length::Length;
use super::place::{At, Place, Source};
use super::property::Section;
use crate::plan::{Controllers, Metric, Ports, Target, Timing};
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
pub type Settings = BTreeMap<String, Setting>;

/// A scenario file, with `--set` applied. Values that were wrong are missing from it, and their
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
    /// `faults`, in the order of the file.
    pub faults: Vec<FaultItem>,
    /// `duration`.
    pub duration: Option<At<Length>>,
    /// `seed`.
    pub seed: Option<u64>,
    /// `expect`, a single map being a list of one.
    pub expect: Vec<Expected>,
    /// `matrix`, in the order of the file.
    pub matrix: Vec<Axis>,
    /// Names of what was wrong and is missing here.
    pub broken: BTreeSet<String>,
}

impl Scenario {
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
    /// Number of brokers.
    pub brokers: u16,
    /// Where the controllers live.
    pub controllers: Controllers,
    /// Which clocks are in force.
    pub timing: Timing,
    /// Broker properties.
    pub config: Settings,
}

/// One item of `faults:`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultItem {
    /// What is done.
    pub action: Action,
    /// Where its name stands.
    pub place: Place,
    /// `at`.
    pub at: At<Length>,
    /// `for`; only `exec` may go without.
    pub duration: Option<At<Length>>,
}

/// What a fault does, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `process_stop`.
    ProcessStop(Vec<At<Target>>),
    /// `kill`.
    Kill(Vec<At<Target>>),
    /// `network_partition`.
    NetworkPartition(Vec<Vec<At<Target>>>, Ports),
    /// `exec`.
    Exec(Vec<String>),
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

/// One line of `when:`: the property has one of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Where the property belongs.
    pub section: Section,
    /// The name that the plan uses.
    pub property: &'static str,
    /// The values, in the plan's spelling.
    pub values: Vec<String>,
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

/// One line of `matrix:`.
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
