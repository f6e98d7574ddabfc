//! The whole producer against librdkafka's mock cluster.

use super::delivery::Delivery;
use super::*;
use crate::client::connection::{config, wait_for_topic};
use crate::client::control::Control;
use crate::client::errors::Errors;
use crate::client::failure::Failure;
use crate::client::mock_cluster::{Bed, plan, progress, send, send_with};
use crate::client::spec::WorkerSpec;
use crate::client::wire::WorkerEvent;
use crate::event::Progress;
use crate::ledger::{Ledger, LedgerWriter};
use crate::model::Rate;
use crate::native::TopicProducer;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

fn go(spec: &WorkerSpec, control: &Control, out: &mut dyn Write) -> Result<Summary, Failure> {
    run(spec, spec.role.producer().expect("it is a producer's"), control, out)
}

fn accounted(summary: &Summary) -> u64 {
    summary.acked + summary.rejected + summary.unknown + summary.unreported
}

#[test]
fn a_paced_producer_keeps_its_rate_until_it_is_told_to_stop() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    (plan(&mut spec).rate, plan(&mut spec).messages) = (Rate::PerSecond(500), None);
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
    (plan(&mut spec).rate, plan(&mut spec).messages) = (Rate::PerSecond(2000), None);
    spec.flush_timeout_ms = 300;
    let ledger = spec.ledger_dir.clone();
    let mock = &bed.mock;
    let wait_until = |enough: &dyn Fn(Progress) -> bool| {
        while !Ledger::open(&ledger).is_ok_and(|ledger| enough(ledger.progress())) {
            thread::sleep(Duration::from_millis(5));
        }
    };
    // The mock cluster's handle is not Sync, so it stays on this thread.
    let control = Control::default();
    let mut out = Vec::new();
    let summary = thread::scope(|scope| {
        let worker = scope.spawn(|| go(&spec, &control, &mut out).expect("it is there"));
        control.start();
        wait_until(&|progress| progress.acked >= 200);
        (1..=3).for_each(|broker| mock.broker_down(broker).expect("it exists"));
        let before = Ledger::open(&ledger).expect("it exists").progress().sent;
        wait_until(&|progress| progress.sent >= before + 400);
        control.stop();
        worker.join().expect("no panic")
    });
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
    plan(&mut spec).config.insert("queue.buffering.max.messages".into(), "100".into());
    let (summary, _) = send(&spec);
    assert!(summary.queue_full > 0);
    assert_eq!((summary.sent, summary.acked), (1000, 1000));
    assert!(summary.errors.refused.is_empty());
}

// Brokers that answer after 1.5 s and a queue of 20: of 200 messages per second about 13 get
// through. Those due meanwhile wait before they are handed over, or are skipped, and both are
// reported.
#[test]
fn who_waits_for_room_in_the_queue_waits_for_the_acknowledgement() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    (plan(&mut spec).rate, plan(&mut spec).messages) = (Rate::PerSecond(200), None);
    plan(&mut spec).config.insert("queue.buffering.max.messages".into(), "20".into());
    let ledger = spec.ledger_dir.clone();
    let open = || Ledger::open(&ledger);
    let control = Control::default();
    let summary = thread::scope(|scope| {
        let worker = scope.spawn(|| go(&spec, &control, &mut io::sink()).expect("it is there"));
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
    plan(&mut spec).message_bytes = 2_000_000;
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
    (plan(&mut spec).rate, plan(&mut spec).messages) = (Rate::PerSecond(1000), None);
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
fn acks_0_is_acknowledged_without_an_offset() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    plan(&mut spec).config.insert("enable.idempotence".into(), "false".into());
    plan(&mut spec).config.insert("acks".into(), "0".into());
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
    let error = wait_for_topic(&spec, producer.producer().client(), Duration::from_secs(2));
    let text = error.expect_err("it has four partitions").to_string();
    assert!(text.contains("cell-1") && text.contains("it has 4 partitions"), "{text}");
}

#[test]
fn a_property_that_librdkafka_does_not_know_is_an_error_that_names_it() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    plan(&mut spec).config.insert("lingre.ms".into(), "5".into());
    let error = go(&spec, &Control::default(), &mut io::sink()).expect_err("it is misspelt");
    assert!(error.to_string().contains("lingre.ms"), "{error}");
}
