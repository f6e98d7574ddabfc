//! The [`Operator`]'s longer jobs against fake brokers: topics, offsets, readiness.

use super::super::error::KafkaError;
use super::super::fake::{Asked, FakeBroker, Reply, Row, metadata_answer, metadata_of_topic};
use super::super::metadata::{Metadata, topic_name};
use super::super::offsets::{Offsets, offsets, wait_until_leading};
use super::super::patience::Patience;
use super::super::ready::wait_for_brokers;
use super::super::recovery::{recovery_lacks, replicas_now, wait_for_full_isr};
use super::super::topics::{create_topics, delete_topics};
use super::super::view::ClusterView;
use super::*;
use crate::plan::TopicPlan;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{
    ApiKey, BrokerId, CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsResponse,
    ListOffsetsRequest, ListOffsetsResponse,
};
use kafka_protocol::protocol::StrBytes;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);
const ALL: &[i32] = &[0, 1, 2];

fn at(brokers: &[&FakeBroker]) -> Vantage {
    let brokers = (0..).zip(brokers).map(|(id, broker)| (id, broker.addr)).collect();
    Vantage { netns: None, brokers, bootstrap: Vec::new() }
}

fn operator(brokers: &[&FakeBroker]) -> Operator {
    Operator::new(&at(brokers), LONG)
}

fn plan() -> TopicPlan {
    let config = [("min.insync.replicas".to_owned(), "2".to_owned())].into();
    TopicPlan { name: "t".into(), placement: vec![vec![0, 1, 2]], config }
}

/// Runs `work` with a patience that nobody ends early.
fn patiently<T>(timeout: Duration, work: impl FnOnce(&mut Patience<'_>) -> T) -> T {
    work(&mut Patience::new(timeout, &|| Ok(())))
}

/// Answers Metadata with one row and leaves everything else to `rest`.
fn knowing(
    row: Row<'static>,
    rest: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> FakeBroker {
    FakeBroker::start(move |asked| match asked.api {
        ApiKey::Metadata => asked.answer(&metadata_answer(ALL, &[row])),
        _ => rest(asked),
    })
}

fn created(asked: &Asked, code: i16) -> Reply {
    let result = CreatableTopicResult::default()
        .with_name(topic_name("t"))
        .with_error_code(code)
        .with_error_message(Some(StrBytes::from_static_str("so it is")));
    asked.answer(&CreateTopicsResponse::default().with_topics(vec![result]))
}

/// One broker that answers the first CreateTopics with `first` and the others with `then`.
fn create_twice(first: Option<i16>, then: i16, row: Row<'static>) -> Result<usize, KafkaError> {
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let broker = knowing(row, move |asked| {
        let request = asked.request::<CreateTopicsRequest>();
        assert_eq!(request.topics[0].assignments[0].broker_ids, [0, 1, 2].map(BrokerId));
        assert_eq!(request.topics[0].configs[0].name.as_str(), "min.insync.replicas");
        match (count.fetch_add(1, Ordering::SeqCst), first) {
            (0, Some(code)) => created(asked, code),
            (0, None) => Reply::Close,
            _ => created(asked, then),
        }
    });
    let made = patiently(LONG, |p| create_topics(&mut operator(&[&broker]), &[plan()], p));
    made.map(|()| tries.load(Ordering::SeqCst))
}

const PLACED: Row<'static> = ("t", 0, 0, 0, ALL);

#[test]
fn topics_are_made_as_planned() {
    assert_eq!(create_twice(Some(0), 0, PLACED).unwrap(), 1);
}

#[test]
fn a_topic_that_a_try_without_answer_made_counts_as_made() {
    // The connection broke; REQUEST_TIMED_OUT; then TOPIC_ALREADY_EXISTS.
    assert_eq!(create_twice(None, 36, PLACED).unwrap(), 2);
    assert_eq!(create_twice(Some(7), 36, PLACED).unwrap(), 2);
}

#[test]
fn a_topic_that_was_there_before_is_an_error() {
    let text = create_twice(Some(36), 0, PLACED).unwrap_err().to_string();
    assert_eq!(text, "create topic t: Kafka answered TOPIC_ALREADY_EXISTS (36): so it is");
}

#[test]
fn a_topic_that_is_placed_otherwise_is_an_error() {
    let mut other = plan();
    other.placement[0] = vec![1, 0, 2];
    let tries = AtomicUsize::new(0);
    let broker = knowing(PLACED, move |asked| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Close,
        _ => created(asked, 36),
    });
    let made = patiently(LONG, |p| create_topics(&mut operator(&[&broker]), &[other], p));
    let text = made.unwrap_err().to_string();
    assert!(text.contains("replicas on brokers 0, 1, 2 (by broker 0's word), and was"), "{text}");
}

fn delete(first: Option<i16>, then: i16) -> Result<(), KafkaError> {
    let tries = AtomicUsize::new(0);
    let broker = FakeBroker::start(move |asked| {
        let code = match (tries.fetch_add(1, Ordering::SeqCst), first) {
            (0, None) => return Reply::Close,
            (0, Some(code)) => code,
            _ => then,
        };
        let result = DeletableTopicResult::default().with_name(Some(topic_name("t")));
        let results = vec![result.with_error_code(code)];
        asked.answer(&DeleteTopicsResponse::default().with_responses(results))
    });
    patiently(LONG, |p| delete_topics(&mut operator(&[&broker]), &["t".to_owned()], p))
}

#[test]
fn a_topic_is_deleted_or_was_by_a_try_without_answer() {
    delete(Some(0), 3).unwrap();
    delete(None, 3).unwrap();
    let text = delete(Some(3), 0).unwrap_err().to_string();
    assert_eq!(text, "delete topic t: Kafka answered UNKNOWN_TOPIC_OR_PARTITION (3)");
}

/// Answers ListOffsets of epoch 5 with 10 and 200, and refuses every other epoch.
fn list(asked: &Asked) -> Reply {
    let request = asked.request::<ListOffsetsRequest>();
    let partition = &request.topics[0].partitions[0];
    let answer = ListOffsetsPartitionResponse::default().with_partition_index(0);
    let answer = match (partition.current_leader_epoch, partition.timestamp) {
        (5, -2) => answer.with_offset(10),
        (5, -1) => answer.with_offset(200),
        _ => answer.with_error_code(74),
    };
    let topic = ListOffsetsTopicResponse::default().with_name(topic_name("t"));
    let topics = vec![topic.with_partitions(vec![answer])];
    asked.answer(&ListOffsetsResponse::default().with_topics(topics))
}

fn refuse(_: &Asked) -> Reply {
    panic!("only the leader may be asked for offsets");
}

fn offsets_of(brokers: &[&FakeBroker]) -> Result<Offsets, String> {
    let found =
        patiently(SHORT, |p| offsets(&mut operator(brokers), [("t".to_owned(), 0)], p)).unwrap();
    assert_eq!(found.len(), 1);
    found[&("t".to_owned(), 0)].clone()
}

#[test]
fn offsets_come_from_the_leader_of_the_highest_epoch() {
    let zombie = knowing(("t", 0, 0, 4, ALL), refuse);
    let leader = knowing(("t", 0, 1, 5, &[1, 2]), list);
    let follower = knowing(("t", 0, 1, 5, &[1, 2]), refuse);
    let expected = Offsets { leader: 1, epoch: 5, log_start: 10, high_watermark: 200 };
    assert_eq!(offsets_of(&[&zombie, &leader, &follower]), Ok(expected));
}

#[test]
fn what_a_minority_of_brokers_says_is_not_believed() {
    let zombie = knowing(("t", 0, 0, 5, ALL), list);
    let silent = || FakeBroker::start(|_| Reply::Close);
    let reason = offsets_of(&[&zombie, &silent(), &silent()]).unwrap_err();
    assert!(reason.starts_with("1 of 3 brokers know it, too few to tell"), "{reason}");
    assert!(reason.contains("broker 1: the connection to 127.0.0.1:"), "{reason}");
}

#[test]
fn a_leader_that_does_not_lead_yet_is_waited_for_and_named() {
    let broker = knowing(("t", 0, 0, 3, ALL), list);
    assert_eq!(offsets_of(&[&broker]).unwrap_err(), "broker 0 answered FENCED_LEADER_EPOCH (74)");
    let waited = patiently(SHORT, |p| wait_until_leading(&mut operator(&[&broker]), &[plan()], p));
    let text = waited.unwrap_err().to_string();
    assert!(text.ends_with("still: t-0: broker 0 answered FENCED_LEADER_EPOCH (74)"), "{text}");
}

#[test]
fn leading_includes_the_planned_placement() {
    let broker = knowing(("t", 0, 0, 5, ALL), list);
    let wait = |plan: TopicPlan| {
        patiently(LONG, |p| wait_until_leading(&mut operator(&[&broker]), &[plan], p))
    };
    assert_eq!(wait(plan()).unwrap().len(), 1);
    let mut other = plan();
    other.placement[0] = vec![2, 0, 1];
    assert!(matches!(wait(other).unwrap_err(), KafkaError::Mismatch { .. }));
}

#[test]
fn a_broker_that_is_none_is_named() {
    let broker = FakeBroker::start(refuse);
    let text = operator(&[&broker]).quorum(4).unwrap_err().to_string();
    assert_eq!(text, "no broker has the node.id 4; the brokers are 0");
}

#[test]
fn a_cluster_is_ready_when_every_broker_shows_all() {
    let asked = AtomicUsize::new(0);
    let slow = FakeBroker::start(move |question| {
        let early = asked.fetch_add(1, Ordering::SeqCst) < 3;
        question.answer(&metadata_answer(if early { &[1] } else { &[0, 1] }, &[]))
    });
    let quick = FakeBroker::start(|asked| asked.answer(&metadata_answer(&[0, 1], &[])));
    let told = std::cell::RefCell::new(Vec::new());
    let mut progress = |text: &str| told.borrow_mut().push(text.to_owned());
    let mut patience =
        Patience { progress: Some(&mut progress), ..Patience::new(LONG, &|| Ok(())) };
    wait_for_brokers(&at(&[&slow, &quick]), &mut patience).unwrap();
    let told = told.into_inner();
    assert!(told.iter().any(|text| text.contains("shows these brokers: 1")), "{told:?}");
}

#[test]
fn a_cluster_that_never_is_ready_says_which_broker_showed_what() {
    let half = FakeBroker::start(|asked| asked.answer(&metadata_answer(&[0], &[])));
    let hung = FakeBroker::start(|_| Reply::Silence);
    let mut vantage = at(&[&half, &hung]);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    vantage.brokers.push((2, closed));
    let text = patiently(SHORT, |p| wait_for_brokers(&vantage, p)).unwrap_err().to_string();
    for part in [
        format!("broker 0 ({}) shows these brokers: 0;", half.addr),
        format!("broker 1 ({}) has not answered yet;", hung.addr),
        format!("broker 2: cannot connect to {closed}: "),
    ] {
        assert!(text.contains(&part), "{part:?} is not in: {text}");
    }
}

#[test]
fn a_died_jvm_ends_the_wait_at_once() {
    let hung = FakeBroker::start(|_| Reply::Silence);
    let began = Instant::now();
    let alive = || Err("broker-0 ended with exit status 1".to_owned());
    let mut patience = Patience::new(LONG, &alive);
    let text = wait_for_brokers(&at(&[&hung]), &mut patience).unwrap_err().to_string();
    assert!(text.ends_with("all brokers: broker-0 ended with exit status 1"), "{text}");
    assert!(began.elapsed() < LONG / 2);
}

// If two of three brokers do not know the topic any more, there is nothing to wait for. Before they
// were asked after the heal, or while only one of them says so, there is.
#[test]
fn nothing_is_waited_for_of_a_topic_that_was_deleted() {
    let view = |unknown: usize| {
        let mut view = ClusterView::default();
        let known = Metadata::from(metadata_answer(ALL, &[("t", 0, 1, 5, ALL)]));
        let gone = Metadata::from(metadata_of_topic("t", None));
        for &broker in ALL {
            view.heard(broker, &known, 50, 60);
        }
        ALL[..unknown].iter().for_each(|&broker| drop(view.heard(broker, &gone, 100, 110)));
        view
    };
    patiently(SHORT, |p| wait_for_full_isr(&|| view(2), &[plan()], 100, p)).unwrap();
    for (unknown, since_us) in [(1, 100), (2, 101)] {
        let waited =
            patiently(SHORT, |p| wait_for_full_isr(&|| view(unknown), &[plan()], since_us, p));
        assert!(matches!(waited, Err(KafkaError::NotYet { .. })), "{waited:?}");
    }
}

// Somebody else moved the partition to brokers 0 and 1: only these two can be in sync.
#[test]
fn recovery_is_of_the_replicas_that_there_are_now() {
    let mut view = ClusterView::default();
    let mut moved = Metadata::from(metadata_answer(ALL, &[("t", 0, 1, 5, &[0, 1])]));
    moved.topics.get_mut("t").unwrap().get_mut(&0).unwrap().replicas = vec![1, 0];
    for broker in [0, 1] {
        view.heard(broker, &moved, 100, 110);
    }
    patiently(SHORT, |p| wait_for_full_isr(&|| view.clone(), &[plan()], 100, p)).unwrap();
    assert_eq!(recovery_lacks(&view, &plan(), 100).collect::<Vec<_>>(), [None]);
    // A fault on a follower hits one of these.
    assert_eq!(replicas_now(&view, &plan(), 0), [1, 0]);
    assert_eq!(replicas_now(&ClusterView::default(), &plan(), 0), ALL);
}

// The topic had two partitions and was recreated with one: once two of three brokers, asked after
// the heal, no longer name the other one, it is not waited for.
#[test]
fn nothing_is_waited_for_of_a_partition_that_is_there_no_more() {
    let two = TopicPlan { placement: vec![vec![0, 1, 2]; 2], ..plan() };
    let view = |without: usize| {
        let mut view = ClusterView::default();
        let now = Metadata::from(metadata_answer(ALL, &[("t", 0, 1, 5, ALL)]));
        let mut then = now.clone();
        let partitions = then.topics.get_mut("t").unwrap();
        partitions.insert(1, partitions[&0].clone());
        for &broker in ALL {
            view.heard(broker, &then, 50, 60);
            let answer = if broker < without as i32 { &now } else { &then };
            view.heard(broker, answer, 100, 110);
        }
        view
    };
    let lacks = |without| recovery_lacks(&view(without), &two, 100).collect::<Vec<_>>();
    assert_eq!(lacks(2), [None]);
    assert_eq!(lacks(1), [None, Some("broker 0 has not answered for t-1 yet".to_owned())]);
    patiently(SHORT, |p| wait_for_full_isr(&|| view(2), std::slice::from_ref(&two), 100, p))
        .unwrap();
}

#[test]
fn recovery_counts_only_what_was_asked_after_the_heal() {
    let view = |asked_us: u64| {
        let mut view = ClusterView::default();
        let metadata = Metadata::from(metadata_answer(ALL, &[("t", 0, 1, 5, ALL)]));
        for &broker in ALL {
            view.heard(broker, &metadata, asked_us, asked_us + 50);
        }
        view
    };
    patiently(SHORT, |p| wait_for_full_isr(&|| view(100), &[plan()], 100, p)).unwrap();
    let late = patiently(SHORT, |p| wait_for_full_isr(&|| view(99), &[plan()], 100, p));
    let text = late.unwrap_err().to_string();
    assert!(
        text.ends_with("0 of 1 partitions have recovered; broker 0 has not answered for t-0 yet"),
        "{text}"
    );
}
