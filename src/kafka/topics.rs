//! Creates topics with explicit replica placement, and deletes them.

use super::error::KafkaError;
use super::metadata::topic_name;
use super::offsets::check_placement;
use super::operator::Operator;
use super::patience::{Look, Patience};
use crate::plan::TopicPlan;
use kafka_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::{BrokerId, CreateTopicsRequest, DeleteTopicsRequest};
use kafka_protocol::protocol::StrBytes;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a broker and the controller behind it may work on one request.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const REQUEST_TIMED_OUT: i16 = 7;
const NETWORK_EXCEPTION: i16 = 13;
const TOPIC_ALREADY_EXISTS: i16 = 36;
const NOT_CONTROLLER: i16 = 41;

/// Codes after which the request may or may not have been carried out, and is worth repeating.
fn is_in_doubt(code: i16) -> bool {
    matches!(code, REQUEST_TIMED_OUT | NETWORK_EXCEPTION | NOT_CONTROLLER)
}

/// What is left to do, and whether an earlier try may have done it already.
struct Job<'a, T> {
    left: Vec<&'a T>,
    in_doubt: bool,
    tries: usize,
}

impl<'a, T> Job<'a, T> {
    fn new(all: &'a [T]) -> Self {
        Job { left: all.iter().collect(), in_doubt: false, tries: 0 }
    }

    /// The brokers in turn, since any of them forwards the request to the controller.
    fn next_broker(&mut self, operator: &Operator) -> Result<i32, KafkaError> {
        let brokers = operator.brokers();
        let known = "none".to_owned();
        let broker = brokers.get(self.tries % brokers.len().max(1));
        self.tries += 1;
        broker.copied().ok_or(KafkaError::NoSuchBroker { broker: 0, known })
    }

    /// Handles a failed call: if the way to the broker was at fault, its effect is unknown.
    fn failed<D>(&mut self, error: KafkaError) -> Result<Look<D>, KafkaError> {
        if !error.is_transport() {
            return Err(error);
        }
        self.in_doubt |= !matches!(error, KafkaError::Connect { .. });
        Ok(Look::Missing(error.to_string()))
    }
}

/// Creates the topics as planned: replicas, preferred leaders first, and properties. A try without
/// an answer is repeated; a topic that such a try created counts if its replicas are where the plan
/// puts them.
///
/// # Errors
/// What Kafka refuses (an existing topic, a bad property, an unknown broker), with its own message;
/// [`KafkaError::NotYet`] and [`KafkaError::GaveUp`] from `patience`.
pub fn create_topics(
    operator: &mut Operator,
    topics: &[TopicPlan],
    patience: &mut Patience<'_>,
) -> Result<(), KafkaError> {
    let mut job = Job::new(topics);
    let mut to_check = Vec::new();
    patience.until("the topics to be made", PAUSE, || {
        if job.left.is_empty() {
            return check_made(operator, &to_check);
        }
        let broker = job.next_broker(operator)?;
        let request = CreateTopicsRequest::default()
            .with_topics(job.left.iter().map(|topic| creatable(topic)).collect())
            .with_timeout_ms(CALL_TIMEOUT.as_millis() as i32);
        let answer = match operator.call_within(broker, &request, CALL_TIMEOUT) {
            Ok(answer) => answer,
            Err(error) => return job.failed(error),
        };
        let in_doubt = job.in_doubt;
        let mut made = BTreeSet::new();
        let mut missing = String::new();
        for result in &answer.topics {
            let name = result.name.to_string();
            match result.error_code {
                0 => {
                    made.insert(name);
                }
                TOPIC_ALREADY_EXISTS if in_doubt => {
                    to_check.extend(topics.iter().filter(|topic| topic.name == name));
                    made.insert(name);
                }
                code => {
                    let what = format!("create topic {name}");
                    let said = result.error_message.as_deref();
                    let Some(error) = KafkaError::from_code(code, what, said) else { continue };
                    if !is_in_doubt(code) {
                        return Err(error);
                    }
                    job.in_doubt = true;
                    missing = error.to_string();
                }
            }
        }
        job.left.retain(|topic| !made.contains(&topic.name));
        match job.left.first() {
            None => check_made(operator, &to_check),
            Some(topic) if missing.is_empty() => {
                Ok(Look::Missing(format!("broker {broker} left topic {} out", topic.name)))
            }
            Some(_) => Ok(Look::Missing(missing)),
        }
    })
}

/// Checks topics that a try in doubt has created: they must be the planned ones.
fn check_made(operator: &mut Operator, topics: &[&TopicPlan]) -> Result<Look<()>, KafkaError> {
    if topics.is_empty() {
        return Ok(Look::Done(()));
    }
    let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let (view, _) = operator.view(&names);
    for topic in topics {
        for partition in 0..topic.placement.len() as i32 {
            if view.claims(&topic.name, partition).next().is_none() {
                let what = format!("no broker shows {}-{partition} yet", topic.name);
                return Ok(Look::Missing(what));
            }
        }
        check_placement(&view, topic)?;
    }
    Ok(Look::Done(()))
}

fn creatable(topic: &TopicPlan) -> CreatableTopic {
    let text = |text: &str| StrBytes::from_string(text.to_owned());
    let assignments = (0..).zip(&topic.placement).map(|(partition, brokers)| {
        CreatableReplicaAssignment::default()
            .with_partition_index(partition)
            .with_broker_ids(brokers.iter().copied().map(BrokerId).collect())
    });
    let configs = topic.config.iter().map(|(name, value)| {
        CreatableTopicConfig::default().with_name(text(name)).with_value(Some(text(value)))
    });
    CreatableTopic::default()
        .with_name(topic_name(&topic.name))
        // In Kafka's protocol: according to the assignments.
        .with_num_partitions(-1)
        .with_replication_factor(-1)
        .with_assignments(assignments.collect())
        .with_configs(configs.collect())
}

/// Deletes topics. Those that a try without an answer has deleted count as deleted.
pub(crate) fn delete_topics(
    operator: &mut Operator,
    names: &[String],
    patience: &mut Patience<'_>,
) -> Result<(), KafkaError> {
    let mut job = Job::new(names);
    patience.until("the topics to be deleted", PAUSE, || {
        if job.left.is_empty() {
            return Ok(Look::Done(()));
        }
        let broker = job.next_broker(operator)?;
        let states = job
            .left
            .iter()
            .map(|name| DeleteTopicState::default().with_name(Some(topic_name(name))));
        let request = DeleteTopicsRequest::default()
            .with_topics(states.collect())
            .with_timeout_ms(CALL_TIMEOUT.as_millis() as i32);
        let answer = match operator.call_within(broker, &request, CALL_TIMEOUT) {
            Ok(answer) => answer,
            Err(error) => return job.failed(error),
        };
        let in_doubt = job.in_doubt;
        let mut gone = BTreeSet::new();
        let mut missing = format!("broker {broker} left topics out of its answer");
        for result in &answer.responses {
            let name = result.name.as_ref().map_or_else(String::new, |name| name.to_string());
            let code = result.error_code;
            let what = format!("delete topic {name}");
            match KafkaError::from_code(code, what, result.error_message.as_deref()) {
                None => {
                    gone.insert(name);
                }
                Some(_) if in_doubt && code == UNKNOWN_TOPIC_OR_PARTITION => {
                    gone.insert(name);
                }
                Some(error) if is_in_doubt(code) => {
                    job.in_doubt = true;
                    missing = error.to_string();
                }
                Some(error) => return Err(error),
            }
        }
        job.left.retain(|name| !gone.contains(*name));
        Ok(if job.left.is_empty() { Look::Done(()) } else { Look::Missing(missing) })
    })
}
