//! What another client does to the log during a run is counted exactly.

use crate::harness::Place;
use std::path::PathBuf;

/// The other client, built with the tests.
fn tamper() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let profile = deps.parent().unwrap().parent().unwrap();
    let tamper = profile.join("examples/tamper");
    assert!(tamper.exists(), "{} is built by `cargo test`", tamper.display());
    tamper
}

fn scenario(commands: &[String], expect: &str) -> String {
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
duration: 12s
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
    ];
    let text = scenario(&commands, "  lost: 0\n  duplicated: 17\n  foreign: 5\n  corrupt: 2\n");
    let ran = place.run(&place.scenario(&text), &[]);
    ran.expect_code(0);
    assert_eq!(ran.count("main", "duplicated"), 17);
    assert_eq!(ran.count("main", "foreign"), 5);
    assert_eq!(ran.count("main", "corrupt"), 2);
    assert_eq!(ran.count("main", "lost"), 0);
}

#[test]
fn a_log_that_lost_its_start_is_inconclusive_and_the_start_is_named() {
    let place = Place::new();
    let command = format!("{} delete 123", tamper().display());
    let text = scenario(&[command], "  lost: 0\n");
    let ran = place.run(&place.scenario(&text), &[]);
    ran.expect_code(3);
    let reasons = ran.report["reasons"].to_string();
    assert!(reasons.contains("123"), "the log's start is named: {reasons}");
}

#[test]
fn a_command_that_fails_makes_the_run_inconclusive() {
    let place = Place::new();
    let text = scenario(&["exit 7".to_owned()], "  lost: 0\n");
    let ran = place.run(&place.scenario(&text), &[]);
    ran.expect_code(3);
    assert!(ran.fault(0)["reason"].as_str().unwrap().contains("exit status: 7"));
}
