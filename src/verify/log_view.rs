//! [`LogView`]: what is where in one partition's log, as far as it was kept.

use super::types::{Content, Span, Standing};
use crate::kafka::leaders::Leaders;
use crate::ledger::{OffsetRange, PartitionObserved};

/// What is known about an offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// Before the log's start.
    BelowStart,
    /// These records are there.
    Standing(Standing),
    /// There is no record, though there are some before or after.
    Missing,
    /// Something is there, but it was not kept.
    Unrecorded,
    /// It was not read.
    Unread,
    /// At or after the log's end.
    BeyondEnd,
}

/// One partition's log.
pub(super) struct LogView<'a> {
    standing: Vec<Standing>,
    missing: &'a [OffsetRange],
    /// `None`: what was read is unknown, and so is every offset.
    limits: Option<Limits>,
}

#[derive(Clone, Copy)]
struct Limits {
    start: i64,
    first: i64,
    next: i64,
    end: i64,
}

impl<'a> LogView<'a> {
    /// From what was read, and the log's start and end if known.
    pub(super) fn new(
        read: &'a PartitionObserved,
        start_and_end: Option<(i64, i64)>,
        leaders: &Leaders<'_>,
    ) -> Self {
        let ours = read.stretches().iter().map(|kept| {
            let range = OffsetRange {
                first: kept.stretch.offset,
                count: kept.stretch.count,
                epoch: kept.epoch,
            };
            (range, Content::Ours { sequence: kept.stretch.sequence })
        });
        let neighbours = read.neighbours().iter().map(|range| (*range, Content::Neighbour));
        let foreign = read.foreign().examples.iter().map(|range| (*range, Content::Foreign));
        let corrupt = read.corrupt().examples.iter().map(|range| (*range, Content::Corrupt));
        let all =
            ours.chain(neighbours).chain(foreign).chain(corrupt).map(|(range, content)| Standing {
                offsets: Span { first: range.first, last: range.last() },
                epoch: range.epoch,
                leader: leaders.leader_of(range.epoch),
                content,
            });
        let mut standing: Vec<Standing> = all.collect();
        standing.sort_unstable_by_key(|one| one.offsets.first);
        let limits = start_and_end.map(|(start, end)| Limits {
            start,
            first: read.first_offset().unwrap_or(start),
            next: read.last_offset().map_or(start, |last| last + 1),
            end,
        });
        LogView { standing, missing: &read.missing().examples, limits }
    }

    /// What is known about an offset, and the next offset where that may change.
    pub(super) fn at(&self, offset: i64) -> (Place, i64) {
        let Some(limits) = self.limits else { return (Place::Unread, i64::MAX) };
        if offset < limits.start {
            return (Place::BelowStart, limits.start);
        }
        if offset >= limits.end {
            return (Place::BeyondEnd, i64::MAX);
        }
        if offset >= limits.next {
            return (Place::Unread, limits.end);
        }
        if offset < limits.first {
            return (Place::Missing, limits.first);
        }
        let behind = self.standing.partition_point(|one| one.offsets.last < offset);
        let next = self.standing.get(behind);
        if let Some(here) = next.filter(|one| one.offsets.first <= offset) {
            return (Place::Standing(*here), here.offsets.last + 1);
        }
        let hole = self.missing.iter().find(|hole| hole.last() >= offset);
        if let Some(here) = hole.filter(|hole| hole.first <= offset) {
            return (Place::Missing, here.last() + 1);
        }
        let edges = [next.map(|one| one.offsets.first), hole.map(|hole| hole.first)];
        let edge = edges.into_iter().flatten().min().unwrap_or(limits.next);
        (Place::Unrecorded, edge)
    }

    /// What a span contains, clipped to it; the first `most` entries.
    pub(super) fn within(&self, span: Span<i64>, most: usize) -> Vec<Standing> {
        let from = self.standing.partition_point(|one| one.offsets.last < span.first);
        let inside = self.standing[from..].iter().take_while(|one| one.offsets.first <= span.last);
        inside.take(most).map(|one| clip(one, span)).collect()
    }

    /// The last offset known to be of an epoch, and its record.
    pub(super) fn last_of(&self, epoch: i32) -> Option<Standing> {
        let of = self.standing.iter().filter(|one| one.epoch == epoch);
        let last = of.max_by_key(|one| one.offsets.last)?;
        Some(clip(last, Span { first: last.offsets.last, last: last.offsets.last }))
    }

    /// The next higher epoch that has a record at or before an offset.
    pub(super) fn epoch_after(&self, epoch: i32, offset: i64) -> Option<i32> {
        let before = self.standing.iter().take_while(|one| one.offsets.first <= offset);
        before.map(|one| one.epoch).filter(|later| *later > epoch).min()
    }

    /// The highest epoch of a record.
    pub(super) fn highest_epoch(&self) -> Option<i32> {
        self.standing.iter().map(|one| one.epoch).max()
    }

    /// All copies of a message, and the first higher sequence, up to `limit`, whose copies are
    /// placed differently. Each copy is clipped to these messages.
    pub(super) fn copies(&self, sequence: u64, limit: u64) -> (Vec<Standing>, u64) {
        let (mut here, mut end) = (Vec::new(), limit);
        for one in &self.standing {
            let Content::Ours { sequence: first } = one.content else { continue };
            let behind = first + (one.offsets.last - one.offsets.first) as u64 + 1;
            if first > sequence {
                end = end.min(first);
            } else if sequence < behind {
                end = end.min(behind);
                here.push((one, one.offsets.first + (sequence - first) as i64));
            }
        }
        let count = (end - sequence) as i64;
        let copies =
            here.into_iter().map(|(one, first)| clip(one, Span { first, last: first + count - 1 }));
        (copies.collect(), end)
    }
}

fn clip(one: &Standing, span: Span<i64>) -> Standing {
    let first = one.offsets.first.max(span.first);
    let last = one.offsets.last.min(span.last);
    let content = match one.content {
        Content::Ours { sequence } => {
            Content::Ours { sequence: sequence + (first - one.offsets.first) as u64 }
        }
        other => other,
    };
    Standing { offsets: Span { first, last }, content, ..*one }
}
