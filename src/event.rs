//! [`RunEvent`]: all that reports may know of a run while it goes on.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one broker said of one partition when it was asked, kept only when it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionView {
    /// Microseconds of the run's clock.
    pub at_us: u64,
    /// `node.id` of the broker that was asked.
    pub asked: i32,
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// `node.id` of the leader, -1 for none.
    pub leader: i32,
    /// Leader epoch.
    pub epoch: i32,
    /// In-sync replicas, sorted.
    pub isr: Vec<i32>,
}

#[cfg(test)]
impl Observation {
    /// `asked` says of partition 0 of topic `t`: this leader, epoch, and ISR.
    pub(crate) fn said(at_us: u64, asked: i32, leader: i32, epoch: i32, isr: &[i32]) -> Self {
        let (topic, isr) = ("t".to_owned(), isr.to_vec());
        Self::Partition(PartitionView { at_us, asked, topic, partition: 0, leader, epoch, isr })
    }
}

/// What one node said of the controller quorum (DescribeQuorum), kept only when it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControllerView {
    /// Microseconds of the run's clock.
    pub at_us: u64,
    /// `node.id` of the broker that was asked.
    pub asked: i32,
    /// `node.id` of the active controller, -1 for none.
    pub leader: i32,
    /// The quorum's epoch.
    pub epoch: i32,
}

/// A broker began or ceased to answer the watcher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerView {
    /// Microseconds of the run's clock.
    pub at_us: u64,
    /// `node.id`.
    pub broker: i32,
    /// Whether it answers.
    pub answers: bool,
}

/// One observation of the watcher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// A partition's leader, epoch or ISR, as one broker sees it.
    Partition(PartitionView),
    /// The active controller, as one broker sees it.
    Controller(ControllerView),
    /// Whether a broker answers.
    Broker(BrokerView),
}

/// What was observed that proves a fault, or explains an anomaly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Milliseconds of the scenario's clock.
    pub at_ms: f64,
    /// What was observed, in words with figures.
    pub text: String,
    /// Whether this alone proves that the fault took effect.
    pub proves: bool,
}

/// Live counts of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Handed to the client.
    pub sent: u64,
    /// Acknowledged.
    pub acked: u64,
    /// Certainly not written.
    pub rejected: u64,
}

/// A step of a fault's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultStep {
    /// Injected on these nodes; it is not proved yet.
    Injected {
        /// Nodes by name.
        nodes: Vec<String>,
        /// When that was begun, milliseconds of the scenario's clock: the event tells when it was
        /// done.
        #[serde(default)]
        called_at_ms: f64,
    },
    /// Proved to have taken effect.
    Effective(Evidence),
    /// Ended before its time, by no fault of the plan; it is healed now.
    Undone {
        /// When and how.
        reason: String,
    },
    /// Healed.
    Healed,
    /// Could not be injected, proved or healed.
    Failed {
        /// Why.
        reason: String,
    },
}

/// A part of a phase that takes a while, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// In one word.
    pub what: &'static str,
    /// How far it is.
    pub far: Far,
}

/// Whom to tell how far a step is.
pub(crate) type TellStep<'a> = dyn Fn(&'static str, Far) + 'a;

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Far {
    /// It goes on: what is being done or waited for.
    Waiting(String),
    /// So many bytes of so many.
    Bytes(u64, u64),
    /// So many of so many, and of what.
    Count(u64, u64, String),
}

/// The phase in which messages flow and faults happen.
pub(crate) const FAULTS_PHASE: &str = "faults";

/// When a planned fault is in force, milliseconds of the scenario's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultTime {
    /// When it is injected.
    pub at_ms: u64,
    /// When it is healed; none of what ends by itself.
    pub until_ms: Option<u64>,
}

/// A cell's topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicShape {
    /// Its name in Kafka.
    pub name: String,
    /// Number of partitions.
    pub partitions: u32,
    /// `replication.factor`: so many replicas are in sync when all are.
    pub replicas: u16,
}

/// Everything that happens in a run, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The first thing: what is about to run.
    Started {
        /// The scenario's name.
        scenario: String,
        /// Its summary.
        summary: String,
        /// Runtime, versions, seed, timing; one line each.
        about: Vec<String>,
        /// Cell ids, in order.
        cells: Vec<String>,
        /// Faults in words, in order.
        faults: Vec<String>,
        /// When each fault is in force, in the same order.
        #[serde(default)]
        times: Vec<FaultTime>,
        /// The topic of each cell, in the cells' order.
        #[serde(default)]
        topics: Vec<TopicShape>,
    },
    /// A phase began.
    Phase {
        /// Its name.
        name: String,
        /// How long it is expected to take, if that is known.
        expected_ms: Option<u64>,
    },
    /// The scenario's clock shows zero.
    Zero,
    /// Live counts, a few times a second.
    Progress {
        /// By cell id.
        cells: BTreeMap<String, Progress>,
    },
    /// A fault went on.
    Fault {
        /// Position in the plan.
        index: u16,
        /// In the scenario's words.
        what: String,
        /// What happened to it.
        step: FaultStep,
    },
    /// The watcher saw a change.
    Observed(Observation),
    /// A signal asks the run to end: it heals, and reports what is known.
    Interrupted,
    /// Something takes a while. Only a person at a terminal sees it, as a bar.
    #[serde(skip)]
    Step(Step),
    /// Something that a person should know and that changes no verdict.
    Note {
        /// In words.
        text: String,
    },
}

/// An event with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    /// Milliseconds since the run began.
    pub since_start_ms: f64,
    /// Milliseconds of the scenario's clock; none before its zero.
    pub at_ms: Option<f64>,
    /// What happened.
    #[serde(flatten)]
    pub event: RunEvent,
}
