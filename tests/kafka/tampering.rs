//! What another client does to the log during a run is counted exactly.

use crate::harness::{Place, Ran};
use std::path::PathBuf;
use std::sync::LazyLock;

/// The other client, built with the tests.
pub fn tamper() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let profile = deps.parent().unwrap().parent().unwrap();
    let tamper = profile.join("examples/tamper");
    assert!(tamper.exists(), "{} is built by `cargo test`", tamper.display());
    tamper
}

/// Three topics, each for one kind of tampering; the third cell loses its start.
static TAMPERED: LazyLock<Ran> = LazyLock::new(|| {
    let place = Place::new();
    let tamper = tamper().display().to_string();
    let other =
        |topic: u8| format!("{tamper} --topics $(echo $CHAOS_TOPICS | cut -d , -f {topic})");
    let commands = [
        format!("{tamper} copy 17"),
        format!("{tamper} foreign 5"),
        format!("{tamper} flip value:40"),
        format!("{tamper} flip key:20"),
        // The copies in partition 1 have stamps of partition 0.
        format!("{tamper} grow 2 && {tamper} --to 1 foreign 1 && {tamper} --to 1 copy 5"),
        format!("{} remake", other(2)),
        format!("{} delete 123", other(3)),
    ];
    let faults: String = (2..)
        .zip(&commands)
        .map(|(at, command)| format!("  - {{exec: '{command}', at: {at}s, for: 20s}}\n"))
        .collect();
    place.run(
        &place.scenario(&format!(
            "name: tampering
summary: Another client writes and deletes.
cluster: {{timing: fast}}
topic: {{partitions: 1, replication.factor: 3, min.insync.replicas: 2}}
producer: {{acks: all, rate: 300, message.bytes: 100}}
matrix: {{linger.ms: [5, 6, 7]}}
duration: 11s
faults:
{faults}expect:
  - lost: 0
  - when: {{linger.ms: 5}}
    duplicated: 17
    foreign: 11
    corrupt: 2
"
        )),
        &[],
    )
});

#[test]
fn copies_foreign_and_flipped_records_are_counted_exactly() {
    let ran = &*TAMPERED;
    let cell = "linger.ms=5";
    assert_eq!(ran.cell(cell)["verdict"], "pass", "{}", ran.stdout);
    assert_eq!(ran.count(cell, "duplicated"), 17);
    assert_eq!(ran.count(cell, "foreign"), 5 + 1 + 5);
    assert_eq!(ran.count(cell, "corrupt"), 2);
    assert_eq!(ran.count(cell, "lost"), 0);
    let notes = ran.cell(cell)["notes"].to_string();
    assert!(notes.contains("partition 1 was added during the run"), "{notes}");
}

#[test]
fn a_topic_made_anew_is_inconclusive_and_both_ids_are_named() {
    let ran = &*TAMPERED;
    ran.expect_code(3);
    let cell = ran.cell("linger.ms=6");
    assert_eq!(cell["verdict"], "inconclusive", "{cell}");
    let reasons = ran.report["reasons"].to_string();
    assert!(reasons.contains("the topic was deleted and made anew"), "{reasons}");
    let witness = cell["witnesses"][0]["text"].as_str().unwrap();
    assert!(witness.contains("not in the topic that was made anew"), "{witness}");
}

#[test]
fn a_log_that_lost_its_start_is_inconclusive_and_the_start_is_named() {
    let ran = &*TAMPERED;
    ran.expect_code(3);
    assert_eq!(ran.cell("linger.ms=7")["verdict"], "inconclusive", "{}", ran.stdout);
    let reasons = ran.report["reasons"].to_string();
    assert!(reasons.contains("the log starts at offset 123"), "{reasons}");
}
