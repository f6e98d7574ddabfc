//! Reads one topic completely, partition by partition from a first offset to an end: [`read`].
//! There is no consumer group, nothing is committed, and memory stays flat.

mod consumer;
mod reading;
#[cfg(test)]
mod tests;

use crate::client::stamp;
use crate::ledger::{Found, ProducerId};
use crate::native::{LogQueue, Record};
use consumer::{Errors, config, warm_up};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use reading::Reading;
use std::time::{Duration, Instant};

/// How long one look into the queue waits.
const SERVE: Duration = Duration::from_millis(100);
/// How often progress is reported at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// What to read, and how patiently.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// `bootstrap.servers`, as seen from the calling thread.
    pub bootstrap_servers: String,
    pub topic: String,
    /// At most one range per partition.
    pub ranges: Vec<Range>,
    /// After this much silence, what is not read yet is unreadable.
    pub silence_ms: u64,
}

impl ReadRequest {
    pub fn new(bootstrap_servers: &str, topic: &str, ranges: Vec<Range>) -> Self {
        ReadRequest {
            bootstrap_servers: bootstrap_servers.to_owned(),
            topic: topic.to_owned(),
            ranges,
            silence_ms: 30_000,
        }
    }
}

/// Offsets of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub partition: u32,
    /// The first offset.
    pub start: i64,
    /// The offset after the last one.
    pub end: i64,
}

/// How a partition's reading ended: read to its end, or why it is unreadable.
pub type Completeness = Result<(), String>;

/// librdkafka refused the reader's configuration or the topic.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("librdkafka does not accept the log reader's configuration: {0}")]
    Config(#[from] KafkaError),
    #[error("librdkafka does not accept the topic {topic}: {code}")]
    Topic { topic: String, code: RDKafkaErrorCode },
}

/// Reads every record of the ranges, each partition in offset order, and passes it to `sink`.
/// `progress` gets the number of records so far, a few times per second. A partition counts as read
/// when a record at or after the last offset came, or the log's end at or after the range's (the
/// last offsets may be holes: compacted, or a transaction's marker). The result has one entry per
/// range, in the request's order.
///
/// Call it within [`Vantage::run`](crate::runtime::Vantage::run): librdkafka's threads are made
/// here and stay in the calling thread's network namespace.
pub fn read(
    request: &ReadRequest,
    mut sink: impl FnMut(&Record<'_>),
    mut progress: impl FnMut(u64),
) -> Result<Vec<Completeness>, ReadError> {
    let consumer: BaseConsumer<Errors> = config(request).create_with_context(Errors::default())?;
    let mut queue = LogQueue::new(consumer.client(), &request.topic)
        .map_err(|code| ReadError::Topic { topic: request.topic.clone(), code })?;
    let silence = Duration::from_millis(request.silence_ms);
    warm_up(&consumer, &request.topic, silence);
    let mut reading = Reading::new(&request.ranges);
    for range in request.ranges.iter().filter(|range| range.start < range.end) {
        if let Err(code) = queue.start(range.partition, range.start) {
            reading.give_up(range.partition, format!("it can't be fetched: {code}"));
        }
    }
    let mut last_progress = Instant::now();
    let mut last_told = Instant::now();
    while reading.open > 0 {
        let before = reading.steps;
        queue.serve(SERVE, &mut |fetched| reading.take(fetched, &mut sink));
        // Logs and client errors come to the client's main queue.
        let _ = consumer.poll(Duration::ZERO);
        for partition in reading.closed.drain(..) {
            queue.stop(partition);
        }
        if reading.steps != before {
            last_progress = Instant::now();
        } else if last_progress.elapsed() >= silence {
            reading.give_up_all(silence, &consumer.context().last());
        }
        if last_told.elapsed() >= PROGRESS_EVERY {
            last_told = Instant::now();
            progress(reading.records);
        }
    }
    progress(reading.records);
    Ok(reading.into_completeness())
}

/// Like [`read`], with each record judged by its stamp: `record` gets partition, offset, leader
/// epoch, and what the record is to whom of the `expected`, by position.
pub fn observe(
    request: &ReadRequest,
    expected: &[ProducerId],
    mut record: impl FnMut(u32, i64, i32, (usize, Found)),
    progress: impl FnMut(u64),
) -> Result<Vec<Completeness>, ReadError> {
    let judge = |read: &Record<'_>| {
        let found = stamp::check(read.key, read.value, expected, read.partition);
        record(read.partition, read.offset, read.epoch, found);
    };
    read(request, judge, progress)
}
