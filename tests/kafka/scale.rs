//! Many messages, little memory; a warm start is quick.

use crate::harness::Place;

const SCENARIO: &str = "\
name: many
summary: As fast as it goes.
cluster: {timing: stock}
topic: {partitions: 3, replication.factor: 3, min.insync.replicas: 2}
producer:
  acks: all
  rate: max
  messages: 2000000
  message.bytes: 100
  config: {batch.size: 1000000, linger.ms: 20}
expect: {lost: 0, duplicated: 0, corrupt: 0, foreign: 0}
";

#[test]
fn two_million_messages_at_full_speed_are_all_verified() {
    let place = Place::new();
    let ran = place.run(&place.scenario(SCENARIO), &[]);
    ran.expect_code(0);
    assert_eq!(ran.count("main", "sent"), 2_000_000);
    assert_eq!(ran.count("main", "acked"), 2_000_000);
    let bytes = ran.report["memory"]["ledger_and_observed_bytes"].as_f64().unwrap();
    assert!(bytes / 2e6 <= 0.5, "{bytes} bytes for 2e6 messages");
}
