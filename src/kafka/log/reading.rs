//! [`Reading`]: how far each range has been read, from what librdkafka fetched. Pure.

use super::{Completeness, Range};
use crate::native::{Fetched, Record};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::HashMap;
use std::time::Duration;

/// A range in progress.
struct Open {
    /// The next unread offset.
    next: i64,
    end: i64,
    /// librdkafka's last message that was no record.
    complaint: Option<String>,
    completeness: Option<Completeness>,
}

pub(super) struct Reading {
    order: Vec<u32>,
    partitions: HashMap<u32, Open>,
    /// How many are neither read nor given up.
    pub(super) open: usize,
    /// Partitions that were read or given up since the last look.
    pub(super) closed: Vec<u32>,
    pub(super) records: u64,
    /// Grows with everything that advances the reading.
    pub(super) steps: u64,
}

impl Reading {
    pub(super) fn new(ranges: &[Range]) -> Self {
        let mut reading = Reading {
            order: ranges.iter().map(|range| range.partition).collect(),
            partitions: HashMap::new(),
            open: 0,
            closed: Vec::new(),
            records: 0,
            steps: 0,
        };
        for &Range { partition, start, end } in ranges {
            let completeness = (start >= end).then_some(Ok(()));
            reading.open += usize::from(completeness.is_none());
            let open = Open { next: start, end, complaint: None, completeness };
            reading.partitions.insert(partition, open);
        }
        reading
    }

    pub(super) fn take(&mut self, fetched: Fetched<'_>, sink: &mut impl FnMut(&Record<'_>)) {
        let (Fetched::Record(Record { partition, .. })
        | Fetched::End { partition, .. }
        | Fetched::Error { partition, .. }) = fetched;
        let Some(open) = self.partitions.get_mut(&partition) else { return };
        if open.completeness.is_some() {
            return;
        }
        match fetched {
            Fetched::Record(record) => {
                // A batch can begin before the requested offset.
                if record.offset < open.next {
                    return;
                }
                self.steps += 1;
                if record.offset < open.end {
                    sink(&record);
                    self.records += 1;
                }
                open.next = record.offset + 1;
                open.complaint = None;
            }
            // The end may be a zombie's: it counts only at or after the range's.
            Fetched::End { offset, .. } => {
                if offset >= open.end {
                    open.next = offset;
                } else {
                    let end = open.end;
                    open.complaint =
                        Some(format!("the broker ends the log at {offset}, before {end}"));
                }
            }
            Fetched::Error { code, reason, .. } => {
                let complaint = format!("{code}: {reason}");
                if code == RDKafkaErrorCode::AutoOffsetReset {
                    let next = open.next;
                    let why = format!("offset {next} is not in the log any more: {complaint}");
                    self.give_up(partition, why);
                    return;
                }
                open.complaint = Some(complaint);
            }
        }
        if open.next >= open.end {
            self.close(partition, Ok(()));
        }
    }

    fn close(&mut self, partition: u32, completeness: Completeness) {
        let Some(open) = self.partitions.get_mut(&partition) else { return };
        if open.completeness.is_none() {
            open.completeness = Some(completeness);
            self.open -= 1;
            self.steps += 1;
            self.closed.push(partition);
        }
    }

    pub(super) fn give_up(&mut self, partition: u32, why: String) {
        self.close(partition, Err(why));
    }

    pub(super) fn give_up_all(&mut self, silence: Duration, client: &str) {
        for partition in self.order.clone() {
            let Some(open) = self.partitions.get(&partition) else { continue };
            let said = open.complaint.as_deref().unwrap_or(client);
            let why = format!(
                "nothing came for {silence:?} after offset {}, the end is {} ({said})",
                open.next, open.end
            );
            self.give_up(partition, why);
        }
    }

    pub(super) fn into_completeness(mut self) -> Vec<Completeness> {
        let order = std::mem::take(&mut self.order);
        let ended = |partition| {
            let open = self.partitions.get(&partition);
            let completeness = open.and_then(|open| open.completeness.clone());
            completeness.unwrap_or_else(|| Err("it was not read".into()))
        };
        order.into_iter().map(ended).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Range = Range { partition: 3, start: 10, end: 13 };

    fn record(offset: i64) -> Fetched<'static> {
        Fetched::Record(Record { partition: 3, offset, epoch: 0, key: None, value: None })
    }

    /// The outcome of reading [`RANGE`] from these, and the offsets that it passes on.
    fn run(fetched: &[Fetched<'_>]) -> (Option<Completeness>, Vec<i64>) {
        let mut reading = Reading::new(&[RANGE]);
        let mut offsets = Vec::new();
        for &one in fetched {
            reading.take(one, &mut |record: &Record<'_>| offsets.push(record.offset));
        }
        let open = reading.partitions.remove(&3).expect("it was asked for");
        (open.completeness, offsets)
    }

    #[test]
    fn the_last_offset_completes_a_range_and_nothing_outside_of_it_is_given() {
        let all = [9, 10, 11, 12, 13].map(record);
        assert_eq!(run(&all), (Some(Ok(())), vec![10, 11, 12]));
        assert_eq!(run(&all[..3]), (None, vec![10, 11]));
    }

    #[test]
    fn holes_at_the_end_complete_a_range_by_what_stands_behind_them() {
        let end = |offset| Fetched::End { partition: 3, offset };
        assert_eq!(run(&[record(10), end(13)]), (Some(Ok(())), vec![10]));
        assert_eq!(run(&[record(10), record(20)]), (Some(Ok(())), vec![10]));
        // A zombie's shorter log is no end.
        assert_eq!(run(&[record(10), end(12)]), (None, vec![10]));
    }

    #[test]
    fn a_start_that_is_gone_is_unreadable_at_once_and_other_errors_are_waited_out() {
        let error = |code| Fetched::Error { partition: 3, code, reason: "why" };
        let (completeness, _) = run(&[error(RDKafkaErrorCode::AutoOffsetReset)]);
        let text = completeness.expect("it is decided").expect_err("it is gone");
        assert!(text.contains("offset 10 is not in the log any more"), "{text}");
        let passing = [error(RDKafkaErrorCode::NotLeaderForPartition), record(10)];
        assert_eq!(run(&passing), (None, vec![10]));
    }

    #[test]
    fn silence_names_the_offset_and_the_last_complaint() {
        let empty = Range { partition: 4, start: 5, end: 5 };
        let mut reading = Reading::new(&[RANGE, empty]);
        let complaint = Fetched::Error {
            partition: 3,
            code: RDKafkaErrorCode::LeaderNotAvailable,
            reason: "no leader",
        };
        reading.take(record(10), &mut |_: &Record<'_>| ());
        reading.take(complaint, &mut |_: &Record<'_>| ());
        assert_eq!(reading.open, 1);
        reading.give_up_all(Duration::from_secs(30), "unused");
        assert_eq!(reading.open, 0);
        let [Err(text), Ok(())] = &reading.into_completeness()[..] else {
            panic!("one is unreadable and one is empty")
        };
        assert!(text.contains("after offset 11, the end is 13"), "{text}");
        assert!(text.contains("no leader"), "{text}");
    }
}
