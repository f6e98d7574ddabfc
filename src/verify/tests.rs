//! Hand-written histories with one argued answer each: every anomaly, with and without it.

use super::*;
use crate::event::{BrokerView, Observation, PartitionView};
use crate::ledger::{AckStretch, Found, LedgerRecord, Observed, PartitionLedger};
use crate::ledger::{LatencyHistogram, PartitionObserved, Stretch};
use crate::plan::Metric;
use std::ops::Range;

const TOPIC: &str = "t";
const S: u64 = 1_000_000;

/// A history of one partition.
struct History {
    ledger: PartitionLedger,
    read: PartitionObserved,
    start: i64,
    end: i64,
    unreadable: Option<String>,
    observations: Vec<Observation>,
    faults: Vec<FaultWindow>,
    confirmed: bool,
    holes_explained: Option<&'static str>,
}

/// So many messages sent, nothing known of them, an empty log.
fn sent(sent: u64) -> History {
    History {
        ledger: PartitionLedger { sent, ..PartitionLedger::default() },
        read: PartitionObserved::new(sent),
        start: 0,
        end: 0,
        unreadable: None,
        observations: Vec::new(),
        faults: Vec::new(),
        confirmed: true,
        holes_explained: None,
    }
}

impl History {
    /// Acknowledged from this offset on, between two times.
    fn acked(mut self, sequences: Range<u64>, offset: i64, from_us: u64, to_us: u64) -> Self {
        let known = (0..self.ledger.sent).filter(|sequence| self.ledger.acked.get(*sequence));
        self.ledger.acked = known.chain(sequences.clone()).collect();
        let count = sequences.end - sequences.start;
        self.ledger.stretches.push(AckStretch {
            stretch: Stretch { sequence: sequences.start, offset, count },
            first_ack_us: from_us,
            last_ack_us: to_us,
        });
        self
    }

    fn rejected(mut self, sequences: Range<u64>) -> Self {
        self.ledger.rejected = sequences.collect();
        self
    }

    /// What stands in the log from this offset on; the log ends behind it.
    fn log(mut self, offset: i64, epoch: i32, records: impl IntoIterator<Item = Found>) -> Self {
        self.end = offset;
        for record in records {
            self.read.record(self.end, epoch, record);
            self.end += 1;
        }
        self
    }

    /// What a broker said of the leader.
    fn says(mut self, at_us: u64, asked: i32, leader: i32, epoch: i32) -> Self {
        let topic = TOPIC.to_owned();
        let view = PartitionView { at_us, asked, topic, partition: 0, leader, epoch, isr: vec![] };
        self.observations.push(Observation::Partition(view));
        self
    }

    fn answers(mut self, at_us: u64, broker: i32, answers: bool) -> Self {
        self.observations.push(Observation::Broker(BrokerView { at_us, broker, answers }));
        self
    }

    fn fault(mut self, what: &str, called_us: u64, healed_us: u64) -> Self {
        let (index, what) = (self.faults.len() as u16, what.to_owned());
        self.faults.push(FaultWindow { index, what, effective_us: None, called_us, healed_us });
        self
    }

    fn verify(self) -> CellFindings {
        let ledger = LedgerRecord {
            partitions: vec![self.ledger],
            pulses: vec![Vec::new()],
            latencies: Vec::new(),
        };
        let observed = Observed {
            partitions: vec![self.read],
            log_start: vec![self.start],
            end: vec![self.end],
            unreadable: vec![self.unreadable],
        };
        cell(&CellInput {
            topic: TOPIC,
            confirmed: self.confirmed,
            ledger: &ledger,
            observed: &observed,
            observations: &self.observations,
            faults: &self.faults,
            phases: &[],
            zero_us: 0,
            sending_ended_us: 60 * S,
            holes_explained: self.holes_explained,
        })
    }
}

fn ours(sequences: Range<u64>) -> impl Iterator<Item = Found> {
    sequences.map(|sequence| Found::Ours { sequence })
}

fn only_witness(findings: &CellFindings) -> &Witness {
    assert_eq!(findings.witnesses.len(), 1, "{:#?}", findings.witnesses);
    &findings.witnesses[0]
}

// Nothing wrong: all that was acknowledged is there once, in order, and the log was read whole.
#[test]
fn a_clean_history_has_no_anomaly_and_is_conclusive() {
    let findings = sent(3).acked(0..3, 0, 0, S).log(0, 1, ours(0..3)).verify();
    let counts = Counts { sent: 3, acked: 3, ..Counts::default() };
    assert_eq!(findings.counts, counts);
    assert_eq!((findings.copies, findings.unknown_present), (0, 0));
    assert!(findings.witnesses.is_empty() && findings.omitted.is_empty());
    assert!(findings.inconclusive.is_empty() && findings.bounds.is_empty());
    assert!(findings.notes.is_empty());
}

// 2..4 were acknowledged in epoch 4 at offsets 2-3, where epoch 5 stands now: they are lost,
// and 4..6, which stand there instead, are not.
#[test]
fn acknowledged_and_absent_is_lost_and_a_later_epoch_explains_it() {
    let findings = sent(6)
        .says(0, 0, 0, 4)
        .says(13 * S, 1, 1, 5)
        .acked(0..4, 0, 10 * S, 11 * S)
        .acked(4..6, 2, 14 * S, 14 * S)
        .log(0, 4, ours(0..2))
        .log(2, 5, ours(4..6))
        .fault("network_partition: [[leader], [followers]]", 5 * S, 20 * S)
        .fault("kill: broker:2", 30 * S, 31 * S)
        .verify();
    assert_eq!(findings.counts.lost, 2);
    let witness = only_witness(&findings);
    assert_eq!(witness.sequences, Some(Span { first: 2, last: 3 }));
    assert_eq!(witness.offsets, Some(Span { first: 2, last: 3 }));
    assert_eq!((witness.acked_from_ms, witness.acked_to_ms), (Some(10_000.0), Some(11_000.0)));
    assert_eq!(witness.acked_by, [Leadership { epoch: 4, broker: 0 }]);
    assert_eq!(witness.faults, [0]);
    let cause = Cause::Truncated { epoch: 5, leader: Some(1), next_epoch: true };
    assert_eq!(witness.cause, Some(cause));
    let there = Standing {
        offsets: Span { first: 2, last: 3 },
        epoch: 5,
        leader: Some(1),
        content: Content::Ours { sequence: 4 },
    };
    assert_eq!(witness.standing, [there]);
    assert_eq!(
        witness.text,
        "2 messages acknowledged by broker 0 in epoch 4 at offsets 2-3 of partition 0 between \
         10.0 s and 11.0 s were truncated when broker 1 became leader in epoch 5 (in force: \
         network_partition: [[leader], [followers]])"
    );
}

// A zombie: broker 1 leads in epoch 5 since 12 s, but broker 0 does not know, and acknowledges at
// 15 s. The log holds epoch 5 at the offset, so it was not broker 1 that acknowledged 1 there.
#[test]
fn a_loss_while_two_brokers_claim_to_lead_is_the_zombies() {
    let findings = sent(3)
        .says(0, 0, 0, 4)
        .says(12 * S, 1, 1, 5)
        .says(20 * S, 0, 1, 5)
        .acked(0..1, 0, S, S)
        .acked(1..2, 1, 15 * S, 15 * S)
        .acked(2..3, 1, 21 * S, 21 * S)
        .log(0, 4, ours(0..1))
        .log(1, 5, ours(2..3))
        .verify();
    assert_eq!(only_witness(&findings).acked_by, [Leadership { epoch: 4, broker: 0 }]);
}

// As before, but nothing was written in epoch 5: the log ends before the offset. Broker 1, whose
// log was read, leads in the highest epoch and keeps what it acknowledges; so it was broker 0.
#[test]
fn beyond_the_end_of_the_log_the_last_leader_is_not_suspected() {
    let findings = sent(2)
        .says(0, 0, 0, 4)
        .says(12 * S, 1, 1, 5)
        .acked(0..1, 0, S, S)
        .acked(1..2, 1, 15 * S, 15 * S)
        .log(0, 4, ours(0..1))
        .verify();
    let witness = only_witness(&findings);
    assert_eq!(witness.acked_by, [Leadership { epoch: 4, broker: 0 }]);
    let cause = Cause::Truncated { epoch: 5, leader: Some(1), next_epoch: true };
    assert_eq!(witness.cause, Some(cause));
    assert!(witness.standing.is_empty());
}

// Only one leader was ever seen, and the log ends before the offset: it is the only one who can
// have acknowledged, and no later epoch explains the loss, so none is claimed.
#[test]
fn without_a_later_epoch_no_truncation_is_claimed() {
    let history = sent(2).says(0, 0, 0, 4).acked(0..2, 0, S, S);
    let findings = history.log(0, 4, ours(0..1)).verify();
    let witness = only_witness(&findings);
    assert_eq!(witness.acked_by, [Leadership { epoch: 4, broker: 0 }]);
    assert_eq!(witness.cause, Some(Cause::BeyondEnd));
    assert!(
        witness.text.ends_with("is gone: the log ends at offset 1, and no later epoch was seen")
    );
}

// Epoch 5 had a leader, but the log shows epoch 6 only: which of them cut 1 off is not known.
#[test]
fn a_truncation_across_two_epochs_names_no_culprit() {
    let findings = sent(3)
        .says(0, 0, 0, 4)
        .says(12 * S, 1, 1, 5)
        .says(20 * S, 2, 2, 6)
        .acked(0..2, 0, S, S)
        .acked(2..3, 1, 21 * S, 21 * S)
        .log(0, 4, ours(0..1))
        .log(1, 6, ours(2..3))
        .verify();
    let witness = only_witness(&findings);
    let cause = Cause::Truncated { epoch: 6, leader: Some(2), next_epoch: false };
    assert_eq!(witness.cause, Some(cause));
    assert!(witness.text.contains("is not in the log with which broker 2 in epoch 6 went on"));
}

// Of the epochs in the log that are later than the acknowledgement's, the first did it, though
// a still later one stands behind it.
#[test]
fn the_first_later_epoch_of_the_log_is_named() {
    let findings = sent(4)
        .says(0, 0, 0, 4)
        .says(12 * S, 1, 1, 5)
        .says(20 * S, 2, 2, 6)
        .acked(0..2, 1, S, S)
        .log(0, 5, ours(2..3))
        .log(1, 6, ours(3..4))
        .verify();
    // Offset 1 holds epoch 6 and offset 2 is beyond the end, but epoch 5 began before both.
    let cause = Cause::Truncated { epoch: 5, leader: Some(1), next_epoch: true };
    assert_eq!(only_witness(&findings).cause, Some(cause));
    assert_eq!(only_witness(&findings).count, 2, "one story, one range");
}

// Between two takings-over seen at once, either broker may have acknowledged: both are named.
#[test]
fn what_cannot_be_told_apart_is_not_told_apart() {
    let findings = sent(2)
        .says(0, 0, 0, 4)
        .says(10 * S, 1, 1, 5)
        .says(30 * S, 2, 2, 6)
        .acked(0..1, 0, 10 * S, 10 * S)
        .log(0, 6, ours(1..2))
        .verify();
    let both = [Leadership { epoch: 4, broker: 0 }, Leadership { epoch: 5, broker: 1 }];
    assert_eq!(only_witness(&findings).acked_by, both);
    let text = &only_witness(&findings).text;
    assert!(
        text.contains("by broker 0 in epoch 4 or broker 1 in epoch 5 at offset 0 of"),
        "{text}"
    );
}

// Broker 0 gave no answer from before the acknowledgement until long after: it was not it.
#[test]
fn a_broker_that_was_silent_throughout_acknowledged_nothing() {
    let history = || {
        sent(2)
            .says(0, 0, 0, 4)
            .says(10 * S, 1, 1, 5)
            .says(30 * S, 2, 2, 6)
            .acked(0..1, 0, 10 * S, 10 * S)
            .log(0, 6, ours(1..2))
    };
    let candidates = |history: History| only_witness(&history.verify()).acked_by.len();
    assert_eq!(candidates(history().answers(8 * S, 0, false).answers(20 * S, 0, true)), 1);
    // It answered again within a second: its answer may have been late.
    let woke = history().answers(8 * S, 0, false).answers(11 * S, 0, true);
    assert_eq!(candidates(woke), 2);
    let woke_later = history().answers(8 * S, 0, false).answers(11 * S + 1, 0, true);
    assert_eq!(candidates(woke_later), 1);
    // It fell silent too late: the acknowledgement may have been under way. Or it answered again.
    assert_eq!(candidates(history().answers(9 * S, 0, false)), 1);
    assert_eq!(candidates(history().answers(9 * S + 1, 0, false)), 2);
    assert_eq!(candidates(history().answers(8 * S, 0, false).answers(9 * S, 0, true)), 2);
    // The silence of another says nothing.
    assert_eq!(candidates(history().answers(8 * S, 2, false)), 2);
}

// A leadership counts from a second before it was seen, and ends with the broker's own word.
#[test]
fn a_leadership_lasts_until_the_broker_itself_says_otherwise() {
    let leaders = |history: &History, at_us: u64| -> Vec<i32> {
        let leaders = leadership::Leaderships::new(&history.observations, TOPIC, 0);
        leaders.candidates(at_us, at_us).iter().map(|one| one.broker).collect()
    };
    let history = sent(1).says(2 * S, 0, 0, 4).says(10 * S, 1, 1, 5).says(12 * S, 0, 1, 5).says(
        13 * S,
        2,
        -1,
        6,
    );
    assert_eq!(leaders(&history, S - 1), [] as [i32; 0]);
    assert_eq!(leaders(&history, S), [0]);
    assert_eq!(leaders(&history, 9 * S - 1), [0]);
    assert_eq!(leaders(&history, 9 * S), [0, 1]);
    assert_eq!(leaders(&history, 13 * S - 1), [0, 1]);
    assert_eq!(leaders(&history, 13 * S), [1]);
    // Broker 0 leads again in epoch 7: that it led before says nothing of when epoch 7 began.
    let again =
        sent(1).says(0, 0, 0, 4).says(5 * S, 1, 1, 5).says(5 * S, 0, 1, 5).says(9 * S, 0, 0, 7);
    assert_eq!(leaders(&again, 7 * S), [1]);
    assert_eq!(leaders(&again, 8 * S), [1, 0]);
    assert_eq!(leaders(&history, 50 * S), [1], "no leader is nobody's word but the controller's");
    let of_another = leadership::Leaderships::new(&history.observations, TOPIC, 1);
    assert_eq!(of_another.highest_epoch(), None);
    let of_another = leadership::Leaderships::new(&history.observations, "u", 0);
    assert_eq!(of_another.highest_epoch(), None);
}

// With acks=0 nobody acknowledged anything and no offset is known: it is called what it is.
#[test]
fn a_loss_with_acks_0_is_unconfirmed() {
    let mut history = sent(3).says(0, 0, 0, 4).acked(0..3, -1, S, S).log(0, 4, ours(0..1));
    history.confirmed = false;
    let findings = history.verify();
    let witness = only_witness(&findings);
    assert!(witness.acked_by.is_empty());
    assert_eq!(
        (witness.count, witness.offsets, witness.cause),
        (2, None, Some(Cause::NowhereFound))
    );
    assert_eq!(
        witness.text,
        "2 messages sent, unconfirmed (acks=0), with sequences 1-2 for partition 0 at 1.0 s are \
         nowhere in the log"
    );
    assert_eq!(findings.notes.len(), 1);
}

// A corrupt record stands where the message was acknowledged: lost it is, since its content is
// not there, and the corrupt record is the reason.
#[test]
fn a_message_that_came_back_corrupt_is_lost_and_corrupt() {
    let history = sent(2).says(0, 0, 0, 4).acked(0..2, 0, S, S);
    let findings = history.log(0, 4, [Found::Ours { sequence: 0 }, Found::Corrupt]).verify();
    assert_eq!((findings.counts.lost, findings.counts.corrupt), (1, 1));
    let [lost, corrupt] = &findings.witnesses[..] else { panic!("{:#?}", findings.witnesses) };
    assert_eq!(lost.cause, Some(Cause::Corrupt));
    assert_eq!(lost.acked_by, [Leadership { epoch: 4, broker: 0 }]);
    assert_eq!(
        corrupt.text,
        "1 corrupt record in partition 0 at offset 1, appended by broker 0 in epoch 4"
    );
    assert_eq!(corrupt.offsets, Some(Span { first: 1, last: 1 }));
}

// The offset holds a foreign record of the same epoch: nobody truncated anything.
#[test]
fn a_message_replaced_within_its_epoch_was_not_truncated() {
    let history = sent(2).acked(0..2, 0, S, S).says(0, 0, 0, 4);
    let findings = history.log(0, 4, [Found::Ours { sequence: 0 }, Found::Foreign]).verify();
    let lost = &findings.witnesses[0];
    assert_eq!((lost.cause, lost.acked_by.len()), (Some(Cause::Replaced), 0));
    assert_eq!(
        lost.text,
        "1 message acknowledged at offset 1 of partition 0 at 1.0 s is gone, and other records \
         stand there: 1 foreign record appended by broker 0 in epoch 4"
    );
    assert_eq!(findings.witnesses[1].anomaly, Anomaly::Foreign);
}

// Ranges: 2 and 3 in a row are one witness over two stretches; 5 is another; and where the
// offsets jump, a range ends.
#[test]
fn lost_messages_in_a_row_are_one_range() {
    let findings = sent(8)
        .acked(0..3, 0, S, 2 * S)
        .acked(3..6, 3, 3 * S, 4 * S)
        .acked(6..8, 16, 5 * S, 5 * S)
        .log(0, 1, ours(0..2).chain(ours(4..5)))
        .verify();
    let ranges: Vec<_> = findings
        .witnesses
        .iter()
        .map(|witness| {
            let sequences = witness.sequences.unwrap();
            (sequences.first, sequences.last, witness.acked_from_ms, witness.acked_to_ms)
        })
        .collect();
    let ms = |s: u64| Some(s as f64 * 1e3);
    // 2 stands at offset 2, where 4 is now; 3 is beyond the end: two stories, two ranges.
    assert_eq!(
        ranges,
        [(2, 2, ms(1), ms(2)), (3, 3, ms(3), ms(4)), (5, 5, ms(3), ms(4)), (6, 7, ms(5), ms(5))]
    );
    let joined = sent(4).acked(0..2, 0, S, 2 * S).acked(2..4, 2, 3 * S, 4 * S).verify();
    let witness = only_witness(&joined);
    assert_eq!((witness.count, witness.acked_from_ms, witness.acked_to_ms), (4, ms(1), ms(4)));
    // Acknowledgements may come out of order; the stretches are sought by sequence.
    let swapped = sent(4).acked(2..4, 2, S, 2 * S).acked(0..2, 0, 3 * S, 4 * S).verify();
    assert_eq!(only_witness(&swapped).count, 4);
}

// A ledger killed between two stores has a bit that no stretch explains: lost all the same.
#[test]
fn a_loss_without_a_stretch_is_a_loss_without_a_time() {
    let mut history = sent(4).acked(2..3, 0, S, S);
    history.ledger.acked = (0..4).collect();
    let findings = history.verify();
    let times: Vec<_> =
        findings.witnesses.iter().map(|one| (one.count, one.acked_from_ms)).collect();
    assert_eq!(times, [(2, None), (1, Some(1_000.0)), (1, None)]);
    assert!(
        findings.witnesses[0].text.contains("acknowledged with sequences 0-1 for partition 0 are")
    );
}

// Every other message is lost: 30 ranges, of which 20 are shown and 10 messages left out.
#[test]
fn witnesses_are_bounded_and_the_rest_is_counted() {
    let evens = || (0..60).filter(|sequence| sequence % 2 == 0);
    let mut history = sent(60).acked(0..60, -1, S, S);
    history = history.log(0, 1, evens().map(|sequence| Found::Ours { sequence }));
    let findings = history.verify();
    assert_eq!((findings.counts.lost, findings.witnesses.len()), (30, MAX_WITNESSES));
    assert_eq!(findings.omitted, [Omitted { anomaly: Anomaly::Lost, count: 10 }]);
}

// 1 and 2 stand at offsets 1-2 and again at 3-4: two messages duplicated, two extra copies.
#[test]
fn a_message_at_two_offsets_is_duplicated() {
    let findings = sent(3)
        .says(0, 0, 0, 1)
        .acked(0..3, 0, S, 2 * S)
        .fault("process_stop: follower", 2 * S, 3 * S)
        .log(0, 1, ours(0..3))
        .log(3, 2, ours(1..3))
        .verify();
    assert_eq!((findings.counts.duplicated, findings.copies), (2, 2));
    assert_eq!((findings.counts.reordered, findings.counts.lost), (0, 0));
    let witness = only_witness(&findings);
    assert_eq!((witness.anomaly, witness.count), (Anomaly::Duplicated, 2));
    assert_eq!(witness.offsets, Some(Span { first: 1, last: 2 }));
    let copies: Vec<_> =
        witness.standing.iter().map(|copy| (copy.offsets.first, copy.epoch)).collect();
    assert_eq!(copies, [(1, 1), (3, 2)]);
    assert_eq!(witness.standing[1].content, Content::Ours { sequence: 1 });
    assert_eq!((witness.acked_from_ms, witness.acked_to_ms), (Some(1_000.0), Some(2_000.0)));
    assert_eq!(witness.faults, [0]);
    assert_eq!(
        witness.text,
        "2 messages (sequences 1-2) stand 2 times in partition 0: at offsets 1-2, appended by \
         broker 0 in epoch 1 and offsets 3-4, appended in epoch 2; the second copy is 2 offsets \
         behind the first"
    );
}

// 0 stands five times, 1 twice: two stories, and of five copies four are listed.
#[test]
fn copies_are_counted_message_by_message() {
    let copies = [0, 1, 0, 1, 0, 0, 0].map(|sequence| Found::Ours { sequence });
    let findings = sent(2).acked(0..2, 0, S, S).log(0, 1, copies).verify();
    assert_eq!((findings.counts.duplicated, findings.copies), (2, 5));
    let [zero, one] = &findings.witnesses[..] else { panic!("{:#?}", findings.witnesses) };
    assert_eq!((zero.count, zero.standing.len(), one.standing.len()), (1, 4, 2));
    assert!(
        zero.text.contains("stands 5 times") && zero.text.contains("and 1 more;"),
        "{}",
        zero.text
    );
}

// Every message twice in a row are more stretches than are kept: all are counted, but where the
// second copies of the last ones stand is not known, and it is said so.
#[test]
fn copies_beyond_what_is_kept_are_counted_and_not_placed() {
    let messages = crate::ledger::MAX_LOG_STRETCHES as u64;
    let all = messages + 2;
    let twice = (0..all).flat_map(|sequence| [Found::Ours { sequence }; 2]);
    let findings = sent(all).acked(0..all, -1, S, S).log(0, 1, twice).verify();
    assert_eq!((findings.counts.duplicated, findings.copies), (all, all));
    assert!(findings.notes[0].contains("was kept up to offset"), "{:?}", findings.notes);
    let duplicated = |one: &&Witness| one.anomaly == Anomaly::Duplicated;
    let first = findings.witnesses.iter().find(duplicated).unwrap();
    assert!(first.text.contains("stands at least 2 times"), "{}", first.text);

    // One message alone is duplicated, and its second copy is beyond.
    let evens = (0..=messages).map(|index| 2 * index);
    let records = evens.chain([0]).map(|sequence| Found::Ours { sequence });
    let all = 2 * messages + 1;
    let findings = sent(all).acked(0..all, -1, S, S).log(0, 1, records).verify();
    let only = findings.witnesses.iter().find(duplicated).unwrap();
    assert_eq!(
        only.text,
        "1 message (sequence 0) stands more than once in partition 0, where was not kept"
    );
}

// 1 and 2 came behind 3: they are reordered. 3 before them is not, and neither is a late copy.
#[test]
fn a_first_copy_behind_a_higher_sequence_is_reordered() {
    let records = ours(0..1).chain(ours(3..4)).chain(ours(1..3)).chain(ours(0..1));
    let findings = sent(4).says(0, 2, 2, 7).acked(0..4, 0, S, S).log(0, 7, records).verify();
    assert_eq!((findings.counts.reordered, findings.counts.duplicated), (2, 1));
    let witness = &findings.witnesses[1];
    assert_eq!(witness.anomaly, Anomaly::Reordered);
    assert_eq!(
        witness.text,
        "2 messages (sequences 1-2) are in partition 0 at offsets 2-3, appended by broker 2 in \
         epoch 7, behind sequence 3"
    );
    assert_eq!(witness.sequences, Some(Span { first: 1, last: 2 }));
    assert_eq!(witness.offsets, Some(Span { first: 2, last: 3 }));
}

// 1 was rejected, so it must not be there, and is; 2 was rejected and is not there; 3 has no
// outcome and is there, which is no anomaly.
#[test]
fn rejected_yet_in_the_log_is_a_phantom() {
    let records = ours(0..2).chain(ours(3..4));
    let findings = sent(5).acked(0..1, 0, S, S).rejected(1..3).log(0, 1, records).verify();
    let counts =
        Counts { sent: 5, acked: 1, rejected: 2, unknown: 2, phantom: 1, ..Counts::default() };
    assert_eq!(findings.counts, counts);
    assert_eq!(findings.unknown_present, 1);
    assert_eq!(findings.notes, ["1 of 2 messages with an unknown outcome in the log"]);
    assert_eq!(
        only_witness(&findings).text,
        "1 message (sequence 1) was rejected, yet is in partition 0 at offset 1, appended in \
         epoch 1"
    );
    assert_eq!(only_witness(&findings).acked_from_ms, None);
}

// Two foreign records, one corrupt, and a sequence that was never sent, which is foreign too.
#[test]
fn what_we_did_not_write_is_counted_apart() {
    let records = [Found::Ours { sequence: 0 }, Found::Foreign, Found::Ours { sequence: 1 }];
    let findings =
        sent(1).acked(0..1, 0, S, S).log(0, 1, records).log(3, 1, [Found::Corrupt]).verify();
    assert_eq!((findings.counts.foreign, findings.counts.corrupt), (2, 1));
    assert_eq!((findings.counts.lost, findings.counts.duplicated), (0, 0));
    let texts: Vec<_> = findings.witnesses.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "1 corrupt record in partition 0 at offset 3, appended in epoch 1",
            "2 foreign records in partition 0 at offsets 1-2, appended in epoch 1"
        ]
    );
}

fn bounds(findings: &CellFindings, metric: Metric) -> (u64, Option<u64>) {
    let of = findings.bounds.iter().find(|bounds| bounds.metric == metric);
    of.map(|bounds| (bounds.least, bounds.most)).expect("the metric has bounds")
}

// Every message that is not found may stand where nobody looked: lost is 0 to 2; but the copy
// that was seen is a copy whatever else is in the log.
#[test]
fn a_log_start_above_zero_leaves_the_loss_open_and_not_the_copies() {
    let mut history = sent(3).acked(0..3, 0, S, S).log(2, 1, ours(2..3).chain(ours(2..3)));
    history.start = 2;
    let findings = history.verify();
    assert_eq!(
        findings.inconclusive,
        ["partition 0: the log starts at offset 2: what stood before it is gone unread"]
    );
    assert_eq!(findings.counts.lost, 2);
    assert_eq!(bounds(&findings, Metric::Lost), (0, Some(2)));
    assert_eq!(bounds(&findings, Metric::Duplicated), (1, None));
    assert_eq!(bounds(&findings, Metric::Reordered), (0, None));
    let lost = &findings.witnesses[0];
    assert_eq!(lost.cause, Some(Cause::BelowLogStart));
    assert!(
        lost.text.ends_with("are not to be seen: the log starts at offset 2 now"),
        "{}",
        lost.text
    );
}

// What stands before an unread tail stands first: a message behind a higher one is reordered
// whatever the tail holds. Behind a gap it may be a second copy.
#[test]
fn an_unread_tail_leaves_reordering_proved_and_a_gap_does_not() {
    let read = || sent(3).acked(0..3, 0, S, S).log(0, 1, ours(1..2).chain(ours(0..1)));
    let mut tail = read();
    tail.end = 3;
    let tail = tail.verify();
    assert_eq!(
        tail.inconclusive,
        ["partition 0: the log ends at offset 3, but was read to 2 only"]
    );
    assert_eq!(
        (bounds(&tail, Metric::Reordered), bounds(&tail, Metric::Lost)),
        ((1, None), (0, Some(1)))
    );
    assert_eq!(tail.witnesses[0].cause, Some(Cause::Unread));
    let mut gap = read();
    gap.start = -1; // the first record was to be at -1, and the first read is at 0
    let gap = gap.verify();
    assert_eq!(gap.inconclusive, ["partition 0: the first record read is at offset 0, not at -1"]);
    assert_eq!(bounds(&gap, Metric::Reordered), (0, None));
}

// Offsets without a record: inconclusive, unless compaction or transactions explain them.
#[test]
fn a_hole_is_inconclusive_unless_it_is_explained() {
    let history = || sent(3).acked(0..3, 0, S, S).log(0, 1, ours(0..1)).log(3, 1, ours(2..3));
    let findings = history().verify();
    assert_eq!(
        findings.inconclusive,
        ["partition 0: 2 offsets held no record, the first at offset 1"]
    );
    assert_eq!(bounds(&findings, Metric::Lost), (0, Some(1)));
    assert_eq!(only_witness(&findings).cause, Some(Cause::Missing));
    let mut explained = history();
    explained.holes_explained = Some("transactions");
    let explained = explained.verify();
    assert!(explained.inconclusive.is_empty() && explained.bounds.is_empty());
    assert_eq!(explained.notes, ["partition 0: 2 offsets without a record (transactions)"]);
}

// Nothing was read of the log: everything acknowledged is absent, and nothing is proved.
#[test]
fn an_unreadable_partition_proves_no_loss() {
    let mut history = sent(2).acked(0..2, 0, S, S);
    history.unreadable = Some("no leader".to_owned());
    let findings = history.verify();
    assert_eq!(findings.inconclusive, ["partition 0: the log could not be read: no leader"]);
    assert_eq!(bounds(&findings, Metric::Lost), (0, Some(2)));
    assert_eq!(only_witness(&findings).cause, Some(Cause::Unread));
    assert!(only_witness(&findings).text.ends_with("were not found: the log was not read whole"));
}

// The reader was told that one message was sent; so it took the second for foreign.
#[test]
fn a_reading_with_the_wrong_count_proves_nothing() {
    let mut history = sent(2).acked(0..2, 0, S, S);
    history.read = PartitionObserved::new(1);
    let findings = history.log(0, 1, ours(0..2)).verify();
    assert_eq!(
        findings.inconclusive,
        ["partition 0: the log was read as if 1 messages had been sent, and 2 were"]
    );
    assert_eq!(bounds(&findings, Metric::Foreign), (0, None));
    assert_eq!(bounds(&findings, Metric::Lost), (0, Some(1)));
}

// With nothing sent or acknowledged, nothing could go wrong: no verdict rests on that.
#[test]
fn a_run_that_could_not_fail_is_inconclusive() {
    assert_eq!(sent(0).verify().inconclusive, ["nothing was sent, so nothing was tested"]);
    assert_eq!(sent(0).verify().unavailable_ms, None);
    let rejected = sent(1).rejected(0..1);
    assert_eq!(
        rejected.verify().inconclusive,
        ["nothing was acknowledged, so nothing could be lost"]
    );
    assert!(sent(1).verify().notes.is_empty(), "the reason says it already");
    let mut unconfirmed = sent(1);
    unconfirmed.confirmed = false;
    let reasons = unconfirmed.verify().inconclusive;
    assert_eq!(reasons, ["nothing was reported as sent, so nothing could be lost"]);
}

// Of two partitions, one read whole and one not at all: what the first lost is lost for certain.
#[test]
fn a_partition_read_whole_proves_its_loss_whatever_another_hides() {
    let lost_one = sent(2).acked(0..2, 0, S, S).log(0, 1, ours(0..1));
    let ledger = LedgerRecord {
        partitions: vec![lost_one.ledger.clone(), lost_one.ledger.clone()],
        pulses: vec![Vec::new(); 2],
        latencies: vec![LatencyHistogram::new(); 2],
    };
    let observed = Observed {
        partitions: vec![lost_one.read],
        log_start: vec![0],
        end: vec![1],
        unreadable: vec![None],
    };
    let mut ledger = ledger;
    ledger.latencies[0].record(5);
    ledger.latencies[1].record(7);
    let phases = [("before".to_owned(), 0), ("after".to_owned(), 9), ("before".to_owned(), 1)];
    let findings = cell(&CellInput {
        topic: TOPIC,
        confirmed: true,
        ledger: &ledger,
        observed: &observed,
        observations: &[],
        faults: &[],
        phases: &phases,
        zero_us: 0,
        sending_ended_us: 0,
        holes_explained: None,
    });
    assert_eq!(findings.inconclusive, ["partition 1: the log was not read"]);
    assert_eq!((findings.counts.lost, bounds(&findings, Metric::Lost)), (3, (1, Some(3))));
    // Phases of one label are one, and a phase that was never in force is empty.
    let latencies: Vec<_> =
        findings.latencies.iter().map(|one| (one.label.as_str(), one.count, one.max_us)).collect();
    assert_eq!(latencies, [("before", 2, Some(7)), ("after", 0, None)]);
    let json = serde_json::to_string(&findings).unwrap();
    assert_eq!(serde_json::from_str::<CellFindings>(&json).unwrap(), findings);
    for name in ["\"counts\":{\"sent\":4,\"acked\":4,", "\"unavailable_ms\":0.0", "\"witnesses\":["]
    {
        assert!(json.contains(name), "{name} in {json}");
    }
}
