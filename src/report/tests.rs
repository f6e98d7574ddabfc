//! Reports of runs that ended in different ways, and how they show hostile names.

mod matrix;

use super::*;
use crate::exit::Exit;
use crate::model::Metric;
use crate::plan::{self, Plan};
use crate::result::{Report, TrialReport, blank, merge};
use crate::runtime::{RuntimeError, Stop};
use crate::verify::{Bounds, Counts, Verdict};
use insta::assert_snapshot;

fn plan() -> Plan {
    let text = "name: t\nsummary: a test\nexpect: {lost: 0}\nfaults:\n  \
                - {process_stop: leader, at: 1s, for: 1s}\n";
    plan::from_text("t.yaml", text, &[], Some(1)).unwrap()
}

fn table(report: &Report) -> String {
    let mut out = Vec::new();
    write_end(report, Ending::Full, &Sort::Plan, Paint::plain(), None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_run_in_which_nothing_was_sent_is_no_pass() {
    let report = blank(&plan(), None);
    assert_eq!((report.verdict, report.exit()), (Verdict::Inconclusive, Exit::Inconclusive));
    assert!(table(&report).trim_end().lines().last().unwrap().starts_with("INCONCLUSIVE t: "));
}

#[test]
fn an_environment_that_failed_is_the_first_reason() {
    let failed = Stop::Failed(RuntimeError::new("the disk is full").advise("make room"));
    let report = blank(&plan(), Some(failed));
    assert_eq!((report.verdict, report.exit()), (Verdict::Inconclusive, Exit::Environment));
    assert!(report.reasons[0].starts_with("the disk is full"));
}

#[test]
fn an_interrupt_decides_the_exit_status() {
    for exit in [Exit::Interrupted, Exit::Terminated] {
        let report = blank(&plan(), Some(Stop::Interrupted(exit)));
        assert_eq!((report.verdict, report.exit()), (Verdict::Inconclusive, exit));
        assert!(report.reasons[0].contains("interrupted"));
    }
}

#[test]
fn a_report_comes_back_from_its_json_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let report = blank(&plan(), None);
    write_files(&report, folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    assert!(!folder.path().join(".report.json").exists());
}

#[test]
fn hostile_text_cannot_steer_the_terminal() {
    let mut report = blank(&plan(), None);
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J";
    report.plan.name = hostile.to_owned();
    report.cells[0].id = hostile.to_owned();
    report.notes.push(hostile.to_owned());
    report.reasons.push(hostile.to_owned());
    let text = table(&report);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
}

#[test]
fn unconfirmed_and_unsettled_counts_are_told_apart_from_exact_ones() {
    let mut report = blank(&plan(), None);
    let cell = &mut report.cells[0];
    cell.confirmed = false;
    cell.counts.set(Metric::Acked, 7);
    cell.counts[Metric::Lost] = Bounds { least: 2, most: Some(5) };
    assert_snapshot!(table(&report), @"
    cell  acked  lost  dup  unavail  p99 ms before  p99 ms during  verdict
    main     7~  2..5    0        -              -              -  inconclusive
    ~ unconfirmed: with acks=0 nobody acknowledges; the client only reports what it sent
    main:
      `lost: 0` is not settled: nothing was sent
    seconds: ; in all 0.0
    also: cell main: nothing was sent, so nothing was tested
    INCONCLUSIVE t: cell main: `lost: 0` is not settled: nothing was sent (1 of 1 expectation not settled)
    ");
}

#[test]
fn the_table_of_an_ordinary_run_fits_into_80_columns() {
    let mut report = blank(&plan(), None);
    report.cells[0].counts = Counts::exact(1_000_000, [(Metric::Acked, 1_000_000)]);
    let text = table(&report);
    let rows: Vec<&str> = text.lines().skip(1).take(2).collect();
    assert!(rows[0].starts_with("cell") && rows[1].starts_with("main"), "{text}");
    assert!(rows.iter().all(|row| row.chars().count() <= 80), "{text}");
}

#[test]
fn the_last_line_is_one_line_but_for_what_helps_under_an_error() {
    let failed = Stop::Failed(RuntimeError::new("broker-0 died:\nlast words\nof its log"));
    let text = table(&blank(&plan(), Some(failed)));
    assert_eq!(text, "ERROR t: broker-0 died:\n  last words\n  of its log\n");
    let mut report = blank(&plan(), None);
    report.reasons[0] = "one\ntwo".to_owned();
    report.why.truncate(1);
    let text = table(&report);
    assert!(text.ends_with("\n  two\nINCONCLUSIVE t: one\n"), "{text}");
}

#[test]
fn an_environment_that_failed_looks_like_a_failure_and_not_like_figures() {
    let error = || RuntimeError::new("the disk is full").advise("make room");
    let mut report = blank(&plan(), Some(Stop::Failed(error())));
    let expected = "ERROR t: the disk is full\n  help: make room\n";
    assert_eq!((table(&report).as_str(), report.exit_code), (expected, 4));
    assert!(in_a_line(&report, Paint::plain()).ends_with(" s; the disk is full"));
    for format in [Format::Markdown, Format::Html] {
        let mut out = Vec::new();
        write(&report, format, &Sort::Plan, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let shown = text.split("<script").next().unwrap();
        assert!(text.contains("ERROR") && !shown.contains("INCONCLUSIVE"), "{shown}");
        let has_table = shown.contains("| acked") || shown.contains("class=\"cells\"");
        assert!(!has_table, "a table of zeros: {shown}");
    }
    // What was sent before it failed is worth a table.
    report.cells[0].counts = Counts::exact(7, [(Metric::Acked, 6)]);
    let text = table(&report);
    assert!(text.contains("acked") && text.ends_with(expected), "{text}");
    assert!(!text.contains("INCONCLUSIVE"), "{text}");
}

#[test]
fn what_helps_stands_apart_from_the_reason_where_there_is_one_line_only() {
    let error = RuntimeError::new("no daemon (os error 2)").advise("give --runtime local");
    let report = blank(&plan(), Some(Stop::Failed(error)));
    for format in [Format::Markdown, Format::Html, Format::Junit] {
        let mut out = Vec::new();
        write(&report, format, &Sort::Plan, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("(os error 2); help: give --runtime local"), "{format:?}: {text}");
    }
}

#[test]
fn an_interrupted_run_is_told_in_two_lines() {
    let mut report = blank(&plan(), Some(Stop::Interrupted(Exit::Interrupted)));
    let line = "INTERRUPTED t: interrupted before the log was read back\n";
    assert_eq!(table(&report), line);
    report.cells[0].counts = Counts::exact(100, [(Metric::Acked, 90), (Metric::Unknown, 10)]);
    let known = "100 sent, 90 acknowledged, 0 rejected, 10 unknown; what is lost is not known, the \
                 log was not read to its end\n";
    assert_eq!(table(&report), format!("{known}{line}"));
}

#[test]
fn quiet_is_the_table_and_one_line() {
    let mut report = blank(&plan(), None);
    report.cells[0].counts.sent = 7;
    let mut out = Vec::new();
    write_end(&report, Ending::Brief, &Sort::Plan, Paint::plain(), None, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let table = table::tables(&report, &Sort::Plan, Paint::plain(), 100);
    let (last, above) = (text.lines().last().unwrap(), text.lines().count() - 1);
    assert_eq!(above, table.lines().count(), "{text}");
    assert!(last.starts_with("INCONCLUSIVE t: "), "{text}");
}

#[test]
fn of_a_series_that_was_cut_short_the_cause_is_told_and_the_figures_of_whole_trials() {
    let trial = |number, report: &Report| TrialReport {
        number,
        axes: std::collections::BTreeMap::new(),
        folder: format!("trials/{number:03}"),
        verdict: report.verdict,
        exit_code: report.exit_code,
        reasons: report.reasons.clone(),
        started_at: String::new(),
        ms: 1.0,
        faults: vec![],
    };
    let mut whole = blank(&plan(), None);
    whole.cells[0].counts.sent = 7;
    (whole.verdict, whole.exit_code) = (Verdict::Pass, 0);
    (whole.why, whole.reasons) = (vec![], vec![]);
    let failed = Stop::Failed(RuntimeError::new("no room").advise("make some"));
    let failed = blank(&plan(), Some(failed));
    let text =
        table(&merge(vec![(trial(1, &whole), whole.clone()), (trial(2, &failed), failed.clone())]));
    assert!(text.ends_with("\nERROR t: trial 2: no room\n  help: make some\n"), "{text}");
    let stopped = blank(&plan(), Some(Stop::Interrupted(Exit::Interrupted)));
    let text = table(&merge(vec![(trial(1, &whole), whole), (trial(2, &stopped), stopped)]));
    assert!(text.contains("acked") && !text.contains("also: "), "{text}");
    assert!(!text.contains("(1 of"), "what was cut short is no finding: {text}");
    assert!(text.lines().last().unwrap().starts_with("INTERRUPTED t: trial 2: "), "{text}");
    let text = table(&merge(vec![(trial(1, &failed), failed)]));
    assert_eq!(text, "ERROR t: trial 1: no room\n  help: make some\n");
}

#[test]
fn colours_are_the_only_difference_that_colours_make() {
    let mut report = blank(&plan(), None);
    report.cells[0].counts.set(Metric::Lost, 7);
    report.cells[0].verdict = Verdict::Fail;
    let mut out = Vec::new();
    write_end(&report, Ending::Full, &Sort::Plan, Paint::new(true), None, &mut out).unwrap();
    let painted = String::from_utf8(out).unwrap();
    for word in ["7", "fail"] {
        assert!(painted.contains(&Paint::new(true).bad(word)), "{painted:?}");
    }
    let inconclusive = Paint::new(true).warn("INCONCLUSIVE");
    assert!(painted.lines().last().unwrap().starts_with(&inconclusive), "{painted:?}");
    let stripped: Vec<String> = console::strip_ansi_codes(&painted)
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    assert_eq!(stripped, table(&report).lines().collect::<Vec<_>>());
}
