//! [`Flavour`]: how an image takes Kafka's properties. Which variables those are is told by the
//! compose files' own room.

use serde::{Deserialize, Serialize};

/// How an image takes Kafka's properties from its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// `KAFKA_CFG_*`: Bitnami's images, and chaos' own.
    Bitnami,
    /// `KAFKA_*` with `_` for `.`: apache/kafka.
    Apache,
    /// `KAFKA_*` with `_` for `.`: Confluent's images.
    Confluent,
}

impl Flavour {
    /// The scenario's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Flavour::Bitnami => "bitnami",
            Flavour::Apache => "apache",
            Flavour::Confluent => "confluent",
        }
    }
}
