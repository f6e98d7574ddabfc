//! Talking to Kafka as an operator: topics, watching each broker, reading the log.
//!
//! Everything here asks brokers one by one over connections of its own ([`Connection`], kept by
//! an [`Operator`]), because brokers disagree while a fault lasts, and librdkafka would not say
//! which of them it asked. [`ClusterView`] holds what each said, [`leaders`]
//! the rules that choose.

pub mod api;
pub mod elect;
pub mod error;
#[cfg(test)]
pub(crate) mod fake;
pub mod features;
pub mod leaders;
pub mod log;
#[cfg(test)]
mod log_tests;
pub mod metadata;
pub mod offsets;
pub mod operator;
pub mod patience;
mod place;
pub mod quorum;
pub mod ready;
pub mod recovery;
pub mod topic_now;
pub mod topics;
pub mod view;
pub mod watch;
pub mod wire;

pub use error::KafkaError;
pub use metadata::{Metadata, PartitionState, TopicId};
pub use offsets::{Offsets, OffsetsByPartition, TopicPartition, offsets, wait_until_leading};
pub use operator::Operator;
pub use patience::Patience;
pub use quorum::{Quorum, Voter};
pub use ready::wait_for_brokers;
pub use recovery::{recovery_lacks, replicas_now, wait_for_full_isr};
pub use topic_now::{TopicNow, topic_now};
pub use topics::{create_topics, delete_topics};
pub use view::ClusterView;
pub use watch::Watcher;
pub use wire::Connection;
