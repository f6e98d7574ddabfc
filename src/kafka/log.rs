//! Reading one topic completely, partition by partition from a first offset to an end: [`read`].
//! There is no consumer group, nothing is committed, and memory stays flat.

use crate::client::stamp;
use crate::ledger::{Found, ProducerId};
use crate::native::{Fetched, LogQueue, Record};
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Fetched and not yet looked at, over all partitions, in KiB; librdkafka keeps about three times
/// as much in memory for small records.
const QUEUED_KIB: usize = 16 * 1024;
/// How long one look into the queue waits.
const SERVE: Duration = Duration::from_millis(100);
/// How often progress is told at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// What to read, and how patiently.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// `bootstrap.servers`, as seen from where the calling thread is.
    pub bootstrap_servers: String,
    /// Topic.
    pub topic: String,
    /// At most one range a partition.
    pub ranges: Vec<Range>,
    /// When nothing at all has come for so long, what is not read yet is unreadable.
    pub silence_ms: u64,
}

impl ReadRequest {
    /// A request with the usual patience, 30 s.
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
    /// Partition.
    pub partition: u32,
    /// The first offset.
    pub start: i64,
    /// The offset behind the last one.
    pub end: i64,
}

/// How a partition's reading ended: read to its end, or why it is unreadable.
pub type Completeness = Result<(), String>;

/// librdkafka did not take the reader's configuration or the topic.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The configuration.
    #[error("librdkafka does not accept the log reader's configuration: {0}")]
    Config(#[from] KafkaError),
    /// The topic.
    #[error("librdkafka does not accept the topic {topic}: {code}")]
    Topic {
        /// Which.
        topic: String,
        /// Its code.
        code: RDKafkaErrorCode,
    },
}

/// Reads every record of the ranges, each partition in offset order, and gives it to `sink`.
/// `progress` hears how many records were read so far, a few times a second. A partition counts as
/// read when a record at or behind the last offset came, or the log's end at or behind the range's
/// (the last offsets may be holes: compacted, or a transaction's marker).
///
/// Call it within [`Vantage::run`](crate::runtime::Vantage::run): librdkafka's threads are made
/// here and stay in the calling thread's network namespace.
///
/// The result has one entry for each range, in the request's order.
///
/// # Errors
/// When librdkafka does not take the configuration or the topic.
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

/// As [`read`], with each record judged by its stamp: `record` gets partition, offset, leader
/// epoch, and what the record is to producer `expected`.
///
/// # Errors
/// As [`read`].
pub fn observe(
    request: &ReadRequest,
    expected: ProducerId,
    mut record: impl FnMut(u32, i64, i32, Found),
    progress: impl FnMut(u64),
) -> Result<Vec<Completeness>, ReadError> {
    let judge = |read: &Record<'_>| {
        let found = stamp::check(read.key, read.value, expected, read.partition);
        record(read.partition, read.offset, read.epoch, found);
    };
    read(request, judge, progress)
}

/// One range on its way.
struct Open {
    /// The offset from which nothing was read yet.
    next: i64,
    end: i64,
    /// What librdkafka said last that was no record.
    complaint: Option<String>,
    completeness: Option<Completeness>,
}

struct Reading {
    order: Vec<u32>,
    partitions: HashMap<u32, Open>,
    /// How many are neither read nor given up.
    open: usize,
    /// Partitions that were read or given up since the last look.
    closed: Vec<u32>,
    records: u64,
    /// Goes up with everything that brings the reading on.
    steps: u64,
}

impl Reading {
    fn new(ranges: &[Range]) -> Self {
        let mut reading = Reading {
            order: ranges.iter().map(|range| range.partition).collect(),
            partitions: HashMap::new(),
            open: 0,
            closed: Vec::new(),
            records: 0,
            steps: 0,
        };
        for &Range { partition, start, end } in ranges {
            let completeness = (start >= end).then_some(Ok(()));
            reading.open += usize::from(completeness.is_none());
            let open = Open { next: start, end, complaint: None, completeness };
            reading.partitions.insert(partition, open);
        }
        reading
    }

    fn take(&mut self, fetched: Fetched<'_>, sink: &mut impl FnMut(&Record<'_>)) {
        let (Fetched::Record(Record { partition, .. })
        | Fetched::End { partition, .. }
        | Fetched::Error { partition, .. }) = fetched;
        let Some(open) = self.partitions.get_mut(&partition) else { return };
        if open.completeness.is_some() {
            return;
        }
        match fetched {
            Fetched::Record(record) => {
                // A batch can begin before the offset that was asked for.
                if record.offset < open.next {
                    return;
                }
                self.steps += 1;
                if record.offset < open.end {
                    sink(&record);
                    self.records += 1;
                }
                open.next = record.offset + 1;
                open.complaint = None;
            }
            // The end may be a zombie's: only at or behind the range's it means anything.
            Fetched::End { offset, .. } => {
                if offset >= open.end {
                    open.next = offset;
                } else {
                    let end = open.end;
                    open.complaint =
                        Some(format!("the broker ends the log at {offset}, before {end}"));
                }
            }
            Fetched::Error { code, reason, .. } => {
                let complaint = format!("{code}: {reason}");
                if code == RDKafkaErrorCode::AutoOffsetReset {
                    let next = open.next;
                    let why = format!("offset {next} is not in the log any more: {complaint}");
                    self.give_up(partition, why);
                    return;
                }
                open.complaint = Some(complaint);
            }
        }
        if open.next >= open.end {
            self.close(partition, Ok(()));
        }
    }

    fn close(&mut self, partition: u32, completeness: Completeness) {
        let Some(open) = self.partitions.get_mut(&partition) else { return };
        if open.completeness.is_none() {
            open.completeness = Some(completeness);
            self.open -= 1;
            self.steps += 1;
            self.closed.push(partition);
        }
    }

    fn give_up(&mut self, partition: u32, why: String) {
        self.close(partition, Err(why));
    }

    fn give_up_all(&mut self, silence: Duration, client: &str) {
        for partition in self.order.clone() {
            let Some(open) = self.partitions.get(&partition) else { continue };
            let said = open.complaint.as_deref().unwrap_or(client);
            let why = format!(
                "nothing came for {silence:?} after offset {}, the end is {} ({said})",
                open.next, open.end
            );
            self.give_up(partition, why);
        }
    }

    fn into_completeness(mut self) -> Vec<Completeness> {
        let order = std::mem::take(&mut self.order);
        let ended = |partition| {
            let open = self.partitions.get(&partition);
            let completeness = open.and_then(|open| open.completeness.clone());
            completeness.unwrap_or_else(|| Err("it was not read".into()))
        };
        order.into_iter().map(ended).collect()
    }
}

/// Keeps the client's last error, to explain a silence.
#[derive(Default)]
struct Errors(Mutex<Option<String>>);

impl Errors {
    fn last(&self) -> String {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.unwrap_or_else(|| "the client met no error".into())
    }
}

impl ClientContext for Errors {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {
        // What matters comes as an error too; a reader has no log of its own.
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let text = format!("{error}: {reason}");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

impl ConsumerContext for Errors {}

/// Fetches the topic's metadata first: a cold start asks for each leader only after half a second.
/// When it fails, so will the reading, which then says why.
fn warm_up(consumer: &BaseConsumer<Errors>, topic: &str, limit: Duration) {
    if let Err(error) = consumer.fetch_metadata(Some(topic), limit) {
        consumer.context().error(error, "metadata");
    }
}

/// Everything explicit; the defaults are librdkafka 2.12.1's.
fn config(request: &ReadRequest) -> ClientConfig {
    // The simple consumer's limit is per partition.
    let queued_kib = (QUEUED_KIB / request.ranges.len().max(1)).max(256).to_string();
    let properties = [
        ("bootstrap.servers", request.bootstrap_servers.as_str()),
        ("client.id", "chaos-log-reader"),
        ("broker.address.family", "v4"),
        ("allow.auto.create.topics", "false"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        // Every record that is in the log counts, a transaction's too, whatever became of it.
        ("isolation.level", "read_uncommitted"),
        // Ends of partitions are what tells that a range is read although its last offsets are
        // holes.
        ("enable.partition.eof", "true"),
        // An offset that is gone must not silently become another one.
        ("auto.offset.reset", "error"),
        // Each stamp has a checksum of ours over key and value, which says which record is damaged;
        // librdkafka's would refuse the whole batch.
        ("check.crcs", "false"),
        ("fetch.wait.max.ms", "100"),
        ("fetch.min.bytes", "1"),
        ("fetch.message.max.bytes", "1048576"),
        ("fetch.max.bytes", "16777216"),
        ("receive.message.max.bytes", "100000000"),
        ("fetch.error.backoff.ms", "100"),
        // Only the bytes bound what is queued, and a full queue is looked at again at once.
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

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Range = Range { partition: 3, start: 10, end: 13 };

    fn record(offset: i64) -> Fetched<'static> {
        Fetched::Record(Record { partition: 3, offset, epoch: 0, key: None, value: None })
    }

    /// What a reading of [`RANGE`] makes of these, and which offsets it gives away.
    fn run(fetched: &[Fetched<'_>]) -> (Option<Completeness>, Vec<i64>) {
        let mut reading = Reading::new(&[RANGE]);
        let mut offsets = Vec::new();
        for &one in fetched {
            reading.take(one, &mut |record: &Record<'_>| offsets.push(record.offset));
        }
        let open = reading.partitions.remove(&3).expect("it was asked for");
        (open.completeness, offsets)
    }

    #[test]
    fn the_last_offset_completes_a_range_and_nothing_outside_of_it_is_given() {
        let all = [9, 10, 11, 12, 13].map(record);
        assert_eq!(run(&all), (Some(Ok(())), vec![10, 11, 12]));
        assert_eq!(run(&all[..3]), (None, vec![10, 11]));
    }

    #[test]
    fn holes_at_the_end_complete_a_range_by_what_stands_behind_them() {
        let end = |offset| Fetched::End { partition: 3, offset };
        assert_eq!(run(&[record(10), end(13)]), (Some(Ok(())), vec![10]));
        assert_eq!(run(&[record(10), record(20)]), (Some(Ok(())), vec![10]));
        // A zombie's shorter log is no end.
        assert_eq!(run(&[record(10), end(12)]), (None, vec![10]));
    }

    #[test]
    fn a_start_that_is_gone_is_unreadable_at_once_and_other_errors_are_waited_out() {
        let error = |code| Fetched::Error { partition: 3, code, reason: "why" };
        let (completeness, _) = run(&[error(RDKafkaErrorCode::AutoOffsetReset)]);
        let text = completeness.expect("it is decided").expect_err("it is gone");
        assert!(text.contains("offset 10 is not in the log any more"), "{text}");
        let passing = [error(RDKafkaErrorCode::NotLeaderForPartition), record(10)];
        assert_eq!(run(&passing), (None, vec![10]));
    }

    #[test]
    fn silence_names_the_offset_and_the_last_complaint() {
        let empty = Range { partition: 4, start: 5, end: 5 };
        let mut reading = Reading::new(&[RANGE, empty]);
        let complaint = Fetched::Error {
            partition: 3,
            code: RDKafkaErrorCode::LeaderNotAvailable,
            reason: "no leader",
        };
        reading.take(record(10), &mut |_: &Record<'_>| ());
        reading.take(complaint, &mut |_: &Record<'_>| ());
        assert_eq!(reading.open, 1);
        reading.give_up_all(Duration::from_secs(30), "unused");
        assert_eq!(reading.open, 0);
        let [Err(text), Ok(())] = &reading.into_completeness()[..] else {
            panic!("one is unreadable and one is empty")
        };
        assert!(text.contains("after offset 11, the end is 13"), "{text}");
        assert!(text.contains("no leader"), "{text}");
    }
}
