//! The [`Watcher`] against fake brokers that answer, hang, contradict each other and die.

use super::super::fake::{Asked, FakeBroker, Reply, Row, metadata_answer};
use super::super::metadata::topic_name;
use super::beat::TICK_US;
use super::*;
use crate::event::{BrokerView, ControllerView, PartitionView};
use crate::kafka::leaders::Leadership;
use kafka_protocol::messages::describe_quorum_response::{PartitionData, TopicData};
use kafka_protocol::messages::{ApiKey, BrokerId, DescribeQuorumResponse};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::time::Instant;

const NOT_LEADER_OR_FOLLOWER: i16 = 6;
/// Far more than any of this takes, also on a loaded machine.
const LONG: Duration = Duration::from_secs(20);

fn quorum_answer(leader: i32, epoch: i32) -> DescribeQuorumResponse {
    let partition =
        PartitionData::default().with_leader_id(BrokerId(leader)).with_leader_epoch(epoch);
    let topic = TopicData::default()
        .with_topic_name(topic_name("__cluster_metadata"))
        .with_partitions(vec![partition]);
    DescribeQuorumResponse::default().with_topics(vec![topic])
}

/// Answers Metadata with one partition and DescribeQuorum with one controller.
fn steady(row: Row<'static>, controller: (i32, i32)) -> impl Fn(&Asked) -> Reply {
    move |asked| match asked.api {
        ApiKey::Metadata => asked.answer(&metadata_answer(&[0, 1], &[row])),
        _ => asked.answer(&quorum_answer(controller.0, controller.1)),
    }
}

fn watch(
    brokers: &[&FakeBroker],
    controllers: &[(i32, SocketAddr)],
) -> (Watcher, Receiver<Observation>) {
    let brokers = (0..).zip(brokers).map(|(id, broker)| (id, broker.addr)).collect();
    let vantage = Vantage { netns: None, brokers, bootstrap: Vec::new() };
    let (sink, seen) = mpsc::channel();
    let topics = ["t".to_owned()];
    (Watcher::start(&vantage, controllers, &topics, Epoch::now(), sink).unwrap(), seen)
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONG, "never came about: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn answers(seen: &[Observation], of: i32) -> Vec<bool> {
    let of = seen.iter().filter_map(|observation| match observation {
        Observation::Broker(BrokerView { broker, answers, .. }) if *broker == of => Some(*answers),
        _ => None,
    });
    of.collect()
}

#[test]
fn what_does_not_change_is_told_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let script = steady(("t", 0, 0, 3, &[0, 1]), (0, 7));
    let broker = FakeBroker::start(move |asked: &Asked| {
        count.fetch_add(usize::from(asked.api == ApiKey::Metadata), Ordering::SeqCst);
        script(asked)
    });
    let (watcher, seen) = watch(&[&broker], &[]);
    let began = Instant::now();
    until("four rounds", || asked.load(Ordering::SeqCst) >= 4);
    assert!(began.elapsed() >= Duration::from_micros(TICK_US * 5 / 2), "asked too often");
    until("the controller", || watcher.view().controller() == Some((0, 7)));
    assert_eq!(watcher.view().leader("t", 0), Some(Leadership { broker: 0, epoch: 3 }));
    drop(watcher);
    let seen: Vec<_> = seen.into_iter().collect();
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert_eq!(answers(&seen, 0), [true]);
    let told = |wanted: fn(&Observation) -> bool| seen.iter().filter(|o| wanted(o)).count();
    assert_eq!(told(|o| matches!(o, Observation::Partition(PartitionView { epoch: 3, .. }))), 1);
    assert_eq!(told(|o| matches!(o, Observation::Controller(ControllerView { epoch: 7, .. }))), 1);
    assert_eq!(broker.connections(), 2);
}

#[test]
fn a_hanging_broker_is_told_once_holds_nobody_up_and_is_not_flooded() {
    let hangs = Arc::new(AtomicBool::new(true));
    let hanging = Arc::clone(&hangs);
    let script = steady(("t", 0, 0, 3, &[0, 1]), (0, 7));
    let sleeper = FakeBroker::start(move |asked: &Asked| {
        while hanging.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        script(asked)
    });
    let other = FakeBroker::start(steady(("t", 0, 1, 4, &[1]), (0, 7)));
    let (watcher, seen) = watch(&[&sleeper, &other], &[]);
    let asked_us = || watcher.view().claims("t", 0).map(|(_, claim)| claim.asked_us).max();
    until("the other one's answer", || asked_us().is_some());
    let first_us = asked_us();
    until("silence", || watcher.view().broker(0).is_some_and(|says| says.answers == Some(false)));
    assert!(!watcher.view().is_answering(0) && watcher.view().is_answering(1));
    std::thread::sleep(Duration::from_micros(TICK_US * 5));
    assert!(asked_us() > first_us, "the other one was held up");
    assert_eq!(sleeper.connections(), 2, "a stopped broker's queue of connections must stay short");
    let wakes_us = watcher.shared.epoch.elapsed_us();
    hangs.store(false, Ordering::SeqCst);
    until("the late answer", || watcher.view().is_answering(0));
    // Within one look, not after a new connection; and true as of the time when it was asked.
    let view = watcher.view();
    let (_, claim) = view.claims("t", 0).find(|&(broker, _)| broker == 0).unwrap();
    assert!(claim.said_us >= wakes_us);
    assert_eq!(
        view.leader("t", 0),
        Some(Leadership { broker: 1, epoch: 4 }),
        "the woken one is a zombie"
    );
    drop(watcher);
    let seen: Vec<_> = seen.into_iter().collect();
    assert_eq!(answers(&seen, 0), [false, true]);
    assert_eq!(answers(&seen, 1), [true]);
}

#[test]
fn a_dead_broker_is_told_and_asked_again() {
    let broker = FakeBroker::start(steady(("t", 0, 0, 3, &[0]), (0, 7)));
    let (watcher, seen) = watch(&[&broker], &[]);
    until("an answer", || watcher.view().is_answering(0));
    drop(broker);
    until("its end", || !watcher.view().is_answering(0));
    assert_eq!(
        watcher.view().leader("t", 0),
        Some(Leadership { broker: 0, epoch: 3 }),
        "what it said last is kept"
    );
    drop(watcher);
    assert_eq!(answers(&seen.into_iter().collect::<Vec<_>>(), 0), [true, false]);
}

#[test]
fn controllers_are_asked_themselves_where_they_can_be_reached() {
    let resigned = Arc::new(AtomicBool::new(false));
    let has_resigned = Arc::clone(&resigned);
    let not_leader = || DescribeQuorumResponse::default().with_error_code(NOT_LEADER_OR_FOLLOWER);
    let first = FakeBroker::start(move |asked: &Asked| {
        if has_resigned.load(Ordering::SeqCst) {
            asked.answer(&not_leader())
        } else {
            asked.answer(&quorum_answer(100, 7))
        }
    });
    let elected = Arc::clone(&resigned);
    let second = FakeBroker::start(move |asked: &Asked| {
        if elected.load(Ordering::SeqCst) {
            asked.answer(&quorum_answer(101, 8))
        } else {
            asked.answer(&not_leader())
        }
    });
    let broker = FakeBroker::start(|asked: &Asked| {
        assert_eq!(asked.api, ApiKey::Metadata, "brokers are not asked for the quorum");
        asked.answer(&metadata_answer(&[0], &[]))
    });
    let (watcher, seen) = watch(&[&broker], &[(100, first.addr), (101, second.addr)]);
    until("the first controller", || watcher.view().controller() == Some((100, 7)));
    resigned.store(true, Ordering::SeqCst);
    until("the second controller", || watcher.view().controller() == Some((101, 8)));
    until("the resignation", || {
        let view = watcher.view();
        view.broker(100).is_some_and(|says| says.quorum.as_ref().is_some_and(|q| q.lost))
    });
    drop(watcher);
    let mut told: Vec<_> = (seen.into_iter())
        .filter_map(|observation| match observation {
            Observation::Controller(view) => Some((view.asked, view.leader, view.epoch)),
            _ => None,
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [(100, -1, 7), (100, 100, 7), (101, 101, 8)]);
}

#[test]
fn nobody_listening_does_not_end_the_watch() {
    let broker = FakeBroker::start(steady(("t", 0, 0, 3, &[0]), (0, 7)));
    let (watcher, seen) = watch(&[&broker], &[]);
    drop(seen);
    until("an answer", || {
        watcher.view().leader("t", 0) == Some(Leadership { broker: 0, epoch: 3 })
    });
}
