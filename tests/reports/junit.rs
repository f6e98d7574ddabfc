//! junit.xml is valid, and green exactly when the run's verdict is pass.

use super::world::{
    LOSS, make_inconclusive, miss, overload, sound, sound_36, trials, unsent, unsettle, violate,
    written,
};
use super::xml::Checked;
use kafka_chaos::testing::exit::Exit;
use kafka_chaos::testing::report::Format;
use kafka_chaos::testing::result::Report;
use kafka_chaos::testing::runtime::{RuntimeError, Stop};

fn junit(report: &Report) -> Checked {
    Checked::new(&written(report, Format::Junit))
}

#[test]
fn each_expectation_is_a_case_that_is_as_its_verdict() {
    let mut report = sound();
    violate(&mut report, 0);
    unsettle(&mut report, 1);
    let junit = junit(&report);
    // Two expectations of two cells, one fault, and the end of the run.
    assert_eq!(junit.counts(), (6, 1, 1));
    let case = |cell: &str, name: &str, what: &str| {
        let path = format!("//testsuite[@name='{cell}']/testcase[@name='{name}']{what}");
        junit.ask(&format!("string({path})"))
    };
    assert_eq!(case("acks=1", "lost: 0", "/failure/@type"), "violated");
    assert_eq!(
        case("acks=1", "lost: 0", "/failure/@message"),
        "`lost: 0` is violated: 990 messages lost"
    );
    assert!(case("acks=1", "lost: 0", "/failure").ends_with(LOSS));
    assert_eq!(case("acks=1", "lost: 0", "/@classname"), "made.acks=1");
    assert_eq!(case("acks=all", "lost: 0", "/error/@type"), "inconclusive");
    assert!(case("acks=all", "lost: 0", "/error").contains("partition 2 was not read"));
    assert_eq!(junit.ask("count(//testsuite[@name='run']//error)"), "0");
    assert_eq!(junit.ask("string(//testsuite[1]/@timestamp)"), "2026-01-01T03:00:00.000+02:00");
    // 4250.5 ms and 20000.25 ms, once: cells share the time.
    assert_eq!(junit.ask("string(/testsuites/@time)"), "24.251");
    assert_eq!(junit.ask("sum(//testcase/@time)"), "24.251");
    let property = "string(//testsuite[1]//property[@name='min.insync.replicas']/@value)";
    assert_eq!(junit.ask(property), "1");
}

#[test]
fn a_run_that_passed_is_green() {
    assert_eq!(junit(&sound()).counts(), (6, 0, 0));
    // 36 cells of two expectations, one fault, and the end.
    assert_eq!(junit(&sound_36()).counts(), (36 * 2 + 2, 0, 0));
}

/// What no expectation shows, and the case that does.
#[test]
fn trouble_of_the_whole_run_is_not_green() {
    let mut missed = sound();
    miss(&mut missed);
    let mut unread = sound();
    overload(&mut unread, 1);
    let mut empty = sound();
    empty.cells.clear();
    empty.reasons = vec!["no cell was judged".into()];
    make_inconclusive(&mut empty);
    let mut silent = sound();
    for cell in &mut silent.cells {
        cell.expectations.clear();
    }
    make_inconclusive(&mut silent);
    let cases = [
        (missed, "process_stop leader at 5 s for 10 s took effect", "no thread stood still"),
        (unread, "settled", "the machine did not keep up"),
        (empty, "came to its end", "no cell was judged"),
        (silent, "came to its end", "the run's verdict is not a pass"),
    ];
    for (report, name, words) in cases {
        let junit = junit(&report);
        let (_, failures, errors) = junit.counts();
        assert_eq!((failures, errors), (0, 1), "{name}");
        let error = junit.ask(&format!("string(//testcase[@name='{name}']/error)"));
        assert!(error.contains(words), "{name}: {error}");
    }
}

#[test]
fn a_run_that_was_cut_short_is_not_green() {
    let stops = [
        (Stop::Interrupted(Exit::Interrupted), "interrupted: interrupted before the log"),
        (Stop::Interrupted(Exit::Terminated), "terminated: interrupted before the log"),
        (Stop::Failed(RuntimeError::new("the disk is full")), "failed: the disk is full"),
    ];
    for (stop, words) in stops {
        let junit = junit(&unsent(Some(stop)));
        let end = junit.ask("string(//testcase[@name='came to its end']/error/@message)");
        assert!(end.contains(words), "{end}");
        // Nothing was sent, so nothing is known about either cell's two expectations; and the end.
        assert_eq!(junit.counts(), (5, 0, 5));
        let words = junit.ask("string(//testcase[@name='lost: 0']/error/@message)");
        assert_eq!(words, "`lost: 0` is not settled: nothing was sent");
    }
}

#[test]
fn several_trials_are_one_case_each() {
    let (mut second, mut third) = (sound(), sound());
    violate(&mut second, 0);
    miss(&mut third);
    let junit = junit(&trials(vec![sound(), second, third]));
    assert_eq!(junit.counts(), (6, 1, 1));
    let failure = junit.ask("string(//failure)");
    assert!(failure.contains("the cell did not pass in 1 of 3 trials: 2\n"), "{failure}");
    let error = junit.ask("string(//testcase[contains(@name, 'took effect')]/error/@message)");
    assert!(error.contains("did not take effect in trial 3: no thread"), "{error}");

    let failed = unsent(Some(Stop::Failed(RuntimeError::new("the disk is full"))));
    let junit = super::junit::junit(&trials(vec![sound(), failed]));
    let end = junit.ask("string(//testcase[@name='came to its end']/error/@message)");
    assert_eq!(end, "trial 2: the environment failed: the disk is full");
}

#[test]
fn names_are_the_scenario_s_and_none_is_there_twice() {
    let mut bad = sound();
    violate(&mut bad, 0);
    unsettle(&mut bad, 1);
    miss(&mut bad);
    let names = |report: &Report| junit(report).ask("//testcase/@name | //testcase/@classname");
    assert_eq!(names(&sound()), names(&bad));
    let mut twice = sound();
    let again = twice.cells[0].expectations[0].clone();
    twice.cells[0].expectations.push(again);
    let junit = junit(&twice);
    assert_eq!(junit.ask("count(//testcase[@name='lost: 0 (2)'])"), "1");
    assert_eq!(junit.counts(), (7, 0, 0));
}

/// A report may have been changed by hand.
#[test]
fn impossible_times_are_no_panic() {
    for ms in [-1e9, 1e300] {
        let mut report = sound();
        report.phases[0].ms = ms;
        report.started_at = "yesterday".into();
        assert_eq!(junit(&report).ask("string(/testsuites/@time)"), "0.000", "{ms}");
    }
}
