//! [`FaultPlan`]: a fault and its time.

use super::FaultAction;
use crate::event::FaultTime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One fault on the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// Position in the plan, from 0.
    pub index: u16,
    /// What it does, and to whom.
    pub action: FaultAction,
    /// When, in milliseconds of the scenario's clock.
    pub at_ms: u64,
    /// How long. For a fault that ends by itself, the limit.
    pub for_ms: u64,
}

impl FaultPlan {
    /// When the fault is healed, in milliseconds of the scenario's clock. The end of a fault that
    /// ends by itself is not known; its start counts.
    pub fn end_ms(&self) -> u64 {
        if self.action.ends_by_itself() {
            self.at_ms
        } else {
            self.at_ms.saturating_add(self.for_ms)
        }
    }

    /// When it is in force.
    pub fn time(&self) -> FaultTime {
        let until_ms = (!self.action.ends_by_itself()).then(|| self.end_ms());
        FaultTime { at_ms: self.at_ms, until_ms }
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |ms: u64| ms as f64 / 1e3;
        write!(f, "{} at {} s", self.action, seconds(self.at_ms))?;
        if self.action.ends_by_itself() {
            return Ok(());
        }
        write!(f, " for {} s", seconds(self.for_ms))
    }
}
