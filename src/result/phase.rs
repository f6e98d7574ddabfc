//! [`Phase`]: how long a part of a run took.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    pub name: String,
    /// Milliseconds.
    pub ms: f64,
}
