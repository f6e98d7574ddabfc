//! What a plan is made of. [`Plan`] is all that the runner knows of a scenario.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Properties by their Kafka or librdkafka names, verbatim.
pub type Properties = BTreeMap<String, String>;

/// Everything that one run will do, decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// What the scenario shows, in a sentence or two.
    pub summary: String,
    /// The file it was read from, as it was named on the command line.
    pub source: String,
    /// All that is random follows from this.
    pub seed: u64,
    /// The cluster that all cells share.
    pub cluster: ClusterPlan,
    /// One topic with its own producers each; never empty.
    pub cells: Vec<Cell>,
    /// In the order of `at_ms`.
    pub faults: Vec<FaultPlan>,
    /// When sending stops, in milliseconds of the scenario's clock. `None`: when every fault is
    /// healed and recovery was seen (all replicas in sync, every partition acknowledged again).
    pub duration_ms: Option<u64>,
    /// What was decided in a way that a person should know: cells left out, properties implied.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Plan {
    /// The earliest end of sending that the plan allows, milliseconds of the scenario's clock.
    pub fn planned_end_ms(&self) -> u64 {
        let healed = self.faults.iter().map(FaultPlan::end_ms).max().unwrap_or(0);
        self.duration_ms.unwrap_or(healed).max(healed)
    }
}

/// The cluster to start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterPlan {
    /// Kafka's version, `3.8.1`.
    pub kafka: String,
    /// Number of brokers; their `node.id` count from 0.
    pub brokers: u16,
    /// Where the controllers live.
    pub controllers: Controllers,
    /// Which clocks the cluster and the clients run on.
    pub timing: Timing,
    /// Kafka's own clocks as they are in force, for durations that name them.
    pub clocks: Clocks,
    /// Every broker property that the timing or the scenario sets (not addresses or folders).
    pub config: Properties,
}

/// Where the KRaft controllers live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Controllers {
    /// Every broker is a controller too (`process.roles=broker,controller`).
    Combined,
    /// Three controllers of their own, with `node.id` 100, 101, 102.
    Isolated,
}

/// Which clocks are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Timing {
    /// Kafka's and the Java producer's own defaults.
    Stock,
    /// All of them lowered together.
    Fast,
}

/// Kafka's clocks in milliseconds, after timing and overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// `broker.session.timeout.ms`.
    pub session_ms: u64,
    /// `replica.lag.time.max.ms`.
    pub lag_ms: u64,
}

/// One point of the matrix: one full configuration with a topic and producers of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Short and unique in the run: the values of the axes, as `acks=1`, or `main` without any.
    pub id: String,
    /// Position in the plan, from 0.
    pub index: u16,
    /// The axes' properties and this cell's values; empty without a matrix.
    pub axes: Properties,
    /// The topic, made for this cell alone.
    pub topic: TopicPlan,
    /// The producer's configuration.
    pub producer: ProducerPlan,
    /// What must hold of this cell.
    pub expectations: Vec<Expectation>,
}

/// A topic with its replicas placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicPlan {
    /// The topic's name in Kafka.
    pub name: String,
    /// `placement[p]` are the brokers of partition p, its preferred leader (p mod brokers) first.
    pub placement: Vec<Vec<i32>>,
    /// Topic properties: min.insync.replicas, unclean.leader.election.enable and the scenario's.
    pub config: Properties,
}

impl TopicPlan {
    /// Number of partitions.
    pub fn partitions(&self) -> u32 {
        self.placement.len() as u32
    }

    /// `replication.factor`.
    pub fn replication_factor(&self) -> usize {
        self.placement.first().map_or(0, Vec::len)
    }
}

/// One cell's producer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProducerPlan {
    /// Every librdkafka property that is set, explicitly, but for `bootstrap.servers` and
    /// `client.id`.
    pub config: Properties,
    /// How fast to send.
    pub rate: Rate,
    /// Bytes of each message's value; the stamp travels in the key, beside it.
    pub message_bytes: u32,
    /// Sending ends after so many messages, if given.
    pub messages: Option<u64>,
}

/// How fast a producer sends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Messages a second, over all partitions of the cell.
    PerSecond(u32),
    /// As fast as librdkafka takes them.
    Max,
}

/// One fault on the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// Position in the plan, from 0.
    pub index: u16,
    /// What is done, and to whom.
    pub action: FaultAction,
    /// When, in milliseconds of the scenario's clock.
    pub at_ms: u64,
    /// For how long. For `exec`: how long the command may take.
    pub for_ms: u64,
}

impl FaultPlan {
    /// When the fault is healed, in milliseconds of the scenario's clock. A command is over when
    /// it ends, which nobody knows beforehand: its start.
    pub fn end_ms(&self) -> u64 {
        match self.action {
            FaultAction::Exec { .. } => self.at_ms,
            _ => self.at_ms.saturating_add(self.for_ms),
        }
    }
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultAction {
    /// SIGSTOP, healed by SIGCONT.
    ProcessStop {
        /// Whom.
        targets: Vec<Target>,
    },
    /// SIGKILL, healed by starting the node again.
    Kill {
        /// Whom.
        targets: Vec<Target>,
    },
    /// Nodes of different groups do not hear each other; nodes in no group are untouched.
    NetworkPartition {
        /// Disjoint groups.
        groups: Vec<Vec<Target>>,
        /// Which traffic is cut.
        ports: Ports,
    },
    /// The user's own command, run among the clients.
    Exec {
        /// Program and arguments; a single string in the scenario becomes `sh -c STRING`.
        command: Vec<String>,
    },
}

impl FaultAction {
    /// The name that the scenario uses.
    pub fn kind(&self) -> &'static str {
        match self {
            FaultAction::ProcessStop { .. } => "process_stop",
            FaultAction::Kill { .. } => "kill",
            FaultAction::NetworkPartition { .. } => "network_partition",
            FaultAction::Exec { .. } => "exec",
        }
    }
}

/// Whom a fault means; resolved to nodes when the fault is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The leader of partition 0 of the first cell (the same node for every cell until it moves).
    Leader,
    /// The first replica of that partition, in placement order, that is not its leader.
    Follower,
    /// All replicas of that partition but the leader.
    Followers,
    /// The active controller, by DescribeQuorum.
    Controller,
    /// The broker with this `node.id`.
    Broker(i32),
    /// Every worker process, and the network namespace that they share.
    Clients,
    /// Every broker and controller.
    All,
}

/// Which traffic a partition cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ports {
    /// Everything.
    #[default]
    All,
    /// The listener on which followers fetch from leaders (port 9091).
    Replication,
    /// The controllers' listener: quorum, heartbeats, ISR changes (port 9093).
    Controller,
    /// The listener of producers and consumers (port 9092).
    Client,
}

/// One line of `expect:`, decided for one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// What is measured.
    pub metric: Metric,
    /// The smallest value that meets it; `None`: no lower bound.
    pub min: Option<u64>,
    /// The largest value that meets it; `None`: no upper bound.
    pub max: Option<u64>,
    /// As it was written, for people: `lost: ">= 1"`.
    pub text: String,
}

/// What an expectation measures. Counts are messages, `unavailable` is milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the anomaly or outcome that its name says, design 2")]
pub enum Metric {
    Lost,
    Duplicated,
    Reordered,
    Phantom,
    Corrupt,
    Foreign,
    Acked,
    Rejected,
    Unknown,
    /// Longest time in which some partition of the cell got no acknowledgement.
    Unavailable,
}

impl Metric {
    /// Whether a lower bound on it says that something bad must happen (a control): unmet, the
    /// run is inconclusive. A lower bound on `acked` is a plain promise: unmet, it is violated.
    pub fn is_anomaly(self) -> bool {
        !matches!(self, Metric::Acked)
    }
}
