//! [`Verdict`]: how an expectation, a cell and a run came out.

use super::reason::Reason;
use crate::exit::Exit;
use crate::model::Metric;
use serde::{Deserialize, Serialize};

/// How an expectation, a cell or a run came out. Of several the greatest wins: a violation that
/// was seen stays one whatever else was not seen, and not having seen is never a pass. What was
/// only measured changes nothing for the others.
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
    /// All of them, from the best to the worst.
    pub const ALL: [Verdict; 4] =
        [Verdict::Measured, Verdict::Pass, Verdict::Inconclusive, Verdict::Fail];

    /// The exit that it leads to.
    pub fn exit(self) -> Exit {
        match self {
            Verdict::Measured | Verdict::Pass => Exit::Pass,
            Verdict::Inconclusive => Exit::Inconclusive,
            Verdict::Fail => Exit::Violated,
        }
    }

    /// Whether nothing keeps it from being believed and liked: all is met, or nothing was expected.
    pub fn is_green(self) -> bool {
        self <= Verdict::Pass
    }
}

/// How one expectation came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectationVerdict {
    /// As it was written.
    pub text: String,
    /// What it measures.
    pub metric: Metric,
    /// How it came out.
    pub verdict: Verdict,
    /// Whether it is a control: something bad must happen.
    #[serde(default)]
    pub control: bool,
    /// Why, in words with figures.
    pub reason: String,
}

/// How a cell came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellVerdict {
    /// The worst of its expectations; inconclusive at best when the log was not read whole.
    pub verdict: Verdict,
    /// In their order.
    pub expectations: Vec<ExpectationVerdict>,
    /// Everything that keeps it from passing.
    pub reasons: Vec<Reason>,
}

impl CellVerdict {
    /// Takes in one more reason, which decides with the others.
    pub fn add(&mut self, reason: Reason) {
        self.verdict = self.verdict.max(reason.kind.verdict());
        self.reasons.push(reason);
    }
}

/// How a run came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunVerdict {
    /// The worst of its cells; inconclusive at best when a fault had no effect.
    pub verdict: Verdict,
    /// Everything that keeps it from passing, the most telling first.
    pub reasons: Vec<Reason>,
}
