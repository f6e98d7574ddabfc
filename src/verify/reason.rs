//! [`Reason`]: what keeps a cell or a run from passing, with its kind and scope beside the words,
//! so that no code parses those.

use super::verdict::Verdict;
use crate::model::Metric;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::fmt;

/// The kind of a reason, in the order of reports: what was seen, then what makes it worthless, then
/// what was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// The environment failed, or somebody interrupted the run.
    Stopped,
    Violated,
    /// A fault had no effect, or was undone before its time.
    Fault,
    /// What a control demands did not happen.
    Unmet,
    /// A count's bounds do not decide, or it is not known what happened.
    NotSettled,
    /// The machine was overloaded.
    Overload,
}

impl ReasonKind {
    /// Its verdict, if there is none worse.
    pub fn verdict(self) -> Verdict {
        match self {
            ReasonKind::Violated => Verdict::Fail,
            ReasonKind::Stopped
            | ReasonKind::Fault
            | ReasonKind::Unmet
            | ReasonKind::NotSettled
            | ReasonKind::Overload => Verdict::Inconclusive,
        }
    }
}

/// What a reason is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    Run,
    /// The cell with this id.
    Cell(String),
    /// The fault at this position in the plan.
    Fault(u16),
}

/// What keeps a cell or a run from passing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub kind: ReasonKind,
    pub scope: Scope,
    /// What an unmet expectation measures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// How much there is of something bad: messages, or microseconds.
    #[serde(default)]
    pub amount: u64,
    /// Which of several trials; none in a single run's own report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<u32>,
    /// Without the cell and the trial.
    pub text: String,
}

impl Reason {
    pub fn new(kind: ReasonKind, scope: Scope, text: String) -> Self {
        Reason { kind, scope, metric: None, amount: 0, trial: None, text }
    }

    /// Whether it is about this cell.
    pub fn is_of(&self, cell: &str) -> bool {
        matches!(&self.scope, Scope::Cell(id) if id == cell)
    }

    /// Whether it makes this cell's figures worthless. If a control is not met, in whichever cell,
    /// the absence of loss elsewhere means nothing.
    pub fn spoils(&self, cell: &str) -> bool {
        match (self.kind, &self.scope) {
            (ReasonKind::Violated, _) => false,
            (ReasonKind::Unmet, _) | (_, Scope::Run | Scope::Fault(_)) => true,
            (_, Scope::Cell(id)) => id == cell,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(trial) = self.trial {
            write!(f, "trial {trial}: ")?;
        }
        if let Scope::Cell(id) = &self.scope {
            write!(f, "cell {id}: ")?;
        }
        f.write_str(&self.text)
    }
}

/// Sorts by kind, then lost before duplicated before the others, then by the largest amount. The
/// sort is stable.
pub fn most_telling_first(reasons: &mut [Reason]) {
    // Other reasons come after those about expectations.
    reasons.sort_by_key(|one| (one.kind, one.metric.is_none(), one.metric, Reverse(one.amount)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(kind: ReasonKind, metric: Option<Metric>, amount: u64) -> Reason {
        let scope = Scope::Cell(format!("{amount}"));
        Reason { metric, amount, ..Reason::new(kind, scope, format!("{kind:?} {metric:?}")) }
    }

    #[test]
    fn the_most_telling_stands_first() {
        use ReasonKind::{Fault, NotSettled, Overload, Stopped, Unmet, Violated};
        let order = [
            reason(Stopped, None, 0),
            reason(Violated, Some(Metric::Lost), 900),
            reason(Violated, Some(Metric::Lost), 5),
            reason(Violated, Some(Metric::Duplicated), 1_000),
            reason(Violated, Some(Metric::Unavailable), 9_000_000),
            reason(Fault, None, 0),
            reason(Unmet, Some(Metric::Lost), 0),
            reason(NotSettled, Some(Metric::Lost), 3),
            reason(NotSettled, None, 0),
            reason(Overload, None, 0),
        ];
        let mut reasons = order.to_vec();
        reasons.reverse();
        most_telling_first(&mut reasons);
        assert_eq!(reasons, order);
    }

    #[test]
    fn cell_and_trial_stand_before_the_words() {
        let mut one = Reason::new(ReasonKind::NotSettled, Scope::Cell("a=1".into()), "why".into());
        assert_eq!(one.to_string(), "cell a=1: why");
        one.trial = Some(3);
        assert_eq!(one.to_string(), "trial 3: cell a=1: why");
        let of_fault = Reason::new(ReasonKind::Fault, Scope::Fault(0), "no effect".into());
        assert_eq!(of_fault.to_string(), "no effect");
    }
}
