//! What is lost, who had acknowledged it, and why it is gone.

use super::*;
use crate::kafka::leaders::Leaders;

// 2..4 were acknowledged in epoch 4 at offsets 2-3, where epoch 5 is now: they are lost, and 4..6,
// which are there instead, are not.
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
    assert_eq!(findings.counts.of(Metric::Lost), 2);
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
         10.000 s and 11.000 s were truncated when broker 1 became leader in epoch 5 (in force: \
         network_partition: [[leader], [followers]])"
    );
}

// A zombie: broker 1 leads in epoch 5 since 12 s, but broker 0 does not know, and acknowledges at
// 15 s. The log holds epoch 5 at the offset, so broker 1 did not acknowledge 1 there.
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

// A zombie again: broker 0 wakes up as the leader of epoch 4 and acknowledges 1 and 2 at offsets 1
// and 2, at 10 s. Broker 1 leads in epoch 5 by then, acknowledges 3 at offset 1, at 12 s, and hands
// over to broker 0, which leads in epoch 6. At offset 2 the log goes on in epoch 6. Broker 1 had no
// offset 2 at 10 s, since it came to offset 1 at 12 s: it was the zombie, and epoch 5 cut it off.
#[test]
fn who_came_to_a_lower_offset_later_did_not_acknowledge_a_higher_one_before() {
    let zombie = |of_3_us| {
        sent(5)
            .says(0, 0, 0, 4)
            .says(5 * S, 1, 1, 5)
            .says(11 * S, 0, 1, 5)
            .says(14 * S, 0, 0, 6)
            .acked(0..1, 0, S, S)
            .acked(1..3, 1, 10 * S, 10 * S)
            .acked(3..4, 1, of_3_us, of_3_us)
            .acked(4..5, 2, 15 * S, 15 * S)
            .log(0, 4, ours(0..1))
            .log(1, 5, ours(3..4))
            .log(2, 6, ours(4..5))
            .verify()
    };
    let told = zombie(12 * S);
    let witness = only_witness(&told);
    assert_eq!(witness.acked_by, [Leadership { epoch: 4, broker: 0 }]);
    let cause = Cause::Truncated { epoch: 5, leader: Some(1), next_epoch: true };
    assert_eq!(witness.cause, Some(cause));
    // Had broker 1 come to offset 1 before, it might have been at 2 by then.
    let open = zombie(9 * S);
    let both = [Leadership { epoch: 4, broker: 0 }, Leadership { epoch: 5, broker: 1 }];
    assert_eq!(open.witnesses.last().unwrap().acked_by, both);
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

// Only one leader was ever seen, and the log ends before the offset: only it can have acknowledged.
// No later epoch explains the loss, so none is claimed.
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

// Of the log's epochs later than the acknowledgement's, the first did it, though a still later one
// follows.
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

// Between two leader changes seen at once, either broker may have acknowledged: both are named.
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

// Broker 0 gave no answer from before the acknowledgement until long after: it did not acknowledge.
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

// A leadership counts from a second before it was seen, and ends with the broker's own claim.
#[test]
fn a_leadership_lasts_until_the_broker_itself_says_otherwise() {
    let leaders = |history: &History, at_us: u64| -> Vec<i32> {
        let leaders = Leaders::new(&history.observations, TOPIC, 0);
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
    // Broker 0 leads again in epoch 7: that it led before says nothing about when epoch 7 began.
    let again =
        sent(1).says(0, 0, 0, 4).says(5 * S, 1, 1, 5).says(5 * S, 0, 1, 5).says(9 * S, 0, 0, 7);
    assert_eq!(leaders(&again, 7 * S), [1]);
    assert_eq!(leaders(&again, 8 * S), [1, 0]);
    assert_eq!(leaders(&history, 50 * S), [1], "no leader is nobody's word but the controller's");
    let of_another = Leaders::new(&history.observations, TOPIC, 1);
    assert_eq!(of_another.highest_epoch(), None);
    let of_another = Leaders::new(&history.observations, "u", 0);
    assert_eq!(of_another.highest_epoch(), None);
}

// With acks=0 nobody acknowledged anything and no offset is known: the text says so.
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
        "2 messages sent, unconfirmed (acks=0), with sequences 1-2 for partition 0 at 1.000 s are \
         nowhere in the log"
    );
    assert_eq!(findings.notes.len(), 1);
}

// A corrupt record is where the message was acknowledged: it is lost, since its content is not
// there, and the corrupt record is the reason.
#[test]
fn a_message_that_came_back_corrupt_is_lost_and_corrupt() {
    let history = sent(2).says(0, 0, 0, 4).acked(0..2, 0, S, S);
    let findings = history.log(0, 4, [Found::Ours { sequence: 0 }, Found::Corrupt]).verify();
    assert_eq!((findings.counts.of(Metric::Lost), findings.counts.of(Metric::Corrupt)), (1, 1));
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
        "1 message acknowledged at offset 1 of partition 0 at 1.000 s is gone, and other records are there: 1 foreign record appended by broker 0 in epoch 4"
    );
    assert_eq!(findings.witnesses[1].anomaly, Metric::Foreign);
}

// Ranges: 2 and 3 in a row are one witness over two stretches; 5 is another; and where offsets
// jump, a range ends.
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
    // 2 was at offset 2, where 4 is now; 3 is beyond the end: two explanations, two ranges.
    assert_eq!(
        ranges,
        [(2, 2, ms(1), ms(2)), (3, 3, ms(3), ms(4)), (5, 5, ms(3), ms(4)), (6, 7, ms(5), ms(5))]
    );
    let joined = sent(4).acked(0..2, 0, S, 2 * S).acked(2..4, 2, 3 * S, 4 * S).verify();
    let witness = only_witness(&joined);
    assert_eq!((witness.count, witness.acked_from_ms, witness.acked_to_ms), (4, ms(1), ms(4)));
    // Acknowledgements may come out of order; the stretches are searched by sequence.
    let swapped = sent(4).acked(2..4, 2, S, 2 * S).acked(0..2, 0, 3 * S, 4 * S).verify();
    assert_eq!(only_witness(&swapped).count, 4);
}

// A ledger killed between two stores has a bit without a stretch: lost all the same.
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
    assert_eq!((findings.counts.of(Metric::Lost), findings.witnesses.len()), (30, MAX_WITNESSES));
    assert_eq!(findings.omitted, [Omitted { anomaly: Metric::Lost, count: 10 }]);
}
