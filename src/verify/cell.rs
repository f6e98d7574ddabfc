//! [`cell`]: from everything known about a cell to its [`CellFindings`].

use super::client::{Client, ClientRecord, Tally};
use super::completeness::{self, Reading};
use super::count::{self, PartitionCounts};
use super::partition_facts::PartitionFacts;
use super::rule::rule;
use super::types::{CellFindings, FaultWindow, MAX_WITNESSES, Omitted, Witness};
use super::unavailable::Outages;
use super::words::{counted, messages};
use super::{early, latency};
use crate::event::Observation;
use crate::ledger::{Observed, PartitionObserved};
use crate::model::Metric;

/// Everything known about a cell when its run is over.
#[derive(Clone, Copy, Debug)]
pub struct CellInput<'a> {
    pub topic: &'a str,
    /// Whether a replica out of sync may be elected.
    pub unclean_elections: bool,
    /// Those who sent to it.
    pub clients: &'a [ClientRecord<'a>],
    /// What the log holds, of each of these clients.
    pub observed: &'a Observed,
    /// Everything that the watcher saw, in the order of time.
    pub observations: &'a [Observation],
    pub faults: &'a [FaultWindow],
    /// The zero of the scenario's clock, in microseconds of the run's clock.
    pub zero_us: u64,
    /// Why offsets of this topic may have no record (transactions, compaction), if they may.
    /// Otherwise missing offsets make the cell inconclusive.
    pub holes_explained: Option<&'a str>,
}

impl CellInput<'_> {
    /// Whether a broker confirmed all that counts as acknowledged.
    pub(super) fn is_confirmed(&self) -> bool {
        self.clients.iter().all(|client| client.confirmed)
    }
}

/// Finds out what happened to a cell. Pure: no clock, no file, the same answer every time.
pub fn cell(input: &CellInput<'_>) -> CellFindings {
    let tallies: Vec<Tally<'_>> = Client::all(input).map(Tally::of).collect();
    let counts: Vec<PartitionCounts> =
        tallies.iter().flat_map(|tally| tally.counts.iter().copied()).collect();
    let completeness = || tallies.iter().flat_map(|tally| &tally.completeness);
    let readings: Vec<Reading> = completeness().map(|one| one.reading).collect();
    let total = count::total(&counts);
    let witnesses = witnesses(&tallies);
    let outages = Outages::of(input);
    let outage = outages.longest();
    let unavailable_ms = outage.map_or(0.0, |outage| outage.ms);
    let early = early::early(input, &tallies, &outages);
    let mut inconclusive: Vec<String> =
        completeness::of_topic(&input.observed.topic).into_iter().collect();
    for reason in completeness().flat_map(|one| &one.reasons) {
        // Each client's reading of one log meets the same.
        if !inconclusive.contains(reason) {
            inconclusive.push(reason.clone());
        }
    }
    inconclusive.extend(count::nothing_to_see(input, &total));
    inconclusive.extend(early::reason(input, &early));
    let mut notes = notes(input, &tallies, &total);
    notes.extend(early::notes(input, &early, &tallies, unavailable_ms));
    CellFindings {
        counts: count::counts(&counts, &readings),
        copies: total.copies,
        unknown_present: total.unknown_present,
        confirmed: input.is_confirmed(),
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

fn witnesses(tallies: &[Tally<'_>]) -> Vec<Witness> {
    let has_anomaly =
        |counts: &PartitionCounts| Metric::anomalies().any(|anomaly| counts.by[anomaly] > 0);
    let mut witnesses = Vec::new();
    for tally in tallies {
        for (partition, reading) in tally.readings() {
            if has_anomaly(&tally.counts[partition]) {
                let whole = reading == Reading::Whole;
                add_witnesses(&PartitionFacts::new(tally.client, partition, whole), &mut witnesses);
            }
        }
    }
    witnesses.sort_by_key(|witness| witness.anomaly);
    witnesses
}

/// Adds a partition's witnesses, up to each anomaly's limit for the cell.
fn add_witnesses(facts: &PartitionFacts<'_>, witnesses: &mut Vec<Witness>) {
    let is_one_of_several = facts.input.clients.len() > 1;
    for (anomaly, rule) in Metric::anomalies().filter_map(|metric| Some((metric, rule(metric)?))) {
        let there = witnesses.iter().filter(|witness| witness.anomaly == anomaly).count();
        for mut witness in (rule.witnesses)(facts, MAX_WITNESSES - there) {
            if is_one_of_several {
                witness.text = format!("{}: {}", facts.client.name, witness.text);
                witness.client = Some(facts.client.name.to_owned());
            }
            witnesses.push(witness);
        }
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

fn notes(input: &CellInput<'_>, tallies: &[Tally<'_>], total: &PartitionCounts) -> Vec<String> {
    let mut notes = Vec::new();
    if !input.is_confirmed() {
        notes.push(
            "acks=0: what counts as acknowledged was sent, and nobody confirmed it".to_owned(),
        );
    }
    let partitions = tallies.iter().map(|tally| tally.counts.len()).max().unwrap_or(0);
    for partition in 0..partitions {
        let is_planned =
            |tally: &Tally<'_>| partition < tally.client.record.ledger.partitions.len();
        let own = tallies.iter().filter_map(|tally| tally.counts.get(partition).copied());
        let all = count::total(&own.collect::<Vec<_>>());
        if !tallies.iter().any(is_planned) {
            let records = counted(tallies[0].client.found_in(partition).records(), "record");
            notes.push(format!(
                "partition {partition} was added during the run, and no message was sent to it: \
                 {records} in it"
            ));
        } else if all.by[Metric::Acked] == 0 && total.by[Metric::Acked] > 0 {
            let sent = messages(all.sent);
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
    for partition in 0..partitions {
        let read = || tallies.iter().filter_map(|tally| tally.client.read_of(partition));
        let missing = read().map(|read| read.missing().count).max().unwrap_or(0);
        if let (Some(why), count @ 1..) = (input.holes_explained, missing) {
            let offsets = counted(count, "offset");
            notes.push(format!("partition {partition}: {offsets} without a record ({why})"));
        }
        if let Some(offset) = read().filter_map(PartitionObserved::stretches_end).min() {
            notes.push(format!(
                "partition {partition}: the positions of messages were recorded up to offset {offset} only; all messages are counted"
            ));
        }
    }
    notes
}
