//! Where a fault was written ([`Places`]), and what is wrong there ([`Problem`]).

use crate::yaml::Place;

/// Where the parts of a fault stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// Its name.
    pub fault: Place,
    /// Its targets, in the order of its groups.
    pub targets: Vec<Place>,
}

/// Why a fault can have no effect, or not the one that was meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The keys that it rests on: if one of them was wrong itself, this is no problem yet.
    pub rests_on: &'static [&'static str],
}

impl Problem {
    /// One that rests on the fault alone.
    pub fn new(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Problem { place, message: message.into(), help: help.into(), rests_on: &[] }
    }

    /// The same, resting on these keys.
    #[must_use]
    pub fn resting_on(self, keys: &'static [&'static str]) -> Self {
        Problem { rests_on: keys, ..self }
    }
}
