//! Another client, for tests that prove that the verdict can change: it copies, forges, damages or
//! deletes records of a run's first topic, adds partitions, recreates it, cuts its files, and
//! reports exactly what it did.
//!
//! An `exec` fault runs it, which sets `CHAOS_BOOTSTRAP` and `CHAOS_TOPICS`. It writes through
//! rdkafka's own producer, with idempotence and acks=all, so that its counts are exact.

mod segments;

use clap::{Parser, Subcommand};
use kafka_chaos::testing::client::stamp;
use kafka_chaos::testing::kafka::log::{Range, ReadRequest, read};
use parking_lot::Mutex;
use rdkafka::admin::{
    AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication, TopicResult,
};
use rdkafka::client::{Client, DefaultClientContext};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::metadata::MetadataTopic;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Message, Offset, TopicPartitionList};
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Everything is read from this partition.
const PARTITION: i32 = 0;
/// The limit for one request to the cluster, and for all writing.
const LIMIT: Duration = Duration::from_secs(20);

/// Tampers with the first topic of a run, in partition 0 where nothing else is said.
#[derive(Parser)]
struct Args {
    /// `bootstrap.servers`.
    #[arg(long, env = "CHAOS_BOOTSTRAP")]
    bootstrap: String,
    /// Topics, comma-separated; the first one is tampered with.
    #[arg(long, env = "CHAOS_TOPICS")]
    topics: String,
    /// The partition that records are written to.
    #[arg(long, default_value_t = PARTITION)]
    to: i32,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Writes the first COUNT stamped records once more, byte for byte.
    Copy { count: usize },
    /// Writes COUNT records that bear no stamp.
    Foreign { count: usize },
    /// Writes the first stamped record once more with one bit flipped: of byte N of its key
    /// (`key:N`) or its value (`value:N`).
    Flip { position: Position },
    /// Deletes all records before OFFSET (DeleteRecords).
    Delete { offset: i64 },
    /// Gives the topic more partitions, COUNT in all (CreatePartitions).
    Grow { count: usize },
    /// Deletes the topic and makes another one of its name.
    Remake,
    /// Cuts the last segment of each replica that lies below FOLDER to half of its record batches.
    /// The brokers must be dead.
    Cut { folder: PathBuf },
}

#[derive(Clone, Copy)]
enum Position {
    Key(usize),
    Value(usize),
}

impl std::str::FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is neither key:N nor value:N");
        let (part, byte) = text.split_once(':').ok_or_else(wrong)?;
        let byte = byte.parse().map_err(|_| wrong())?;
        match part {
            "key" => Ok(Position::Key(byte)),
            "value" => Ok(Position::Value(byte)),
            _ => Err(wrong()),
        }
    }
}

/// A record to write.
struct Plain {
    key: Vec<u8>,
    value: Vec<u8>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match tamper(&args) {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("tamper: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Does it, and returns the line that says what was done.
fn tamper(args: &Args) -> Result<String, String> {
    let topic = args.topics.split(',').next().unwrap_or_default();
    if topic.is_empty() {
        return Err("CHAOS_TOPICS names no topic".into());
    }
    // For actions without offsets, the figures are partitions, or bytes that a file keeps.
    let (action, offsets) = match args.action {
        Action::Copy { count } => ("copy", write(args, topic, &first(args, topic, count)?)?),
        Action::Foreign { count } => {
            let record =
                |i| Plain { key: format!("foreign-{i}").into(), value: b"not ours".into() };
            ("foreign", write(args, topic, &(0..count).map(record).collect::<Vec<_>>())?)
        }
        Action::Flip { position } => {
            let mut records = first(args, topic, 1)?;
            let record = records.first_mut().ok_or("there is no record")?;
            let (part, byte) = match position {
                Position::Key(byte) => (&mut record.key, byte),
                Position::Value(byte) => (&mut record.value, byte),
            };
            let length = part.len();
            let byte = part.get_mut(byte).ok_or(format!("there are only {length} bytes"))?;
            *byte ^= 1;
            ("flip", write(args, topic, &records)?)
        }
        Action::Delete { offset } => ("delete", vec![delete(args, topic, offset)?]),
        Action::Grow { count } => ("grow", vec![grow(args, topic, count)?]),
        Action::Remake => ("remake", vec![remake(args, topic)?]),
        Action::Cut { ref folder } => ("cut", segments::cut(folder, topic, PARTITION)?),
    };
    let count = offsets.len();
    Ok(serde_json::json!({
        "action": action, "topic": topic, "partition": args.to, "count": count,
        "offsets": offsets,
    })
    .to_string())
}

fn config(args: &Args) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &args.bootstrap)
        .set("client.id", "tamper")
        .set("broker.address.family", "v4")
        .set("allow.auto.create.topics", "false")
        .set("socket.timeout.ms", "5000")
        .set("enable.metrics.push", "false");
    config
}

/// The first `count` stamped records.
fn first(args: &Args, topic: &str, count: usize) -> Result<Vec<Plain>, String> {
    let consumer: BaseConsumer = config(args).create().map_err(|error| error.to_string())?;
    let (start, end) = consumer
        .fetch_watermarks(topic, PARTITION, LIMIT)
        .map_err(|error| format!("the log's ends can't be asked for: {error}"))?;
    let range = Range { partition: PARTITION as u32, start, end };
    let mut records = Vec::new();
    let read = read(
        &ReadRequest::new(&args.bootstrap, topic, vec![range]),
        |record| {
            if records.len() < count && stamp::is_stamp(record.key) {
                let bytes = |part: Option<&[u8]>| part.unwrap_or_default().to_vec();
                records.push(Plain { key: bytes(record.key), value: bytes(record.value) });
            }
        },
        |_| (),
    );
    read.map_err(|error| error.to_string())?.into_iter().collect::<Result<Vec<()>, _>>()?;
    if records.len() < count {
        return Err(format!("there are {} stamped records, not {count}", records.len()));
    }
    Ok(records)
}

/// The outcome of each record, by delivery report.
#[derive(Clone, Default)]
struct Reports(Arc<Mutex<Vec<Result<i64, String>>>>);

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let result = match result {
            Ok(message) => Ok(message.offset()),
            Err((error, _)) => Err(error.to_string()),
        };
        self.0.lock().push(result);
    }
}

/// Writes the records, and returns their offsets.
fn write(args: &Args, topic: &str, records: &[Plain]) -> Result<Vec<i64>, String> {
    let reports = Reports::default();
    let producer: BaseProducer<Reports> = config(args)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("max.in.flight.requests.per.connection", "5")
        .set("linger.ms", "5")
        .set("message.timeout.ms", LIMIT.as_millis().to_string())
        .create_with_context(reports.clone())
        .map_err(|error| error.to_string())?;
    // Not every broker knows a new partition yet, and so perhaps neither does this client.
    wait_for_leader(producer.client(), topic, args.to)?;
    for Plain { key, value } in records {
        let record = BaseRecord::to(topic).partition(args.to).key(key).payload(value);
        producer.send(record).map_err(|(error, _)| error.to_string())?;
    }
    producer.flush(LIMIT).map_err(|error| error.to_string())?;
    let results = reports.0.lock().clone();
    let offsets = results.into_iter().collect::<Result<Vec<i64>, String>>()?;
    if offsets.len() != records.len() {
        return Err(format!("{} of {} records were reported", offsets.len(), records.len()));
    }
    Ok(offsets)
}

/// Deletes everything before `offset`, and returns the new start of the log.
fn delete(args: &Args, topic: &str, offset: i64) -> Result<i64, String> {
    let admin = admin(args)?;
    let mut before = TopicPartitionList::new();
    before
        .add_partition_offset(topic, PARTITION, Offset::Offset(offset))
        .map_err(|error| error.to_string())?;
    let options = AdminOptions::new().request_timeout(Some(LIMIT)).operation_timeout(Some(LIMIT));
    let deleted = block_on(admin.delete_records(&before, &options))
        .map_err(|error| format!("records can't be deleted: {error}"))?;
    let partition =
        deleted.find_partition(topic, PARTITION).ok_or("the answer lacks the partition")?;
    partition.error().map_err(|error| format!("records can't be deleted: {error}"))?;
    match partition.offset() {
        Offset::Offset(start) if start == offset => Ok(start),
        other => Err(format!("the log starts at {other:?} now, not at {offset}")),
    }
}

/// Adds partitions, and waits until each of them has a leader.
fn grow(args: &Args, topic: &str, count: usize) -> Result<i64, String> {
    let options = AdminOptions::new().request_timeout(Some(LIMIT)).operation_timeout(Some(LIMIT));
    let partitions = NewPartitions::new(topic, count);
    let admin = admin(args)?;
    accepted(block_on(admin.create_partitions([&partitions], &options)))?;
    (0..count as i32).try_for_each(|partition| wait_for_leader(admin.inner(), topic, partition))?;
    Ok(count as i64)
}

/// Deletes the topic, and recreates it with one partition.
fn remake(args: &Args, topic: &str) -> Result<i64, String> {
    let options = AdminOptions::new().request_timeout(Some(LIMIT)).operation_timeout(Some(LIMIT));
    let admin = admin(args)?;
    accepted(block_on(admin.delete_topics(&[topic], &options)))?;
    let new = NewTopic::new(topic, 1, TopicReplication::Fixed(3));
    accepted(block_on(admin.create_topics([&new], &options)))?;
    wait_for_leader(admin.inner(), topic, 0)?;
    Ok(1)
}

fn admin(args: &Args) -> Result<AdminClient<DefaultClientContext>, String> {
    config(args).create().map_err(|error| error.to_string())
}

/// Whether Kafka did it for the one requested topic.
fn accepted(answer: KafkaResult<Vec<TopicResult>>) -> Result<(), String> {
    match answer.map_err(|error| error.to_string())?.as_slice() {
        [Ok(_)] => Ok(()),
        [Err((topic, code))] => Err(format!("{topic}: {code}")),
        other => Err(format!("{} answers instead of one", other.len())),
    }
}

/// Waits until this client knows a leader of the partition.
fn wait_for_leader<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    partition: i32,
) -> Result<(), String> {
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        let metadata =
            client.fetch_metadata(Some(topic), LIMIT).map_err(|error| error.to_string())?;
        let mut partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        if partitions.any(|one| one.id() == partition && one.leader() >= 0) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(format!("partition {partition} has no leader after {LIMIT:?}"))
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs one future to its end on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
