//! Somebody interferes with a run from outside: it is seen, reported, and never green. `exec`
//! commands that touch what they do not name stand for that somebody.

use crate::harness::{Place, Ran};
use std::fs;
use std::sync::LazyLock;

/// A run of some seconds with these faults, and `more` at the end of the scenario.
fn run(name: &str, duration: &str, faults: &[&str], more: &str) -> (Place, Ran) {
    let place = Place::new();
    let faults: String = faults.iter().map(|fault| format!("  - {{{fault}}}\n")).collect();
    let scenario = place.scenario(&format!(
        "name: {name}\ncluster: {{timing: fast}}\n\
         topic: {{partitions: 3, replication.factor: 3, min.insync.replicas: 2}}\n\
         producer: {{acks: all, rate: 100}}\n\
         duration: {duration}\nexpect: {{lost: 0, duplicated: 0}}\n{more}faults:\n{faults}"
    ));
    let ran = place.run(&scenario, &[]);
    (place, ran)
}

/// All reasons, one per line.
fn reasons(ran: &Ran) -> String {
    let reasons = ran.report["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// What is done to brokers, and later to the producers of two cells.
struct Disturbed {
    ran: Ran,
    pages: Vec<(&'static str, String)>,
}

static DISTURBED: LazyLock<Disturbed> = LazyLock::new(|| {
    let (place, ran) = run(
        "disturbed",
        "8s",
        &[
            "process_stop: leader, at: 1s, for: 3s",
            "exec: 'kill -CONT $CHAOS_NODE_0_PID', at: 1400ms",
            "exec: 'kill -STOP $CHAOS_NODE_1_PID; sleep 0.7; kill -CONT $CHAOS_NODE_1_PID', at: 2s",
            "exec: 'kill -STOP $CHAOS_PRODUCER_PIDS; sleep 0.7; kill -CONT $CHAOS_PRODUCER_PIDS', at: 4s",
            "exec: 'set -- $CHAOS_PRODUCER_PIDS; kill -ABRT $1; kill -STOP $2', at: 6s",
        ],
        "matrix: {linger.ms: [5, 6]}\n",
    );
    let read = |file| (file, fs::read_to_string(place.out().join(file)).unwrap_or_default());
    Disturbed { ran, pages: ["report.html", "summary.md", "junit.xml"].map(read).into() }
});

#[test]
fn a_stop_that_is_woken_is_undone_and_who_stands_still_without_a_fault_is_told() {
    let Disturbed { ran, pages } = &*DISTURBED;
    ran.expect_code(3);
    let reasons = reasons(ran);
    let undone = &ran.fault(0)["undone"];
    assert_eq!(undone["node"], "broker-0", "{undone}");
    let after_ms = undone["after_ms"].as_f64().unwrap();
    assert!((390.0..1900.0).contains(&after_ms), "{undone}");
    let healed_ms = ran.fault(0)["healed_at_ms"].as_f64().unwrap();
    assert!(healed_ms - undone["at_ms"].as_f64().unwrap() < 500.0, "its time ends there");
    assert_eq!(ran.fault(0)["effective"], false);
    for told in [
        "fault 1 (process_stop leader at 1 s for 3 s) was undone after ",
        " runs again, and no fault woke it",
        "broker-1 stood still from 2.",
        "the producer of cell linger.ms=5 (process ",
        "the producer of cell linger.ms=6 (process ",
        "stood still from 4.",
    ] {
        assert!(reasons.contains(told), "no {told} in\n{reasons}");
    }
    assert!(!reasons.contains("broker-0 stood still"), "that was the fault:\n{reasons}");
    assert!(ran.stdout.contains("NOT EFFECTIVE: undone after "), "{}", ran.stdout);
    for (file, page) in pages {
        assert!(page.contains("undone after "), "{file}");
    }
}

#[test]
fn a_producer_that_ends_without_a_fault_is_told_with_its_signal_and_a_stopped_one_is_called_stopped()
 {
    let ran = &DISTURBED.ran;
    ran.expect_code(3);
    let reasons = reasons(ran);
    assert!(reasons.contains("signal: 6 (SIGABRT)"), "{reasons}");
    assert!(reasons.contains("and no fault killed it"), "{reasons}");
    assert!(reasons.contains("is stopped by a signal, so it could not finish"), "{reasons}");
    assert!(!ran.stderr.contains("killed by a fault"), "{}", ran.stderr);
}

#[test]
fn a_broker_that_dies_beside_a_kill_of_another_fails_the_run() {
    let (_place, ran) = run(
        "crash",
        "7s",
        &["kill: 'broker:2', at: 1s, for: 500ms", "exec: 'kill -KILL $CHAOS_NODE_1_PID', at: 3s"],
        "",
    );
    ran.expect_code(4);
    let reasons = reasons(&ran);
    let head = "broker-1 died, and no fault killed it: broker-1 ended (signal: 9 (SIGKILL))";
    assert!(reasons.starts_with(head), "{reasons}");
}

#[test]
fn a_broker_that_dies_after_the_last_message_fails_the_run_too() {
    let later = "exec: '(sleep 3.4; kill -KILL $CHAOS_NODE_1_PID) > /dev/null 2>&1 &', at: 1s";
    let (_place, ran) = run("late", "3s", &[later], "");
    ran.expect_code(4);
    assert!(ran.fault(0)["effective"] == true, "{}", ran.fault(0));
    assert!(reasons(&ran).contains("broker-1 died, and no fault killed it"), "{}", reasons(&ran));
}

/// The kill is over before the stop: the node is started when the stop lets go of it. And a command
/// may do anything to what it touches.
#[test]
fn the_last_of_two_faults_starts_the_node_and_a_command_may_end_what_it_touches() {
    let (_place, ran) = run(
        "overlap",
        "9s",
        &[
            "process_stop: 'broker:1', at: 1s, for: 4s",
            "kill: 'broker:1', at: 2s, for: 1s",
            "exec: 'kill -STOP $CHAOS_NODE_2_PID; sleep 0.3; kill -CONT $CHAOS_NODE_2_PID', \
             touches: 'broker:2', at: 500ms",
            "exec: 'kill -KILL $CHAOS_PRODUCER_PIDS', touches: producer, at: 8s",
        ],
        "",
    );
    ran.expect_code(0);
    let evidence = |fault: usize| ran.fault(fault)["evidence"].to_string();
    let left = "broker-1 stays as it is: fault 2 still holds it";
    assert!(evidence(2).contains(left), "{}", evidence(2));
    assert!(evidence(1).contains("broker-1 was started"), "{}", evidence(1));
    assert!(ran.stderr.contains("the producer was killed by a fault"), "{}", ran.stderr);
}
