//! The verifier's findings about a cell: [`CellFindings`] and its parts. Times have their unit in
//! the name; `*_ms` are milliseconds of the scenario's clock.

use super::counts::Counts;
pub(crate) use crate::kafka::leaders::Leadership;
use crate::ledger::LatencyPhase;
use crate::model::{ByMetric, Metric, as_fields};
pub(crate) use crate::timeline::Act;
use serde::{Deserialize, Serialize};

/// How many witnesses of each anomaly a cell keeps.
pub(crate) const MAX_WITNESSES: usize = 20;

/// A time in which a fault was, or may have been, in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultWindow {
    /// Position in the plan.
    pub index: u16,
    /// In the scenario's words.
    pub what: String,
    /// When it was proved, in microseconds of the run's clock; `None`: never.
    pub effective_us: Option<u64>,
    /// When it was injected. Its effect cannot have begun before.
    pub called_us: u64,
    pub healed_us: u64,
    pub act: Act,
    /// The brokers that it acts on, by `node.id`, as far as known.
    pub brokers: Vec<i32>,
}

/// A time in which one partition got no acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outage {
    pub partition: u32,
    /// The acknowledgement before it, or the start of the window that it is clipped to.
    pub from_ms: f64,
    /// The acknowledgement that ended it, or the end of the window, or of all demand.
    pub to_ms: f64,
    pub ms: f64,
}

/// The longest outage while one fault was in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultOutage {
    pub fault: u16,
    /// In the scenario's words.
    pub what: String,
    /// Clipped to the fault's window; `None` if nobody waited for an acknowledgement in it.
    pub outage: Option<Outage>,
}

/// What happened before any fault: it is shown, and meets and violates nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Early {
    /// The longest time without an acknowledgement before the scenario's zero.
    pub outage: Option<Outage>,
    /// How much of each count it is, as far as that is certain: outcomes before zero, anomalies
    /// before any fault. 0 for metrics without [`About::early`](crate::model::About).
    #[serde(flatten, with = "as_fields::early")]
    pub counts: ByMetric<u64>,
}

/// How long messages of one phase waited for their acknowledgements. A percentile is up to 12.5 %
/// too high.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseLatency {
    /// Which phase.
    #[serde(rename = "label")]
    pub phase: LatencyPhase,
    /// Messages that were due in it, or that a fault struck while they waited.
    pub count: u64,
    /// Of these, how many were never acknowledged or never sent. They count with the time until
    /// their partition took messages again.
    #[serde(default)]
    pub unacked: u64,
    pub p50_us: Option<u64>,
    pub p99_us: Option<u64>,
    pub max_us: Option<u64>,
}

/// The first and the last of consecutive sequences or offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span<T> {
    pub first: T,
    /// Included.
    pub last: T,
}

/// Why acknowledged messages are absent, as far as it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The log goes on in a later epoch from at or before their offsets: that epoch's leader did
    /// not have them, and the broker that acknowledged them cut them off.
    Truncated {
        /// The first later epoch that the log or an observation shows.
        epoch: i32,
        /// Its leader, if observed.
        leader: Option<i32>,
        /// Whether no epoch lies between it and that of the acknowledgement.
        next_epoch: bool,
    },
    /// The log goes on in a later epoch from at or before their offsets, though that epoch's leader
    /// once had them, and in between no replica answered for a time. No election explains that:
    /// they were gone from its disk before.
    GoneFromDisk {
        /// The first later epoch that the log or an observation shows.
        epoch: i32,
        leader: i32,
    },
    /// The same, but at all times some replica answered.
    GoneInSync {
        /// The first later epoch that the log or an observation shows.
        epoch: i32,
        leader: i32,
    },
    /// The topic was deleted; one of its name is another topic.
    TopicDeleted,
    /// Other records are at their offsets; no later epoch explains it.
    Replaced,
    /// The log ends before their offsets; no later epoch explains it.
    BeyondEnd,
    /// The log starts after their offsets.
    BelowLogStart,
    /// Their offsets are missing in the middle of the log.
    Missing,
    /// The records at their offsets are corrupt.
    Corrupt,
    /// The log was not read at their offsets.
    Unread,
    /// The records at their offsets were not kept: there were too many stretches.
    Unrecorded,
    /// No offset is known; they are nowhere in the log.
    NowhereFound,
}

/// The content of a range of offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Consecutive messages of ours.
    Ours {
        sequence: u64,
    },
    /// Messages of another client of the cell.
    Neighbour,
    /// Records of others.
    Foreign,
    Corrupt,
}

/// Records in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub offsets: Span<i64>,
    /// The leader epoch in which they were appended.
    pub epoch: i32,
    /// That epoch's leader, if observed.
    pub leader: Option<i32>,
    pub content: Content,
}

/// One range of messages or records with one anomaly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Witness {
    pub anomaly: Metric,
    pub partition: u32,
    /// Whose, where the cell has several clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Messages; records, for corrupt and foreign.
    pub count: u64,
    /// Which messages, if they are ours.
    pub sequences: Option<Span<u64>>,
    /// Lost: as acknowledged. Otherwise the first copies' offsets.
    pub offsets: Option<Span<i64>>,
    /// No later than the first acknowledgement of the range.
    pub acked_from_ms: Option<f64>,
    /// No earlier than the last acknowledgement of the range.
    pub acked_to_ms: Option<f64>,
    /// Lost: who may have acknowledged it; several if the observations do not tell them apart.
    pub acked_by: Vec<Leadership>,
    /// Faults (by their position in the plan) in force while it was acknowledged.
    pub faults: Vec<u16>,
    /// Lost in an election: faults (likewise) that moved the leader away from the broker that
    /// acknowledged, or asked for an election then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved_by: Vec<u16>,
    /// Lost from disk: when all replicas were down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_down: Option<AllDown>,
    pub cause: Option<Cause>,
    /// Lost: what is at the offsets now. Otherwise all copies, in offset order.
    pub standing: Vec<Standing>,
    /// All of this in one line.
    pub text: String,
}

/// A time in which no replica of a partition answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllDown {
    /// When the last of them fell silent.
    pub from_ms: f64,
    /// When the first of them answered again.
    pub to_ms: f64,
    /// Kills and commands (by their position in the plan) in force in that time.
    pub faults: Vec<u16>,
}

/// Messages with an anomaly that no witness shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Omitted {
    pub anomaly: Metric,
    /// How many more.
    pub count: u64,
}

/// Everything that was found out about one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellFindings {
    /// Messages by outcome, as far as the log as read settles it.
    #[serde(flatten)]
    pub counts: Counts,
    /// Records that are copies of an earlier message.
    pub copies: u64,
    /// Messages of unknown outcome that are in the log. Not an anomaly.
    pub unknown_present: u64,
    /// Whether acknowledgements mean anything: false with acks=0.
    pub confirmed: bool,
    /// The longest time from zero on without an acknowledgement on one partition; `None` if nothing
    /// was sent.
    pub unavailable_ms: Option<f64>,
    /// The same with its place.
    pub outage: Option<Outage>,
    pub early: Early,
    /// The longest outage within each fault.
    pub fault_outages: Vec<FaultOutage>,
    pub latencies: Vec<PhaseLatency>,
    /// At most [`MAX_WITNESSES`] of each anomaly.
    pub witnesses: Vec<Witness>,
    /// How many messages the witnesses leave out.
    pub omitted: Vec<Omitted>,
    /// Notes for a person that change no verdict.
    pub notes: Vec<String>,
    /// Why the counts do not settle the question; empty if they do.
    pub inconclusive: Vec<String>,
}
