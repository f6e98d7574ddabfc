//! The report of a run in which nothing was sent: what tests begin with.

use super::{Assembly, Report};
use crate::plan::Plan;
use crate::runtime::Stop;

/// Nothing was started, or it was stopped before anything was sent.
pub fn blank(plan: &Plan, stop: Option<Stop>) -> Report {
    let cells = plan.cells.len();
    Assembly {
        plan,
        about: vec![],
        started_at: String::new(),
        zero_us: None,
        sending_ended_us: None,
        brokers: Default::default(),
        faults: vec![],
        observations: vec![],
        ledgers: &[],
        observed: (0..cells).map(|_| None).collect(),
        unsettled: vec![],
        producers: vec![None; cells],
        notes: vec![],
        stop,
    }
    .report()
}
