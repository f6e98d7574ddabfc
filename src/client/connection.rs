//! What every client on librdkafka begins with: its configuration, and a topic that is there.

use super::failure::Failure;
use super::spec::WorkerSpec;
use super::wire::log_line;
use rdkafka::client::{Client, ClientContext};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use std::thread;
use std::time::{Duration, Instant};

/// How long the topic may take to be known, with all its partitions.
pub(super) const METADATA_LIMIT: Duration = Duration::from_secs(30);
/// How long one request for it may take.
const METADATA_TURN: Duration = Duration::from_secs(5);
/// How long to wait when the topic is not known at the moment.
pub(super) const NOT_NOW_WAIT: Duration = Duration::from_millis(100);

pub(super) fn config(spec: &WorkerSpec) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &spec.bootstrap_servers);
    for (name, value) in spec.role.config() {
        config.set(name, value);
    }
    // Without a `log` logger the crate would lower librdkafka's own level to errors.
    config.set_log_level(RDKafkaLogLevel::Info);
    config
}

pub(super) fn wait_for_topic<C: ClientContext>(
    spec: &WorkerSpec,
    client: &Client<C>,
    limit: Duration,
) -> Result<(), Failure> {
    let since = Instant::now();
    let mut last = "no broker answered".to_owned();
    loop {
        let left = limit.saturating_sub(since.elapsed());
        if left.is_zero() {
            let (topic, partitions) = (spec.topic.clone(), spec.partitions);
            return Err(Failure::Unknown { topic, partitions, limit, last });
        }
        match client.fetch_metadata(Some(&spec.topic), left.min(METADATA_TURN)) {
            // A timeout says less than an earlier answer of a broker.
            Err(error) => log_line(spec.epoch, &format!("the topic is asked for: {error}")),
            Ok(metadata) => match metadata.topics() {
                [topic] if topic.error().is_some() => last = format!("{:?}", topic.error()),
                [topic] if topic.partitions().len() >= spec.partitions as usize => return Ok(()),
                [topic] => last = format!("it has {} partitions", topic.partitions().len()),
                _ => last = "the broker's answer lacks the topic".into(),
            },
        }
        thread::sleep(NOT_NOW_WAIT);
    }
}
