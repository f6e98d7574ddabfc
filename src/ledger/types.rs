//! Words that the ledger, the verifier and the log reader share.

use serde::{Deserialize, Serialize};

/// What became of one send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The cluster promised to keep it. With acks=0: nobody confirmed it, and every output says so.
    Acked,
    /// Certainly not written by this send.
    Rejected,
    /// May or may not be in the log.
    Unknown,
}

/// Which client wrote a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducerId {
    /// The run, drawn at random.
    pub run: u64,
    /// The cell's index in the plan.
    pub cell: u16,
    /// The client's position in the cell.
    pub producer: u16,
}

/// A stretch of consecutive sequences at consecutive offsets of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// First sequence.
    pub sequence: u64,
    /// Offset of the first sequence; -1 when none is known (acks=0).
    pub offset: i64,
    /// How many.
    pub count: u64,
}

/// Sequences that were acknowledged one after another: at which offsets, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckStretch {
    /// Which, and at which offsets by the acknowledgement's word.
    pub stretch: Stretch,
    /// When the first was acknowledged, microseconds of the run's clock.
    pub first_ack_us: u64,
    /// When the last was acknowledged.
    pub last_ack_us: u64,
}

/// Sequences that stand one after another in the log read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStretch {
    /// Which, and at which offsets they stand.
    pub stretch: Stretch,
    /// The leader epoch in which they were appended.
    pub epoch: i32,
}

/// Where a partition's log ended at some time, by its leader's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnd {
    /// The offset behind the last record that consumers could read.
    pub offset: i64,
    /// The leader epoch in which the leader said so.
    pub epoch: i32,
    /// No later than it was asked, microseconds of the run's clock.
    pub at_us: u64,
}

/// What one record of the log turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Stamped by the client in question for this partition, and intact.
    Ours {
        /// Its sequence.
        sequence: u64,
    },
    /// Stamped by another client of the cell, for which it counts.
    Neighbour,
    /// Written by no client of the cell for this partition.
    Foreign,
    /// Ours by its mark, but not as it was sent.
    Corrupt,
}
