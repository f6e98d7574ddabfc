//! What is known of a fault afterwards.

use super::Undone;
use crate::event::Evidence;
use serde::{Deserialize, Serialize};

/// One fault's life in figures. Times are milliseconds of the scenario's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultRecord {
    /// Which of several trials; none in a single run's own report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<u32>,
    /// Position in the plan.
    pub index: u16,
    /// Its kind's name in scenarios.
    pub kind: String,
    /// In the scenario's words.
    pub what: String,
    /// The names of the nodes that its targets were resolved to.
    pub nodes: Vec<String>,
    /// The planned time.
    pub scheduled_at_ms: f64,
    /// `None`: never.
    pub called_at_ms: Option<f64>,
    /// When it was first proved to be in effect; `None`: never.
    pub effective_at_ms: Option<f64>,
    pub healed_at_ms: Option<f64>,
    /// Whether it was proved to be in effect, and stayed so until it was healed.
    pub effective: bool,
    /// What ended it before its time. It was healed then, and is not effective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Undone>,
    /// Why it was not effective, or what went wrong.
    pub reason: Option<String>,
    pub evidence: Vec<Evidence>,
}

impl FaultRecord {
    /// Why it does not count as effective, as a predicate: `was undone after 51 ms: …`, `did not
    /// take effect in trial 2: …`.
    pub fn shortcoming(&self) -> Option<String> {
        if self.effective {
            return None;
        }
        let of = self.trial.map_or(String::new(), |trial| format!(" in trial {trial}"));
        let reason = self.reason.as_deref().unwrap_or("no proof was seen");
        Some(match &self.undone {
            Some(undone) => format!("was undone{of} {}", undone.in_words()),
            None => format!("did not take effect{of}: {reason}"),
        })
    }

    /// Why the fault is still in force although its time is over.
    pub fn not_healed(&self) -> Option<String> {
        let is_over = self.called_at_ms.is_some() && self.healed_at_ms.is_none();
        let reason = self.reason.as_deref().unwrap_or("no reason is known");
        is_over.then(|| format!("{}: {reason}", self.what))
    }
}

#[cfg(test)]
impl FaultRecord {
    /// For tests of reports: the first fault, a `kill` of broker 0 from 5 s to 9 s.
    pub(crate) fn proved(what: &str) -> Self {
        FaultRecord {
            trial: None,
            index: 0,
            kind: "kill".to_owned(),
            what: what.to_owned(),
            nodes: vec!["broker-0".to_owned()],
            scheduled_at_ms: 5_000.0,
            called_at_ms: Some(5_000.4),
            effective_at_ms: Some(5_004.2),
            healed_at_ms: Some(9_000.0),
            effective: true,
            undone: None,
            reason: None,
            evidence: vec![Evidence {
                at_ms: 5_004.2,
                text: "it is gone".to_owned(),
                proves: true,
            }],
        }
    }
}
