//! Where a fault was written ([`Places`]), and what is wrong there ([`Problem`]).

use crate::yaml::Place;

/// Where the parts of a fault were written.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// Its name.
    pub fault: Place,
    /// Its targets, in the order of its groups.
    pub targets: Vec<Place>,
}

/// Why a fault can have no effect, or not the intended one.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub place: Place,
    pub message: String,
    pub help: String,
    /// The keys that it depends on: if one of them is wrong itself, this is not reported.
    pub rests_on: &'static [&'static str],
}

impl Problem {
    /// A problem that depends on the fault alone.
    pub fn new(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Problem { place, message: message.into(), help: help.into(), rests_on: &[] }
    }

    /// Adds keys that it depends on.
    #[must_use]
    pub fn resting_on(self, keys: &'static [&'static str]) -> Self {
        Problem { rests_on: keys, ..self }
    }
}
