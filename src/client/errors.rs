//! [`Errors`]: what a client met, counted by kind, with its times.

use crate::ledger::Outcome;
use crate::native::Persistence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Errors of a producer, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errors {
    /// Of messages, by delivery report.
    pub deliveries: Vec<DeliveryErrors>,
    /// Of hand-overs, by name: librdkafka did not take the message, which then was not sent.
    /// A full queue is not among them: it is waited for.
    pub refused: BTreeMap<String, u64>,
    /// Of the client, by name (`BrokerTransportFailure`), as its error callback tells.
    pub client: BTreeMap<String, u64>,
    /// When those of `refused` were seen.
    #[serde(default)]
    pub refused_times: BTreeMap<String, Times>,
    /// When those of `client` were seen.
    #[serde(default)]
    pub client_times: BTreeMap<String, Times>,
}

/// When something was seen first and last, microseconds of the run's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    pub first_us: u64,
    pub last_us: u64,
}

impl Times {
    /// Of something that was seen once.
    pub fn once(at_us: u64) -> Self {
        Times { first_us: at_us, last_us: at_us }
    }

    /// Seen again, later.
    pub fn again(&mut self, at_us: u64) {
        self.last_us = at_us;
    }
}

/// Messages whose delivery reports say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryErrors {
    /// Kafka's name of the error (`_MSG_TIMED_OUT`).
    pub name: String,
    /// `rd_kafka_message_status`.
    pub status: Persistence,
    /// What the ledger took it for.
    pub outcome: Outcome,
    /// How many messages.
    pub count: u64,
    /// When their reports came; a worker of an earlier version did not tell.
    #[serde(default)]
    pub times: Option<Times>,
}
