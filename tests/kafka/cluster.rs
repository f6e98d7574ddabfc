//! `chaos cluster up` runs a cluster that any client on this machine can use.

use crate::harness::Place;
use kafka_chaos::testing::kafka::{Operator, Patience, create_topics};
use kafka_chaos::testing::plan::TopicPlan;
use kafka_chaos::testing::runtime::Vantage;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_cluster_in_the_foreground_serves_clients_outside_and_ends_with_ctrl_c() {
    let place = Place::new();
    let mut child = place.chaos(&["cluster", "up"]).stdout(Stdio::piped()).spawn().unwrap();
    // Kept open to the end, like a person's terminal.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let servers = lines
        .find_map(|line| line.strip_prefix("bootstrap.servers=").map(str::to_owned))
        .expect("it says how to reach it");

    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &servers).create().unwrap();
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(10)).unwrap();
    let mut addresses: Vec<String> =
        metadata.brokers().iter().map(|b| format!("{}:{}", b.host(), b.port())).collect();
    addresses.sort();
    assert_eq!(addresses.join(","), sorted(&servers), "advertised as they are reached");

    make_topic(&servers);
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &servers).create().unwrap();
    producer.send(BaseRecord::to(TOPIC).key("k").payload("hello")).unwrap();
    producer.flush(Duration::from_secs(30)).unwrap();
    assert_eq!(read_one(&servers), b"hello");

    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    place.expect_nothing_left(Duration::from_secs(3));
}

const TOPIC: &str = "tried";

fn make_topic(servers: &str) {
    let brokers = (0..).zip(servers.split(',').map(|s| s.parse().unwrap())).collect();
    let mut operator = Operator::new(
        &Vantage { netns: None, brokers, bootstrap: Vec::new() },
        Duration::from_secs(5),
    );
    let placement = vec![vec![0, 1, 2]];
    let topic = TopicPlan { name: TOPIC.to_owned(), placement, config: [].into() };
    let timeout = Duration::from_secs(30);
    let mut patience = Patience::new(timeout, &|| Ok(()));
    create_topics(&mut operator, &[topic], &mut patience).unwrap();
}

/// The first message of the topic.
fn read_one(servers: &str) -> Vec<u8> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "reader")
        .create()
        .unwrap();
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(TOPIC, 0, Offset::Beginning).unwrap();
    consumer.assign(&assignment).unwrap();
    let message = consumer.poll(Duration::from_secs(30)).expect("a message comes").unwrap();
    message.payload().unwrap().to_vec()
}

fn sorted(servers: &str) -> String {
    let mut list: Vec<&str> = servers.split(',').collect();
    list.sort_unstable();
    list.join(",")
}
