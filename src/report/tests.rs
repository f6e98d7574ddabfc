//! Reports of runs that ended in different ways, and what they show of hostile names.

use super::*;
use crate::exit::Exit;
use crate::plan::{self, Plan};
use crate::runner::Stop;
use crate::runtime::RuntimeError;
use crate::verify::Verdict;

fn plan() -> Plan {
    let text = "name: t\nsummary: a test\nexpect: {lost: 0}\nfaults:\n  \
                - {process_stop: leader, at: 1s, for: 1s}\n";
    plan::from_text("t.yaml", text, &[], Some(1)).unwrap()
}

fn table(report: &Report) -> String {
    let mut out = Vec::new();
    write_end(report, &Sort::Plan, Paint::plain(), &mut out).unwrap();
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
    cell.counts.acked = 7;
    cell.counts.lost = None;
    let metric = crate::plan::Metric::Lost;
    cell.bounds = vec![crate::verify::Bounds { metric, least: 2, most: Some(5) }];
    let text = table(&report);
    assert!(text.contains("7~") && text.contains("~ unconfirmed"), "{text}");
    assert!(text.contains("2..5"), "{text}");
}

#[test]
fn the_table_of_an_ordinary_run_fits_into_80_columns() {
    let mut report = blank(&plan(), None);
    let counts = &mut report.cells[0].counts;
    (counts.sent, counts.acked) = (1_000_000, 1_000_000);
    let text = table(&report);
    let rows: Vec<&str> = text.lines().skip(1).take(3).collect();
    assert!(rows[1].starts_with("cell") && rows[2].starts_with("main"), "{text}");
    assert!(rows.iter().all(|row| row.chars().count() <= 80), "{text}");
}

#[test]
fn the_last_line_is_one_line_and_the_rest_of_the_reason_stands_before_it() {
    let failed = Stop::Failed(RuntimeError::new("broker-0 died:\nlast words\nof its log"));
    let text = table(&blank(&plan(), Some(failed)));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.last(), Some(&"INCONCLUSIVE t: broker-0 died:"), "{text}");
    assert!(text.contains("  last words\n  of its log\n"), "{text}");
}

#[test]
fn colours_are_the_only_difference_that_colours_make() {
    let mut report = blank(&plan(), None);
    report.cells[0].counts.lost = Some(7);
    report.cells[0].bounds.clear();
    report.cells[0].verdict = Verdict::Fail;
    let mut out = Vec::new();
    write_end(&report, &Sort::Plan, Paint::new(true), &mut out).unwrap();
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
