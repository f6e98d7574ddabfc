//! `junit.xml`: a run as test results, in the dialect of JUnit that Jenkins, GitLab and others
//! read.
//!
//! A cell is a test suite and each of its expectations a test case: violated is a failure,
//! inconclusive an error. Names come from the scenario alone, so that a CI system recognizes a case
//! in the next run; the class is `SCENARIO.CELL`, with underscores for the dots in the cell's name,
//! because Jenkins reads dots as packages. A cell without expectations has one case, `measured`,
//! which is skipped and has the counts.
//!
//! Other things spoil a run, and none of them may come out green:
//!
//! - A cell can be worse than its expectations: its log was not read whole, or the machine did not
//!   keep up. Then its suite has one more case, `settled`, with the reasons. Otherwise a suite has
//!   as many cases as the cell has expectations.
//! - A suite `run` has a case for each fault, `… took effect`, because without it every pass means
//!   nothing; over several trials a fault is one case, in error if it failed to once.
//! - Its case `came to its end` is in error if the run was interrupted, if the environment failed,
//!   and whenever the run's verdict is neither pass nor measured although nothing else is red. So
//!   the file is green exactly when the report says one of them. This case also has the run's time:
//!   cells share it, and CI systems add times up.
//!
//! The schema of Jenkins is in `tests/schemas`, and tests validate files against it.

use super::lines::{in_one_line, short};
use super::summary::alike;
use super::{client_errors, environment, failure, grid};
use crate::exit::Exit;
use crate::result::{CellReport, Report, lead};
use crate::verify::Verdict;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

/// How many characters of a reason an attribute has; the element's text has all of it.
const MESSAGE_MAX: usize = 500;

pub(super) fn write_junit(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut junit = quick_junit::Report::new(line(&report.plan.name));
    junit.set_time(duration(report));
    for cell in &report.cells {
        junit.add_test_suite(cell_suite(report, cell));
    }
    let red = junit.failures + junit.errors > 0;
    junit.add_test_suite(run_suite(report, red));
    let xml = junit.to_string().map_err(io::Error::other)?;
    // The root's count of skipped cases is an extension that Jenkins' schema lacks. The root comes
    // first, and no text before it can contain a quotation mark.
    let skipped = format!(" skipped=\"{}\"", junit.skipped);
    out.write_all(xml.replacen(&skipped, "", 1).as_bytes())
}

/// How long the run took. A report that was edited by hand may say anything.
fn duration(report: &Report) -> Duration {
    let ms: f64 = report.phases.iter().map(|phase| phase.ms).sum();
    Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default()
}

fn suite(report: &Report, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(line(name));
    suite.timestamp = report.started_at.parse().ok();
    suite.set_time(Duration::ZERO);
    suite
}

/// Adds a case, with a unique name.
fn add(suite: &mut TestSuite, class: &str, name: &str, status: TestCaseStatus) {
    let taken: BTreeSet<&str> = suite.test_cases.iter().map(|case| case.name.as_str()).collect();
    let name = line(name);
    let numbered = (2..).map(|n| format!("{name} ({n})"));
    let name = std::iter::once(name.clone()).chain(numbered).find(|n| !taken.contains(n.as_str()));
    let mut case = TestCase::new(name.unwrap_or_default(), status);
    case.set_classname(line(class)).set_time(Duration::ZERO);
    suite.add_test_case(case);
}

/// A case's status, with the reason in a line and everything else in words.
fn status(verdict: Verdict, words: &[String]) -> TestCaseStatus {
    let (kind, name) = match verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Measured => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(message(&words.join("; ")));
            return status;
        }
        Verdict::Inconclusive => (NonSuccessKind::Error, "inconclusive"),
        Verdict::Fail => (NonSuccessKind::Failure, "violated"),
    };
    let mut status = TestCaseStatus::non_success(kind);
    let first = words.first().map_or("no reason is known", String::as_str);
    status.set_type(name).set_message(message(first)).set_description(lines(words));
    status
}

/// A reason, safe for an attribute.
fn message(text: &str) -> String {
    short(&line(&in_one_line(text)), MESSAGE_MAX)
}

fn cell_suite(report: &Report, cell: &CellReport) -> TestSuite {
    let mut suite = suite(report, &cell.id);
    let class = format!("{}.{}", report.plan.name, cell.id.replace('.', "_"));
    let config = cell.config.iter().chain(cell.axes.iter());
    let properties: BTreeSet<(String, String)> =
        config.map(|(name, value)| (line(name), line(value))).collect();
    suite.add_properties(properties);
    for expectation in &cell.expectations {
        let words = failure::expectation(report, cell, expectation);
        add(&mut suite, &class, &expectation.text, status(expectation.verdict, &words));
    }
    if cell.verdict == Verdict::Measured {
        let words = [lead::measured(std::slice::from_ref(cell))];
        add(&mut suite, &class, "measured", status(Verdict::Measured, &words));
    }
    let worst = cell.expectations.iter().map(|e| e.verdict).max().unwrap_or(Verdict::Pass);
    if cell.verdict > worst {
        let words = failure::otherwise(report, cell);
        add(&mut suite, &class, "settled", status(cell.verdict, &words));
    }
    let mut words = vec![grid::figures(cell)];
    words.extend(cell.witnesses.iter().map(|witness| witness.text.clone()));
    words.extend(client_errors::line(cell));
    words.extend(cell.notes.iter().map(|note| format!("note: {note}")));
    suite.set_system_out(lines(&words));
    suite
}

/// What all cells share. `red`: whether one of them has a failure or an error.
fn run_suite(report: &Report, mut red: bool) -> TestSuite {
    let mut suite = suite(report, "run");
    let class = format!("{}.run", report.plan.name);
    let (source, seed) = (line(&report.plan.source), report.plan.seed.to_string());
    suite.add_properties([("source", source.as_str()), ("seed", seed.as_str())]);
    for (what, same) in alike(&report.faults) {
        let shortcomings = same.iter().filter_map(|fault| fault.shortcoming());
        let words: Vec<String> = shortcomings.map(|said| format!("{what} {said}")).collect();
        let verdict = if words.is_empty() { Verdict::Pass } else { Verdict::Inconclusive };
        red |= !words.is_empty();
        add(&mut suite, &class, &format!("{what} took effect"), status(verdict, &words));
    }
    let mut words = cut_short(report);
    if words.is_empty() && !report.verdict.is_green() && !red {
        words.extend(report.reasons.iter().cloned());
        words.push("the run's verdict is not a pass".to_owned());
    }
    let verdict = if words.is_empty() { Verdict::Pass } else { Verdict::Inconclusive };
    add(&mut suite, &class, "came to its end", status(verdict, &words));
    if let Some(case) = suite.test_cases.last_mut() {
        case.set_time(duration(report));
    }
    suite.set_time(duration(report));
    let notes = report.notes.iter().map(|note| format!("note: {note}"));
    let words: Vec<String> =
        report.reasons.iter().cloned().chain(environment::about(report)).chain(notes).collect();
    suite.set_system_out(lines(&words));
    suite
}

/// Why the run, or some of its trials, were aborted; empty if none was.
fn cut_short(report: &Report) -> Vec<String> {
    let ended = |code: u8| match code {
        code if code == Exit::Environment.code() => Some("the environment failed"),
        code if code == Exit::Interrupted.code() => Some("interrupted"),
        code if code == Exit::Terminated.code() => Some("terminated"),
        _ => None,
    };
    let why = |how: &str, reasons: &[String]| {
        reasons.first().map_or(how.to_owned(), |reason| format!("{how}: {reason}"))
    };
    let of_trials = report.trials.iter().filter_map(|trial| {
        let how = ended(trial.exit_code)?;
        Some(format!("trial {}: {}", trial.number, why(how, &trial.reasons)))
    });
    let mut words: Vec<String> = of_trials.collect();
    if let Some(how) = ended(report.exit_code).filter(|_| words.is_empty()) {
        words.push(why(how, &report.reasons));
    }
    words
}

/// Text that XML 1.0 allows, in one line. quick-junit alone removes what is forbidden, except
/// U+FFFE and U+FFFF; a mark in its place shows that something was there.
fn line(text: &str) -> String {
    let plain = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
        c => c,
    };
    text.chars().map(plain).collect()
}

/// The same for several texts, which keep their line breaks.
fn lines(texts: &[String]) -> String {
    texts.iter().flat_map(|text| text.lines()).map(line).collect::<Vec<_>>().join("\n")
}
