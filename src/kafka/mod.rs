//! Talks to Kafka as an operator: topics, watching each broker, reading the log.
//!
//! Brokers are asked one by one over our own connections ([`wire::Connection`], kept by an
//! [`Operator`]), because they disagree while a fault lasts, and librdkafka would not say which of
//! them it asked. [`ClusterView`] holds what each said, [`leaders`] the rules that choose.

pub(crate) mod api;
pub(crate) mod elect;
pub(crate) mod error;
#[cfg(test)]
pub(crate) mod fake;
pub(crate) mod features;
pub(crate) mod leaders;
pub mod log;
pub(crate) mod metadata;
mod namespace_thread;
pub(crate) mod offsets;
pub(crate) mod operator;
pub(crate) mod patience;
pub(crate) mod quorum;
pub(crate) mod ready;
pub(crate) mod recovery;
pub(crate) mod topic_now;
pub(crate) mod topics;
pub(crate) mod view;
pub(crate) mod watch;
pub(crate) mod wire;

pub(crate) use error::KafkaError;
pub(crate) use metadata::TopicId;
pub(crate) use offsets::{OffsetsByPartition, TopicPartition, offsets, wait_until_leading};
pub use operator::Operator;
pub use patience::Patience;
pub use ready::wait_for_brokers;
pub(crate) use recovery::{recovery_lacks, replicas_now, wait_for_full_isr};
pub(crate) use topic_now::{TopicNow, topic_now};
pub use topics::create_topics;
pub(crate) use topics::delete_topics;
pub(crate) use view::ClusterView;
pub(crate) use watch::Watcher;
