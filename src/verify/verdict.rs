//! [`Verdict`]: the result of an expectation, a cell or a run.

use super::reason::Reason;
use crate::exit::Exit;
use crate::model::Metric;
use serde::{Deserialize, Serialize};

/// The result of an expectation, a cell or a run. The greatest of several wins: an observed
/// violation stands whatever else was not seen, and not having looked is never a pass. A measured
/// result changes nothing for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything was looked at, and nothing was expected. Never of an expectation.
    Measured,
    /// Everything was looked at, and all is as expected.
    Pass,
    /// It was not found out.
    Inconclusive,
    /// An expectation was violated, whatever was not looked at.
    Fail,
}

impl Verdict {
    /// From the best to the worst.
    pub const ALL: [Verdict; 4] =
        [Verdict::Measured, Verdict::Pass, Verdict::Inconclusive, Verdict::Fail];

    pub fn exit(self) -> Exit {
        match self {
            Verdict::Measured | Verdict::Pass => Exit::Pass,
            Verdict::Inconclusive => Exit::Inconclusive,
            Verdict::Fail => Exit::Violated,
        }
    }

    /// Everything is met, or nothing was expected.
    pub fn is_green(self) -> bool {
        self <= Verdict::Pass
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectationVerdict {
    /// As written.
    pub text: String,
    pub metric: Metric,
    pub verdict: Verdict,
    /// Whether it is a control: something bad must happen.
    #[serde(default)]
    pub control: bool,
    /// Why, in words with figures.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellVerdict {
    /// The worst of its expectations; at best inconclusive if the log was not read whole.
    pub verdict: Verdict,
    /// In their order.
    pub expectations: Vec<ExpectationVerdict>,
    /// Everything that keeps it from passing.
    pub reasons: Vec<Reason>,
}

impl CellVerdict {
    pub fn add(&mut self, reason: Reason) {
        self.verdict = self.verdict.max(reason.kind.verdict());
        self.reasons.push(reason);
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunVerdict {
    /// The worst of its cells; at best inconclusive if a fault had no effect.
    pub verdict: Verdict,
    /// Everything that keeps it from passing, the most telling first.
    pub reasons: Vec<Reason>,
}
