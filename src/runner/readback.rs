//! Reads every partition from its log's start to its end, until the end stands still.

use super::Bus;
use super::setup::ANSWER_TIMEOUT;
use crate::event::Far;
use crate::exit::Interrupt;
use crate::kafka::log::{Range, ReadRequest, observe};
use crate::kafka::{self, KafkaError, OffsetsByPartition, Operator, Patience, TopicId, TopicNow};
use crate::ledger::{Found, Ledger, LogEnd, Observed, PartitionObserved, ProducerId, TopicFate};
use crate::plan::Cell;
use crate::runtime::{RuntimeError, Stop, Vantage};
use std::collections::BTreeSet;
use std::iter::repeat;
use std::time::Duration;

/// Offsets must be known within this time.
const OFFSETS_TIMEOUT: Duration = Duration::from_secs(30);
/// The end of a log that nobody writes to may still move once or twice (what a stopped broker had
/// in its sockets); if it goes on moving, somebody else writes.
const ROUNDS_MAX: u32 = 5;

/// What to read: one cell's topic, as the cluster has it now.
pub(super) struct Source<'a> {
    /// The observer's place.
    pub vantage: &'a Vantage,
    pub cell: &'a Cell,
    /// The id of the topic that was created for it.
    pub made: TopicId,
    /// What was sent to it, by client.
    pub ledgers: Vec<&'a Ledger>,
    /// Where a partition's log ended before the first fault, if known.
    pub early_end: &'a dyn Fn(u32) -> Option<LogEnd>,
}

/// Reads one cell's topic completely: every partition that it has, planned or not. `alive` ends a
/// wait for offsets. What cannot be read is no error: it is in the result, and makes the cell
/// inconclusive.
pub(super) fn read(
    source: &Source<'_>,
    bus: &Bus,
    interrupt: &Interrupt,
    alive: &dyn Fn() -> Result<(), String>,
) -> Result<Observed, Stop> {
    let clients = vec![Vec::new(); source.ledgers.len()];
    let mut observed = Observed { clients, ..Observed::default() };
    for partition in 0..source.cell.topic.partitions() {
        let records = source.ledgers.iter().map(|ledger| ledger.partition(partition));
        let sent = records.map(|record| record.map(|record| record.sent));
        let sent: Result<Vec<u64>, _> = sent.collect();
        let sent = sent.map_err(|e| RuntimeError::io("cannot read the ledger", e))?;
        add_partition(&mut observed, &sent, (source.early_end)(partition));
    }
    let mut ranges = bounds(source, &mut observed, interrupt, alive)?;
    for round in 0..ROUNDS_MAX {
        ranges.retain(|r| r.start < r.end && observed.unreadable[r.partition as usize].is_none());
        if ranges.is_empty() {
            return Ok(observed);
        }
        if round > 0 {
            let id = &source.cell.id;
            bus.note(format!("cell {id}: the log grew while it was read; reading on"));
        }
        read_ranges(source, &ranges, &mut observed, bus)?;
        let read_to = observed.end.clone();
        ranges = bounds(source, &mut observed, interrupt, alive)?;
        for range in &mut ranges {
            // A partition that was added meanwhile was not read yet.
            let read_to = read_to.get(range.partition as usize);
            range.start = read_to.map_or(range.start, |read_to| *read_to);
        }
    }
    for range in ranges.iter().filter(|r| r.start < r.end) {
        let reason = format!("its end still moves after {ROUNDS_MAX} readings: somebody writes");
        observed.unreadable[range.partition as usize] = Some(reason);
    }
    Ok(observed)
}

/// One more partition, of which nothing was read yet. A client's message has a sequence below what
/// it `sent`, which is nothing where it is not said; whatever else is in it was written by somebody
/// else.
fn add_partition(observed: &mut Observed, sent: &[u64], early_end: Option<LogEnd>) {
    for (client, sent) in observed.clients.iter_mut().zip(sent.iter().chain(repeat(&0))) {
        client.push(PartitionObserved::new(*sent).with_early_end(early_end));
    }
    observed.log_start.push(0);
    observed.end.push(0);
    observed.unreadable.push(None);
}

/// Queries the topic as it is now, and each leader's log start and high watermark, into `observed`;
/// returns the ranges to read.
fn bounds(
    source: &Source<'_>,
    observed: &mut Observed,
    interrupt: &Interrupt,
    alive: &dyn Fn() -> Result<(), String>,
) -> Result<Vec<Range>, Stop> {
    let mut patience = Patience::new(OFFSETS_TIMEOUT, alive);
    let mut operator = Operator::new(source.vantage, ANSWER_TIMEOUT);
    let name = &source.cell.topic.name;
    let found = kafka::topic_now(&mut operator, name, &mut patience).and_then(|now| {
        let there = take_topic(observed, source.made, now.as_ref());
        let there = there.into_iter().map(|partition| (name.clone(), partition));
        kafka::offsets(&mut operator, there, &mut patience)
    });
    Stop::if_asked(interrupt)?;
    match found {
        Ok(found) => Ok(take_offsets(observed, found)),
        Err(error @ KafkaError::NotYet { .. }) => {
            observed.unreadable.fill(Some(error.to_string()));
            Ok(Vec::new())
        }
        Err(error) => Err(RuntimeError::new(format!("cell {}: {error}", source.cell.id)).into()),
    }
}

/// Compares the topic with the created one, makes room for its partitions, and returns those that
/// can be read.
fn take_topic(observed: &mut Observed, made: TopicId, now: Option<&TopicNow>) -> BTreeSet<i32> {
    let was = made.to_string();
    let Some(now) = now else {
        observed.topic = TopicFate::Deleted { was };
        return BTreeSet::new();
    };
    if now.id != made {
        observed.topic = TopicFate::MadeAnew { was, is: now.id.to_string() };
    }
    let partitions = now.partitions.last().map_or(0, |last| *last as usize + 1);
    while observed.end.len() < partitions {
        add_partition(observed, &[], None);
    }
    for (partition, unreadable) in (0..).zip(&mut observed.unreadable) {
        if !now.partitions.contains(&partition) {
            *unreadable = Some("the topic has no such partition now".to_owned());
        }
    }
    now.partitions.clone()
}

/// Records where each log begins and ends, or why that is not known; returns the ranges.
fn take_offsets(observed: &mut Observed, found: OffsetsByPartition) -> Vec<Range> {
    let mut ranges = Vec::new();
    for ((_, partition), offsets) in found {
        let (index, partition) = (partition as usize, partition as u32);
        match offsets {
            Ok(offsets) => {
                let (start, end) = (offsets.log_start, offsets.high_watermark);
                observed.log_start[index] = start;
                observed.end[index] = end;
                ranges.push(Range { partition, start, end });
            }
            Err(reason) => observed.unreadable[index] = Some(reason),
        }
    }
    ranges
}

/// Reads the ranges into `observed`, on a thread in the observer's namespace.
fn read_ranges(
    source: &Source<'_>,
    ranges: &[Range],
    observed: &mut Observed,
    bus: &Bus,
) -> Result<(), Stop> {
    let Source { vantage, cell, ledgers, .. } = source;
    let request = ReadRequest::new(&vantage.bootstrap_servers(), &cell.topic.name, ranges.to_vec());
    let ids: Vec<ProducerId> = ledgers.iter().map(|ledger| ledger.id()).collect();
    let mut found = std::mem::take(&mut observed.clients);
    let (bus, what) = (bus.clone(), format!("messages in cell {}", cell.id));
    let of = ranges.iter().map(|range| (range.end - range.start) as u64).sum();
    let progress = move |records| bus.step("read", Far::Count(records, of, what.clone()));
    let (found, read) = vantage
        .run("log-reader", move || {
            let record = |partition: u32, offset, epoch, (by, what)| {
                for (client, own) in found.iter_mut().enumerate() {
                    let what = if client == by { what } else { Found::Neighbour };
                    own[partition as usize].record(offset, epoch, what);
                }
            };
            let read = observe(&request, &ids, record, progress);
            (found, read)
        })
        .map_err(|e| RuntimeError::io("cannot enter the observer's namespace", e))?;
    observed.clients = found;
    match read {
        Ok(results) => {
            for (range, result) in ranges.iter().zip(results) {
                if let Err(reason) = result {
                    observed.unreadable[range.partition as usize] = Some(reason);
                }
            }
        }
        Err(error) => {
            for range in ranges {
                observed.unreadable[range.partition as usize] = Some(error.to_string());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::offsets::Offsets;

    const MADE: TopicId = TopicId(7);

    fn observed(partitions: usize) -> Observed {
        let mut observed = Observed { clients: vec![Vec::new()], ..Observed::default() };
        (0..partitions).for_each(|_| add_partition(&mut observed, &[5], None));
        observed
    }

    fn now(id: u128, partitions: i32) -> TopicNow {
        TopicNow { id: TopicId(id), partitions: (0..partitions).collect() }
    }

    // Partition 2 was not planned, and no message was sent to it: everything in it is foreign, even
    // what bears the stamp of the cell's own first message.
    #[test]
    fn a_partition_that_was_added_is_read_and_all_in_it_is_foreign() {
        let mut observed = observed(2);
        let there = take_topic(&mut observed, MADE, Some(&now(7, 3)));
        assert_eq!((there, observed.topic.clone()), ([0, 1, 2].into(), TopicFate::Kept));
        let ends = Offsets { leader: 0, epoch: 0, log_start: 0, high_watermark: 6 };
        let found = [(("t".to_owned(), 2), Ok(ends))].into();
        let ranges = take_offsets(&mut observed, found);
        assert_eq!(ranges, [Range { partition: 2, start: 0, end: 6 }]);
        observed.clients[0][2].record(0, 0, Found::Ours { sequence: 0 });
        assert_eq!(observed.clients[0][2].foreign().count, 1);
        assert_eq!(observed.unreadable, [None, None, None]);
    }

    #[test]
    fn a_partition_whose_leader_does_not_answer_is_unreadable() {
        let mut observed = observed(2);
        take_topic(&mut observed, MADE, Some(&now(7, 3)));
        let found = [(("t".to_owned(), 2), Err("it has no leader".to_owned()))].into();
        assert_eq!(take_offsets(&mut observed, found), []);
        assert_eq!(observed.unreadable[2].as_deref(), Some("it has no leader"));
    }

    // Recreated with one partition instead of two, then deleted.
    #[test]
    fn another_topic_of_the_same_name_is_told_by_its_id() {
        let mut observed = observed(2);
        assert_eq!(take_topic(&mut observed, MADE, Some(&now(8, 1))), [0].into());
        let (was, is) = (TopicId(7).to_string(), TopicId(8).to_string());
        assert_eq!(observed.topic, TopicFate::MadeAnew { was: was.clone(), is });
        let gone = Some("the topic has no such partition now".to_owned());
        assert_eq!(observed.unreadable, [None, gone]);
        assert_eq!(take_topic(&mut observed, MADE, None), [].into());
        assert_eq!(observed.topic, TopicFate::Deleted { was });
    }
}
