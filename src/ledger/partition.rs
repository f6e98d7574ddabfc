//! [`PartitionLedger`]: the promises about one partition, copied out of shared memory.

use super::bits::OutcomeBits;
use super::types::AckStretch;

/// The outcomes of one partition's messages; sequence `s` was sent if `s < sent`. While the writer
/// lives its sets may grow; after its end they are final.
#[derive(Clone, Debug, Default)]
pub struct PartitionLedger {
    /// Messages handed to the client.
    pub sent: u64,
    /// Of these, how many the client reported with an unknown outcome. Every sent message in
    /// neither set has an unknown outcome, whether or not the client reported it.
    pub reported_unknown: u64,
    pub acked: OutcomeBits,
    pub rejected: OutcomeBits,
    pub stretches: Vec<AckStretch>,
}

impl PartitionLedger {
    /// Words of the sets that can contain a sent sequence.
    pub fn words(&self) -> usize {
        self.sent.div_ceil(64) as usize
    }

    /// Bytes of memory used beside the ledger's files.
    pub fn allocated_bytes(&self) -> usize {
        let stretches = self.stretches.capacity() * size_of::<AckStretch>();
        self.acked.allocated_bytes() + self.rejected.allocated_bytes() + stretches
    }
}
