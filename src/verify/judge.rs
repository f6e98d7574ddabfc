//! [`judge`] and [`judge_run`]: compare findings with expectations.

use super::expectation::{Judged, judge_one};
use super::reason::{Reason, ReasonKind, Scope, most_telling_first};
use super::types::CellFindings;
use super::verdict::{CellVerdict, RunVerdict, Verdict};
use crate::plan::Expectation;

/// Judges a cell's findings. Without expectations the cell is measured: nothing is met or violated.
/// If nothing was sent, nothing is met either.
pub(crate) fn judge(
    cell: &str,
    expectations: &[Expectation],
    findings: &CellFindings,
) -> CellVerdict {
    let mut judged = CellVerdict {
        verdict: if expectations.is_empty() { Verdict::Measured } else { Verdict::Pass },
        expectations: Vec::new(),
        reasons: Vec::new(),
    };
    let scope = || Scope::Cell(cell.to_owned());
    for expectation in expectations {
        let Judged { one, unmet } = judge_one(expectation, findings);
        if let Some((kind, amount)) = unmet {
            let metric = Some(expectation.metric);
            let text = one.reason.clone();
            judged.add(Reason { metric, amount, ..Reason::new(kind, scope(), text) });
        }
        judged.expectations.push(one);
    }
    for why in &findings.inconclusive {
        judged.add(Reason::new(ReasonKind::NotSettled, scope(), why.clone()));
    }
    judged
}

/// Sums up a run: its cells, and the reasons from its faults.
pub(crate) fn judge_run(cells: &[CellVerdict], faults: Vec<Reason>) -> RunVerdict {
    let mut reasons: Vec<Reason> = cells.iter().flat_map(|cell| cell.reasons.clone()).collect();
    if cells.is_empty() {
        let why = "no cell was judged".to_owned();
        reasons.push(Reason::new(ReasonKind::NotSettled, Scope::Run, why));
    }
    reasons.extend(faults);
    most_telling_first(&mut reasons);
    let of_cells = cells.iter().map(|cell| cell.verdict);
    let verdicts = of_cells.chain(reasons.iter().map(|reason| reason.kind.verdict()));
    RunVerdict { verdict: verdicts.max().unwrap_or(Verdict::Inconclusive), reasons }
}

#[cfg(test)]
mod tests {
    use super::super::expectation::tests::{expect, findings};
    use super::*;
    use crate::model::Metric;

    fn texts(reasons: &[Reason]) -> Vec<&str> {
        reasons.iter().map(|reason| reason.text.as_str()).collect()
    }

    const P: Verdict = Verdict::Pass;
    const I: Verdict = Verdict::Inconclusive;
    const F: Verdict = Verdict::Fail;

    // A violation stands even if the log was not read whole; without any the cell is inconclusive.
    #[test]
    fn the_worst_of_a_cell_wins() {
        let torn = CellFindings { inconclusive: vec!["partition 0: torn".into()], ..findings() };
        let met = expect(Metric::Lost, None, Some(5));
        let violated = expect(Metric::Acked, Some(801), None);
        let unbitten = expect(Metric::Corrupt, Some(1), None);
        assert_eq!(judge("c", &[], &findings()).verdict, Verdict::Measured);
        assert_eq!(judge("c", &[], &torn).verdict, I);
        assert_eq!(
            texts(&judge("c", std::slice::from_ref(&met), &torn).reasons),
            ["partition 0: torn"]
        );
        assert_eq!(judge("c", &[met.clone(), unbitten.clone()], &findings()).verdict, I);
        let all = judge("c", &[unbitten, violated, met], &torn);
        assert_eq!((all.verdict, all.reasons.len()), (F, 3));
    }

    fn cell(id: &str, expectations: &[Expectation], findings: &CellFindings) -> CellVerdict {
        judge(id, expectations, findings)
    }

    fn no_effect() -> Vec<Reason> {
        let why = "the stop stopped nothing".to_owned();
        vec![Reason::new(ReasonKind::Fault, Scope::Fault(0), why)]
    }

    #[test]
    fn the_worst_of_a_run_wins_and_a_fault_without_effect_is_no_pass() {
        let torn = CellFindings { inconclusive: vec!["b".into()], ..findings() };
        let pass = cell("a", &[expect(Metric::Lost, None, Some(5))], &findings());
        let unclear = cell("b", &[expect(Metric::Acked, None, None)], &torn);
        let fail = cell("c", &[expect(Metric::Lost, None, Some(0))], &findings());
        assert_eq!(judge_run(std::slice::from_ref(&pass), vec![]).verdict, P);
        assert_eq!(judge_run(std::slice::from_ref(&pass), no_effect()).verdict, I);
        assert_eq!(judge_run(&[pass.clone(), unclear.clone()], vec![]).verdict, I);
        let all = judge_run(&[unclear, pass, fail], no_effect());
        assert_eq!(all.verdict, F);
        let told: Vec<String> = all.reasons.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "cell c: `lost` is violated: 5 messages lost",
                "the stop stopped nothing",
                "cell b: b"
            ]
        );
        assert_eq!(judge_run(&[], vec![]).verdict, I);
        let exits = Verdict::ALL.map(|verdict| verdict.exit().code());
        assert_eq!(exits, [0, 0, 3, 1]);
    }

    // Without expectations there is no pass, and nothing changes for cells that have some. What
    // makes figures worthless makes these worthless, too.
    #[test]
    fn without_expectations_a_cell_is_measured() {
        let torn = CellFindings { inconclusive: vec!["torn".into()], ..findings() };
        let measured = cell("a", &[], &findings());
        let met = cell("b", &[expect(Metric::Lost, None, Some(5))], &findings());
        let violated = cell("c", &[expect(Metric::Lost, None, Some(0))], &findings());
        let run = |cells: &[&CellVerdict], faults| {
            judge_run(&cells.iter().map(|&cell| cell.clone()).collect::<Vec<_>>(), faults).verdict
        };
        assert_eq!(run(&[&measured], vec![]), Verdict::Measured);
        assert_eq!(run(&[&measured, &met], vec![]), P);
        assert_eq!(run(&[&measured, &violated], vec![]), F);
        assert_eq!(run(&[&measured], no_effect()), I);
        assert_eq!(run(&[&cell("a", &[], &torn)], vec![]), I);
    }
}
