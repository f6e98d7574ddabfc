//! The shipped compose file's cluster with real brokers, by the library's own seam.

use crate::bench::{Bench, again_without_root, destroy_in_time, docker};
use kafka_chaos::testing::kafka::{Patience, wait_for_brokers};
use kafka_chaos::testing::runtime::{Cluster, Role};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

#[test]
fn three_brokers_start_and_serve() {
    let bench = Bench::new();
    let begun = Instant::now();
    let cluster = bench.start(bench.brokers());
    println!("start took {:?}", begun.elapsed());
    for entrance in cluster.entrances() {
        let mut patience = Patience::new(Duration::from_secs(180), &|| Ok(()));
        wait_for_brokers(&entrance, &mut patience).unwrap();
    }
    println!("ready after {:?}", begun.elapsed());

    let nodes = cluster.nodes();
    let seen: Vec<_> = nodes.iter().map(|n| (n.id, n.name.as_str(), n.role)).collect();
    assert_eq!(
        seen,
        [
            (-1, "clients", Role::Clients),
            (0, "kafka-broker-01", Role::Combined),
            (1, "kafka-broker-02", Role::Combined),
            (2, "kafka-broker-03", Role::Combined),
        ]
    );
    for node in &nodes[1..] {
        let container = bench.container(&node.name);
        let format = "{{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let known = docker(&["inspect", "-f", format, &container]);
        assert_eq!(format!("{} {}", node.pids()[0], node.address.unwrap()), known);
        let ports = (node.listeners.replication, node.listeners.client, node.listeners.controller);
        assert_eq!(ports, (Some(9092), Some(9094), Some(9093)));
        assert_eq!(node.netns.is_some(), nix::unistd::geteuid().is_root());
    }
    let port = bench.port;
    let servers = format!("127.0.0.1:{port},127.0.0.1:{},127.0.0.1:{}", port + 1, port + 2);
    assert_eq!(cluster.client_bootstrap_servers(), servers);
    assert_eq!(cluster.vantage().bootstrap_servers(), servers);
    let place = SocketAddr::from((nodes[1].address.unwrap(), 9092));
    assert_eq!(cluster.vantage().brokers[0], (0, place));
    let words = format!("{:?}", cluster.made_of());
    for part in [&crate::bench::image(), "compose/docker-compose.yml"] {
        assert!(words.contains(part), "{words}");
    }

    // While nothing changes, the daemon is not asked: it would take some seconds.
    let begun = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(cluster.nodes().iter().filter(|n| !n.pids().is_empty()).count(), 3);
    }
    println!("a look at the nodes takes {:?}", begun.elapsed() / 1_000);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

    destroy_in_time(&cluster, &bench);
    for broker in ["kafka-broker-01", "kafka-broker-02", "kafka-broker-03"] {
        let log = bench.path().join(format!("nodes/{broker}.log"));
        let log = std::fs::read_to_string(log).unwrap();
        assert!(log.contains("Kafka Server started"), "{log}");
    }
}

#[test]
fn three_brokers_start_and_serve_without_root() {
    again_without_root("brokers::three_brokers_start_and_serve");
}
