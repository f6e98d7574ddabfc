//! Elections asked of a fake broker, with a watcher's history written by the test.

use super::*;
use crate::event::{Observation, PartitionView};
use crate::kafka::fake::{Asked, FakeBroker, Reply, elect_leaders_answer};
use crate::plan::from_text;
use kafka_protocol::messages::ElectLeadersRequest;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

type Seen = Arc<Mutex<Vec<Observation>>>;

const ON: &str = "chaos-x-0";
const NOT_CONTROLLER: i16 = 41;
const PREFERRED_LEADER_NOT_AVAILABLE: i16 = 80;

/// Two topics of one partition on brokers 0, 1, 2; the first has unclean elections on.
fn history(keeps_eligible: bool) -> (Arc<History>, Seen) {
    let text = "name: x\nduration: 9s\nexpect: {lost: 0}\n\
                matrix: {unclean.leader.election.enable: [true, false]}\n";
    let plan = from_text("x.yaml", text, &[], Some(1)).unwrap();
    let seen = Seen::default();
    (Arc::new(History::new(&plan, keeps_eligible, Arc::clone(&seen))), seen)
}

/// Broker 2's claim about the first partition: leader, epoch, ISR.
fn see(seen: &Seen, leader: i32, epoch: i32, isr: &[i32]) {
    let mut seen = seen.lock();
    let (at_us, isr) = (seen.len() as u64, isr.to_vec());
    let topic = ON.to_owned();
    let view = PartitionView { at_us, asked: 2, topic, partition: 0, leader, epoch, isr };
    seen.push(Observation::Partition(view));
}

fn fault(broker: &FakeBroker, election: Election, history: &Arc<History>) -> ElectLeaders {
    let brokers = vec![(0, broker.addr)];
    let vantage = Vantage { netns: None, brokers, bootstrap: Vec::new() };
    ElectLeaders::new(&vantage, election, Arc::clone(history))
}

/// Answers the n-th request with the n-th codes (of the first and the second topic), or with the
/// last ones; `None` closes the connection.
fn answering(answers: &'static [Option<[i16; 2]>]) -> FakeBroker {
    let turns = AtomicUsize::new(0);
    FakeBroker::start(move |asked: &Asked| {
        let turn = turns.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let Some(codes) = answers[turn] else { return Reply::Close };
        let request = asked.request::<ElectLeadersRequest>();
        let topics = request.topic_partitions.unwrap();
        let row = |name: &str| usize::from(name != ON);
        let names: Vec<&str> = topics.iter().map(|t| t.topic.as_str()).collect();
        let rows: Vec<_> = names.iter().map(|name| (*name, 0, codes[row(name)])).collect();
        asked.answer(&elect_leaders_answer(0, &rows))
    })
}

fn no_effect(fault: &mut ElectLeaders) -> String {
    match fault.prove().unwrap_err() {
        FaultError::NoEffect(words) => words,
        other => panic!("{other}"),
    }
}

#[test]
fn preferred_leaders_are_asked_for_until_each_partition_has_its_own() {
    let (history, seen) = history(false);
    see(&seen, 1, 3, &[1, 2]);
    let broker = answering(&[Some([PREFERRED_LEADER_NOT_AVAILABLE, 84]), Some([0, -1])]);
    let mut fault = fault(&broker, Election::Preferred, &history);
    fault.inject().unwrap();
    assert_eq!(fault.prove().unwrap(), None, "broker 0 is not in sync yet");
    let words = fault.last_words().unwrap();
    assert_eq!(words, "chaos-x-0-0 is led by 1, and Kafka answered PREFERRED_LEADER_NOT_AVAILABLE");
    assert!(!fault.is_over());
    // The second partition is settled and not asked for again, or -1 would unsettle it.
    fault.tend().unwrap();
    assert_eq!(
        fault.prove().unwrap().as_deref(),
        Some("moved to the preferred leader: chaos-x-0-0: leader 1 -> 0; 1 more had theirs")
    );
    assert!(fault.is_over());
    assert_eq!(fault.last_words(), None);
    fault.heal().unwrap();
}

#[test]
fn where_every_partition_has_its_preferred_leader_nothing_takes_effect() {
    let (history, seen) = history(false);
    see(&seen, 0, 3, &[0, 1, 2]);
    let broker = answering(&[Some([84, 84])]);
    let mut fault = fault(&broker, Election::Preferred, &history);
    fault.inject().unwrap();
    assert_eq!(no_effect(&mut fault), "every partition had its preferred leader already");
}

#[test]
fn what_a_request_without_an_answer_elected_counts_when_another_one_led() {
    for (leader, moved) in [(1, true), (0, false)] {
        let (history, seen) = history(false);
        see(&seen, leader, 3, &[0, 1, 2]);
        let broker = answering(&[None, Some([84, 84])]);
        let mut fault = fault(&broker, Election::Preferred, &history);
        fault.inject().unwrap();
        assert!(fault.last_words().unwrap().contains("the last request failed"));
        fault.tend().unwrap();
        assert_eq!(fault.prove().is_ok(), moved, "broker {leader} led");
    }
}

#[test]
fn an_unclean_election_is_asked_for_where_it_is_on_until_the_watcher_saw_it() {
    let (history, seen) = history(false);
    see(&seen, 0, 3, &[0]);
    // Not needed: the controller considers the dead leader alive. Only the first topic is asked
    // for.
    let broker = answering(&[Some([84, -1]), Some([0, -1])]);
    let mut fault = fault(&broker, Election::Unclean, &history);
    assert_eq!(fault.cases.len(), 1);
    fault.inject().unwrap();
    assert_eq!(fault.prove().unwrap(), None);
    let words = fault.last_words().unwrap();
    assert_eq!(words, "chaos-x-0-0 is led by 0, and Kafka answered ELECTION_NOT_NEEDED");
    see(&seen, -1, 4, &[0]);
    fault.tend().unwrap();
    assert_eq!(fault.prove().unwrap(), None, "Kafka's word alone is no proof");
    see(&seen, 1, 5, &[1]);
    fault.tend().unwrap();
    assert_eq!(
        fault.prove().unwrap().as_deref(),
        Some(
            "chaos-x-0-0: leader 0 -> 1 (epoch 5), which was not in sync (the last in-sync \
             replicas: [0]); elected by this request"
        )
    );
    assert!(fault.is_over());
}

#[test]
fn what_the_controller_elected_by_the_setting_counts_and_is_told_apart() {
    let (history, seen) = history(true);
    see(&seen, 0, 3, &[0]);
    see(&seen, 1, 4, &[1]);
    let broker = answering(&[Some([84, -1])]);
    let mut first = fault(&broker, Election::Unclean, &history);
    first.inject().unwrap();
    let proof = first.prove().unwrap().unwrap();
    let by = "elected by the controller already, as `unclean.leader.election.enable` has it";
    assert!(proof.ends_with(by), "{proof}");
    // The same election does not prove a second fault.
    let mut second = fault(&broker, Election::Unclean, &history);
    second.inject().unwrap();
    assert_eq!(second.prove().unwrap(), None);
}

#[test]
fn an_election_from_the_in_sync_replicas_is_not_unclean_whatever_kafka_answers() {
    let (history, seen) = history(false);
    see(&seen, 0, 3, &[0, 1]);
    let broker = answering(&[Some([0, -1])]);
    let mut fault = fault(&broker, Election::Unclean, &history);
    see(&seen, 1, 4, &[1]);
    fault.inject().unwrap();
    assert_eq!(fault.prove().unwrap(), None);
    assert_eq!(
        fault.last_words().as_deref(),
        Some("chaos-x-0-0 is led by 1, and Kafka answered NONE")
    );
}

#[test]
fn a_broker_that_fails_leaves_the_next_one_to_be_asked() {
    let (history, seen) = history(false);
    see(&seen, 1, 3, &[0, 1, 2]);
    let refuses =
        FakeBroker::start(|asked| asked.answer(&elect_leaders_answer(NOT_CONTROLLER, &[])));
    let works = answering(&[Some([0, 84])]);
    let brokers = vec![(0, refuses.addr), (1, works.addr)];
    let vantage = Vantage { netns: None, brokers, bootstrap: Vec::new() };
    let mut fault = ElectLeaders::new(&vantage, Election::Preferred, history);
    fault.inject().unwrap();
    assert!(fault.last_words().unwrap().contains("NOT_CONTROLLER"));
    fault.tend().unwrap();
    assert!(fault.prove().unwrap().is_some());
}

#[test]
fn many_partitions_are_told_in_few_words() {
    let told: Vec<String> = (0..6).map(|n| n.to_string()).collect();
    assert_eq!(listed(&told), "0; 1; 2; 3; and 2 more like it");
    assert_eq!(listed(&told[..4]), "0; 1; 2; 3");
}
