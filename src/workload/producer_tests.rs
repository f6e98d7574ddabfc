//! The whole producer, and the log reader, against librdkafka's mock cluster: a real client and a
//! real protocol over loopback.

use super::*;
use crate::event::Progress;
use crate::kafka::log::{Range, ReadRequest, observe, read};
use crate::ledger::{Found, Ledger, Outcome};
use crate::model::Rate;
use crate::workload::outcome::Persistence;
use crate::workload::spec::tests::spec;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::path::Path;
use tempfile::TempDir;

type Mock = MockCluster<'static, DefaultProducerContext>;

struct Bed {
    mock: Mock,
    dir: TempDir,
}

impl Bed {
    fn new() -> Self {
        let mock = MockCluster::new(3).expect("it listens on loopback");
        mock.create_topic("cell-1", 4, 3).expect("three brokers hold three replicas");
        Bed { mock, dir: tempfile::tempdir().expect("a folder") }
    }

    fn spec(&self) -> WorkerSpec {
        spec(self.dir.path(), &self.mock.bootstrap_servers())
    }

    fn request(&self, ends: [i64; 4]) -> ReadRequest {
        let range = |(partition, end)| Range { partition, start: 0, end };
        let ranges = (0..).zip(ends).map(range).collect();
        ReadRequest::new(&self.mock.bootstrap_servers(), "cell-1", ranges)
    }
}

/// Runs a producer that is told to start at once, and gives its summary and its lines.
fn send(spec: &WorkerSpec) -> (Summary, Vec<WorkerEvent>) {
    send_with(spec, |_| ())
}

/// As [`send`], with a thread beside it that may tell it to stop.
fn send_with(
    spec: &WorkerSpec,
    beside: impl FnOnce(&Control) + Send,
) -> (Summary, Vec<WorkerEvent>) {
    let control = Control::default();
    let mut out = Vec::new();
    let summary = thread::scope(|scope| {
        scope.spawn(|| {
            control.start();
            beside(&control);
        });
        run(spec, &control, &mut out).expect("the mock cluster is there")
    });
    let lines = String::from_utf8(out).expect("JSON is UTF-8");
    let event = |line| serde_json::from_str(line).expect("every line is an event");
    let events: Vec<WorkerEvent> = lines.lines().map(event).collect();
    assert_eq!(events.first(), Some(&WorkerEvent::Ready));
    assert_eq!(events.last(), Some(&WorkerEvent::Finished { summary: summary.clone() }));
    (summary, events)
}

fn progress(dir: &Path) -> (u64, u64, u64) {
    let progress = Ledger::open(dir).expect("it was just written").progress();
    (progress.sent, progress.acked, progress.rejected)
}

fn accounted(summary: &Summary) -> u64 {
    summary.acked + summary.rejected + summary.unknown + summary.unreported
}

#[test]
fn every_message_is_acknowledged_and_stands_once_and_in_order_in_the_log() {
    let bed = Bed::new();
    for (bytes, messages) in [(100, 20_002_u64), (1, 40), (0, 40)] {
        let mut spec = bed.spec();
        spec.id.run = messages + u64::from(bytes);
        spec.topic = format!("bytes-{bytes}");
        spec.ledger_dir = bed.dir.path().join(&spec.topic);
        bed.mock.create_topic(&spec.topic, 4, 3).expect("it is new");
        spec.message_bytes = bytes;
        spec.messages = Some(messages);
        let (summary, _) = send(&spec);
        assert_eq!((summary.sent, summary.acked), (messages, messages));
        assert_eq!((summary.ended, summary.fatal.as_deref()), (Ended::Limit, None));
        assert_eq!(progress(&spec.ledger_dir), (messages, messages, 0));

        let ends = [3, 2, 1, 0].map(|more| ((messages + more) / 4) as i64);
        let request = ReadRequest { topic: spec.topic.clone(), ..bed.request(ends) };
        let mut next = [0_i64; 4];
        let mut told = 0;
        let record = |partition: u32, offset, epoch, found| {
            let next = &mut next[partition as usize];
            assert_eq!((offset, found), (*next, Found::Ours { sequence: *next as u64 }));
            assert!(epoch >= 0, "the mock cluster has leader epochs");
            *next += 1;
        };
        let ended = observe(&request, spec.id, record, |records| told = records);
        assert_eq!(ended.expect("it is readable"), vec![Ok(()); 4]);
        assert_eq!(next, ends);
        assert_eq!(told, messages);
        // To another cell they are foreign, every one.
        let other = crate::ledger::ProducerId { cell: 2, ..spec.id };
        let mut foreign = 0;
        let record = |_, _, _, found| foreign += u64::from(found == Found::Foreign);
        observe(&request, other, record, |_| ()).expect("it is readable");
        assert_eq!(foreign, messages);
    }
}

#[test]
fn a_paced_producer_keeps_its_rate_until_it_is_told_to_stop() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    (spec.rate, spec.messages) = (Rate::PerSecond(500), None);
    let ledger = spec.ledger_dir.clone();
    let (summary, _) = send_with(&spec, move |control| {
        while Ledger::open(&ledger).map_or(0, |ledger| ledger.progress().sent) < 250 {
            thread::sleep(Duration::from_millis(5));
        }
        control.stop();
    });
    assert_eq!(summary.ended, Ended::Stopped);
    assert_eq!(summary.acked, summary.sent);
    let took_s = (summary.ended_us - summary.started_us) as f64 / 1e6;
    let due = (took_s * 500.0).ceil() as u64;
    assert!(summary.sent + summary.skipped <= due, "{} in {took_s} s", summary.sent);
    assert!(summary.sent >= 250);
}

#[test]
fn what_was_in_flight_when_all_brokers_went_is_accounted_for() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    (spec.rate, spec.messages) = (Rate::PerSecond(2000), None);
    spec.flush_timeout_ms = 300;
    let ledger = spec.ledger_dir.clone();
    let mock = &bed.mock;
    let wait_until = |enough: &dyn Fn(Progress) -> bool| {
        while !Ledger::open(&ledger).is_ok_and(|ledger| enough(ledger.progress())) {
            thread::sleep(Duration::from_millis(5));
        }
    };
    // The mock cluster's handle stays on this thread: it is not made to be shared.
    let control = Control::default();
    let mut out = Vec::new();
    let summary = thread::scope(|scope| {
        let worker = scope.spawn(|| run(&spec, &control, &mut out).expect("it is there"));
        control.start();
        wait_until(&|progress| progress.acked >= 200);
        (1..=3).for_each(|broker| mock.broker_down(broker).expect("it exists"));
        let before = Ledger::open(&ledger).expect("it exists").progress().sent;
        wait_until(&|progress| progress.sent >= before + 400);
        control.stop();
        worker.join().expect("no panic")
    });
    let lines = String::from_utf8(out).expect("JSON is UTF-8");
    assert!(lines.contains(r#"{"event":"errors","#), "told while it happened: {lines}");
    assert!(summary.purged > 0, "{summary:?}");
    assert_eq!(summary.unreported, 0, "{summary:?}");
    assert_eq!(accounted(&summary), summary.sent);
    assert!(summary.acked > 0 && summary.rejected > 0, "{summary:?}");
    assert_eq!(progress(&spec.ledger_dir), (summary.sent, summary.acked, summary.rejected));
    let of_table: u64 = summary.errors.deliveries.iter().map(|errors| errors.count).sum();
    assert_eq!(of_table, summary.rejected + summary.unknown);
    let names: Vec<&str> =
        summary.errors.deliveries.iter().map(|errors| errors.name.as_str()).collect();
    assert!(names.contains(&"_PURGE_QUEUE"), "{names:?}");
    assert!(!summary.errors.client.is_empty());
}

#[test]
fn a_full_queue_is_waited_for() {
    let bed = Bed::new();
    bed.mock.broker_round_trip_time(-1, Duration::from_millis(20)).expect("all brokers");
    let mut spec = bed.spec();
    spec.properties.insert("queue.buffering.max.messages".into(), "100".into());
    let (summary, _) = send(&spec);
    assert!(summary.queue_full > 0);
    assert_eq!((summary.sent, summary.acked), (1000, 1000));
    assert!(summary.errors.refused.is_empty());
}

// Brokers that answer after 1.5 s and a queue of 20: of 200 messages a second about 13 get through.
// Those due meanwhile wait before they are handed over, or are given up, and both is told.
#[test]
fn who_waits_for_room_in_the_queue_waits_for_the_acknowledgement() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    (spec.rate, spec.messages) = (Rate::PerSecond(200), None);
    spec.properties.insert("queue.buffering.max.messages".into(), "20".into());
    let ledger = spec.ledger_dir.clone();
    let open = || Ledger::open(&ledger);
    let control = Control::default();
    let summary = thread::scope(|scope| {
        let worker = scope.spawn(|| run(&spec, &control, &mut io::sink()).expect("it is there"));
        control.start();
        while open().map_or(0, |ledger| ledger.progress().acked) < 4 {
            thread::sleep(Duration::from_millis(1));
        }
        bed.mock.broker_round_trip_time(-1, Duration::from_millis(1_500)).expect("all brokers");
        thread::sleep(Duration::from_millis(3_300));
        control.stop();
        worker.join().expect("no panic")
    });
    let record = open().and_then(|ledger| ledger.record()).expect("it was just written");
    let skipped: u64 = record.skipped.iter().map(|row| row.count).sum();
    let due = (summary.ended_us - summary.started_us) * 200 / 1_000_000;
    assert_eq!(skipped, summary.skipped);
    assert!(skipped > 200 && summary.sent + skipped >= due, "{skipped} of {due}: {summary:?}");
    // From the hand-over they take 1.5 s; most were handed over a second late.
    let waited_us = record.latencies[0].percentile(0.6).expect("some were acknowledged");
    assert!(waited_us > 2_200_000, "{waited_us}");
}

#[test]
fn a_message_that_is_too_large_is_taken_back_and_ends_sending_with_the_reason() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    spec.message_bytes = 2_000_000;
    let (summary, events) = send(&spec);
    assert_eq!((summary.sent, summary.ended), (0, Ended::Fatal));
    assert_eq!(progress(&spec.ledger_dir), (0, 0, 0));
    let text = summary.fatal.expect("it says why");
    assert!(text.contains("MessageSizeTooLarge"), "{text}");
    assert_eq!(summary.errors.refused["MessageSizeTooLarge"], 1);
    let told =
        |event: &WorkerEvent| matches!(event, WorkerEvent::Fatal { text: t, .. } if *t == text);
    assert!(events.iter().any(told), "{events:?}");
}

#[test]
fn a_fatal_error_of_the_client_ends_sending_and_leaves_its_batch_unknown() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    (spec.rate, spec.messages) = (Rate::PerSecond(1000), None);
    let error = RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
    bed.mock.request_errors(RDKafkaApiKey::Produce, &[error]);
    let (summary, events) = send(&spec);
    assert_eq!(summary.ended, Ended::Fatal);
    let text = summary.fatal.clone().expect("it says why");
    assert!(text.contains("OutOfOrderSequenceNumber"), "{text}");
    assert_eq!(
        summary.errors.client.get("OutOfOrderSequenceNumber"),
        Some(&1),
        "{:?}",
        summary.errors
    );
    assert!(summary.unknown > 0);
    assert_eq!(accounted(&summary), summary.sent);
    let told = WorkerEvent::Fatal { at_us: summary.ended_us, text };
    assert!(events.contains(&told), "{events:?}");
}

#[test]
fn what_a_broker_refuses_before_the_append_is_rejected_and_not_in_the_log() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    spec.properties.insert("enable.idempotence".into(), "false".into());
    spec.properties.insert("retries".into(), "0".into());
    spec.messages = Some(40);
    let error = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS;
    bed.mock.request_errors(RDKafkaApiKey::Produce, &[error]);
    let (summary, _) = send(&spec);
    assert!(summary.rejected > 0 && summary.unknown == 0, "{summary:?}");
    let [errors] = &summary.errors.deliveries[..] else { panic!("one kind: {summary:?}") };
    assert_eq!((errors.name.as_str(), errors.count), ("NOT_ENOUGH_REPLICAS", summary.rejected));
    assert_eq!((errors.status, errors.outcome), (Persistence::NotPersisted, Outcome::Rejected));
    let times = errors.times.expect("each has its time");
    let sending = summary.started_us..=summary.flushed_us;
    assert!(sending.contains(&times.first_us) && sending.contains(&times.last_us), "{summary:?}");
    assert!(times.first_us <= times.last_us, "{times:?}");
    // Partition by partition up to what the log holds: just the acknowledged ones are there.
    let mut records = 0;
    let mut request = bed.request([10; 4]);
    request.silence_ms = 500;
    read(&request, |_| records += 1, |_| ()).expect("it is readable");
    assert_eq!(records, summary.acked);
}

#[test]
fn acks_0_is_acknowledged_without_an_offset() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    spec.properties.insert("enable.idempotence".into(), "false".into());
    spec.properties.insert("acks".into(), "0".into());
    let (summary, _) = send(&spec);
    assert_eq!((summary.acked, summary.errors), (1000, Errors::default()));
}

#[test]
fn a_topic_that_is_not_there_is_an_error_that_names_it() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    spec.partitions = 5;
    let producer: BaseProducer<Delivery> = {
        let ledger = LedgerWriter::create(&spec.ledger_dir, spec.id, 5).expect("a folder");
        let delivery = Delivery::new(ledger.split().1, spec.epoch);
        config(&spec).create_with_context(delivery).expect("it is valid")
    };
    let producer = TopicProducer::new(producer, &spec.topic, [].into()).expect("it is valid");
    let error = wait_for_topic(&spec, &producer, Duration::from_secs(2));
    let text = error.expect_err("it has four partitions").to_string();
    assert!(text.contains("cell-1") && text.contains("it has 4 partitions"), "{text}");
}

#[test]
fn a_property_that_librdkafka_does_not_know_is_an_error_that_names_it() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    spec.properties.insert("lingre.ms".into(), "5".into());
    let error = run(&spec, &Control::default(), &mut io::sink()).expect_err("it is misspelt");
    assert!(error.to_string().contains("lingre.ms"), "{error}");
}

#[test]
fn a_log_that_starts_later_or_has_no_broker_is_unreadable_with_the_reason() {
    let bed = Bed::new();
    let spec = bed.spec();
    send(&spec);
    let behind = Range { partition: 1, start: 9_000, end: 9_010 };
    let request = ReadRequest { ranges: vec![behind], ..bed.request([0; 4]) };
    let ended = read(&request, |_| (), |_| ()).expect("it is configured well");
    let text = ended[0].clone().expect_err("the log ends at 250");
    assert!(text.contains("offset 9000 is not in the log"), "{text}");

    (1..=3).for_each(|broker| bed.mock.broker_down(broker).expect("it exists"));
    let mut request = bed.request([250, 250, 250, 0]);
    request.silence_ms = 400;
    let ended = read(&request, |_| (), |_| ()).expect("it is configured well");
    assert_eq!(ended[3], Ok(()), "nothing was asked for");
    for ended in &ended[..3] {
        let text = ended.clone().expect_err("nobody answers");
        assert!(text.contains("nothing came for 400ms after offset 0"), "{text}");
    }
}

#[test]
fn a_reader_survives_a_move_of_the_leader_and_passing_errors() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    spec.messages = Some(40_000);
    send(&spec);
    let error = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
    bed.mock.request_errors(RDKafkaApiKey::Fetch, &[error; 3]);
    let mut records = 0_u64;
    let mut moved = false;
    let ended = read(
        &bed.request([10_000; 4]),
        |_| {
            records += 1;
            if records == 5_000 && !moved {
                moved = true;
                for partition in 0..4 {
                    bed.mock.partition_leader("cell-1", partition, Some(2)).expect("it exists");
                }
            }
        },
        |_| (),
    );
    assert_eq!(ended.expect("it is configured well"), vec![Ok(()); 4]);
    assert_eq!(records, 40_000);
}

#[test]
fn a_panic_of_the_sink_comes_out_of_the_reader() {
    let bed = Bed::new();
    send(&bed.spec());
    let request = bed.request([250; 4]);
    let panicked = std::panic::catch_unwind(|| read(&request, |_| panic!("the sink"), |_| ()));
    let panic = panicked.expect_err("the sink panics");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the sink"));
}
