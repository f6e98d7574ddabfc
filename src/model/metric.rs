//! [`Metric`]: what is counted of a cell.

use serde::{Deserialize, Serialize};

/// What an expectation measures. Counts are messages, `unavailable` is milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the anomaly or outcome that its name says, design 2")]
pub enum Metric {
    Lost,
    Duplicated,
    Reordered,
    Phantom,
    Corrupt,
    Foreign,
    Acked,
    Rejected,
    Unknown,
    /// Longest time in which some partition of the cell got no acknowledgement.
    Unavailable,
}

impl Metric {
    /// Whether a lower bound on it says that something bad must happen (a control): unmet, the
    /// run is inconclusive. A lower bound on `acked` is a plain promise: unmet, it is violated.
    pub fn is_anomaly(self) -> bool {
        !matches!(self, Metric::Acked)
    }
}
