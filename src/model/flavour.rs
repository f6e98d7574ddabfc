//! [`Flavour`]: how an image takes Kafka's properties. `compose` knows which variables those are.

use serde::{Deserialize, Serialize};

/// How an image takes Kafka's properties from its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// `KAFKA_CFG_*`: Bitnami's images, and our own.
    Bitnami,
    /// `KAFKA_*` with `_` for `.`: apache/kafka.
    Apache,
    /// `KAFKA_*` with `_` for `.`: Confluent's images.
    Confluent,
}

impl Flavour {
    pub fn word(self) -> &'static str {
        match self {
            Flavour::Bitnami => "bitnami",
            Flavour::Apache => "apache",
            Flavour::Confluent => "confluent",
        }
    }
}
