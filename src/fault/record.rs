//! What is known of a fault afterwards.

use crate::event::Evidence;
use serde::{Deserialize, Serialize};

/// One fault's life in figures. Times are milliseconds of the scenario's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultRecord {
    /// Position in the plan.
    pub index: u16,
    /// `process_stop`, `kill`, `network_partition`, `exec`.
    pub kind: String,
    /// In the scenario's words.
    pub what: String,
    /// The nodes that its targets were resolved to, by name.
    pub nodes: Vec<String>,
    /// When the plan wanted it.
    pub scheduled_at_ms: f64,
    /// When it was called; `None`: never.
    pub called_at_ms: Option<f64>,
    /// When it was first proved to be in effect; `None`: never.
    pub effective_at_ms: Option<f64>,
    /// When it was healed.
    pub healed_at_ms: Option<f64>,
    /// Whether it was proved to be in effect.
    pub effective: bool,
    /// Why it was not effective, or what went wrong.
    pub reason: Option<String>,
    /// What was observed.
    pub evidence: Vec<Evidence>,
}
