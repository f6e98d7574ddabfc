//! [`PartitionLedger`]: what was promised of one partition, taken out of the shared memory.

use super::bits::OutcomeBits;
use super::types::AckStretch;

/// The outcomes of one partition's messages; sequence `s` was sent when `s < sent`. While the
/// writer lives its sets may go on growing; after its end they are final.
#[derive(Clone, Debug, Default)]
pub struct PartitionLedger {
    /// Messages handed to the client.
    pub sent: u64,
    /// Of these, how many the client reported with an unknown outcome. What was sent and is in
    /// neither set has an unknown outcome, whether the client lived to report it or not.
    pub reported_unknown: u64,
    /// Acknowledged sequences.
    pub acked: OutcomeBits,
    /// Rejected sequences.
    pub rejected: OutcomeBits,
    /// In the order of the acknowledgements.
    pub stretches: Vec<AckStretch>,
}

impl PartitionLedger {
    /// Number of words of the sets that can hold a sent sequence.
    pub fn words(&self) -> usize {
        self.sent.div_ceil(64) as usize
    }

    /// Bytes of memory taken beside the ledger's files.
    pub fn allocated_bytes(&self) -> usize {
        let stretches = self.stretches.capacity() * size_of::<AckStretch>();
        self.acked.allocated_bytes() + self.rejected.allocated_bytes() + stretches
    }
}
