//! Whole runs on containers: the shipped scenarios have the same results as on the local runtime.

use crate::harness::{Place, Ran, User, minisr2, shipped};
use crate::world::{Ports, docker, on_docker};
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

const FAST: [&str; 2] = ["--set", "cluster.timing=fast"];

/// What minisr2 does, closer together. `CLUSTER` stands for more of `cluster`.
const QUICK: &str = "name: quick\n\
    cluster: {timing: fast CLUSTER}\n\
    topic: {partitions: 3, replication.factor: 3, min.insync.replicas: 2}\n\
    producer: {acks: all, enable.idempotence: true, rate: 200}\n\
    faults:\n\
    - {process_stop: leader, at: 1s, for: 2 session}\n\
    - {network_partition: [[leader], [followers]], at: 8s, for: 2 session}\n\
    expect: {lost: 0, duplicated: 0}\n";

fn quick(cluster: &str) -> String {
    QUICK.replace(" CLUSTER", cluster)
}

fn expect_proved(ran: &Ran) {
    for fault in ran.report["faults"].as_array().unwrap() {
        assert_eq!(fault["effective"], true, "{fault:#}");
    }
}

fn evidence(ran: &Ran, fault: usize) -> String {
    let all = ran.fault(fault)["evidence"].as_array().unwrap().clone();
    let texts: Vec<String> = all.iter().map(|e| e["text"].as_str().unwrap().to_owned()).collect();
    texts.join("\n")
}

#[test]
fn the_safe_default_loses_nothing_and_both_faults_are_proved() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let ran = place.run(&place.scenario(&minisr2()), &FAST);
    ran.expect_code(0);
    expect_proved(&ran);
    assert_eq!((ran.count("main", "lost"), ran.count("main", "duplicated")), (0, 0));
    assert!(ran.count("main", "acked") > 10_000);
    assert!(evidence(&ran, 0).contains("threads in state T"), "{}", evidence(&ran, 0));
    assert!(evidence(&ran, 1).contains("nftables"), "{}", evidence(&ran, 1));
    assert!(ran.stderr.contains("runtime  docker "), "{}", ran.stderr);
    let log = std::fs::read_to_string(place.out().join("nodes/kafka-broker-01.log")).unwrap();
    assert!(log.contains("Kafka Server started"), "{log}");
    let compose = std::fs::read_to_string(place.out().join("compose.yaml")).unwrap();
    assert!(compose.contains("kafka-broker-03"), "{compose}");
    place.expect_nothing_left(Duration::from_secs(3));
    docker::expect_nothing_of(&place);
}

#[test]
fn an_ordinary_user_of_the_docker_group_gets_the_same_verdicts_by_helper_containers() {
    let ports = Ports::take();
    let place = on_docker(Place::of(User::OrdinaryWithDocker), &ports);
    let ran = place.run(&place.scenario(&quick("")), &[]);
    ran.expect_code(0);
    expect_proved(&ran);
    assert!(evidence(&ran, 0).contains("the Engine API"), "{}", evidence(&ran, 0));
    assert!(evidence(&ran, 1).contains("helper container"), "{}", evidence(&ran, 1));
    // By its bare name, as a built-in: the user may not read this folder.
    let ran = place.run(Path::new("acks1-leader-loss"), &FAST);
    ran.expect_code(0);
    assert!(ran.count("acks=1", "lost") > 0);
    assert_eq!(ran.count("acks=all", "lost"), 0);
    place.expect_nothing_left(Duration::from_secs(3));
    docker::expect_nothing_of(&place);
}

#[test]
fn the_controls_bite_on_containers_too() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let twice = [FAST[0], FAST[1], "--repeat", "2"];
    let ran = place.run(&shipped("acks1-leader-loss"), &twice);
    ran.expect_code(0);
    let share = &ran.cell("acks=1")["trials"]["lost"]["share"];
    assert_eq!((share["hits"].as_u64(), share["of"].as_u64()), (Some(2), Some(2)));
    assert_eq!(ran.count("acks=all", "lost"), 0);
    let second = std::fs::read_to_string(place.out().join("trials/002/report.json")).unwrap();
    assert!(second.contains("cluster  warm"), "the containers are those of the first: {second}");
    docker::expect_nothing_of(&place);
}

/// Clients are cut by the port of the listener that they use; the brokers go on among themselves.
#[test]
fn pause_kill_and_clients_cut_off_are_proved() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let scenario = place.scenario(
        "name: all-kinds\n\
         cluster: {timing: fast}\n\
         topic: {partitions: 3, replication.factor: 3, min.insync.replicas: 2}\n\
         producer: {acks: all, enable.idempotence: true, rate: 300}\n\
         faults:\n\
         - {pause: follower, at: 1s, for: 2 session}\n\
         - {kill: leader, at: 8s, for: 2s}\n\
         - {network_partition: [[clients], [all]], at: 18s, for: 3s}\n\
         expect: {lost: 0, duplicated: 0}\n",
    );
    let ran = place.run(&scenario, &[]);
    ran.expect_code(0);
    expect_proved(&ran);
    assert!(evidence(&ran, 0).to_lowercase().contains("frozen"), "{}", evidence(&ran, 0));
    let unavailable = ran.cell("main")["unavailable_ms"].as_f64().unwrap();
    assert!(unavailable > 2_900.0, "clients were cut for 3 s: {unavailable} ms");
}

/// A restarted container has a new network namespace, without the fault's rules.
#[test]
fn a_broker_restarted_in_mid_partition_gets_its_rules_back_and_the_report_says_so() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let scenario = place.scenario(
        "name: restarted\n\
         cluster: {timing: fast}\n\
         topic: {partitions: 1, replication.factor: 3, min.insync.replicas: 2}\n\
         producer: {acks: all, rate: 200}\n\
         faults:\n\
         - {network_partition: [[\"broker:1\"], [\"broker:0\", \"broker:2\"]], at: 1s, for: 9s}\n\
         - exec: \"docker restart -t 0 $(docker ps -q --filter label=chaos.node=1 --filter label=chaos.folder=$CHAOS_RUN_DIR)\"\n  \
           touches: \"broker:1\"\n  \
           at: 4s\n\
         expect: {lost: 0}\n",
    );
    let ran = place.run(&scenario, &[]);
    ran.expect_code(0);
    let said = evidence(&ran, 0);
    assert!(said.contains("kafka-broker-02 was restarted"), "{said}");
    docker::expect_nothing_of(&place);
}

/// The seed document's compose, with `build` replaced by `image` and nothing else.
#[test]
fn the_seed_documents_own_fragment_runs_through_cluster_compose() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let fragment = include_str!("seed-compose.yml");
    std::fs::write(place.path().join("seed.yml"), fragment).unwrap();
    let ran = place.run(&place.scenario(&quick(", compose: seed.yml")), &[]);
    ran.expect_code(0);
    expect_proved(&ran);
    assert!(ran.stderr.contains("privileged"), "it says what it leaves out: {}", ran.stderr);
}

/// A run by `auto`, which is docker where there is a daemon with the image, or with the tool's own
/// image of the same version.
pub static AUTO: LazyLock<Ran> = LazyLock::new(|| {
    let ports = Ports::take();
    let base = ports.base().to_string();
    let auto = ["--runtime", "auto", "--pull", "never", "--port-base", &base];
    let place = Place::new().on(&auto).with("KAFKA_IMAGE", "bitnami/kafka:4.4.0");
    let ran = place.run(&place.scenario(&quick(", kafka: 4.4.0")), &[]);
    docker::expect_nothing_of(&place);
    ran
});

#[test]
fn kafka_4_runs_by_its_image() {
    let ran = &*AUTO;
    ran.expect_code(0);
    expect_proved(ran);
    assert!(ran.stderr.contains("chaos-kafka:4.4.0"), "{}", ran.stderr);
}

#[test]
fn two_runs_side_by_side_are_both_right_on_their_own_ports() {
    let (first, second) = (Ports::take(), Ports::take());
    let place = Place::new();
    let start = |scenario: &str, ports: &Ports| {
        let file = shipped(scenario).display().to_string();
        let base = ports.base().to_string();
        let out = place.path().join("cwd").join(scenario).display().to_string();
        let mut command = place.chaos(&[
            "run",
            &file,
            "--out",
            &out,
            "-q",
            "--runtime",
            "docker",
            "--port-base",
            &base,
        ]);
        command.env("KAFKA_IMAGE", docker::image());
        command.stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let both = [start("retry-duplicates", &first), start("retry-idempotent", &second)];
    for child in both {
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{stdout}");
    }
    let report = place.path().join("cwd/retry-duplicates/report.json");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    let duplicated = |cell: usize| report["cells"][cell]["counts"]["duplicated"].as_u64().unwrap();
    assert!(duplicated(0) > 0 && duplicated(1) == 0, "{} {}", duplicated(0), duplicated(1));
    docker::expect_nothing_of(&place);
}
