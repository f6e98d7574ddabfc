//! Words for a plan's cluster: Kafka's version, and keys as a scenario writes them.

use super::types::ClusterPlan;
use crate::model::Release;

/// Kafka's version if nothing tells it before the brokers run.
pub(super) const UNKNOWN_KAFKA: &str = "unknown";

impl ClusterPlan {
    /// Kafka's version, as far as it is known before the brokers run.
    pub fn release(&self) -> Option<Release> {
        Release::parse(&self.kafka)
    }

    /// The text after `Kafka`.
    pub fn kafka_in_words(&self) -> &str {
        if self.kafka == UNKNOWN_KAFKA { "version unknown" } else { &self.kafka }
    }

    /// The value in force of a key of `cluster`, as a scenario writes it.
    pub fn in_words(&self, key: &str) -> Option<String> {
        match key {
            "kafka" => Some(self.kafka.clone()),
            "brokers" => Some(self.brokers.to_string()),
            "controllers" => Some(self.controllers.word().to_owned()),
            "timing" => Some(self.timing.word().to_owned()),
            _ => None,
        }
    }
}
