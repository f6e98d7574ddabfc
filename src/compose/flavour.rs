//! Which environment variable of an image sets which Kafka property.

use super::types::KafkaService;
use crate::model::{Flavour, Release};

/// Properties that Bitnami's images also accept without `CFG`; those variables win.
const BITNAMI_ALIASES: &[&str] = &[
    "ADVERTISED_LISTENERS",
    "AUTO_CREATE_TOPICS_ENABLE",
    "BROKER_ID",
    "CONTROLLER_QUORUM_VOTERS",
    "DEFAULT_REPLICATION_FACTOR",
    "DELETE_TOPIC_ENABLE",
    "INTER_BROKER_LISTENER_NAME",
    "LISTENERS",
    "LISTENER_SECURITY_PROTOCOL_MAP",
    "LOG_DIRS",
    "LOG_FLUSH_INTERVAL_MESSAGES",
    "LOG_FLUSH_INTERVAL_MS",
    "LOG_RETENTION_BYTES",
    "LOG_RETENTION_CHECK_INTERVAL_MS",
    "LOG_RETENTION_HOURS",
    "LOG_SEGMENT_BYTES",
    "MESSAGE_MAX_BYTES",
    "NODE_ID",
    "NUM_IO_THREADS",
    "NUM_NETWORK_THREADS",
    "NUM_PARTITIONS",
    "NUM_RECOVERY_THREADS_PER_DATA_DIR",
    "OFFSETS_TOPIC_REPLICATION_FACTOR",
    "PROCESS_ROLES",
    "SOCKET_RECEIVE_BUFFER_BYTES",
    "SOCKET_REQUEST_MAX_BYTES",
    "SOCKET_SEND_BUFFER_BYTES",
    "TRANSACTION_STATE_LOG_MIN_ISR",
    "TRANSACTION_STATE_LOG_REPLICATION_FACTOR",
];

impl Flavour {
    /// The flavour that an image's name implies.
    pub fn of_image(image: &str) -> Option<Flavour> {
        let name = image.split('@').next().unwrap_or(image);
        let mut parts: Vec<&str> = name.split('/').collect();
        let last = parts.pop()?;
        let last = last.split(':').next().unwrap_or(last);
        if last == "chaos-kafka" || parts.iter().any(|part| part.starts_with("bitnami")) {
            return Some(Flavour::Bitnami);
        }
        match parts.last() {
            Some(&"apache") if last.starts_with("kafka") => Some(Flavour::Apache),
            Some(&"confluentinc") => Some(Flavour::Confluent),
            _ => None,
        }
    }

    pub fn variable(self, property: &str) -> String {
        match self {
            Flavour::Bitnami => format!("KAFKA_CFG_{}", property.replace('.', "_").to_uppercase()),
            Flavour::Apache | Flavour::Confluent => {
                let name = property.replace('_', "__").replace('-', "___").replace('.', "_");
                format!("KAFKA_{}", name.to_uppercase())
            }
        }
    }

    /// The property that a variable sets, and whether another variable overrides it.
    pub fn property(self, variable: &str) -> Option<(String, bool)> {
        let rest = variable.strip_prefix("KAFKA_").filter(|rest| !rest.is_empty())?;
        if self != Flavour::Bitnami {
            return Some((unescaped(rest), false));
        }
        let dotted = |name: &str| {
            let name = name.replace('_', ".").to_lowercase();
            name.replacen("sasl.ssl", "sasl_ssl", 1).replacen("sasl.plaintext", "sasl_plaintext", 1)
        };
        match rest.strip_prefix("CFG_") {
            Some(name) if !name.is_empty() => Some((dotted(name), true)),
            _ if BITNAMI_ALIASES.contains(&rest) => Some((dotted(rest), false)),
            _ => None,
        }
    }

    /// Kafka's release according to an image's tag, if its publisher's tags are versions.
    pub fn release_of_image(image: &str) -> Option<Release> {
        let name = image.split('@').next().unwrap_or(image);
        let (_, tag) = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
        match Flavour::of_image(name)? {
            Flavour::Bitnami | Flavour::Apache => Release::parse(tag),
            Flavour::Confluent => Release::of_confluent(tag),
        }
    }
}

/// `_` is `.`, `__` is `_`, `___` is `-`.
fn unescaped(name: &str) -> String {
    let mut result = String::new();
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let (taken, meaning) = match rest {
            _ if rest.starts_with("___") => (3, '-'),
            _ if rest.starts_with("__") => (2, '_'),
            _ if c == '_' => (1, '.'),
            _ => (c.len_utf8(), c.to_ascii_lowercase()),
        };
        result.push(meaning);
        rest = &rest[taken..];
    }
    result
}

impl KafkaService {
    /// The value that the environment gives a property; `None`: the image's default applies.
    pub fn property(&self, name: &str) -> Option<String> {
        let mut found: Option<(&String, bool)> = None;
        for (variable, value) in &self.service.environment {
            let Some((property, yields)) = self.flavour.property(variable) else { continue };
            if property == name && (found.is_none() || !yields) {
                found = Some((value, yields));
            }
        }
        found.map(|(value, _)| value.clone())
    }

    /// Sets a property by the variable that the image reads, and removes all its other variables.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let flavour = self.flavour;
        let is_other = |variable: &str| flavour.property(variable).is_some_and(|(p, _)| p == name);
        self.service.environment.retain(|variable, _| !is_other(variable));
        self.service.environment.insert(flavour.variable(name), value.into());
    }
}
