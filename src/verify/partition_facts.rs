//! [`PartitionFacts`]: everything known about one partition, for its witnesses.

use super::cell::CellInput;
use super::client::{Client, ClientRecord};
use super::log_view::LogView;
use super::types::{Content, Span, Standing, Witness};
use super::unavailable::scenario_ms;
use super::words::counted;
use crate::kafka::leaders::Leaders;
use crate::ledger::{AckStretch, PartitionLedger, PartitionObserved, Stretch, TopicFate};
use crate::model::Metric;

/// One client's part of one partition.
pub(super) struct PartitionFacts<'a> {
    pub(super) input: &'a CellInput<'a>,
    pub(super) client: &'a ClientRecord<'a>,
    pub(super) partition: u32,
    pub(super) ledger: &'a PartitionLedger,
    pub(super) read: &'a PartitionObserved,
    pub(super) leaders: Leaders<'a>,
    pub(super) log: LogView<'a>,
    /// Whether all of the log was read.
    pub(super) whole: bool,
    // In the order of sequences.
    acks: Vec<AckStretch>,
}

impl<'a> PartitionFacts<'a> {
    pub(super) fn new(client: Client<'a>, partition: usize, whole: bool) -> Self {
        let (input, read) = (client.cell, client.found_in(partition));
        let ledger = client.ledger_of(partition);
        let observed = input.observed;
        // A recreated topic's epochs begin anew, so an epoch may have two leaders.
        let kept = observed.topic == TopicFate::Kept;
        let observations = if kept { input.observations } else { &[] };
        let leaders = Leaders::new(observations, input.topic, partition as i32);
        let readable = matches!(observed.unreadable.get(partition), None | Some(None));
        let limits = observed.log_start.get(partition).zip(observed.end.get(partition));
        let limits = limits.filter(|_| readable).map(|(start, end)| (*start, *end));
        let log = LogView::new(read, limits, &leaders);
        let mut acks = ledger.stretches.clone();
        acks.sort_unstable_by_key(|ack| ack.stretch.sequence);
        let (client, partition) = (client.record, partition as u32);
        PartitionFacts { input, client, partition, ledger, read, leaders, log, whole, acks }
    }

    /// The stretch in which a message was acknowledged; if none is recorded, where the next one
    /// begins, if any.
    pub(super) fn stretch_of(&self, sequence: u64) -> Result<AckStretch, Option<u64>> {
        let behind = self.acks.partition_point(|ack| ack.stretch.sequence <= sequence);
        let ack = behind.checked_sub(1).map(|index| self.acks[index]);
        ack.filter(|ack| sequence < end(&ack.stretch))
            .ok_or_else(|| self.acks.get(behind).map(|ack| ack.stretch.sequence))
    }

    /// The acknowledgements from `sequence` on that came in one stretch, up to `limit`; if none is
    /// recorded, where the next stretch begins.
    pub(super) fn ack_at(&self, sequence: u64, limit: u64) -> Result<AckStretch, u64> {
        let next = |next: Option<u64>| next.unwrap_or(limit).min(limit);
        let ack = self.stretch_of(sequence).map_err(next)?;
        let offset = match ack.stretch.offset {
            first if first < 0 => -1,
            first => first + (sequence - ack.stretch.sequence) as i64,
        };
        let count = end(&ack.stretch).min(limit) - sequence;
        Ok(AckStretch { stretch: Stretch { sequence, offset, count }, ..ack })
    }

    /// The period in which messages were acknowledged, if any of them was.
    pub(super) fn acked_between(&self, sequences: Span<u64>) -> Option<(u64, u64)> {
        let end = sequences.last + 1;
        let mut between: Option<(u64, u64)> = None;
        let mut sequence = sequences.first;
        while sequence < end {
            match self.ack_at(sequence, end) {
                Ok(ack) => {
                    let (from, to) = between.unwrap_or((ack.first_ack_us, ack.last_ack_us));
                    between = Some((from.min(ack.first_ack_us), to.max(ack.last_ack_us)));
                    sequence += ack.stretch.count;
                }
                Err(next) => sequence = next,
            }
        }
        between
    }

    /// The latest time at which a record of ours was acknowledged, if it was acknowledged where it
    /// is.
    pub(super) fn acked_at(&self, record: &Standing) -> Option<u64> {
        let Content::Ours { sequence } = record.content else { return None };
        let ack = self.ack_at(sequence, sequence + 1).ok()?;
        (ack.stretch.offset == record.offsets.first).then_some(ack.first_ack_us)
    }

    /// Faults that may have been in force at some time between two.
    pub(super) fn faults_between(&self, between: Option<(u64, u64)>) -> Vec<u16> {
        let Some((from_us, to_us)) = between else { return Vec::new() };
        let faults = self.input.faults.iter();
        let touched = faults.filter(|fault| fault.called_us <= to_us && fault.healed_us >= from_us);
        touched.map(|fault| fault.index).collect()
    }

    /// A witness with only the common part filled in.
    pub(super) fn witness(&self, anomaly: Metric, what: &What) -> Witness {
        let ms = |at_us| scenario_ms(at_us, self.input.zero_us);
        Witness {
            anomaly,
            partition: self.partition,
            client: None,
            count: what.count,
            sequences: what.sequences,
            offsets: what.offsets,
            acked_from_ms: what.acked_us.map(|(from_us, _)| ms(from_us)),
            acked_to_ms: what.acked_us.map(|(_, to_us)| ms(to_us)),
            acked_by: Vec::new(),
            faults: self.faults_between(what.acked_us),
            moved_by: Vec::new(),
            all_down: None,
            cause: None,
            standing: Vec::new(),
            text: String::new(),
        }
    }

    /// `kill leader at 7 s for 4 s and exec sleep 1 at 8 s`: at most three faults, the others
    /// counted.
    pub(super) fn named(&self, faults: &[u16]) -> Option<String> {
        let named = self.input.faults.iter().filter(|fault| faults.contains(&fault.index));
        let named: Vec<&str> = named.map(|fault| fault.what.as_str()).collect();
        match named.len() {
            0 => None,
            1..=3 => Some(named.join(" and ")),
            more => {
                let rest = counted(more as u64 - 3, "more fault");
                Some(format!("{} and {rest}", named[..3].join(" and ")))
            }
        }
    }
}

/// The first sequence after a stretch.
pub(super) fn end(stretch: &Stretch) -> u64 {
    stretch.sequence + stretch.count
}

/// What a witness is about.
pub(super) struct What {
    pub(super) count: u64,
    pub(super) sequences: Option<Span<u64>>,
    pub(super) offsets: Option<Span<i64>>,
    pub(super) acked_us: Option<(u64, u64)>,
}
