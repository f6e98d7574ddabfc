//! Reads every partition from its log's start to its end, until the end stands still.

use super::setup::ANSWER_TIMEOUT;
use super::{Bus, Interrupt, Stop};
use crate::kafka::log::{Range, ReadRequest, observe};
use crate::kafka::{self, Operator, Patience};
use crate::ledger::{Ledger, Observed, PartitionObserved, ProducerId};
use crate::plan::Cell;
use crate::runtime::{RuntimeError, Vantage};
use std::time::Duration;

/// Offsets are asked for within this time.
const OFFSETS_TIMEOUT: Duration = Duration::from_secs(30);
/// The end of a log that nobody writes to may still move once or twice (what a stopped broker
/// had in its sockets); one that goes on moving is somebody else's.
const ROUNDS_MAX: u32 = 5;

/// Reads one cell's topic completely.
///
/// # Errors
/// When the run is interrupted or the observer's namespace cannot be entered. What cannot be
/// read is no error: it stands in the result, and makes the cell inconclusive.
pub fn read(
    vantage: &Vantage,
    cell: &Cell,
    ledger: &Ledger,
    bus: &Bus,
    interrupt: &Interrupt,
) -> Result<Observed, Stop> {
    let partitions = cell.topic.partitions() as usize;
    let mut observed = Observed {
        partitions: Vec::new(),
        log_start: vec![0; partitions],
        end: vec![0; partitions],
        unreadable: vec![None; partitions],
    };
    for partition in 0..cell.topic.partitions() {
        let record = ledger.partition(partition);
        let sent = record.map_err(|e| RuntimeError::io("cannot read the ledger", e))?.sent;
        observed.partitions.push(PartitionObserved::new(sent));
    }
    let mut ranges = bounds(vantage, cell, &mut observed, interrupt)?;
    for round in 0..ROUNDS_MAX {
        ranges.retain(|r| r.start < r.end && observed.unreadable[r.partition as usize].is_none());
        if ranges.is_empty() {
            return Ok(observed);
        }
        if round > 0 {
            bus.note(format!("cell {}: the log grew while it was read; reading on", cell.id));
        }
        read_ranges(vantage, cell, ledger.id(), &ranges, &mut observed)?;
        let read_to = observed.end.clone();
        ranges = bounds(vantage, cell, &mut observed, interrupt)?;
        for range in &mut ranges {
            range.start = read_to[range.partition as usize];
        }
    }
    for range in ranges.iter().filter(|r| r.start < r.end) {
        let reason = format!("its end still moves after {ROUNDS_MAX} readings: somebody writes");
        observed.unreadable[range.partition as usize] = Some(reason);
    }
    Ok(observed)
}

/// Asks each partition's leader for log start and high watermark, into `observed`, and gives the
/// ranges to read.
fn bounds(
    vantage: &Vantage,
    cell: &Cell,
    observed: &mut Observed,
    interrupt: &Interrupt,
) -> Result<Vec<Range>, Stop> {
    let alive = || match interrupt.asked() {
        Some(_) => Err("interrupted".to_owned()),
        None => Ok(()),
    };
    let mut patience =
        Patience { timeout: OFFSETS_TIMEOUT, alive: &alive, progress: &mut |_missing| {} };
    let mut operator = Operator::new(vantage, ANSWER_TIMEOUT);
    let topics = std::slice::from_ref(&cell.topic);
    let found = kafka::offsets(&mut operator, topics, &mut patience);
    if let Some(exit) = interrupt.asked() {
        return Err(Stop::Interrupted(exit));
    }
    let found = found.map_err(|e| RuntimeError::new(format!("cell {}: {e}", cell.id)))?;
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
    Ok(ranges)
}

/// Reads the ranges into `observed`, on a thread in the observer's namespace.
fn read_ranges(
    vantage: &Vantage,
    cell: &Cell,
    id: ProducerId,
    ranges: &[Range],
    observed: &mut Observed,
) -> Result<(), Stop> {
    let request = ReadRequest::new(&vantage.bootstrap_servers(), &cell.topic.name, ranges.to_vec());
    let mut found = std::mem::take(&mut observed.partitions);
    let (found, read) = vantage
        .run("log-reader", move || {
            let record = |partition: u32, offset, epoch, what| {
                found[partition as usize].record(offset, epoch, what);
            };
            let read = observe(&request, id, record, |_records| {});
            (found, read)
        })
        .map_err(|e| RuntimeError::io("cannot enter the observer's namespace", e))?;
    observed.partitions = found;
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
