//! [`Section`]: `topic` or `producer`, with its direct keys.

use super::keys::{Key, key};
use super::names;

/// Where a property belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Topic,
    Producer,
}

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole number between two bounds.
    Count(u64, u64),
    Flag,
    Acks,
    /// Messages per second, or `max`.
    Rate,
    /// A topic property that Kafka itself checks.
    Text,
    /// A producer property that librdkafka checks.
    Client,
}

/// The limit for a cell.
pub(super) const MOST_PARTITIONS: u64 = 256;

/// The limit for a message's value; with its key it must fit into Java's `max.request.size` of 1
/// MiB.
pub(super) const MOST_MESSAGE_BYTES: u64 = 1_000_000;

/// The limit of a cell's messages per second; `max` has none.
pub(super) const MOST_RATE: u64 = 10_000_000;

/// The key for a section's other properties.
pub(super) const CONFIG: &str = "config";

const TOPIC: &[Key<Form>] = &[
    key(
        "partitions",
        Form::Count(1, MOST_PARTITIONS),
        "1 to 256. Partition p has its preferred leader on the broker at p mod n.",
    )
    .or("1"),
    key(
        "replication.factor",
        Form::Count(1, 9),
        "Replicas of each partition. Without it: 3, or the number of brokers if that is less.",
    ),
    key(
        "min.insync.replicas",
        Form::Count(1, 9),
        "With fewer replicas in sync nothing is acknowledged under `acks: all`.",
    )
    .or("1"),
    key(
        "unclean.leader.election.enable",
        Form::Flag,
        "Whether a replica that is not in sync may become leader; what it lacks is then lost.",
    )
    .or("false"),
];

const PRODUCER: &[Key<Form>] = &[
    key(
        "acks",
        Form::Acks,
        "Who must have a message before it is acknowledged: nobody (0), the leader (1), every \
         replica in sync (`all` or -1).",
    )
    .or("all"),
    key(
        "enable.idempotence",
        Form::Flag,
        "Whether retries are written once. Unless set, it is off when `acks` is 0 or 1, when \
         more than 5 requests are in flight, and without retries.",
    )
    .or("true"),
    key(
        "rate",
        Form::Rate,
        "Messages per second over all partitions of a cell, or `max`: as fast as librdkafka takes \
         them.",
    )
    .or("1000"),
    key(
        "message.bytes",
        Form::Count(1, MOST_MESSAGE_BYTES),
        "Bytes of each message's value; the key comes beside it.",
    )
    .or("100"),
    key(
        "messages",
        Form::Count(1, u64::MAX),
        "Sending ends after this many messages. Not together with `duration`.",
    ),
    key(
        "saturate",
        Form::Flag,
        "Whether the rate may be more than cluster and machine can sustain. Without it, a cell \
         that does not keep up before the first fault is inconclusive. With `rate: max` no rate \
         is checked.",
    )
    .or("false"),
];

impl Section {
    /// If several have a name, it means the first one's property.
    pub const ALL: [Section; 2] = [Section::Topic, Section::Producer];

    /// Its name in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Section::Topic => "topic",
            Section::Producer => "producer",
        }
    }

    /// The properties that are written directly under it.
    pub fn keys(self) -> &'static [Key<Form>] {
        match self {
            Section::Topic => TOPIC,
            Section::Producer => PRODUCER,
        }
    }

    /// The properties under its `config`, and their form.
    pub fn config(self) -> (&'static [&'static str], Form) {
        match self {
            Section::Topic => (names::TOPIC_CONFIG, Form::Text),
            Section::Producer => (names::CLIENT, Form::Client),
        }
    }

    /// The meaning of its `config`, for editors.
    pub fn about_config(self) -> &'static str {
        match self {
            Section::Topic => "Any other topic property.",
            Section::Producer => {
                "Any librdkafka property of a producer. Anything not set defaults to the Java \
                 producer's behaviour."
            }
        }
    }
}
