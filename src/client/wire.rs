//! What a worker and its conductor say to each other: lines. JSON from the worker's stdout, plain
//! words to its stdin.

use crate::ledger::Outcome;
use crate::native::Persistence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The conductor's word to begin sending.
pub const START: &str = "start";
/// The conductor's word to end sending, flush, and tell the summary.
pub const STOP: &str = "stop";

/// One line of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum WorkerEvent {
    /// The ledger is open, the client is made and knows the topic: it waits for [`START`].
    Ready,
    /// The errors so far, whenever they changed, at most once a second.
    Errors {
        /// Microseconds of the run's clock.
        at_us: u64,
        /// All so far.
        errors: Errors,
    },
    /// It will send no more, and flushes.
    Fatal {
        /// Microseconds of the run's clock.
        at_us: u64,
        /// Why.
        text: String,
    },
    /// The last line.
    Finished {
        /// Everything.
        summary: Summary,
    },
}

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
#[expect(missing_docs, reason = "the names say it")]
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

/// Why a producer ceased to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// It has sent all the messages that the scenario asks for.
    Limit,
    /// It can't: the text of [`Summary::fatal`] says why.
    Fatal,
}

/// What a producer did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Handed to librdkafka.
    pub sent: u64,
    /// Acknowledged, by delivery report.
    pub acked: u64,
    /// Certainly not written, by delivery report.
    pub rejected: u64,
    /// May or may not be written, by delivery report.
    pub unknown: u64,
    /// Handed over, and no report came in the time allowed: unknown too.
    pub unreported: u64,
    /// How many delivery reports came only because the rest was purged when the flush timed out.
    pub purged: u64,
    /// Messages of the schedule that were given up, because the producer was more than a second
    /// behind: it was stopped, or librdkafka's queue was full.
    pub skipped: u64,
    /// How often librdkafka's queue was found full.
    pub queue_full: u64,
    /// When sending began, microseconds of the run's clock.
    pub started_us: u64,
    /// When sending ended.
    pub ended_us: u64,
    /// When everything was reported, or the flush given up.
    pub flushed_us: u64,
    /// Messages sent a second between the two.
    pub rate_per_s: f64,
    /// Why sending ended.
    pub ended: Ended,
    /// What made it end, for [`Ended::Fatal`].
    pub fatal: Option<String>,
    /// Errors.
    pub errors: Errors,
    /// The most memory that was ever resident, in KiB.
    pub max_resident_kib: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_what_the_protocol_says() {
        let line = serde_json::to_string(&WorkerEvent::Ready).expect("it is plain data");
        assert_eq!(line, r#"{"event":"ready"}"#);
        let fatal = WorkerEvent::Fatal { at_us: 3, text: "gone".into() };
        let line = serde_json::to_string(&fatal).expect("it is plain data");
        assert_eq!(line, r#"{"event":"fatal","at_us":3,"text":"gone"}"#);
        let back: WorkerEvent = serde_json::from_str(&line).expect("it was just written");
        assert_eq!(back, fatal);
    }
}
