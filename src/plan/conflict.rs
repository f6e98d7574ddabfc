//! [`Conflict`]: two properties of one cell that cannot stand together.

use crate::scenario::Settings;
use crate::yaml::Place;

/// Two properties that contradict each other. Made by a matrix, it leaves a cell out; otherwise it
/// is an error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conflict {
    /// The properties, by the plan's names: the one to point at first.
    pub properties: [&'static str; 2],
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

impl Conflict {
    /// Where to point: at the first of the two that was written.
    pub(super) fn place(&self, topic: &Settings, producer: &Settings) -> Place {
        let written = |name: &&str| topic.get(*name).or_else(|| producer.get(*name));
        let found = self.properties.iter().find_map(written);
        found.map_or(Place::START, |setting| setting.value.place)
    }
}
