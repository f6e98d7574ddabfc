//! [`topic_now`]: a topic as the cluster has it, which may differ from the plan: partitions may
//! have been added, or it may have been deleted and recreated.

use super::error::KafkaError;
use super::metadata::{self, Metadata, TopicId};
use super::operator::Operator;
use super::patience::{Look, Patience};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A broker that has just started may answer before it knows all topics, so a topic counts as
/// deleted only after it has been unknown for this long.
pub(crate) const GONE_AFTER: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;

/// A topic as more than half of the brokers know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicNow {
    /// A recreated topic has the same name and another id.
    pub id: TopicId,
    /// Every partition that any of these brokers knows: partitions are never removed.
    pub partitions: BTreeSet<i32>,
}

/// Asks every broker for a topic until more than half of them agree on its id. `None`: more than
/// half of them do not know the topic, and have not for [`GONE_AFTER`].
pub(crate) fn topic_now(
    operator: &mut Operator,
    topic: &str,
    patience: &mut Patience<'_>,
) -> Result<Option<TopicNow>, KafkaError> {
    let request = metadata::request(&[topic.to_owned()]);
    let brokers = operator.brokers();
    let mut unknown_since = None;
    patience.until(&format!("the id and the partitions of topic {topic}"), PAUSE, || {
        let mut said = Said::default();
        for &broker in &brokers {
            match operator.call(broker, &request) {
                Ok(answer) => said.take(topic, &answer.into()),
                Err(error) if error.is_transport() => said.failed = Some(error.to_string()),
                Err(error) => return Err(error),
            }
        }
        if let Some(now) = said.agreed(brokers.len()) {
            return Ok(Look::Done(Some(now)));
        }
        if said.unknown > brokers.len() / 2 {
            let since = *unknown_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= GONE_AFTER {
                return Ok(Look::Done(None));
            }
        } else {
            unknown_since = None;
        }
        Ok(Look::Missing(said.disagreement(brokers.len())))
    })
}

/// The brokers' answers about one topic.
#[derive(Default)]
struct Said {
    known: BTreeMap<TopicId, Known>,
    unknown: usize,
    failed: Option<String>,
}

#[derive(Default)]
struct Known {
    brokers: usize,
    partitions: BTreeSet<i32>,
}

impl Said {
    fn take(&mut self, topic: &str, metadata: &Metadata) {
        if let Some((id, partitions)) = metadata.ids.get(topic).zip(metadata.topics.get(topic)) {
            let known = self.known.entry(*id).or_default();
            known.brokers += 1;
            known.partitions.extend(partitions.keys());
        } else if metadata.refused.get(topic) == Some(&UNKNOWN_TOPIC_OR_PARTITION) {
            self.unknown += 1;
        }
    }

    fn agreed(&mut self, brokers: usize) -> Option<TopicNow> {
        let most = self.known.iter().find(|(_, known)| known.brokers > brokers / 2)?;
        Some(TopicNow { id: *most.0, partitions: most.1.partitions.clone() })
    }

    fn disagreement(&self, brokers: usize) -> String {
        let known = self.known.iter().map(|(id, known)| format!("{} know {id}", known.brokers));
        let unknown = (self.unknown > 0).then(|| format!("{} do not know it", self.unknown));
        let said: Vec<String> = known.chain(unknown).chain(self.failed.clone()).collect();
        format!("of {brokers} brokers {}", said.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{FakeBroker, metadata_of_topic};
    use super::*;
    use crate::runtime::Vantage;
    use kafka_protocol::messages::ApiKey;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const LONG: Duration = Duration::from_secs(20);

    /// A broker that knows topic `t` with this id and number of partitions; `None`: it does not
    /// know it.
    fn knowing(known: Option<(u128, i32)>) -> FakeBroker {
        FakeBroker::start(move |asked| {
            assert_eq!(asked.api, ApiKey::Metadata);
            asked.answer(&metadata_of_topic("t", known))
        })
    }

    fn ask(brokers: &[FakeBroker], timeout: Duration) -> Result<Option<TopicNow>, KafkaError> {
        let brokers = (0..).zip(brokers).map(|(id, broker)| (id, broker.addr)).collect();
        let vantage = Vantage { netns: None, brokers, bootstrap: Vec::new() };
        let mut operator = Operator::new(&vantage, LONG);
        let mut patience = Patience::new(timeout, &|| Ok(()));
        topic_now(&mut operator, "t", &mut patience)
    }

    // Partition 2 was just added: one broker of three shows it already, so it is there.
    #[test]
    fn a_partition_that_one_broker_of_the_agreeing_ones_shows_is_there() {
        let brokers = [knowing(Some((7, 2))), knowing(Some((7, 3))), knowing(Some((7, 2)))];
        let now = ask(&brokers, LONG).unwrap().unwrap();
        assert_eq!(now.id, TopicId(7));
        assert_eq!(now.partitions, [0, 1, 2].into());
    }

    // A zombie still knows the deleted topic; the others know the new one.
    #[test]
    fn the_id_is_what_more_than_half_of_the_brokers_say() {
        let brokers = [knowing(Some((7, 4))), knowing(Some((8, 1))), knowing(Some((8, 1)))];
        let now = ask(&brokers, LONG).unwrap().unwrap();
        assert_eq!((now.id, now.partitions), (TopicId(8), [0].into()));
    }

    #[test]
    fn without_a_majority_nothing_is_known_and_each_word_is_told() {
        let silent = FakeBroker::start(|_| super::super::fake::Reply::Close);
        let brokers = [knowing(Some((7, 1))), knowing(None), silent];
        let text = ask(&brokers, Duration::from_millis(100)).unwrap_err().to_string();
        let ids = format!("of 3 brokers 1 know {}; 1 do not know it; the connection", TopicId(7));
        assert!(text.contains(&ids), "{text}");
    }

    // A broker that has just started knows no topic at first; that does not mean the topic is gone.
    #[test]
    fn a_topic_is_gone_only_when_it_stays_unknown() {
        let asked_before = AtomicUsize::new(0);
        let late = FakeBroker::start(move |asked| {
            let early = asked_before.fetch_add(1, Ordering::SeqCst) < 3;
            asked.answer(&metadata_of_topic("t", (!early).then_some((7, 1))))
        });
        assert!(ask(&[late], LONG).unwrap().is_some());
        let began = Instant::now();
        assert_eq!(
            ask(&[knowing(None), knowing(None), knowing(Some((7, 1)))], LONG).unwrap(),
            None
        );
        assert!(began.elapsed() >= GONE_AFTER);
    }
}
