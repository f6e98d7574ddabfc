//! [`cell`]: from everything that is known of one cell to its [`CellFindings`].

use super::completeness::{self, Reading};
use super::count::{self, PartitionCounts};
use super::partition_facts::PartitionFacts;
use super::rule::rule;
use super::types::{CellFindings, FaultWindow, MAX_WITNESSES, Omitted, Witness};
use super::unavailable::Outages;
use super::words::{counted, messages};
use super::{early, latency};
use crate::event::Observation;
use crate::ledger::{LedgerRecord, Observed, PartitionLedger, PartitionObserved};
use crate::model::Metric;
use std::sync::LazyLock;

/// All that is known of one cell when its run is over.
#[derive(Clone, Copy, Debug)]
pub struct CellInput<'a> {
    /// The cell's topic.
    pub topic: &'a str,
    /// Whether a broker confirmed what the ledger calls acknowledged: false with acks=0.
    pub confirmed: bool,
    /// Whether it did so only when every in-sync replica had it: acks=all.
    pub all_in_sync: bool,
    /// Whether a replica out of sync may be elected.
    pub unclean_elections: bool,
    /// What was promised.
    pub ledger: &'a LedgerRecord,
    /// What the log holds.
    pub observed: &'a Observed,
    /// Everything that the watcher saw, in the order of time.
    pub observations: &'a [Observation],
    /// The faults.
    pub faults: &'a [FaultWindow],
    /// The zero of the scenario's clock, microseconds of the run's clock.
    pub zero_us: u64,
    /// When the worker ceased to send, or died, microseconds of the run's clock.
    pub sending_ended_us: u64,
    /// Why offsets of this topic may hold no record (transactions, compaction), if they may.
    /// Without it, missing offsets make the cell inconclusive.
    pub holes_explained: Option<&'a str>,
}

/// What was promised of a partition that nothing was sent to.
static NOTHING_SENT: LazyLock<PartitionLedger> = LazyLock::new(PartitionLedger::default);

impl<'a> CellInput<'a> {
    /// How many partitions there are: planned ones, and those that were found beside them.
    fn partitions(&self) -> usize {
        self.ledger.partitions.len().max(self.observed.partitions.len())
    }

    /// What was promised of a partition.
    pub(super) fn ledger_of(&self, partition: usize) -> &'a PartitionLedger {
        self.ledger.partitions.get(partition).unwrap_or(&NOTHING_SENT)
    }
}

/// Finds out what happened to a cell. Pure: no clock, no file, the same answer every time.
pub fn cell(input: &CellInput<'_>) -> CellFindings {
    let partitions = 0..input.partitions();
    let nothing: Vec<PartitionObserved> = partitions
        .clone()
        .map(|partition| PartitionObserved::new(input.ledger_of(partition).sent))
        .collect();
    let read =
        |partition: usize| input.observed.partitions.get(partition).unwrap_or(&nothing[partition]);
    let completeness: Vec<_> =
        partitions.clone().map(|partition| completeness::of_partition(input, partition)).collect();
    let readings: Vec<Reading> = completeness.iter().map(|one| one.reading).collect();
    let counts: Vec<PartitionCounts> = partitions
        .clone()
        .map(|partition| count::partition(input.ledger_of(partition), read(partition)))
        .collect();
    let total = count::total(&counts);
    let mut witnesses = Vec::new();
    for partition in partitions {
        let whole = readings[partition] == Reading::Whole;
        if has_anomaly(&counts[partition]) {
            add_witnesses(
                &PartitionFacts::new(input, partition, read(partition), whole),
                &mut witnesses,
            );
        }
    }
    witnesses.sort_by_key(|witness| witness.anomaly);
    let outages = Outages::of(input);
    let outage = outages.longest();
    let unavailable_ms = outage.map_or(0.0, |outage| outage.ms);
    let all_read: Vec<&PartitionObserved> = (0..readings.len()).map(read).collect();
    let early = early::early(input, &readings, &all_read, &outages);
    let mut inconclusive: Vec<String> = completeness::of_topic(&input.observed.topic)
        .into_iter()
        .chain(completeness.into_iter().flat_map(|one| one.reasons))
        .collect();
    inconclusive.extend(count::nothing_to_see(input, &total));
    inconclusive.extend(early::reason(input, &early));
    let mut notes = notes(input, &counts, &total);
    notes.extend(early::notes(input, &early, &all_read, unavailable_ms));
    CellFindings {
        counts: count::counts(&counts, &readings),
        copies: total.copies,
        unknown_present: total.unknown_present,
        confirmed: input.confirmed,
        unavailable_ms: (total.sent > 0).then_some(unavailable_ms),
        outage,
        early,
        fault_outages: outages.within_faults(input),
        latencies: latency::latencies(input),
        omitted: omitted(&total, &witnesses),
        witnesses,
        notes,
        inconclusive,
    }
}

fn has_anomaly(counts: &PartitionCounts) -> bool {
    Metric::anomalies().any(|anomaly| counts.by[anomaly] > 0)
}

/// Adds a partition's witnesses, as far as each anomaly's number for the cell allows.
fn add_witnesses(facts: &PartitionFacts<'_>, witnesses: &mut Vec<Witness>) {
    for (anomaly, rule) in Metric::anomalies().filter_map(|metric| Some((metric, rule(metric)?))) {
        let there = witnesses.iter().filter(|witness| witness.anomaly == anomaly).count();
        witnesses.extend((rule.witnesses)(facts, MAX_WITNESSES - there));
    }
}

fn omitted(total: &PartitionCounts, witnesses: &[Witness]) -> Vec<Omitted> {
    let left = |anomaly: Metric| {
        let shown = witnesses.iter().filter(|witness| witness.anomaly == anomaly);
        let shown: u64 = shown.map(|witness| witness.count).sum();
        Omitted { anomaly, count: total.by[anomaly].saturating_sub(shown) }
    };
    Metric::anomalies().map(left).filter(|left| left.count > 0).collect()
}

fn notes(
    input: &CellInput<'_>,
    counts: &[PartitionCounts],
    total: &PartitionCounts,
) -> Vec<String> {
    let mut notes = Vec::new();
    if !input.confirmed {
        notes.push(
            "acks=0: what counts as acknowledged was sent, and nobody confirmed it".to_owned(),
        );
    }
    for (partition, one) in counts.iter().enumerate() {
        if partition >= input.ledger.partitions.len() {
            let records = counted(input.observed.partitions[partition].records(), "record");
            notes.push(format!(
                "partition {partition} was added during the run, and no message was sent to it: \
                 {records} in it"
            ));
        } else if one.by[Metric::Acked] == 0 && total.by[Metric::Acked] > 0 {
            let sent = messages(one.sent);
            notes.push(format!("partition {partition}: {sent} sent, none acknowledged"));
        }
    }
    if total.unknown_present > 0 {
        notes.push(format!(
            "{} of {} with an unknown outcome in the log",
            total.unknown_present,
            messages(total.by[Metric::Unknown]),
        ));
    }
    for (partition, read) in input.observed.partitions.iter().enumerate() {
        if let (Some(why), count @ 1..) = (input.holes_explained, read.missing().count) {
            let offsets = counted(count, "offset");
            notes.push(format!("partition {partition}: {offsets} without a record ({why})"));
        }
        if let Some(offset) = read.stretches_end() {
            notes.push(format!(
                "partition {partition}: the positions of messages were recorded up to offset {offset} only; all messages are counted"
            ));
        }
    }
    notes
}
