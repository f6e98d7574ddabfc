//! Witnesses of lost messages: which, acknowledged by whom and when, and why they are gone.

use super::log_view::Place;
use super::movers::movers;
use super::partition_facts::{PartitionFacts, What};
use super::rule::lost_word;
use super::runs::Runs;
use super::types::{Cause, Content, Leadership, Span, Witness};
use super::{disk, loss_text};
use crate::ledger::TopicFate;
use crate::model::Metric;

/// How many entries a witness lists of what is at its offsets now.
const MAX_STANDING: usize = 4;

/// Lost messages with consecutive sequences and offsets and the same explanation.
struct Piece {
    first: u64,
    end: u64,
    /// The first message's offset, as acknowledged.
    offset: Option<i64>,
    acked_us: Option<(u64, u64)>,
    acked_by: Vec<Leadership>,
    cause: Cause,
}

impl Piece {
    fn count(&self) -> u64 {
        self.end - self.first
    }

    /// Whether `next` continues this piece with the same explanation. Times may differ: they are
    /// joined.
    fn goes_on_with(&self, next: &Piece) -> bool {
        let offset_follows = match (self.offset, next.offset) {
            (Some(mine), Some(theirs)) => mine + self.count() as i64 == theirs,
            (None, None) => true,
            _ => false,
        };
        self.end == next.first
            && offset_follows
            && self.acked_us.is_some() == next.acked_us.is_some()
            && self.acked_by == next.acked_by
            && self.cause == next.cause
    }

    fn join(&mut self, next: &Piece) {
        self.end = next.end;
        if let (Some(mine), Some(theirs)) = (&mut self.acked_us, next.acked_us) {
            *mine = (mine.0.min(theirs.0), mine.1.max(theirs.1));
        }
    }
}

/// The first ranges of lost messages of a partition, at most `most`.
pub(super) fn witnesses(facts: &PartitionFacts<'_>, most: usize) -> Vec<Witness> {
    let mut pieces: Vec<Piece> = Vec::new();
    let lost = Runs::new(facts.ledger.sent, |word| lost_word(facts.ledger, facts.read, word));
    'all: for run in lost {
        let mut sequence = run.start;
        while sequence < run.end {
            let piece = piece(facts, sequence, run.end);
            sequence = piece.end;
            let full = pieces.len() == most;
            match pieces.last_mut() {
                Some(last) if last.goes_on_with(&piece) => last.join(&piece),
                _ if full => break 'all,
                _ => pieces.push(piece),
            }
        }
    }
    pieces.into_iter().map(|piece| witness(facts, piece)).collect()
}

fn piece(facts: &PartitionFacts<'_>, sequence: u64, limit: u64) -> Piece {
    let nowhere = if facts.whole { Cause::NowhereFound } else { Cause::Unread };
    let without_offset = |end, acked_us| Piece {
        first: sequence,
        end,
        offset: None,
        acked_us,
        acked_by: Vec::new(),
        cause: nowhere,
    };
    let ack = match facts.ack_at(sequence, limit) {
        Ok(ack) => ack,
        // Only a ledger killed between two stores, or damaged, has a bit without a stretch.
        Err(end) => return without_offset(end, None),
    };
    let between = (ack.first_ack_us, ack.last_ack_us);
    if facts.input.observed.topic != TopicFate::Kept {
        // Its offsets and epochs are those of another topic.
        let piece = without_offset(sequence + ack.stretch.count, Some(between));
        return Piece { cause: Cause::TopicDeleted, ..piece };
    }
    let acked_by = if facts.client.confirmed {
        facts.leaders.candidates(between.0, between.1)
    } else {
        Vec::new()
    };
    if ack.stretch.offset < 0 {
        let piece = without_offset(sequence + ack.stretch.count, Some(between));
        return Piece { acked_by, ..piece };
    }
    let offset = ack.stretch.offset;
    let (place, edge) = facts.log.at(offset);
    let count = ack.stretch.count.min(edge.abs_diff(offset));
    let acked_by = without_contradicted(facts, acked_by, (offset, between.1), &place);
    Piece {
        first: sequence,
        end: sequence + count,
        offset: Some(offset),
        acked_us: Some(between),
        cause: cause(facts, &acked_by, between, (offset, &place)),
        acked_by,
    }
}

/// Excludes brokers that cannot have acknowledged a record at this offset, according to the log.
///
/// Within its epoch a leader writes each offset once, and keeps what it wrote while it leads. So if
/// the log holds a record of an epoch at or after this offset, that epoch's leader had something
/// else here, and did not acknowledge. Nor did it if the last record of that epoch is before this
/// offset and was acknowledged later: a leader appends and answers in offset order. And the leader
/// of the highest epoch is the one whose log was read: it still has what it acknowledged, so
/// another did it. The last rule yields if it would exclude everybody: then something happened that
/// a broker does not do to its own log, and the only possible broker is named.
fn without_contradicted(
    facts: &PartitionFacts<'_>,
    mut candidates: Vec<Leadership>,
    (offset, acked_us): (i64, u64),
    place: &Place,
) -> Vec<Leadership> {
    let other_or_none = match place {
        Place::Standing(standing) => standing.content != Content::Corrupt,
        Place::BeyondEnd => true,
        Place::BelowStart | Place::Missing | Place::Unrecorded | Place::Unread => false,
    };
    if other_or_none {
        candidates.retain(|one| match facts.log.last_of(one.epoch) {
            Some(last) if last.offsets.last >= offset => false,
            Some(last) => facts.acked_at(&last).is_none_or(|at_us| at_us <= acked_us),
            None => true,
        });
        let highest = facts.leaders.highest_epoch().max(facts.log.highest_epoch());
        if candidates.len() > 1 {
            candidates.retain(|one| Some(one.epoch) != highest);
        }
    }
    candidates
}

/// Why the record acknowledged at this offset is gone. Claims only what was seen.
fn cause(
    facts: &PartitionFacts<'_>,
    acked_by: &[Leadership],
    acked_us: (u64, u64),
    (offset, place): (i64, &Place),
) -> Cause {
    let acked_in = last_epoch(acked_by);
    let gone_since = |acked_in: i32, epoch: i32| match disk::leader_that_had_it(
        facts, acked_by, acked_us, epoch,
    ) {
        Some(leader) if disk::all_down(facts, acked_us, epoch).is_some() => {
            Cause::GoneFromDisk { epoch, leader }
        }
        Some(leader) => Cause::GoneInSync { epoch, leader },
        None => Cause::Truncated {
            epoch,
            leader: facts.leaders.leader_of(epoch),
            next_epoch: facts.leaders.next_epoch(acked_in).is_none_or(|next| next >= epoch),
        },
    };
    match place {
        Place::BelowStart => Cause::BelowLogStart,
        Place::Missing => Cause::Missing,
        Place::Unrecorded => Cause::Unrecorded,
        Place::Unread => Cause::Unread,
        Place::Standing(standing) if standing.content == Content::Corrupt => Cause::Corrupt,
        Place::Standing(standing) => match acked_in.filter(|epoch| *epoch < standing.epoch) {
            // The record here is of a later epoch; the first later one that took over at or before
            // this offset did it.
            Some(acked_in) => {
                let first = facts.log.epoch_after(acked_in, offset).unwrap_or(standing.epoch);
                gone_since(acked_in, first)
            }
            None => Cause::Replaced,
        },
        Place::BeyondEnd => {
            let Some(acked_in) = acked_in else { return Cause::BeyondEnd };
            let seen = facts.leaders.highest_epoch().filter(|highest| *highest > acked_in);
            match facts.log.epoch_after(acked_in, offset).or(seen) {
                Some(later) => gone_since(acked_in, later),
                None => Cause::BeyondEnd,
            }
        }
    }
}

/// The last epoch in which it may have been acknowledged.
fn last_epoch(acked_by: &[Leadership]) -> Option<i32> {
    acked_by.iter().map(|one| one.epoch).max()
}

fn witness(facts: &PartitionFacts<'_>, piece: Piece) -> Witness {
    let count = piece.count();
    let offsets = piece.offset.map(|first| Span { first, last: first + count as i64 - 1 });
    let what = What {
        count,
        sequences: Some(Span { first: piece.first, last: piece.end - 1 }),
        offsets,
        acked_us: piece.acked_us,
    };
    let moved_by = match (piece.cause, last_epoch(&piece.acked_by)) {
        (Cause::Truncated { epoch, .. }, Some(acked_in)) => movers(facts, acked_in, epoch),
        _ => Vec::new(),
    };
    let all_down = match (piece.cause, piece.acked_us) {
        (Cause::GoneFromDisk { epoch, .. }, Some(acked_us)) => {
            disk::all_down(facts, acked_us, epoch)
        }
        _ => None,
    };
    let mut witness = Witness {
        moved_by,
        all_down,
        acked_by: piece.acked_by,
        cause: Some(piece.cause),
        standing: offsets.map_or_else(Vec::new, |span| facts.log.within(span, MAX_STANDING)),
        ..facts.witness(Metric::Lost, &what)
    };
    witness.text = loss_text::of(facts, &witness, piece.cause);
    witness
}
