//! [`Phase`]: how long a part of a run took.

use serde::{Deserialize, Serialize};

/// One phase that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// How long it took, milliseconds.
    pub ms: f64,
}
