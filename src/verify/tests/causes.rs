//! Why a loss happened: which fault moved the leader, what no election took away, and what happened
//! to the topic.

use super::*;

const ALL: &[i32] = &[0, 1, 2];
const GONE: Cause = Cause::GoneFromDisk { epoch: 6, leader: 2 };

// Both followers sleep from 3 s to 4 s; broker 0 leads and acknowledges alone, with acks=1, until
// it is killed at 3.9 s. Broker 1 leads from 4.2 s on without these messages. The followers' sleep
// was in force at the acknowledgement, but it moved nobody: the kill did, though the last
// acknowledgement came before it.
#[test]
fn the_fault_that_moved_the_leader_is_told_from_the_one_in_force() {
    let findings = sent(3)
        .says(0, 0, 0, 4)
        .says(4_200_000, 1, 1, 5)
        .acked(0..2, 0, 3_500_000, 3_800_000)
        .acked(2..3, 0, 5 * S, 5 * S)
        .log(0, 5, ours(2..3))
        .act(Act::Stop, &[1, 2], "process_stop followers at 3 s for 1 s", 3 * S, 4 * S)
        .act(Act::Kill, &[0], "kill leader at 3.9 s for 4 s", 3_900_000, 8 * S)
        .verify();
    let witness = only_witness(&findings);
    assert_eq!((&witness.moved_by[..], &witness.faults[..]), (&[1][..], &[0][..]));
    assert_eq!(
        witness.text,
        "2 messages acknowledged by broker 0 in epoch 4 at offsets 0-1 of partition 0 between \
         3.500 s and 3.800 s were truncated when broker 1 became leader in epoch 5 (moved by: kill \
         leader at 3.9 s for 4 s; in force: process_stop followers at 3 s for 1 s)"
    );
}

/// One message that broker 0 acknowledged at 5 s in epoch 4, and an election seen at 10 s.
fn moved_by(change: impl FnOnce(History) -> History) -> Vec<u16> {
    let history = sent(2).acked(0..1, 0, 5 * S, 5 * S).log(0, 5, ours(1..2));
    let findings = change(history.says(0, 0, 0, 4)).says(10 * S, 1, 1, 5).verify();
    only_witness(&findings).moved_by.clone()
}

// The kill left the partition without a leader. Whether broker 1 became leader because of the
// request or by the controller's own doing is not known, so the text says only that it was
// requested.
#[test]
fn a_request_for_an_election_is_told_apart_from_what_moved_the_leader() {
    let findings = sent(2)
        .says(0, 0, 0, 4)
        .says(6_100_000, 1, -1, 5)
        .acked(0..1, 0, 5 * S, 5 * S)
        .log(0, 6, ours(1..2))
        .says(8 * S, 1, 1, 6)
        .act(Act::Kill, &[0], "kill leader at 6 s for 9 s", 6 * S, 15 * S)
        .act(Act::Elect, &[], "elect_leaders unclean at 7 s", 7 * S, 9 * S)
        .verify();
    let text = &only_witness(&findings).text;
    let both = "(moved by: kill leader at 6 s for 9 s; asked for an election: elect_leaders unclean \
                at 7 s)";
    assert!(text.ends_with(both), "{text}");
}

#[test]
fn only_what_befell_the_old_leader_in_time_moved_it() {
    let one = |act, brokers: &[i32], from_us, to_us| {
        moved_by(|history| history.act(act, brokers, "it", from_us, to_us))
    };
    assert_eq!(one(Act::Cut, &[0, 1], 4 * S, 20 * S), [0]);
    // It was woken just before its deposition was seen, or long before; or touched too late.
    assert_eq!(one(Act::Stop, &[0], 7 * S, 9_500_000), [0]);
    assert_eq!(one(Act::Stop, &[0], 7 * S, 8_900_000), [] as [u16; 0]);
    assert_eq!(one(Act::Kill, &[0], 11 * S, 12 * S), [] as [u16; 0]);
    // Another broker's death, or a cut between clients and the leader, is no reason.
    assert_eq!(one(Act::Kill, &[1, 2], 9 * S, 12 * S), [] as [u16; 0]);
    assert_eq!(one(Act::Other, &[0], 9 * S, 12 * S), [] as [u16; 0]);
    // A request for an election is named; a command has no known effect on the leader.
    assert_eq!(one(Act::Elect, &[], 9 * S, 10 * S), [0]);
    assert_eq!(one(Act::Exec, &[], 9 * S, 10 * S), [] as [u16; 0]);
    // It was requested before, and the proof came later.
    let proved_late = moved_by(|mut history| {
        history = history.act(Act::Elect, &[], "it", 9 * S, 13 * S);
        history.faults[0].effective_us = Some(12 * S);
        history
    });
    assert_eq!(proved_late, [0]);
    // A fault that was never proved moved nobody.
    assert_eq!(moved_by(|history| history.fault("it", 9 * S, 12 * S)), [] as [u16; 0]);
    // The leader fell silent at 6 s, and nobody led until 10 s: what happened to it at 8 s came too
    // late.
    let vacant = |from_us| {
        moved_by(|history| {
            history.says(6 * S, 1, -1, 5).act(Act::Kill, &[0], "it", from_us, 12 * S)
        })
    };
    assert_eq!((vacant(6 * S), vacant(8 * S)), (vec![0], vec![]));
}

/// Three replicas in sync with acks=all: 0..3 acknowledged by broker 0 in epoch 4 until 3 s. All
/// are killed and come back; broker 2 leads in epoch 6, and its log has only 0, and then 3.
fn cut_by_hand() -> History {
    let mut history = sent(4)
        .says_isr(0, 0, (0, 4), ALL)
        .says_isr(0, 1, (0, 4), ALL)
        .acked(0..3, 0, 2 * S, 3 * S)
        .acked(3..4, 1, 9 * S, 9 * S)
        .log(0, 4, ours(0..1))
        .log(1, 6, ours(3..4))
        .act(Act::Kill, ALL, "kill all at 3 s for 3 s", 3 * S, 6 * S)
        .act(Act::Exec, &[], "exec cut at 4 s", 4 * S, 5 * S)
        .act(Act::Exec, &[], "exec later at 10 s", 10 * S, 11 * S);
    for broker in ALL {
        history = history.answers(0, *broker, true).answers(3_100_000, *broker, false);
    }
    (history.all_in_sync, history.unclean_elections) = (true, false);
    history.answers(6_500_000, 2, true).says_isr(7 * S, 2, (2, 6), &[2])
}

// Broker 2 was in sync, so with acks=all it had 1 and 2, which it lacks when it leads again. No
// election took them: they went while no broker answered, when a kill and one command were in
// force; not the other, which came later.
#[test]
fn what_the_new_leader_had_had_is_not_blamed_on_its_election() {
    let findings = cut_by_hand().verify();
    let witness = only_witness(&findings);
    assert_eq!(witness.cause, Some(GONE));
    assert_eq!((witness.count, &witness.moved_by[..]), (2, &[][..]));
    let down = AllDown { from_ms: 3_100.0, to_ms: 6_500.0, faults: vec![0, 1] };
    assert_eq!(witness.all_down, Some(down));
    assert_eq!(
        witness.text,
        "2 messages acknowledged by broker 0 in epoch 4 at offsets 1-2 of partition 0 between \
         2.000 s and 3.000 s are gone from every replica's disk, and no election explains it: \
         broker 2 was in sync when acks=all acknowledged them, and no longer had them when it \
         became leader in epoch 6; no replica answered from 3.1 s to 6.5 s, during kill all at 3 \
         s for 3 s and exec cut at 4 s"
    );
}

// With acks=1 broker 2 need not have had them. Nor with acks=all, if it was not in sync.
#[test]
fn a_leader_that_may_never_have_had_them_is_an_election() {
    let mut acks_1 = cut_by_hand();
    acks_1.all_in_sync = false;
    let cause = only_witness(&acks_1.verify()).cause;
    assert_eq!(cause, Some(Cause::Truncated { epoch: 6, leader: Some(2), next_epoch: true }));
    let mut behind = cut_by_hand();
    behind.observations.retain(|seen| !matches!(seen, Observation::Partition(_)));
    let behind = behind
        .says_isr(0, 0, (0, 4), ALL)
        .says_isr(1_500_000, 0, (0, 4), &[0, 1])
        .says_isr(7 * S, 2, (2, 6), &[2]);
    let behind = behind.verify();
    let witness = only_witness(&behind);
    assert!(matches!(witness.cause, Some(Cause::Truncated { .. })), "{witness:#?}");
    assert_eq!(witness.moved_by, [0]);
}

// With unclean elections, broker 2 may have fallen out of sync right before all died, and nobody
// was asked after that. It certainly had what was acknowledged a second earlier.
#[test]
fn an_unclean_election_is_excluded_only_by_who_was_seen_in_sync_later() {
    let late = |to_us| {
        let mut history = cut_by_hand();
        history.unclean_elections = true;
        history.ledger.stretches[0].last_ack_us = to_us;
        only_witness(&history.verify()).cause
    };
    assert!(matches!(late(3 * S), Some(Cause::Truncated { .. })));
    assert_eq!(late(2 * S), Some(GONE));
}

// Whoever acknowledged had it, whatever acks says: one replica, killed and cut, leads again. But if
// there is an unseen epoch in between, another may have led in it and cut it off.
#[test]
fn who_acknowledged_and_leads_again_had_it() {
    let again = |epoch| {
        sent(2)
            .says_isr(0, 0, (0, 4), ALL)
            .says_isr(4 * S, 1, (-1, 5), &[0])
            .acked(0..1, 0, 2 * S, 2 * S)
            .log(0, epoch, ours(1..2))
            .says_isr(7 * S, 0, (0, epoch), &[0])
            .verify()
    };
    let findings = again(6);
    let witness = only_witness(&findings);
    // The others answered all the while, so the text does not blame every replica's disk.
    assert_eq!(witness.cause, Some(Cause::GoneInSync { epoch: 6, leader: 0 }));
    let because = "is gone, and no election explains it: broker 0 itself acknowledged it, and no \
                   longer had it when it became leader in epoch 6";
    assert!(witness.text.ends_with(because), "{}", witness.text);
    assert!(matches!(only_witness(&again(7)).cause, Some(Cause::Truncated { .. })));
}

// A zombie acknowledges at 8 s in epoch 4, when epoch 6 has begun: that never reached the others,
// whatever its in-sync set was.
#[test]
fn what_a_zombie_acknowledged_was_cut_off() {
    let mut zombie = cut_by_hand();
    zombie.ledger.stretches[0] = AckStretch { last_ack_us: 8 * S, ..zombie.ledger.stretches[0] };
    let cause = only_witness(&zombie.verify()).cause;
    assert!(!matches!(cause, Some(Cause::GoneFromDisk { .. } | Cause::GoneInSync { .. })));
}

// One loss has one pair of times: the text gives the fields' times to the millisecond.
#[test]
fn text_and_fields_give_the_same_times() {
    let findings = sent(1).says(0, 0, 0, 4).acked(0..1, 0, 2_949_600, 3_151_400).verify();
    let witness = only_witness(&findings);
    assert_eq!((witness.acked_from_ms, witness.acked_to_ms), (Some(2_949.6), Some(3_151.4)));
    assert!(witness.text.contains("between 2.950 s and 3.151 s"), "{}", witness.text);
}

// The topic was recreated, and then 2 and 1 were sent to it. What happened to 0 and 3 in the old
// one is unknown; 1 follows 2 in the new one, but may have come first in the old one.
#[test]
fn a_topic_made_anew_leaves_open_what_the_old_one_held() {
    let mut history = sent(4).says(0, 0, 0, 0).says(5 * S, 1, 1, 0).acked(0..4, 0, S, 2 * S).log(
        0,
        0,
        ours(2..3).chain(ours(1..2)).chain(ours(1..2)),
    );
    history.topic = TopicFate::MadeAnew { was: "oldId".to_owned(), is: "newId".to_owned() };
    let findings = history.verify();
    assert_eq!(
        findings.inconclusive,
        ["the topic was deleted and made anew during the run: its id was oldId and is newId"]
    );
    let bounds = |metric| {
        let Bounds { least, most } = findings.counts[metric];
        (least, most)
    };
    assert_eq!(bounds(Metric::Lost), (0, Some(2)));
    assert_eq!(bounds(Metric::Duplicated), (1, None));
    assert_eq!(bounds(Metric::Reordered), (0, None));
    let lost = &findings.witnesses[0];
    assert_eq!((lost.cause, lost.acked_by.len()), (Some(Cause::TopicDeleted), 0));
    let end = "is not in the topic that was made anew after the one that was deleted";
    assert!(lost.text.ends_with(end), "{}", lost.text);
    // Both brokers led an epoch 0, of two topics: who appended is not known.
    assert!(findings.witnesses[2].standing.iter().all(|one| one.leader.is_none()));
}

#[test]
fn a_topic_that_was_deleted_proves_no_loss() {
    let mut history = sent(1).acked(0..1, 0, S, S);
    history.topic = TopicFate::Deleted { was: "oldId".to_owned() };
    let findings = history.verify();
    let reason = "the topic was deleted during the run: its id was oldId, and the brokers know \
                  none of its name";
    assert_eq!(findings.inconclusive, [reason]);
    assert_eq!(findings.counts[Metric::Lost], Bounds { least: 0, most: Some(1) });
    assert!(only_witness(&findings).text.ends_with("is gone with the topic, which was deleted"));
}

// Partition 1 was added. Message 1 of partition 0 is lost, and a copy of it, byte for byte, is in
// partition 1, beside a record without a stamp: there both are foreign, and the copy meets no
// acknowledgement. (The reader sees the stamp, which names partition 0.)
#[test]
fn what_stands_in_an_added_partition_is_foreign_and_meets_no_acknowledgement() {
    let known = sent(2).acked(0..2, 0, S, S).log(0, 1, ours(0..1));
    let ledger = LedgerRecord {
        partitions: vec![known.ledger],
        pulses: vec![Vec::new()],
        ..LedgerRecord::default()
    };
    let mut added = PartitionObserved::new(0);
    added.record(0, 0, Found::Foreign);
    added.record(1, 0, Found::Foreign);
    let observed = |unreadable: Option<&str>| Observed {
        clients: vec![vec![known.read.clone(), added.clone()]],
        log_start: vec![0, 0],
        end: vec![1, 2],
        unreadable: vec![None, unreadable.map(str::to_owned)],
        topic: TopicFate::Kept,
    };
    let verify = |observed: &Observed| cell(&input(&[client(ledger.clone(), 0)], observed));
    let findings = verify(&observed(None));
    assert_eq!((findings.counts.of(Metric::Lost), findings.counts.of(Metric::Foreign)), (1, 2));
    assert!(findings.inconclusive.is_empty());
    let note = "partition 1 was added during the run, and no message was sent to it: 2 records in \
                it";
    assert_eq!(findings.notes, [note]);
    assert_eq!(
        findings.witnesses[1].text,
        "2 foreign records in partition 1 at offsets 0-1, \
                appended in epoch 0"
    );
    // Unread, it leaves the count of foreign records open, and the cell is inconclusive.
    let findings = verify(&observed(Some("it has no leader")));
    assert_eq!(findings.inconclusive, ["partition 1: the log could not be read: it has no leader"]);
    assert_eq!(findings.counts[Metric::Foreign], Bounds { least: 2, most: None });
}
