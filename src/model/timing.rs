//! [`Timing`]: which clocks a cluster runs on, and [`Clocks`]: what those show.

use serde::{Deserialize, Serialize};

/// Which clocks are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Timing {
    /// Kafka's and the Java producer's own defaults.
    Stock,
    /// All of them lowered together.
    Fast,
}

/// Kafka's clocks in milliseconds, after timing and overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// `broker.session.timeout.ms`.
    pub session_ms: u64,
    /// `replica.lag.time.max.ms`.
    pub lag_ms: u64,
}

impl Timing {
    /// As `timing:` has it.
    pub fn word(self) -> &'static str {
        match self {
            Timing::Stock => "stock",
            Timing::Fast => "fast",
        }
    }
}
