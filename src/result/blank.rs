//! Starting points for tests: the report of a run in which nothing was sent, and several runs in a
//! row.

use super::assemble::Assembly;
use super::report::Report;
use super::trials::TrialReport;
use crate::plan::Plan;
use crate::runtime::Stop;

/// Nothing was started, or the run stopped before anything was sent.
pub(crate) fn blank(plan: &Plan, stop: Option<Stop>) -> Report {
    Assembly { stop, ..Assembly::new(plan) }.report()
}

/// Several runs of a plan; `run` makes each from its number and its own plan.
pub(crate) fn trials(
    plan: &Plan,
    most: u32,
    run: &mut dyn FnMut(u32, &Plan) -> Report,
) -> Vec<(TrialReport, Report)> {
    let trial = |number| {
        let plan = plan.for_trial(number);
        let report = run(number, &plan);
        (TrialReport::of(number, format!("trials/{number:03}"), &plan, &report), report)
    };
    (1..=most).map(trial).collect()
}
