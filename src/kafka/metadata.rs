//! [`Metadata`]: one broker's view of the cluster. Each broker is asked separately, because in a
//! network partition a zombie's answer differs from the others'.

use crate::runtime::kafka_id;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::MetadataResponsePartition;
use kafka_protocol::messages::{BrokerId, MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A topic's id. Every topic has its own, so a recreated one has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicId(pub u128);

impl fmt::Display for TopicId {
    /// As Kafka's own tools write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&kafka_id(self.0))
    }
}

/// One broker's view of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// `node.id` of the leader, -1 for none.
    pub leader: i32,
    pub epoch: i32,
    /// In-sync replicas, sorted.
    pub isr: Vec<i32>,
    /// All replicas, in placement order.
    pub replicas: Vec<i32>,
}

/// One broker's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The brokers that it considers alive. (Its `controller_id` is left out: under KRaft it is a
    /// random live broker.)
    pub brokers: BTreeSet<i32>,
    /// The requested topics that it knows, by partition.
    pub topics: BTreeMap<String, BTreeMap<i32, PartitionState>>,
    /// The ids of these topics.
    pub ids: BTreeMap<String, TopicId>,
    /// The topics that it returns an error for, with the code.
    pub refused: BTreeMap<String, i16>,
}

/// The request for these topics; without topics it asks for the brokers alone.
pub(crate) fn request(topics: &[String]) -> MetadataRequest {
    let topics = topics
        .iter()
        .map(|topic| MetadataRequestTopic::default().with_name(Some(topic_name(topic))));
    MetadataRequest::default()
        .with_topics(Some(topics.collect()))
        .with_allow_auto_topic_creation(false)
}

impl From<MetadataResponse> for Metadata {
    fn from(answer: MetadataResponse) -> Metadata {
        let mut metadata = Metadata {
            brokers: answer.brokers.iter().map(|broker| broker.node_id.0).collect(),
            ..Metadata::default()
        };
        for topic in answer.topics {
            let name = topic.name.as_ref().map_or_else(String::new, |name| name.to_string());
            if topic.error_code == 0 {
                let partitions = topic.partitions.iter().map(|p| (p.partition_index, p.into()));
                metadata.topics.insert(name.clone(), partitions.collect());
                metadata.ids.insert(name, TopicId(topic.topic_id.as_u128()));
            } else {
                metadata.refused.insert(name, topic.error_code);
            }
        }
        metadata
    }
}

/// A partition's own error (LEADER_NOT_AVAILABLE) adds nothing to `leader == -1`.
impl From<&MetadataResponsePartition> for PartitionState {
    fn from(answer: &MetadataResponsePartition) -> PartitionState {
        let ids = |nodes: &[BrokerId]| nodes.iter().map(|node| node.0).collect::<Vec<_>>();
        let mut isr = ids(&answer.isr_nodes);
        isr.sort_unstable();
        PartitionState {
            leader: answer.leader_id.0,
            epoch: answer.leader_epoch,
            isr,
            replicas: ids(&answer.replica_nodes),
        }
    }
}

pub(crate) fn topic_name(topic: &str) -> TopicName {
    TopicName(StrBytes::from_string(topic.to_owned()))
}
