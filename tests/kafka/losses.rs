//! The shipped scenarios do what their heads promise, and reversed they fail.

use crate::harness::{Place, minisr2, shipped};
use crate::page;
use crate::series::LOSS;
use crate::tampering::tamper;
use std::time::Duration;

const FAST: [&str; 2] = ["--set", "cluster.timing=fast"];

#[test]
fn the_safe_default_loses_nothing_and_both_faults_are_proved() {
    let place = Place::new();
    let ran = place.run(&place.scenario(&minisr2()), &FAST);
    ran.expect_code(0);
    assert_eq!(ran.report["verdict"], "pass");
    assert_eq!(ran.count("main", "lost"), 0);
    assert_eq!(ran.count("main", "duplicated"), 0);
    assert!(ran.count("main", "acked") > 10_000);
    for fault in 0..2 {
        assert_eq!(ran.fault(fault)["effective"], true, "{}", ran.fault(fault));
        assert!(!ran.fault(fault)["evidence"].as_array().unwrap().is_empty());
    }
    let epochs: Vec<i64> = ran.report["leaders"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|o| o["partition"]["epoch"].as_i64())
        .collect();
    assert!(epochs.iter().max().unwrap() >= &1, "a leader change is in the timeline: {epochs:?}");
    assert!(ran.cell("main")["unavailable_ms"].as_f64().unwrap() > 500.0);
    assert!(ran.stdout.trim_end().lines().last().unwrap().starts_with("PASS minisr2"));
    place.expect_nothing_left(Duration::from_secs(3));
}

#[test]
fn acks_1_loses_what_the_followers_slept_through_and_acks_all_does_not() {
    let place = Place::new();
    let ran = place.run(&shipped("acks1-leader-loss"), &FAST);
    ran.expect_code(0);
    assert!(ran.count("acks=1", "lost") > 0);
    assert_eq!(ran.count("acks=all", "lost"), 0);
    assert_eq!(ran.count("acks=all", "duplicated"), 0);
    let witness = ran.cell("acks=1")["witnesses"][0]["text"].as_str().unwrap();
    assert!(witness.contains("acknowledged by broker 0 in epoch 0"), "{witness}");
    assert!(witness.contains("offsets"), "{witness}");
    assert!(witness.contains("(moved by: kill leader at 7 s"), "{witness}");
    assert!(witness.contains("in force: process_stop followers at 5 s"), "{witness}");
    page::expect_drawn(&place, &ran);
}

/// All brokers are dead when somebody cuts their files: the election that follows took nothing.
#[test]
fn what_was_cut_from_every_disk_is_not_blamed_on_an_election() {
    let place = Place::new();
    let files = place.path().join("tmp");
    let scenario = place.scenario(&format!(
        "name: disk-cut
summary: Every replica's segment is cut to half while all brokers are dead.
cluster: {{timing: fast}}
topic: {{partitions: 1, replication.factor: 3, min.insync.replicas: 2}}
producer: {{acks: all, rate: 100, enable.idempotence: false}}
faults:
  - {{kill: all, at: 2s, for: 2s}}
  - {{exec: '{} cut {}', at: 3s}}
expect: {{lost: 0}}
",
        tamper().display(),
        files.display()
    ));
    let ran = place.run(&scenario, &[]);
    ran.expect_code(1);
    let witness = &ran.cell("main")["witnesses"][0];
    let text = witness["text"].as_str().unwrap();
    assert!(text.contains("gone from every replica's disk, and no election explains it"), "{text}");
    assert!(text.contains("during kill all at 2 s for 2 s and exec"), "{text}");
    assert_eq!(witness["all_down"]["faults"], serde_json::json!([0, 1]));
}

#[test]
fn a_loss_that_was_not_expected_is_a_violation_with_its_ranges_named() {
    let place = Place::new();
    let start = LOSS.find("\nexpect:").unwrap();
    let scenario = place.scenario(&format!("{}\nexpect:\n  lost: 0\n", &LOSS[..start]));
    let ran = place.run(&scenario, &[]);
    ran.expect_code(1);
    assert_eq!(ran.report["verdict"], "fail");
    assert_eq!(ran.cell("acks=1")["verdict"], "fail");
    assert_eq!(ran.cell("acks=all")["verdict"], "pass");
    assert!(
        ran.stdout.contains("acknowledged by broker 0 in epoch 0 at offsets"),
        "{}",
        ran.stdout
    );
}

#[test]
fn retries_without_idempotence_write_a_batch_twice_and_with_it_none() {
    let place = Place::new();
    let ran = place.run(&shipped("retry-duplicates"), &[]);
    ran.expect_code(0);
    let cells = ran.report["cells"].as_array().unwrap();
    assert!(cells.iter().any(|c| c["counts"]["duplicated"].as_u64().unwrap() > 0));
    drop(place);
    let place = Place::new();
    let ran = place.run(&shipped("retry-idempotent"), &[]);
    ran.expect_code(0);
    for cell in ran.report["cells"].as_array().unwrap() {
        assert_eq!(cell["counts"]["duplicated"], 0);
        assert_eq!(cell["counts"]["lost"], 0);
    }
}
