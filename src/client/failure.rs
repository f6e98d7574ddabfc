//! [`Failure`]: why a worker ended without a summary.

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::io;
use std::time::Duration;

/// Why a worker could not do its work, whatever its role.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Its ledger can't be made.
    #[error("the ledger in {dir} can't be made: {source}")]
    Ledger { dir: String, source: io::Error },
    /// librdkafka does not take the configuration.
    #[error("librdkafka does not accept the client's configuration: {0}")]
    Config(KafkaError),
    /// librdkafka refuses the topic.
    #[error("librdkafka does not accept the topic {topic}: {code}")]
    Topic { topic: String, code: RDKafkaErrorCode },
    /// The topic can't be found.
    #[error("the topic {topic} with {partitions} partitions did not show up in {limit:?}: {last}")]
    Unknown {
        topic: String,
        partitions: u32,
        limit: Duration,
        /// What was seen last.
        last: String,
    },
    /// The conductor does not listen.
    #[error("the conductor does not listen: {0}")]
    Deaf(#[from] io::Error),
}
