//! What another client does to the log during a run is counted exactly.

use crate::harness::Place;
use std::path::PathBuf;

/// The other client, built with the tests.
pub fn tamper() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let profile = deps.parent().unwrap().parent().unwrap();
    let tamper = profile.join("examples/tamper");
    assert!(tamper.exists(), "{} is built by `cargo test`", tamper.display());
    tamper
}

fn scenario(duration: &str, commands: &[String], expect: &str) -> String {
    let faults: String = commands
        .iter()
        .enumerate()
        .map(|(i, c)| format!("  - exec: {c}\n    at: {}s\n    for: 20s\n", 2 + 2 * i))
        .collect();
    format!(
        "name: tampering
summary: Another client writes and deletes.
cluster: {{timing: fast}}
topic: {{partitions: 1, replication.factor: 3, min.insync.replicas: 2}}
producer: {{acks: all, rate: 300, message.bytes: 100}}
duration: {duration}
faults:
{faults}expect:
{expect}"
    )
}

#[test]
fn copies_foreign_and_flipped_records_are_counted_exactly() {
    let place = Place::new();
    let tamper = tamper().display().to_string();
    let commands = [
        format!("{tamper} copy 17"),
        format!("{tamper} foreign 5"),
        format!("{tamper} flip value:40"),
        format!("{tamper} flip key:20"),
        // The copies in partition 1 have stamps of partition 0.
        format!("{tamper} grow 2 && {tamper} --to 1 foreign 1 && {tamper} --to 1 copy 5"),
    ];
    let expect = "  lost: 0\n  duplicated: 17\n  foreign: 11\n  corrupt: 2\n";
    let ran = place.run(&place.scenario(&scenario("12s", &commands, expect)), &[]);
    ran.expect_code(0);
    assert_eq!(ran.count("main", "duplicated"), 17);
    assert_eq!(ran.count("main", "foreign"), 5 + 1 + 5);
    assert_eq!(ran.count("main", "corrupt"), 2);
    assert_eq!(ran.count("main", "lost"), 0);
    let notes = ran.cell("main")["notes"].to_string();
    assert!(notes.contains("partition 1 was added during the run"), "{notes}");
}

#[test]
fn a_topic_made_anew_is_inconclusive_and_both_ids_are_named() {
    let place = Place::new();
    let command = format!("{} remake", tamper().display());
    let ran = place.run(&place.scenario(&scenario("5s", &[command], "  lost: 0\n")), &[]);
    ran.expect_code(3);
    let reasons = ran.report["reasons"].to_string();
    assert!(reasons.contains("the topic was deleted and made anew"), "{reasons}");
    let witness = ran.cell("main")["witnesses"][0]["text"].as_str().unwrap();
    assert!(witness.contains("not in the topic that was made anew"), "{witness}");
}

#[test]
fn a_log_that_lost_its_start_is_inconclusive_and_the_start_is_named() {
    let place = Place::new();
    let command = format!("{} delete 123", tamper().display());
    let text = scenario("5s", &[command], "  lost: 0\n");
    let ran = place.run(&place.scenario(&text), &[]);
    ran.expect_code(3);
    let reasons = ran.report["reasons"].to_string();
    assert!(reasons.contains("123"), "the log's start is named: {reasons}");
}

#[test]
fn a_command_that_fails_makes_the_run_inconclusive() {
    let place = Place::new();
    let text = scenario("4s", &["exit 7".to_owned()], "  lost: 0\n");
    let ran = place.run(&place.scenario(&text), &[]);
    ran.expect_code(3);
    assert!(ran.fault(0)["reason"].as_str().unwrap().contains("exit status: 7"));
}

#[test]
fn a_command_is_told_what_the_run_is() {
    let place = Place::new();
    let text = scenario("4s", &["env | sort".to_owned()], "  lost: 0\n");
    let ran = place.run(&place.scenario(&text), &[]);
    ran.expect_code(0);
    let said = std::fs::read_to_string(place.out().join("exec-0.log")).unwrap();
    for line in [
        "CHAOS_BOOTSTRAP=10.88.0.11:9092,10.88.0.12:9092,10.88.0.13:9092",
        "CHAOS_TOPICS=chaos-tampering-0",
        "CHAOS_CELLS=main",
        "CHAOS_PHASE=faults",
        "CHAOS_NODE_0_PID=",
        "CHAOS_NODE_2_NETNS=/proc/",
        "CHAOS_RUN_DIR=",
    ] {
        assert!(said.contains(line), "no {line} in\n{said}");
    }
}
