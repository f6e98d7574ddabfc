//! Types that the ledger, the verifier and the log reader share.

use serde::{Deserialize, Serialize};

/// The outcome of one send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The cluster promised to keep it. With acks=0 nobody confirmed it, and every output says so.
    Acked,
    /// Certainly not written by this send.
    Rejected,
    /// May or may not be in the log.
    Unknown,
}

/// Which client wrote a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducerId {
    /// Drawn at random.
    pub run: u64,
    /// The cell's index in the plan.
    pub cell: u16,
    /// The client's position in the cell.
    pub producer: u16,
}

/// A stretch of consecutive sequences at consecutive offsets of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    pub sequence: u64,
    /// Offset of the first sequence; -1 if unknown (acks=0).
    pub offset: i64,
    pub count: u64,
}

/// Sequences that were acknowledged one after another, their offsets and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckStretch {
    /// With offsets as acknowledged.
    pub stretch: Stretch,
    /// Microseconds of the run's clock.
    pub first_ack_us: u64,
    pub last_ack_us: u64,
}

/// Sequences that follow each other in the log read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStretch {
    pub stretch: Stretch,
    /// The leader epoch in which they were appended.
    pub epoch: i32,
}

/// A partition's log end at some time, according to its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnd {
    /// The offset after the last record that consumers could read.
    pub offset: i64,
    /// The leader epoch of the answer.
    pub epoch: i32,
    /// No later than the query; microseconds of the run's clock.
    pub at_us: u64,
}

/// What a record of the log turned out to be.
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
    /// Has our mark, but differs from what was sent.
    Corrupt,
}
