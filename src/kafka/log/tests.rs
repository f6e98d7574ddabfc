//! The log reader against librdkafka's mock cluster, on what our own producer wrote.

use super::{Range, ReadRequest, observe, read};
use crate::client::mock_cluster::{Bed, plan, progress, send};
use crate::client::producer::Ended;
use crate::ledger::{Found, Outcome, ProducerId};
use crate::native::Persistence;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

fn up_to(bed: &Bed, ends: [i64; 4]) -> ReadRequest {
    let range = |(partition, end)| Range { partition, start: 0, end };
    let ranges = (0..).zip(ends).map(range).collect();
    ReadRequest::new(&bed.mock.bootstrap_servers(), "cell-1", ranges)
}

#[test]
fn a_log_that_starts_later_or_has_no_broker_is_unreadable_with_the_reason() {
    let bed = Bed::new();
    let spec = bed.spec();
    send(&spec);
    let behind = Range { partition: 1, start: 9_000, end: 9_010 };
    let request = ReadRequest { ranges: vec![behind], ..up_to(&bed, [0; 4]) };
    let ended = read(&request, |_| (), |_| ()).expect("it is configured well");
    let text = ended[0].clone().expect_err("the log ends at 250");
    assert!(text.contains("offset 9000 is not in the log"), "{text}");

    (1..=3).for_each(|broker| bed.mock.broker_down(broker).expect("it exists"));
    let mut request = up_to(&bed, [250, 250, 250, 0]);
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
    plan(&mut spec).messages = Some(40_000);
    send(&spec);
    let error = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
    bed.mock.request_errors(RDKafkaApiKey::Fetch, &[error; 3]);
    let mut records = 0_u64;
    let mut moved = false;
    let ended = read(
        &up_to(&bed, [10_000; 4]),
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
    let request = up_to(&bed, [250; 4]);
    let panicked = std::panic::catch_unwind(|| read(&request, |_| panic!("the sink"), |_| ()));
    let panic = panicked.expect_err("the sink panics");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the sink"));
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
        plan(&mut spec).message_bytes = bytes;
        plan(&mut spec).messages = Some(messages);
        let (summary, _) = send(&spec);
        assert_eq!((summary.sent, summary.acked), (messages, messages));
        assert_eq!((summary.ended, summary.fatal.as_deref()), (Ended::Limit, None));
        assert_eq!(progress(&spec.ledger_dir), (messages, messages, 0));

        let ends = [3, 2, 1, 0].map(|more| ((messages + more) / 4) as i64);
        let request = ReadRequest { topic: spec.topic.clone(), ..up_to(&bed, ends) };
        let mut next = [0_i64; 4];
        let mut told = 0;
        let record = |partition: u32, offset, epoch, found| {
            let next = &mut next[partition as usize];
            assert_eq!((offset, found), (*next, (0, Found::Ours { sequence: *next as u64 })));
            assert!(epoch >= 0, "the mock cluster has leader epochs");
            *next += 1;
        };
        let ended = observe(&request, &[spec.id], record, |records| told = records);
        assert_eq!(ended.expect("it is readable"), vec![Ok(()); 4]);
        assert_eq!(next, ends);
        assert_eq!(told, messages);
        // To another cell all of them are foreign.
        let other = ProducerId { cell: 2, ..spec.id };
        let mut foreign = 0;
        let record = |_, _, _, found| foreign += u64::from(found == (0, Found::Foreign));
        observe(&request, &[other], record, |_| ()).expect("it is readable");
        assert_eq!(foreign, messages);
    }
}

#[test]
fn what_a_broker_refuses_before_the_append_is_rejected_and_not_in_the_log() {
    let bed = Bed::new();
    let mut spec = bed.spec();
    plan(&mut spec).config.insert("enable.idempotence".into(), "false".into());
    plan(&mut spec).config.insert("retries".into(), "0".into());
    plan(&mut spec).messages = Some(40);
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
    // Partition by partition up to the log's end: exactly the acknowledged ones are there.
    let mut records = 0;
    let mut request = up_to(&bed, [10; 4]);
    request.silence_ms = 500;
    read(&request, |_| records += 1, |_| ()).expect("it is readable");
    assert_eq!(records, summary.acked);
}

#[test]
fn of_two_producers_of_a_cell_each_ones_messages_are_its_own() {
    let bed = Bed::new();
    let mut specs = [bed.spec(), bed.spec()];
    for (number, spec) in (0..).zip(&mut specs) {
        spec.id.producer = number;
        spec.ledger_dir = bed.dir.path().join(format!("ledger-{number}"));
        plan(spec).messages = Some(40);
        assert_eq!(send(spec).0.acked, 40);
    }
    let ids = specs.map(|spec| spec.id);
    let mut records = 0;
    let record = |_, offset: i64, _, found| {
        let ours = Found::Ours { sequence: offset as u64 % 10 };
        assert_eq!(found, (offset as usize / 10, ours), "at {offset}");
        records += 1;
    };
    let ended = observe(&up_to(&bed, [20; 4]), &ids, record, |_| ());
    assert_eq!((ended.expect("it is readable"), records), (vec![Ok(()); 4], 80));
}
