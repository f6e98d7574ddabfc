//! [`KafkaError`]: what can go wrong between the operator and a broker: what was asked, of whom,
//! and what came back.

use kafka_protocol::error::ResponseError;
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;

#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// The operator's network namespace could not be entered.
    #[error("cannot work in the operator's network namespace: {source}")]
    Place { source: io::Error },
    /// The connection failed.
    #[error("cannot connect to {addr}: {source}")]
    Connect { addr: SocketAddr, source: io::Error },
    /// The broker accepted the connection and did not answer in time. The connection is dead: its
    /// answer may still come, and must not be taken for the next one.
    #[error("{addr} did not answer {what} within {after_ms} ms")]
    Timeout { addr: SocketAddr, what: &'static str, after_ms: u64 },
    /// The connection broke.
    #[error("the connection to {addr} broke during {what}: {source}")]
    Io { addr: SocketAddr, what: &'static str, source: io::Error },
    /// The connection broke earlier and was used again.
    #[error("the connection to {addr} has been dead since an earlier failure; open a new one")]
    Dead { addr: SocketAddr },
    /// The answer does not follow Kafka's protocol.
    #[error("{addr} and this program disagree on the protocol in {what}: {reason}")]
    Protocol { addr: SocketAddr, what: &'static str, reason: String },
    /// Kafka refused.
    #[error("{what}: Kafka answered {name} ({code}){}", detail(.message.as_deref()))]
    Broker {
        code: i16,
        name: String,
        what: String,
        /// The broker's message beside the code.
        message: Option<String>,
    },
    /// No broker with this id is known.
    #[error("no broker has the node.id {broker}; the brokers are {known}")]
    NoSuchBroker { broker: i32, known: String },
    /// The cluster differs from what was requested.
    #[error("{what}")]
    Mismatch {
        /// What is there, and what should be.
        what: String,
    },
    /// A wait timed out.
    #[error("waited {after_ms} ms for {what}, and still: {missing}")]
    NotYet {
        what: String,
        after_ms: u64,
        /// What was missing at the end.
        missing: String,
    },
    /// Waiting had become pointless.
    #[error("gave up waiting for {what}: {reason}")]
    GaveUp {
        what: String,
        /// Why, in the words of the caller that ended it.
        reason: String,
    },
}

fn detail(message: Option<&str>) -> String {
    message.map_or_else(String::new, |message| format!(": {message}"))
}

impl KafkaError {
    /// The error for an answer's code; `None` for code 0.
    pub fn from_code(
        code: i16,
        what: impl Into<String>,
        message: Option<&str>,
    ) -> Option<KafkaError> {
        (code != 0).then(|| KafkaError::Broker {
            code,
            name: code_name(code),
            what: what.into(),
            message: message.map(str::to_owned),
        })
    }

    /// Whether asking again, elsewhere or later, may help: the broker or the way to it failed, not
    /// the request.
    pub fn is_transport(&self) -> bool {
        match self {
            KafkaError::Connect { .. }
            | KafkaError::Timeout { .. }
            | KafkaError::Io { .. }
            | KafkaError::Dead { .. } => true,
            KafkaError::Place { .. }
            | KafkaError::Protocol { .. }
            | KafkaError::Broker { .. }
            | KafkaError::NoSuchBroker { .. }
            | KafkaError::Mismatch { .. }
            | KafkaError::NotYet { .. }
            | KafkaError::GaveUp { .. } => false,
        }
    }
}

/// An error code's name as Kafka writes it: `NOT_LEADER_OR_FOLLOWER` for 6.
pub(crate) fn code_name(code: i16) -> String {
    match ResponseError::try_from_code(code) {
        None => "NONE".to_owned(),
        Some(ResponseError::Unknown(code)) => format!("UNKNOWN_CODE_{code}"),
        Some(known) => screaming(&known.to_string()),
    }
}

fn screaming(camel: &str) -> String {
    let mut name = String::with_capacity(camel.len() + 8);
    for (index, letter) in camel.char_indices() {
        if index > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// `0, 1, 2` for people.
pub(crate) fn list(ids: impl IntoIterator<Item = i32>) -> String {
    let mut text = String::new();
    for id in ids {
        let comma = if text.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{comma}{id}");
    }
    if text.is_empty() { "none".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_bear_the_names_that_kafka_gives_them() {
        for (code, name) in [
            (-1, "UNKNOWN_SERVER_ERROR"),
            (0, "NONE"),
            (3, "UNKNOWN_TOPIC_OR_PARTITION"),
            (6, "NOT_LEADER_OR_FOLLOWER"),
            (36, "TOPIC_ALREADY_EXISTS"),
            (74, "FENCED_LEADER_EPOCH"),
            (78, "OFFSET_NOT_AVAILABLE"),
            (9999, "UNKNOWN_CODE_9999"),
        ] {
            assert_eq!(code_name(code), name);
        }
    }

    #[test]
    fn a_refusal_says_what_was_asked_and_what_the_broker_said() {
        let error = KafkaError::from_code(36, "create topic t", Some("it is there")).unwrap();
        assert_eq!(
            error.to_string(),
            "create topic t: Kafka answered TOPIC_ALREADY_EXISTS (36): it is there"
        );
        assert!(KafkaError::from_code(0, "x", None).is_none());
        assert!(!error.is_transport());
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(list([]), "none");
        assert_eq!(list([2, 0]), "2, 0");
    }
}
