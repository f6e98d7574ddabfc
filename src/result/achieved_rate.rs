//! [`AchievedRate`]: how fast a cell sent, compared with the requested rate.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How fast a cell sent, in messages per second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AchievedRate {
    /// The scenario's rate.
    pub wanted: f64,
    /// Handed to the client from the scenario's zero to the end of sending.
    pub sent: f64,
    /// Acknowledged from the scenario's zero to the first fault, or to the end without one: the
    /// baseline; `None` if that was less than a second.
    pub baseline: Option<f64>,
}

/// A cell that sends less than this share of its rate is marked.
pub(super) const RATE_MIN: f64 = 0.9;

/// If the 99th percentile of the baseline's latency exceeds this, the machine is too busy:
/// time-outs fire and retries write duplicates that no fault made.
pub(super) const LATENCY_MAX: Duration = Duration::from_millis(500);

impl AchievedRate {
    /// Whether the machine kept up, over the whole time and in the baseline.
    pub fn is_kept(&self) -> bool {
        self.share() >= RATE_MIN
    }

    /// The lower of both, as a share of the wanted rate.
    pub fn share(&self) -> f64 {
        self.baseline.unwrap_or(f64::INFINITY).min(self.sent) / self.wanted
    }
}
