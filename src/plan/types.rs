//! What a plan consists of. [`Plan`] is all that the runner knows of a scenario.

use super::clients::{ClientPlan, serde_form};
use crate::event::TopicShape;
use crate::model::{Clocks, Controllers, Flavour, Metric, Properties, Rate, Timing};
use crate::timeline::{Facility, FaultPlan, Layout, Topic};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A scenario's plans, one for each combination of the axes that need their own cluster or faults.
/// They run one after another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// Never empty. All have the same name, summary, source, seed and axes. Plans of the same
    /// cluster follow each other, so that it can stay warm.
    pub plans: Vec<Plan>,
}

impl Study {
    /// The first plan: name, summary, source and seed are those of all.
    pub fn first(&self) -> &Plan {
        &self.plans[0]
    }

    /// The notes of all plans, each once.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for note in self.plans.iter().flat_map(|plan| &plan.notes) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        notes
    }
}

/// Everything that one run will do, decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// What the scenario shows, in a sentence or two.
    pub summary: String,
    /// The scenario's file, as named on the command line.
    pub source: String,
    /// Everything random follows from this.
    pub seed: u64,
    /// Names of the matrix's axes, in the order of the table's columns: first those that make plans
    /// (`cluster.kafka`, `faults`), then those that make cells. Empty without a matrix.
    #[serde(default)]
    pub axes: Vec<String>,
    /// The cluster that all cells share.
    pub cluster: ClusterPlan,
    /// One topic with its own clients each; never empty.
    pub cells: Vec<Cell>,
    /// In the order of `at_ms`.
    pub faults: Vec<FaultPlan>,
    /// When sending stops, in milliseconds of the scenario's clock. `None`: when every fault is
    /// healed and recovery was seen (all replicas in sync, every partition acknowledged again).
    pub duration_ms: Option<u64>,
    /// Decisions that a person should know: cells left out, implied properties.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Whether an axis of this name makes plans, not cells.
pub(crate) fn makes_plans(axis: &str) -> bool {
    axis == "faults" || axis.starts_with("cluster.")
}

impl Plan {
    /// The axes that make plans, with this plan's values: what all its cells have, and another plan
    /// of the study has not.
    pub fn outer_axes(&self) -> impl Iterator<Item = (&str, &str)> {
        let cell = self.cells.first();
        let pair = move |name| Some((name, cell?.axes.get(name)?.as_str()));
        self.axes.iter().map(String::as_str).filter(|name| makes_plans(name)).filter_map(pair)
    }

    /// [`Plan::outer_axes`] as `cluster.kafka=4.4.0,faults=kill`. Empty without such axes.
    pub fn label(&self) -> String {
        let pairs: Vec<String> =
            self.outer_axes().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join(",")
    }

    /// What only containers can do, in words.
    pub fn needs_docker(&self) -> Option<&'static str> {
        if self.cluster.compose.is_some() {
            return Some(
                "`cluster.compose` names a compose file, and the local runtime starts none",
            );
        }
        self.faults.iter().find_map(|fault| {
            let need = fault.action.kind().needs?;
            match need.facility {
                Facility::Freezer => Some(need.words),
            }
        })
    }

    /// What faults may know of it before anything runs.
    pub fn layout(&self) -> Layout<'_> {
        self.cluster.layout(&self.cells)
    }

    /// The plan for one of several runs: a name on a cluster is used once, and what is random
    /// differs. `number` counts from 1; the first one's seed is the plan's.
    pub fn for_trial(&self, number: u32) -> Plan {
        let mut plan = self.clone();
        plan.seed = self.seed.wrapping_add(u64::from(number.saturating_sub(1)));
        for cell in &mut plan.cells {
            cell.topic.name = format!("{}-{number}", cell.topic.name);
        }
        plan
    }

    /// The earliest end of sending that the plan allows, in milliseconds of the scenario's clock.
    pub fn planned_end_ms(&self) -> u64 {
        let healed = self.faults.iter().map(FaultPlan::end_ms).max().unwrap_or(0);
        self.duration_ms.unwrap_or(healed).max(healed)
    }
}

/// The cluster to start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterPlan {
    /// `3.8.1`; `4.1` if no more is known, or `unknown`.
    pub kafka: String,
    pub brokers: u16,
    /// The brokers' `node.id`, ascending: as in the compose file, else counted from 0.
    #[serde(default)]
    pub broker_ids: Vec<i32>,
    pub controllers: Controllers,
    /// Which clocks the cluster and the clients run on.
    pub timing: Timing,
    /// Kafka's own clocks in force, for durations that name them.
    pub clocks: Clocks,
    /// Every broker property that the timing or the scenario sets (not addresses or folders).
    pub config: Properties,
    /// The scenario's own compose file, relative to the current directory.
    #[serde(default)]
    pub compose: Option<PathBuf>,
    /// How the compose file's images take properties; `None`: as their names suggest.
    #[serde(default)]
    pub flavour: Option<Flavour>,
}

impl ClusterPlan {
    /// With the topics of these cells, for faults.
    pub fn layout<'a>(&'a self, cells: &'a [Cell]) -> Layout<'a> {
        let topic = |TopicPlan { name, placement, config }: &'a TopicPlan| Topic {
            name,
            config,
            replicas: placement.first().map_or(&[], Vec::as_slice),
        };
        Layout {
            brokers: &self.broker_ids,
            controllers: self.controllers,
            topics: cells.iter().map(|cell| topic(&cell.topic)).collect(),
        }
    }
}

/// One point of the matrix: one full configuration with a topic and clients of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Short and unique in the study: the values of the axes, as `acks=1`, or `main` without any.
    pub id: String,
    /// Position in the plan, from 0.
    pub index: u16,
    /// All axes by name, with this cell's values; empty without a matrix.
    pub axes: Properties,
    /// Created for this cell alone.
    pub topic: TopicPlan,
    /// Who uses the topic; never empty.
    #[serde(flatten, with = "serde_form")]
    pub clients: Vec<ClientPlan>,
    /// What must hold in this cell.
    pub expectations: Vec<Expectation>,
}

impl Cell {
    /// What its producers do.
    pub fn producers(&self) -> impl Iterator<Item = &ProducerPlan> {
        self.clients.iter().filter_map(|client| client.role.producer())
    }

    /// The same, to be changed.
    pub(super) fn producers_mut(&mut self) -> impl Iterator<Item = &mut ProducerPlan> {
        self.clients.iter_mut().filter_map(|client| client.role.producer_mut())
    }
}

/// A topic with its replicas placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicPlan {
    /// The topic's name in Kafka.
    pub name: String,
    /// `placement[p]` are the brokers of partition p, its preferred leader first: the broker at p
    /// mod brokers in [`ClusterPlan::broker_ids`].
    pub placement: Vec<Vec<i32>>,
    /// Topic properties: min.insync.replicas, unclean.leader.election.enable and the scenario's.
    pub config: Properties,
}

impl TopicPlan {
    pub fn partitions(&self) -> u32 {
        self.placement.len() as u32
    }

    /// What a reader of events must know of it.
    pub fn shape(&self) -> TopicShape {
        let replicas = self.replication_factor() as u16;
        TopicShape { name: self.name.clone(), partitions: self.partitions(), replicas }
    }

    pub fn replication_factor(&self) -> usize {
        self.placement.first().map_or(0, Vec::len)
    }
}

/// What a producer does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProducerPlan {
    /// Every librdkafka property that is set, explicitly, except `bootstrap.servers` and
    /// `client.id`.
    pub config: Properties,
    pub rate: Rate,
    /// Bytes of each message's value; the stamp travels in the key.
    pub message_bytes: u32,
    /// Sending ends after this many messages, if given.
    pub messages: Option<u64>,
    /// Whether the rate may exceed what cluster and machine sustain: then the time before the first
    /// fault is no gate.
    #[serde(default)]
    pub saturate: bool,
}

/// One line of `expect:`, decided for one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    pub metric: Metric,
    /// The smallest value that meets it; `None`: no lower bound.
    pub min: Option<u64>,
    /// The largest value that meets it; `None`: no upper bound.
    pub max: Option<u64>,
    /// As written, for people: `lost: ">= 1"`.
    pub text: String,
}
