//! [`Conflict`]: two properties of one cell that exclude each other.

use crate::scenario::Settings;
use crate::yaml::Place;

/// Two properties that contradict each other. Made by a matrix, it leaves a cell out; otherwise it
/// is an error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conflict {
    /// By the plan's names; the first is the one to point at.
    pub properties: [&'static str; 2],
    pub message: String,
    pub help: &'static str,
}

impl Conflict {
    /// The place of the first of the two that was written.
    pub(super) fn place(&self, topic: &Settings, producer: &Settings) -> Place {
        let written = |name: &&str| topic.get(*name).or_else(|| producer.get(*name));
        let found = self.properties.iter().find_map(written);
        found.map_or(Place::START, |setting| setting.value.place)
    }
}
