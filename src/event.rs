//! [`RunEvent`]: everything that reports may know of a run while it is running.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One broker's claim about one partition, kept only when it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionView {
    /// Microseconds of the run's clock.
    pub at_us: u64,
    /// `node.id` of the broker that was asked.
    pub asked: i32,
    pub topic: String,
    pub partition: i32,
    /// `node.id` of the leader, -1 for none.
    pub leader: i32,
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

/// One node's claim about the controller quorum (DescribeQuorum), kept only when it changed.
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

/// A broker began or stopped answering the watcher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerView {
    /// Microseconds of the run's clock.
    pub at_us: u64,
    pub broker: i32,
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

/// An observation that proves a fault, or explains an anomaly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Milliseconds of the scenario's clock.
    pub at_ms: f64,
    /// In words with figures.
    pub text: String,
    /// Whether this alone proves that the fault took effect.
    pub proves: bool,
}

/// Live counts of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Handed to the client.
    pub sent: u64,
    pub acked: u64,
    /// Certainly not written.
    pub rejected: u64,
}

/// A step of a fault's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultStep {
    /// Injected on these nodes; not proved yet.
    Injected {
        /// Nodes by name.
        nodes: Vec<String>,
        /// When the injection began, in milliseconds of the scenario's clock; the event's time is
        /// when it was done.
        #[serde(default)]
        called_at_ms: f64,
    },
    /// Proved to have taken effect.
    Effective(Evidence),
    /// Ended before its time, but not by a fault of the plan; it will be healed now.
    Undone {
        reason: String,
    },
    Healed,
    /// Could not be injected, proved or healed.
    Failed {
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

/// When a planned fault is in force, in milliseconds of the scenario's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultTime {
    pub at_ms: u64,
    /// `None` for a fault that ends by itself.
    pub until_ms: Option<u64>,
}

/// A cell's topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicShape {
    /// Its name in Kafka.
    pub name: String,
    pub partitions: u32,
    /// `replication.factor`.
    pub replicas: u16,
}

/// Everything that happens in a run, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The first event: what is about to run.
    Started {
        /// The scenario's name.
        scenario: String,
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
        name: String,
        /// How long it is expected to take, if known.
        expected_ms: Option<u64>,
    },
    /// The scenario's clock shows zero.
    Zero,
    /// Live counts, a few times per second.
    Progress {
        /// By cell id.
        cells: BTreeMap<String, Progress>,
    },
    /// A fault reached a step.
    Fault {
        /// Position in the plan.
        index: u16,
        /// In the scenario's words.
        what: String,
        step: FaultStep,
    },
    /// The watcher saw a change.
    Observed(Observation),
    /// A signal asks the run to end: it heals, and reports what is known.
    Interrupted,
    /// Something takes a while. Only a person at a terminal sees it, as a bar.
    #[serde(skip)]
    Step(Step),
    /// A note for a person that changes no verdict.
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
    /// Milliseconds of the scenario's clock; `None` before its zero.
    pub at_ms: Option<f64>,
    #[serde(flatten)]
    pub event: RunEvent,
}
