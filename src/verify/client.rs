//! [`Client`]: one client of a cell, what it was promised beside what the log holds of it.

use super::cell::CellInput;
use super::completeness::{self, Completeness, Reading};
use super::count::{self, PartitionCounts};
use crate::ledger::{LedgerRecord, PartitionLedger, PartitionObserved};
use std::sync::LazyLock;

/// What is known of one client that sends, when its run is over.
#[derive(Clone, Debug)]
pub struct ClientRecord<'a> {
    /// Its name within the cell.
    pub name: &'a str,
    /// Whether a broker confirmed what the ledger calls acknowledged: false with acks=0.
    pub confirmed: bool,
    /// Whether it did so only when every in-sync replica had it: acks=all.
    pub all_in_sync: bool,
    /// What was promised.
    pub ledger: LedgerRecord,
    /// When it ceased to send, or died, microseconds of the run's clock.
    pub sending_ended_us: u64,
}

/// What was promised of a partition that nothing was sent to.
static NOTHING_SENT: LazyLock<PartitionLedger> = LazyLock::new(PartitionLedger::default);
/// What is known of a partition that nobody read.
static NOTHING_READ: LazyLock<PartitionObserved> = LazyLock::new(PartitionObserved::default);

/// A client's record in its cell, with its messages in the log.
#[derive(Clone, Copy)]
pub(super) struct Client<'a> {
    pub(super) cell: &'a CellInput<'a>,
    pub(super) record: &'a ClientRecord<'a>,
    read: &'a [PartitionObserved],
}

impl<'a> Client<'a> {
    /// The clients of a cell, in its order.
    pub(super) fn all(cell: &'a CellInput<'a>) -> impl Iterator<Item = Client<'a>> {
        cell.clients.iter().enumerate().map(move |(index, record)| {
            let read = cell.observed.clients.get(index).map_or(&[][..], Vec::as_slice);
            Client { cell, record, read }
        })
    }

    /// What was promised of a partition.
    pub(super) fn ledger_of(self, partition: usize) -> &'a PartitionLedger {
        self.record.ledger.partitions.get(partition).unwrap_or(&NOTHING_SENT)
    }

    /// What of a partition was read, if it was.
    pub(super) fn read_of(self, partition: usize) -> Option<&'a PartitionObserved> {
        self.read.get(partition)
    }

    /// The same as if nothing had been found where it was not read.
    pub(super) fn found_in(self, partition: usize) -> &'a PartitionObserved {
        self.read_of(partition).unwrap_or(&NOTHING_READ)
    }

    /// How many partitions there are: planned ones, and those that were found beside them.
    pub(super) fn partitions(self) -> usize {
        self.record.ledger.partitions.len().max(self.read.len())
    }
}

/// One client, counted.
pub(super) struct Tally<'a> {
    pub(super) client: Client<'a>,
    /// By partition.
    pub(super) completeness: Vec<Completeness>,
    /// By partition.
    pub(super) counts: Vec<PartitionCounts>,
}

impl<'a> Tally<'a> {
    pub(super) fn of(client: Client<'a>) -> Self {
        let partitions = || 0..client.partitions();
        let counted = |at| count::partition(client.ledger_of(at), client.found_in(at));
        Tally {
            client,
            completeness: partitions().map(|at| completeness::of_partition(client, at)).collect(),
            counts: partitions().map(counted).collect(),
        }
    }

    /// How each partition was read.
    pub(super) fn readings(&self) -> impl Iterator<Item = (usize, Reading)> {
        self.completeness.iter().map(|one| one.reading).enumerate()
    }
}
