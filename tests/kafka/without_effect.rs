//! A fault without effect is never a pass: one run of many such faults, and each one's reason.

use crate::harness::{Place, Ran};
use std::sync::LazyLock;

const SCENARIO: &str = "\
name: without-effect
cluster: {timing: fast}
topic: {partitions: 1, replication.factor: 3, min.insync.replicas: 2}
producer: {acks: all, enable.idempotence: true, rate: 200, message.bytes: 100}
expect: {lost: 0, duplicated: 0}
faults:
  - {exec: env | sort, at: 500ms}
  - {network_partition: [[leader], ['broker:0']], at: 1s, for: 1s}
  - {elect_leaders: preferred, at: 2s}
  - {exec: exit 7, at: 3s}
  - {kill: 'broker:2', at: 4s, for: 4s}
  - {network_partition: ['broker:2', ['broker:0', 'broker:1']], at: 5s, for: 2s}
  - {kill: 'broker:2', at: 6s, for: 1s}
";

/// A run, and what its first command printed.
struct Seen {
    ran: Ran,
    said: String,
}

static SEEN: LazyLock<Seen> = LazyLock::new(|| {
    let place = Place::new();
    let ran = place.run(&place.scenario(SCENARIO), &[]);
    let said = std::fs::read_to_string(place.out().join("exec-0.log")).unwrap_or_default();
    Seen { ran, said }
});

/// The fault had no effect for a reason that begins or goes on so, and the run says that, too.
fn expect_no_effect(index: usize, why: &str) {
    let ran = &SEEN.ran;
    ran.expect_code(3);
    assert_eq!(ran.fault(index)["effective"], false, "{}", ran.fault(index));
    let reason = ran.fault(index)["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(why), "{reason}");
    let reasons = ran.report["reasons"].to_string();
    assert!(reasons.contains(why), "{reasons}");
}

#[test]
fn faults_without_effect_make_the_run_inconclusive_each_with_its_reason() {
    expect_no_effect(1, "broker-0 is in groups 1 and 2");
    expect_no_effect(6, "broker-2 is dead already");
    let ran = &SEEN.ran;
    assert_eq!(ran.report["verdict"], "inconclusive");
    assert_eq!(ran.fault(4)["effective"], true, "{}", ran.fault(4));
    assert!(ran.stdout.trim_end().lines().last().unwrap().starts_with("INCONCLUSIVE"));
    assert_eq!(ran.count("main", "lost"), 0);
}

#[test]
fn an_election_that_nobody_needs_makes_the_run_inconclusive() {
    expect_no_effect(2, "had its preferred leader already");
}

#[test]
fn a_command_that_fails_makes_the_run_inconclusive() {
    expect_no_effect(3, "the command failed");
    expect_no_effect(3, "exit status: 7");
}

#[test]
fn cutting_off_the_dead_has_no_effect() {
    expect_no_effect(5, "broker-2 is dead: there is nothing to cut");
    assert_eq!(SEEN.ran.fault(5)["reason"], "broker-2 is dead: there is nothing to cut");
}

#[test]
fn a_command_is_told_what_the_run_is() {
    let Seen { ran, said } = &*SEEN;
    assert_eq!(ran.fault(0)["effective"], true, "{}", ran.fault(0));
    for line in [
        "CHAOS_BOOTSTRAP=10.88.0.11:9092,10.88.0.12:9092,10.88.0.13:9092",
        "CHAOS_TOPICS=chaos-without-effect-0",
        "CHAOS_CELLS=main",
        "CHAOS_PHASE=faults",
        "CHAOS_NODE_0_PID=",
        "CHAOS_NODE_2_NETNS=/proc/",
        "CHAOS_RUN_DIR=",
    ] {
        assert!(said.contains(line), "no {line} in\n{said}");
    }
}
