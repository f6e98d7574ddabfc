//! Where each partition's log begins and ends, according to its leader: [`offsets`]; and
//! [`wait_until_leading`], which uses the same question to learn that leaders really lead.

use super::error::{KafkaError, code_name, list};
use super::leaders::Leadership;
use super::metadata::topic_name;
use super::operator::Operator;
use super::patience::{Look, Patience};
use super::view::ClusterView;
use crate::model::more;
use crate::plan::TopicPlan;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) type TopicPartition = (String, i32);

/// One partition's ends, from its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offsets {
    /// `node.id` of the leader.
    pub leader: i32,
    /// The leader epoch of the answer.
    pub epoch: i32,
    /// The first offset that the log still has.
    pub log_start: i64,
    /// The offset after the last record that consumers may read.
    pub high_watermark: i64,
}

/// Every partition's offsets, or why they are not known.
pub(crate) type OffsetsByPartition = BTreeMap<TopicPartition, Result<Offsets, String>>;

const EARLIEST: i64 = -2;
const LATEST: i64 = -1;
/// Transactions are not used, so every record below the high watermark counts.
const READ_UNCOMMITTED: i8 = 0;
const PAUSE: Duration = Duration::from_millis(20);
/// A message lists at most this many partitions.
const NAMED_MAX: usize = 3;

/// Asks the leader of each of these partitions for log start and high watermark, again until it
/// answers without error or the patience ends. The leader is the one with the highest epoch among
/// the answers of more than half of the brokers (with fewer, a zombie could pass for it), and is
/// asked with that epoch, so that a former leader refuses. If the time is over, the map has what is
/// not known about a partition.
///
/// # Errors
/// [`KafkaError::GaveUp`] if `patience.alive` fails, [`KafkaError::Place`].
pub(crate) fn offsets(
    operator: &mut Operator,
    partitions: impl IntoIterator<Item = TopicPartition>,
    patience: &mut Patience<'_>,
) -> Result<OffsetsByPartition, KafkaError> {
    let all = partitions.into_iter().map(|partition| (partition, Err("not asked".to_owned())));
    let all: OffsetsByPartition = all.collect();
    let mut names: Vec<String> = all.keys().map(|(topic, _)| topic.clone()).collect();
    names.dedup();
    let found = RefCell::new(all);
    let waited = patience.until("each partition's offsets", PAUSE, || {
        let mut found = found.borrow_mut();
        ask_for_missing(operator, &names, &mut found)?;
        Ok(missing(&found).map_or(Look::Done(()), Look::Missing))
    });
    match waited {
        Ok(()) | Err(KafkaError::NotYet { .. }) => Ok(found.into_inner()),
        Err(error) => Err(error),
    }
}

/// Waits until every partition's leader answers ListOffsets without error and the replicas are
/// placed as planned. A leader named by metadata may not lead yet: the first records sent to it
/// with acks=0 would vanish.
///
/// # Errors
/// [`KafkaError::NotYet`] when the time is over, [`KafkaError::GaveUp`] if `patience.alive` fails,
/// [`KafkaError::Mismatch`] if replicas are placed differently.
pub(crate) fn wait_until_leading(
    operator: &mut Operator,
    topics: &[TopicPlan],
    patience: &mut Patience<'_>,
) -> Result<OffsetsByPartition, KafkaError> {
    let after_ms = patience.timeout.as_millis() as u64;
    let planned = topics.iter().flat_map(|topic| {
        let partitions = 0..topic.placement.len() as i32;
        partitions.map(|partition| (topic.name.clone(), partition))
    });
    let found = offsets(operator, planned, patience)?;
    if let Some(missing) = missing(&found) {
        let what = "every partition's leader to answer ListOffsets".to_owned();
        return Err(KafkaError::NotYet { what, after_ms, missing });
    }
    let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let (view, _) = operator.view(&names);
    topics.iter().try_for_each(|topic| check_placement(&view, topic))?;
    Ok(found)
}

/// Checks that every broker that knows a topic has its replicas where the plan put them.
pub(super) fn check_placement(view: &ClusterView, topic: &TopicPlan) -> Result<(), KafkaError> {
    for (partition, planned) in (0..).zip(&topic.placement) {
        for (broker, claim) in view.claims(&topic.name, partition) {
            let found = &claim.state.replicas;
            if found != planned {
                let what = format!(
                    "topic {} partition {partition} has its replicas on brokers {} (by broker \
                     {broker}'s word), and was to have them on {}",
                    topic.name,
                    list(found.iter().copied()),
                    list(planned.iter().copied())
                );
                return Err(KafkaError::Mismatch { what });
            }
        }
    }
    Ok(())
}

/// The partitions without an answer, the first few with their reasons.
fn missing(found: &OffsetsByPartition) -> Option<String> {
    let without = || {
        found.iter().filter_map(|((topic, partition), result)| {
            result.as_ref().err().map(|reason| format!("{topic}-{partition}: {reason}"))
        })
    };
    let count = without().count();
    let named: Vec<String> = without().take(NAMED_MAX).collect();
    let more = more(count.saturating_sub(NAMED_MAX), "partition")
        .map_or(String::new(), |more| format!("; and {more}"));
    (count > 0).then(|| format!("{}{more}", named.join("; ")))
}

fn ask_for_missing(
    operator: &mut Operator,
    names: &[String],
    found: &mut OffsetsByPartition,
) -> Result<(), KafkaError> {
    let (view, failed) = operator.view(names);
    let mut by_leader: BTreeMap<i32, Vec<(TopicPartition, i32)>> = BTreeMap::new();
    for (key, result) in found.iter_mut().filter(|(_, result)| result.is_err()) {
        match confirmed_leader(&view, key, operator.brokers().len(), &failed) {
            // It would cost the others another time-out.
            Ok(Leadership { broker, .. }) if view.broker(broker).is_none() => {
                *result = Err(format!("broker {broker}, its leader, did not answer"));
            }
            Ok(Leadership { broker, epoch }) => {
                by_leader.entry(broker).or_default().push((key.clone(), epoch));
            }
            Err(reason) => *result = Err(reason),
        }
    }
    if let Some((_, error)) = failed.into_iter().find(|(_, error)| !error.is_transport()) {
        return Err(error);
    }
    for (leader, partitions) in by_leader {
        let starts = list_offsets(operator, leader, &partitions, EARLIEST);
        let ends = list_offsets(operator, leader, &partitions, LATEST);
        for (key, epoch) in partitions {
            let pick = |answers: &Answers| match answers {
                Ok(by_partition) => by_partition
                    .get(&key)
                    .cloned()
                    .unwrap_or_else(|| Err(format!("broker {leader} left it out of its answer"))),
                Err(reason) => Err(reason.clone()),
            };
            let result = pick(&starts).and_then(|log_start| {
                let high_watermark = pick(&ends)?;
                Ok(Offsets { leader, epoch, log_start, high_watermark })
            });
            found.insert(key, result);
        }
    }
    Ok(())
}

/// The leader, if more than half of the brokers have answered about this partition.
fn confirmed_leader(
    view: &ClusterView,
    (topic, partition): &TopicPartition,
    brokers: usize,
    failed: &[(i32, KafkaError)],
) -> Result<Leadership, String> {
    let heard = view.claims(topic, *partition).count();
    if heard <= brokers / 2 {
        let why = failed.first().map_or_else(
            || "the others do not know it".to_owned(),
            |(broker, error)| format!("broker {broker}: {error}"),
        );
        return Err(format!(
            "{heard} of {brokers} brokers know it, too few to tell its leader from a zombie ({why})"
        ));
    }
    view.leader(topic, *partition).ok_or_else(|| "it has no leader".to_owned())
}

type Answers = Result<BTreeMap<TopicPartition, Result<i64, String>>, String>;

fn list_offsets(
    operator: &mut Operator,
    leader: i32,
    partitions: &[(TopicPartition, i32)],
    timestamp: i64,
) -> Answers {
    let mut topics: BTreeMap<&str, Vec<ListOffsetsPartition>> = BTreeMap::new();
    for ((topic, partition), epoch) in partitions {
        let partition = ListOffsetsPartition::default()
            .with_partition_index(*partition)
            .with_current_leader_epoch(*epoch)
            .with_timestamp(timestamp);
        topics.entry(topic).or_default().push(partition);
    }
    let topics = topics.into_iter().map(|(topic, partitions)| {
        ListOffsetsTopic::default().with_name(topic_name(topic)).with_partitions(partitions)
    });
    let request = ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_isolation_level(READ_UNCOMMITTED)
        .with_topics(topics.collect());
    let answer = operator.call(leader, &request).map_err(|error| error.to_string())?;
    let results = answer.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|p| {
            let result = match p.error_code {
                0 if p.offset >= 0 => Ok(p.offset),
                0 => Err(format!("broker {leader} gave the offset {}", p.offset)),
                code => Err(format!("broker {leader} answered {} ({code})", code_name(code))),
            };
            ((topic.name.to_string(), p.partition_index), result)
        })
    });
    Ok(results.collect())
}
