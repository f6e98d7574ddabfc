//! Targets and kinds do what they say.

use crate::harness::{Place, Ran};
use std::sync::LazyLock;

const HEAD: &str = "\
summary: A test.
cluster: {timing: fast}
topic: {partitions: 1, replication.factor: 3, min.insync.replicas: 2}
producer: {acks: all, enable.idempotence: true, rate: 200, message.bytes: 100}
expect: {lost: 0, duplicated: 0}
";

#[test]
fn isolated_controllers_on_kafka_4_survive_the_loss_of_the_active_one() {
    let place = Place::new();
    let scenario = place.scenario(&format!(
        "name: controller-loss
{}faults:
  - kill: controller
    at: 1s
    for: 3s
  - network_partition: [[follower], [leader]]
    ports: replication
    at: 6s
    for: 1 session
",
        HEAD.replace("{timing: fast}", "{timing: fast, controllers: isolated, kafka: 4.4.0}")
    ));
    let ran = place.run(&scenario, &[]);
    ran.expect_code(0);
    let killed = ran.fault(0)["nodes"][0].as_str().unwrap();
    assert!(killed.starts_with("controller-1"), "{killed}");
    let evidence = ran.fault(1)["evidence"].to_string();
    assert!(evidence.contains(" broker-1 -> broker-0"), "{evidence}");
}

/// Clients are stopped, cut off, and in the end killed.
static CLIENTS: LazyLock<Ran> = LazyLock::new(|| {
    let place = Place::new();
    let head = HEAD.replace("rate: 200,", "rate: 200, config: {linger.ms: 400},");
    let scenario = place.scenario(&format!(
        "name: clients
{head}faults:
  - process_stop: clients
    at: 1s
    for: 2s
  - network_partition: [[clients], [leader]]
    ports: client
    at: 5s
    for: 2s
  - kill: clients
    at: 10s
    for: 1s
"
    ));
    place.run(&scenario, &[])
});

#[test]
fn clients_that_are_stopped_or_cut_off_are_nodes_too() {
    let ran = &*CLIENTS;
    ran.expect_code(0);
    assert_eq!(ran.fault(0)["nodes"][0], "clients");
    for fault in 0..2 {
        let outage = &ran.cell("main")["fault_outages"][fault]["outage"];
        assert!(outage["ms"].as_f64().unwrap() >= 1_900.0, "{outage}");
    }
}

#[test]
fn killed_clients_leave_messages_of_unknown_outcome_and_their_ledger() {
    let ran = &*CLIENTS;
    ran.expect_code(0);
    assert_eq!(ran.fault(2)["effective"], true, "{}", ran.fault(2));
    assert!(ran.count("main", "acked") > 200);
    assert!(ran.count("main", "unknown") > 0, "{}", ran.cell("main")["counts"]);
    assert!(ran.cell("main")["producer"].is_null(), "the dead tell nothing");
}
