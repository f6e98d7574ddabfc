//! The consumer that reads a log: its configuration and its errors.

use super::ReadRequest;
use parking_lot::Mutex;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use std::time::Duration;

/// Fetched and not yet processed, over all partitions, in KiB; librdkafka keeps about three times
/// as much in memory for small records.
const QUEUED_KIB: usize = 16 * 1024;

/// Keeps the client's last error, to explain a silence.
#[derive(Default)]
pub(super) struct Errors(Mutex<Option<String>>);

impl Errors {
    pub(super) fn last(&self) -> String {
        let last = self.0.lock().clone();
        last.unwrap_or_else(|| "the client met no error".into())
    }
}

impl ClientContext for Errors {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {
        // Important messages come as errors, too; a reader has no log of its own.
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let text = format!("{error}: {reason}");
        *self.0.lock() = Some(text);
    }
}

impl ConsumerContext for Errors {}

/// Fetches the topic's metadata first: a cold start looks up each leader only after half a second.
/// If it fails, so will the reading, which then says why.
pub(super) fn warm_up(consumer: &BaseConsumer<Errors>, topic: &str, limit: Duration) {
    if let Err(error) = consumer.fetch_metadata(Some(topic), limit) {
        consumer.context().error(error, "metadata");
    }
}

/// Everything explicit; the defaults are librdkafka 2.12.1's.
pub(super) fn config(request: &ReadRequest) -> ClientConfig {
    // The simple consumer's limit is per partition.
    let queued_kib = (QUEUED_KIB / request.ranges.len().max(1)).max(256).to_string();
    let properties = [
        ("bootstrap.servers", request.bootstrap_servers.as_str()),
        ("client.id", "chaos-log-reader"),
        ("broker.address.family", "v4"),
        ("allow.auto.create.topics", "false"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        // Every record in the log counts, a transaction's too, whatever its outcome.
        ("isolation.level", "read_uncommitted"),
        // A partition's end shows that a range is read although its last offsets are holes.
        ("enable.partition.eof", "true"),
        // A missing offset must not silently become another one.
        ("auto.offset.reset", "error"),
        // Each stamp has our checksum over key and value, which identifies the damaged record;
        // librdkafka's would refuse the whole batch.
        ("check.crcs", "false"),
        ("fetch.wait.max.ms", "100"),
        ("fetch.min.bytes", "1"),
        ("fetch.message.max.bytes", "1048576"),
        ("fetch.max.bytes", "16777216"),
        ("receive.message.max.bytes", "100000000"),
        ("fetch.error.backoff.ms", "100"),
        // Only bytes limit the queue, and a full queue is checked again at once.
        ("queued.min.messages", "10000000"),
        ("queued.max.messages.kbytes", &queued_kib),
        ("fetch.queue.backoff.ms", "2"),
        ("socket.timeout.ms", "10000"),
        ("socket.connection.setup.timeout.ms", "5000"),
        ("reconnect.backoff.ms", "50"),
        ("reconnect.backoff.max.ms", "500"),
        ("topic.metadata.refresh.interval.ms", "1000"),
        ("statistics.interval.ms", "0"),
        ("enable.metrics.push", "false"),
        ("log.connection.close", "false"),
    ];
    let mut config = ClientConfig::new();
    for (name, value) in properties {
        config.set(name, value);
    }
    config.set_log_level(RDKafkaLogLevel::Warning);
    config
}
