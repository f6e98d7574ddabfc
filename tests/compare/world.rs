//! Reports made from figures, as a run writes them, with the verdicts that follow.

use kafka_chaos::testing::compare::{self, Comparison, Finding, Options, PairFindings};
use kafka_chaos::testing::model::{ByMetric, Metric};
use kafka_chaos::testing::plan::{self, Expectation, Plan};
use kafka_chaos::testing::result::{Assembly, CellTrial, CellTrials};
use kafka_chaos::testing::verify::Verdict;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A trial in which nothing is wrong.
pub const SOUND: CellTrial = CellTrial {
    trial: 1,
    verdict: Verdict::Pass,
    unsettled: false,
    counts: ByMetric::all(None)
        .with(Metric::Acked, Some(12_000))
        .with(Metric::Lost, Some(0))
        .with(Metric::Duplicated, Some(0))
        .with(Metric::Phantom, Some(0)),
    unavailable_ms: Some(12_400.5),
    p99_before_us: Some(24_000),
    p99_during_us: Some(12_440_600),
};

/// A trial with this many losses.
pub fn losing(lost: u64) -> CellTrial {
    CellTrial { counts: SOUND.counts.with(Metric::Lost, Some(lost)), ..SOUND }
}

/// The text of a scenario; `rest` are further lines, such as `matrix:` and `expect:`.
pub fn scenario(rest: &str) -> String {
    format!(
        "name: made\nsummary: made\nfaults:\n  - {{process_stop: leader, at: 5s, for: 10s}}\n{rest}\n"
    )
}

pub fn plan(text: &str) -> Plan {
    plan::from_text("made.yaml", text, &[], Some(1)).unwrap_or_else(|e| panic!("{e}"))
}

/// The report of a run of this scenario: of one trial, or merged from several. `trial` returns the
/// figures of a cell, by its id, in a trial, from 1.
pub fn report(text: &str, trials: u32, trial: impl Fn(&str, u32) -> CellTrial) -> Value {
    let plan = plan(text);
    let assembly = Assembly {
        started_at: "2026-01-01T03:00:00Z".into(),
        zero_us: Some(0),
        sending_ended_us: Some(20_000_000),
        ..Assembly::new(&plan)
    };
    let mut report = serde_json::to_value(assembly.report()).unwrap();
    let mut runs = vec![Verdict::Pass; trials as usize];
    for (index, cell) in plan.cells.iter().enumerate() {
        let each: Vec<CellTrial> = (1..=trials)
            .map(|number| judged(&cell.expectations, number, &trial(&cell.id, number)))
            .collect();
        for (run, one) in runs.iter_mut().zip(&each) {
            *run = (*run).max(one.verdict);
        }
        fill(&mut report["cells"][index], &cell.expectations, each);
    }
    let worst = runs.iter().copied().max().unwrap();
    report["environment"] = json!({
        "runtime": {"name": "local", "why": "as asked"},
        "kafka": {"version": "3.8.1", "from": "plan"},
    });
    report["verdict"] = json!(worst);
    report["exit_code"] = json!(worst.exit().code());
    report["reasons"] = json!([]);
    report["why"] = json!([]);
    if trials > 1 {
        let of_run = |(i, verdict): (usize, &Verdict)| {
            json!({
                "number": i + 1, "axes": {}, "folder": "", "verdict": verdict,
                "exit_code": verdict.exit().code(), "reasons": [], "started_at": "", "ms": 1.0,
                "faults": [],
            })
        };
        report["trials"] = runs.iter().enumerate().map(of_run).collect();
    }
    report
}

fn fill(cell: &mut Value, expectations: &[Expectation], each: Vec<CellTrial>) {
    let first = each[0].clone();
    let worst = each.iter().map(|one| one.verdict).max().unwrap();
    cell["verdict"] = json!(worst);
    for (shown, expectation) in
        cell["expectations"].as_array_mut().unwrap().iter_mut().zip(expectations)
    {
        let verdict = each.iter().map(|one| verdict(expectation, one)).max().unwrap();
        shown["verdict"] = json!(verdict);
    }
    for metric in Metric::counts().filter(|metric| metric.is_per_trial()) {
        cell["counts"][metric.word()] = json!(first.counts[metric]);
    }
    cell["unavailable_ms"] = json!(first.unavailable_ms);
    let phase = |label: &str, p99_us: Option<u64>| json!({"label": label, "count": 1, "p50_us": null, "p99_us": p99_us, "max_us": null});
    cell["latencies"] =
        json!([phase("before", first.p99_before_us), phase("during", first.p99_during_us)]);
    if each.len() > 1 {
        cell["trials"] = json!(CellTrials::of(each));
    }
}

fn judged(expectations: &[Expectation], trial: u32, one: &CellTrial) -> CellTrial {
    let worst = expectations.iter().map(|e| verdict(e, one)).max().unwrap_or(Verdict::Pass);
    CellTrial { trial, verdict: one.verdict.max(worst), ..one.clone() }
}

/// Like `verify::judge`, for settled figures.
fn verdict(expectation: &Expectation, one: &CellTrial) -> Verdict {
    let value = match expectation.metric {
        Metric::Unavailable => one.unavailable_ms.map(|ms| ms as u64),
        metric => one.counts[metric],
    };
    let Some(value) = value else { return Verdict::Inconclusive };
    let below = expectation.min.is_some_and(|min| value < min);
    match expectation.max.is_some_and(|max| value > max)
        || (below && !expectation.metric.about().bad)
    {
        true => Verdict::Fail,
        false if below => Verdict::Inconclusive,
        false => Verdict::Pass,
    }
}

/// Writes a value into a folder as a run would.
pub fn save(parent: &Path, name: &str, report: &Value) -> PathBuf {
    let folder = parent.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("report.json"), serde_json::to_vec_pretty(report).unwrap()).unwrap();
    folder
}

/// Both reports read from files and compared.
pub fn compared(base: &Value, new: &Value) -> Comparison {
    let parent = tempfile::tempdir().unwrap();
    let read = |name, report| {
        let folder = save(parent.path(), name, report);
        compare::read(&folder).unwrap_or_else(|e| panic!("{e}")).0
    };
    let (base, new) = (read("base", base), read("new", new));
    compare::compare(("base", &base), ("new", &new), Options::default())
}

/// The text for a person.
pub fn words(comparison: &Comparison) -> String {
    let mut out = Vec::new();
    compare::write_words(comparison, None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub fn cell<'a>(comparison: &'a Comparison, new: &str) -> &'a PairFindings {
    comparison.cells.iter().find(|cell| cell.new == new).unwrap()
}

/// All findings of a measure in the only compared cell.
pub fn of<'a>(comparison: &'a Comparison, measure: &str) -> Vec<&'a Finding> {
    assert_eq!(comparison.cells.len(), 1, "{comparison:?}");
    comparison.cells[0].findings.iter().filter(|f| f.measure == measure).collect()
}
