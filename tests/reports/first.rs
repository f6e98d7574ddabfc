//! What a report says first, and what it says about a run without expectations.

use super::logged::{Told, plan, report};
use super::world::{miss, overload, sound, sound_36, trials, unsettle, violate, written};
use super::xml::Checked;
use kafka_chaos::testing::report::{self, Finished, Format};
use kafka_chaos::testing::result::{self, Report};
use kafka_chaos::testing::verify::{ReasonKind, Verdict};
use std::path::PathBuf;

/// The first cell's log lost its start, the second one has five messages twice.
const HEADLINE: &str = "\
name: headline
cluster: {timing: fast}
topic: {partitions: 1, replication.factor: 3, min.insync.replicas: 2}
producer: {acks: all, rate: 100, messages: 300}
matrix: {message.bytes: [10, 20]}
faults:
  - {exec: \"sleep 3\", at: 4s}
expect: {duplicated: \"<= 4\", lost: 0}
";

const NOTHING_EXPECTED: &str = "\
name: nothing-expected
cluster: {timing: fast}
topic: {partitions: 1, replication.factor: 3}
producer: {acks: 1, rate: 500}
faults:
  - {process_stop: followers, at: 3s, for: 1s}
  - {kill: leader, at: 3900ms, for: 2 session}
";

fn headline() -> Report {
    let cut = Told { sent: 300, log_start: 50, ..Told::default() };
    let doubled = Told { sent: 300, duplicated: 5, ..Told::default() };
    report(&plan(HEADLINE), &[cut, doubled])
}

fn unasked() -> Report {
    let lossy = Told { sent: 5_660, lost: 3_565, ..Told::default() };
    report(&plan(NOTHING_EXPECTED), &[lossy])
}

fn last_line(report: &Report) -> String {
    written(report, Format::Table).lines().last().unwrap().to_owned()
}

#[test]
fn a_violation_leads_whatever_is_not_settled_before_it() {
    let report = headline();
    let first = "cell message.bytes=20: `duplicated: \"<= 4\"` is violated: 5 messages duplicated";
    assert_eq!((report.verdict, report.exit_code), (Verdict::Fail, 1));
    assert_eq!(report.reasons[0], first);
    let counts = "1 of 2 cells violated an expectation, 1 not settled";
    assert_eq!(last_line(&report), format!("FAIL headline: {first} ({counts})"));
    let kinds: Vec<ReasonKind> = report.why.iter().map(|one| one.kind).collect();
    assert!(kinds.is_sorted() && kinds.len() > 2, "{kinds:?}");
    for (format, quoted) in
        [(Format::Html, "&#34;&#60;= 4&#34;"), (Format::Markdown, "`duplicated: \"<= 4\"`")]
    {
        let text = written(&report, format);
        let (lead, settled) = (text.find(quoted).unwrap(), text.find("is not settled"));
        assert!(text[lead..].contains(counts), "{text}");
        assert!(settled.is_none_or(|settled| lead < settled), "{text}");
    }
    let annotations = report::annotations(&report);
    assert!(annotations[0].starts_with("::error ") && annotations[0].contains("5 messages"));
    let finished = Finished::of(&report, PathBuf::new());
    assert_eq!(finished.reason.as_deref(), Some(first));
}

#[test]
fn of_many_cells_the_worst_leads() {
    let mut run = sound_36();
    for cell in [3, 9, 20] {
        violate(&mut run, cell);
    }
    unsettle(&mut run, 1);
    overload(&mut run, 2);
    overload(&mut run, 4);
    miss(&mut run);
    let first = run.cells[3].id.clone();
    let counts = "3 of 36 cells violated an expectation, 1 not settled, 2 overloaded; 1 of 1 fault without effect \
                  or undone";
    let expected =
        format!("FAIL made: cell {first}: `lost: 0` is violated: 990 messages lost ({counts})");
    assert_eq!(last_line(&run), expected);
    // A fault without effect comes before what is not settled.
    let (fault, open) = (run.reasons.iter(), run.reasons.iter());
    let at = |mut all: std::slice::Iter<'_, String>, word: &str| {
        all.position(|reason| reason.contains(word)).unwrap()
    };
    assert!(at(fault, "did not take effect") < at(open, "is not settled"), "{:?}", run.reasons);
    assert_eq!(at(run.reasons.iter(), "did not take effect"), 3);
}

#[test]
fn over_several_trials_the_most_telling_reason_leads_too() {
    let (mut second, mut third) = (sound(), sound());
    unsettle(&mut second, 1);
    violate(&mut third, 0);
    let merged = trials(vec![sound(), second, third]);
    let first = "trial 3: cell acks=1: `lost: 0` is violated: 990 messages lost";
    assert_eq!(merged.reasons[0], first);
    let counts =
        "1 of 3 trials failed, 1 inconclusive; 1 of 2 cells violated an expectation, 1 not settled";
    assert_eq!(last_line(&merged), format!("FAIL made: {first} ({counts})"));
    assert_eq!(
        trials(vec![sound(), sound()]).reasons,
        ["every expectation is met in 2 of 2 trials"]
    );
}

#[test]
fn nothing_expected_is_measured_and_not_judged() {
    let report = unasked();
    let words = "3565 of 5660 acknowledged messages lost; nothing was expected";
    assert_eq!((report.verdict, report.exit_code), (Verdict::Measured, 0));
    assert_eq!(report.cells[0].verdict, Verdict::Measured);
    assert_eq!(last_line(&report), format!("MEASURED nothing-expected: {words}"));
    let note = "nothing is expected: the run will be measured, not judged";
    assert!(report.notes.iter().any(|told| told == note), "{:?}", report.notes);
    let json: serde_json::Value = serde_json::from_str(&written(&report, Format::Json)).unwrap();
    assert_eq!(json["schema"], "kafka-chaos/report/2");
    assert_eq!(
        (&json["verdict"], &json["cells"][0]["verdict"]),
        (&"measured".into(), &"measured".into())
    );
    let junit = Checked::new(&written(&report, Format::Junit));
    assert_eq!((junit.counts().1, junit.counts().2), (0, 0));
    let skipped = junit.ask("string(//testcase[@name='measured']/skipped/@message)");
    assert_eq!(skipped, words);
    assert_eq!(junit.ask("string(//testsuite[1]/@skipped)"), "1");
    let page = written(&report, Format::Html);
    assert!(page.contains("<title>MEASURED nothing-expected</title>"));
    assert!(page.contains("class=\"verdict measured\""));
    let summary = written(&report, Format::Markdown);
    assert!(summary.starts_with("# MEASURED nothing-expected\n"), "{summary}");
    assert!(summary.contains("| measured |"), "{summary}");
    let notice = format!("::notice file=trial.yaml,title=nothing-expected::{words}");
    assert_eq!(report::annotations(&report), [notice]);
    let folder = tempfile::tempdir().unwrap();
    report::write_files(&report, folder.path()).unwrap();
    assert_eq!(result::read(folder.path()).unwrap(), report);
}

#[test]
fn what_makes_figures_worthless_makes_measured_ones_worthless() {
    let torn = Told { sent: 100, log_start: 9, ..Told::default() };
    let report = report(&plan(NOTHING_EXPECTED), &[torn]);
    assert_eq!((report.verdict, report.exit_code), (Verdict::Inconclusive, 3));
    assert!(last_line(&report).starts_with("INCONCLUSIVE nothing-expected: cell main: "));
}

#[test]
fn a_cell_without_expectations_changes_nothing_for_the_others() {
    let text = format!(
        "{NOTHING_EXPECTED}matrix: {{acks: [\"1\", all]}}\nexpect:\n  - {{when: {{acks: all}}, lost: 0}}\n"
    )
    .replace("acks: 1, ", "");
    let lossy = Told { sent: 1_000, lost: 990, ..Told::default() };
    let whole = Told { lost: 0, ..lossy };
    let passed = report(&plan(&text), &[lossy, whole]);
    let verdicts: Vec<Verdict> = passed.cells.iter().map(|cell| cell.verdict).collect();
    assert_eq!(verdicts, [Verdict::Measured, Verdict::Pass]);
    assert_eq!((passed.verdict, passed.exit_code), (Verdict::Pass, 0));
    assert_eq!(
        passed.reasons,
        ["every expectation is met; nothing was expected of 1 cell; all 2 faults took effect"]
    );
    let junit = Checked::new(&written(&passed, Format::Junit));
    assert_eq!(junit.ask("count(//skipped)"), "1");
    assert!(report::annotations(&passed)[0].starts_with("::notice "));
    assert_eq!(report(&plan(&text), &[whole, lossy]).verdict, Verdict::Fail);
}

/// As in the first version of the schema: no `why`, and the reasons in the order of the cells.
#[test]
fn a_report_of_the_first_version_is_read_and_put_in_order() {
    let mut old = headline();
    old.schema = "kafka-chaos/report/1".into();
    old.why.clear();
    old.reasons.reverse();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    std::fs::write(&file, written(&old, Format::Json)).unwrap();
    let read = result::read(&file).unwrap();
    assert_eq!(read.reasons[0], headline().reasons[0]);
    assert_eq!(last_line(&read), last_line(&headline()));
    let (mut was, mut is) = (headline().why, read.why.clone());
    for one in was.iter_mut().chain(&mut is) {
        one.amount = 0;
    }
    was.sort_by_key(ToString::to_string);
    is.sort_by_key(ToString::to_string);
    assert_eq!(is, was);
}
