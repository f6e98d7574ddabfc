//! A fault without effect is never a pass; targets and kinds do what they say.

use crate::harness::Place;

const HEAD: &str = "\
summary: A test.
cluster: {timing: fast}
topic: {partitions: 1, replication.factor: 3, min.insync.replicas: 2}
producer: {acks: all, enable.idempotence: true, rate: 200, message.bytes: 100}
expect: {lost: 0, duplicated: 0}
";

#[test]
fn faults_without_effect_make_the_run_inconclusive_each_with_its_reason() {
    let place = Place::new();
    let scenario = place.scenario(&format!(
        "name: without-effect
{HEAD}faults:
  - network_partition: [[leader], ['broker:0']]
    at: 1s
    for: 1s
  - exec: exit 7
    at: 3s
  - kill: broker:2
    at: 4s
    for: 6s
  - kill: broker:2
    at: 6s
    for: 1s
"
    ));
    let ran = place.run(&scenario, &[]);
    ran.expect_code(3);
    assert_eq!(ran.report["verdict"], "inconclusive");
    let reason = |i: usize| ran.fault(i)["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason(0).contains("broker-0 is in groups 1 and 2"), "{}", reason(0));
    assert!(reason(1).contains("the command failed"), "{}", reason(1));
    assert_eq!(ran.fault(2)["effective"], true, "{}", ran.fault(2));
    assert!(reason(3).contains("broker-2 is dead already"), "{}", reason(3));
    let reasons = ran.report["reasons"].to_string();
    assert!(reasons.contains("is in groups 1 and 2"), "{reasons}");
    assert!(ran.stdout.trim_end().lines().last().unwrap().starts_with("INCONCLUSIVE"));
    assert_eq!(ran.count("main", "lost"), 0);
}

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

#[test]
fn clients_that_are_stopped_or_cut_off_are_nodes_too() {
    let place = Place::new();
    let scenario = place.scenario(&format!(
        "name: clients
{HEAD}faults:
  - process_stop: clients
    at: 1s
    for: 2s
  - network_partition: [[clients], [leader]]
    ports: client
    at: 5s
    for: 2s
"
    ));
    let ran = place.run(&scenario, &[]);
    ran.expect_code(0);
    assert_eq!(ran.fault(0)["nodes"][0], "clients");
    assert!(ran.cell("main")["unavailable_ms"].as_f64().unwrap() >= 1_900.0);
}

#[test]
fn killed_clients_leave_messages_of_unknown_outcome_and_their_ledger() {
    let place = Place::new();
    let head = HEAD.replace("rate: 200,", "rate: 200, config: {linger.ms: 400},");
    let scenario = place.scenario(&format!(
        "name: killed-clients
{head}faults:
  - kill: clients
    at: 2s
    for: 1s
"
    ));
    let ran = place.run(&scenario, &[]);
    ran.expect_code(0);
    assert_eq!(ran.fault(0)["effective"], true, "{}", ran.fault(0));
    assert!(ran.count("main", "acked") > 200);
    assert!(ran.count("main", "unknown") > 0, "{}", ran.cell("main")["counts"]);
    assert!(ran.cell("main")["producer"].is_null(), "the dead tell nothing");
}
