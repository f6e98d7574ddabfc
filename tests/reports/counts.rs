//! Every count that is not zero is shown, and one that a control demands is marked.

use super::logged::{Told, plan, report, report_with};
use super::world::{trials, written};
use super::xml::Checked;
use kafka_chaos::testing::client::{DeliveryErrors, Ended, Errors, Summary, Times};
use kafka_chaos::testing::ledger::Outcome;
use kafka_chaos::testing::model::Metric;
use kafka_chaos::testing::native::Persistence;
use kafka_chaos::testing::report::Format;
use kafka_chaos::testing::result::{ErrorOf, Report};
use kafka_chaos::testing::verify::{Bounds, Verdict};
use std::collections::BTreeMap;

const REJECTED: &str = "\
name: rejected
cluster: {brokers: 3, controllers: isolated, timing: fast}
topic: {partitions: 3, replication.factor: 3, min.insync.replicas: 1}
producer: {acks: all, rate: 500, config: {message.timeout.ms: 6000}}
faults:
  - {process_stop: [\"broker:1\", \"broker:2\"], at: 3s, for: 9s}
  - {process_stop: [\"broker:0\", \"broker:2\"], at: 20s, for: 9s}
expect: {lost: 0, duplicated: 0, rejected: \">= 1\"}
";

fn errors() -> Errors {
    let timed_out = |status, outcome, count, first_us, last_us| DeliveryErrors {
        name: "_MSG_TIMED_OUT".into(),
        status,
        outcome,
        count,
        times: Some(Times { first_us, last_us }),
    };
    let (not, possibly) = (Persistence::NotPersisted, Persistence::PossiblyPersisted);
    let name = || "BrokerTransportFailure".to_owned();
    Errors {
        deliveries: vec![
            timed_out(not, Outcome::Rejected, 1_517, 10_100_000, 12_940_000),
            timed_out(possibly, Outcome::Unknown, 196, 10_120_000, 12_930_000),
        ],
        client: BTreeMap::from([(name(), 4)]),
        client_times: BTreeMap::from([(name(), Times { first_us: 9_000_000, last_us: 9_500_000 })]),
        ..Errors::default()
    }
}

fn summary(errors: Errors) -> Summary {
    Summary {
        sent: 6_000,
        acked: 4_287,
        rejected: 1_517,
        unknown: 196,
        unreported: 0,
        purged: 0,
        skipped: 0,
        queue_full: 0,
        started_us: 0,
        ended_us: 20_000_000,
        flushed_us: 20_000_000,
        rate_per_s: 500.0,
        ended: Ended::Stopped,
        fatal: None,
        errors,
        max_resident_kib: 1,
    }
}

const HARMED: Told =
    Told { sent: 6_000, rejected: 1_517, unknown: 196, lost: 0, duplicated: 0, log_start: 0 };

fn rejected() -> Report {
    report_with(&plan(REJECTED), &[HARMED], vec![Some(summary(errors()))])
}

fn row<'a>(text: &'a str, begin: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn rejected_and_unknown_are_columns_and_the_client_says_why() {
    let report = rejected();
    assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.reasons);
    let table = written(&report, Format::Table);
    let heading = row(&table, "cell");
    assert!(heading.contains("rejected") && heading.contains("unknown"), "{table}");
    let figures: Vec<&str> = row(&table, "main").split_whitespace().collect();
    assert_eq!(figures[2..4], ["1517=", "196"], "{table}");
    assert!(table.contains("\n= expected: a control demands it"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 200), "{table}");
    let wide = |line: &&str| line.starts_with("cell") || line.starts_with("main ");
    assert!(table.lines().filter(wide).all(|line| line.chars().count() <= 100), "{table}");
    let timed_out = "client errors: _MSG_TIMED_OUT, not persisted: 1517 rejected, 9.1-11.9 s; \
                     _MSG_TIMED_OUT, possibly persisted: 196 unknown, 9.1-11.9 s; \
                     BrokerTransportFailure: 4, 8.0-8.5 s";
    assert!(table.contains(timed_out), "{table}");
    let summary = written(&report, Format::Markdown);
    assert!(row(&summary, "| cell").contains("| rejected | unknown |"), "{summary}");
    assert!(row(&summary, "| main").contains("| 1517 (expected) | 196 |"), "{summary}");
    assert!(summary.contains("possibly persisted: 196 unknown"), "{summary}");
    let page = written(&report, Format::Html);
    assert!(
        page.contains(">1517 (expected)</td>") && page.contains("possibly persisted: 196 unknown")
    );
    let junit = Checked::new(&written(&report, Format::Junit));
    let out = junit.ask("string(//testsuite[1]/system-out)");
    assert!(out.contains("rejected 1517 (expected), unknown 196"), "{out}");
    assert!(out.contains("client errors: _MSG_TIMED_OUT"), "{out}");
}

#[test]
fn where_none_was_rejected_there_is_no_column_and_a_broken_connection_is_on_the_page_only() {
    let only_client = Errors { deliveries: vec![], ..errors() };
    let whole = Told { rejected: 0, unknown: 0, ..HARMED };
    let text = REJECTED.replace(", rejected: \">= 1\"", "");
    let report = report_with(&plan(&text), &[whole], vec![Some(summary(only_client))]);
    assert_eq!(report.cells[0].client_errors[0].of, ErrorOf::Client);
    for format in [Format::Table, Format::Markdown] {
        let text = written(&report, format);
        assert!(!text.contains("known") && !text.contains("client errors"), "{text}");
    }
    assert!(written(&report, Format::Html).contains("client errors: BrokerTransportFailure: 4"));
}

#[test]
fn over_several_trials_errors_are_sums() {
    let merged = trials(vec![rejected(), rejected()]);
    let counts: Vec<u64> = merged.cells[0].client_errors.iter().map(|one| one.count).collect();
    assert_eq!(counts, [2 * 1_517, 2 * 196, 8]);
    let table = written(&merged, Format::Table);
    let figures: Vec<&str> = row(&table, "main").split_whitespace().collect();
    assert_eq!(figures[2..4], ["3034=", "392"], "{table}");
}

const CONTROL: &str = "\
name: control
topic: {partitions: 1, replication.factor: 3}
producer: {rate: 500}
matrix: {acks: [\"1\", all]}
faults:
  - {kill: leader, at: 3s, for: 2 session}
expect:
  - {when: {acks: \"1\"}, lost: \">= 1\"}
  - {when: {acks: all}, lost: 0}
";

/// Nobody reads "995 lost" beside "pass" and wonders.
#[test]
fn a_count_that_a_control_demands_is_marked_everywhere() {
    let lossy = Told { sent: 5_000, lost: 995, ..Told::default() };
    let report = report(&plan(CONTROL), &[lossy, Told { lost: 0, ..lossy }]);
    assert_eq!(report.verdict, Verdict::Pass);
    let table = written(&report, Format::Table);
    assert!(
        row(&table, "1  ").contains(" 995= ") && row(&table, "all").contains("  0 "),
        "{table}"
    );
    assert!(table.contains("`lost: \">= 1\"` is met: 995 messages lost, as expected"), "{table}");
    let summary = written(&report, Format::Markdown);
    assert!(row(&summary, "| 1 |").contains("| 995 (expected) |"), "{summary}");
    assert!(summary.contains("995 messages lost, as expected"), "{summary}");
    let page = written(&report, Format::Html);
    assert!(page.contains(">995 (expected)</td>"));
    assert!(page.contains("995 lost (expected) of those acknowledged"));
    let junit = Checked::new(&written(&report, Format::Junit));
    assert!(junit.ask("string(//testsuite[1]/system-out)").contains("lost 995 (expected), dup 0"));
    let line = kafka_chaos::testing::report::in_a_line(
        &report,
        kafka_chaos::testing::report::Paint::plain(),
    );
    assert!(line.contains("; 995 lost (expected) in 1 of 2 cells"), "{line}");
    // Over trials the share was demanded, too.
    let merged = written(&trials(vec![report.clone(), report]), Format::Table);
    assert!(merged.contains(" 2/2= "), "{merged}");
}

/// With acks=0 nobody acknowledges.
#[test]
fn what_nobody_acknowledged_is_not_called_so() {
    let lossy = Told { sent: 5_000, lost: 995, ..Told::default() };
    let text = CONTROL.replace("\"1\"", "\"0\"");
    let report = report(&plan(&text), &[lossy, Told { lost: 0, ..lossy }]);
    let page = written(&report, Format::Html);
    assert!(page.contains("995 lost (expected) of those reported as sent between"), "{page}");
    let table = written(&report, Format::Table);
    assert!(table.contains("lost: acks=0: 995 of 5000 unconfirmed messages"), "{table}");
}

/// One bound is met, another one is not: then nobody wanted the count.
#[test]
fn a_count_that_violates_something_is_not_expected() {
    let text = CONTROL.replace("lost: \">= 1\"}", "lost: \"1..900\"}");
    let lossy = Told { sent: 5_000, lost: 995, ..Told::default() };
    let report = report(&plan(&text), &[lossy, Told { lost: 0, ..lossy }]);
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(!written(&report, Format::Table).contains("995="));
}

/// A log that was not read whole does not say that nothing is lost.
#[test]
fn a_count_that_is_not_settled_is_never_told_as_none() {
    let mut report = rejected();
    let line = |report: &Report| {
        kafka_chaos::testing::report::in_a_line(
            report,
            kafka_chaos::testing::report::Paint::plain(),
        )
    };
    assert!(line(&report).contains("; none lost; none duplicated"), "{}", line(&report));
    let cell = &mut report.cells[0];
    cell.counts[Metric::Lost] = Bounds { least: 0, most: Some(9) };
    assert!(line(&report).contains("; lost: not known; none dup"), "{}", line(&report));
    report.cells[0].counts[Metric::Lost].least = 3;
    assert!(line(&report).contains("; at least 3 lost in 1 of 1 cells; "), "{}", line(&report));
}
