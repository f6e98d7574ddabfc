//! [`Timing`]: which clocks a cluster runs on, and [`Clocks`]: their values.

use serde::{Deserialize, Serialize};

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
    pub fn word(self) -> &'static str {
        match self {
            Timing::Stock => "stock",
            Timing::Fast => "fast",
        }
    }
}
