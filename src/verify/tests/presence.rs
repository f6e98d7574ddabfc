//! What should not be in the log, or not there; and a history without a fault.

use super::*;

// Nothing wrong: everything acknowledged is there once, in order, and the log was read whole.
#[test]
fn a_clean_history_has_no_anomaly_and_is_conclusive() {
    let findings = sent(3).acked(0..3, 0, 0, S).log(0, 1, ours(0..3)).verify();
    assert_eq!(findings.counts, Counts::exact(3, [(Metric::Acked, 3)]));
    assert_eq!((findings.copies, findings.unknown_present), (0, 0));
    assert!(findings.witnesses.is_empty() && findings.omitted.is_empty());
    assert!(findings.inconclusive.is_empty() && findings.notes.is_empty());
}

// 1 and 2 are at offsets 1-2 and again at 3-4: two messages duplicated, two extra copies.
#[test]
fn a_message_at_two_offsets_is_duplicated() {
    let findings = sent(3)
        .says(0, 0, 0, 1)
        .acked(0..3, 0, S, 2 * S)
        .fault("process_stop: follower", 2 * S, 3 * S)
        .fault("kill: follower", 0, S)
        .fault("kill: follower", 0, S - 1)
        .fault("kill: follower", 2 * S + 1, 3 * S)
        .log(0, 1, ours(0..3))
        .log(3, 2, ours(1..3))
        .verify();
    assert_eq!((findings.counts.of(Metric::Duplicated), findings.copies), (2, 2));
    assert_eq!((findings.counts.of(Metric::Reordered), findings.counts.of(Metric::Lost)), (0, 0));
    let witness = only_witness(&findings);
    assert_eq!((witness.anomaly, witness.count), (Metric::Duplicated, 2));
    assert_eq!(witness.offsets, Some(Span { first: 1, last: 2 }));
    let copies: Vec<_> =
        witness.standing.iter().map(|copy| (copy.offsets.first, copy.epoch)).collect();
    assert_eq!(copies, [(1, 1), (3, 2)]);
    assert_eq!(witness.standing[1].content, Content::Ours { sequence: 1 });
    assert_eq!((witness.acked_from_ms, witness.acked_to_ms), (Some(1_000.0), Some(2_000.0)));
    assert_eq!(witness.faults, [0, 1], "those that touch its acknowledgements");
    assert_eq!(
        witness.text,
        "2 messages (sequences 1-2) appear 2 times in partition 0: at offsets 1-2, appended by \
         broker 0 in epoch 1 and offsets 3-4, appended in epoch 2; the second copy is 2 offsets after the first"
    );
}

// 0 is there five times, 1 twice: two explanations, and of five copies four are listed.
#[test]
fn copies_are_counted_message_by_message() {
    let copies = [0, 1, 0, 1, 0, 0, 0].map(|sequence| Found::Ours { sequence });
    let findings = sent(2).acked(0..2, 0, S, S).log(0, 1, copies).verify();
    assert_eq!((findings.counts.of(Metric::Duplicated), findings.copies), (2, 5));
    let [zero, one] = &findings.witnesses[..] else { panic!("{:#?}", findings.witnesses) };
    assert_eq!((zero.count, zero.standing.len(), one.standing.len()), (1, 4, 2));
    assert_eq!((zero.acked_from_ms, one.acked_to_ms), (Some(1_000.0), Some(1_000.0)));
    assert!(
        zero.text.contains("appears 5 times") && zero.text.contains("and 1 more;"),
        "{}",
        zero.text
    );
}

// Every message twice in a row makes more stretches than are kept: all are counted, but the places
// of the last second copies are not known, and the text says so.
#[test]
fn copies_beyond_what_is_kept_are_counted_and_not_placed() {
    let messages = crate::ledger::MAX_LOG_STRETCHES as u64;
    let all = messages + 2;
    let twice = (0..all).flat_map(|sequence| [Found::Ours { sequence }; 2]);
    let findings = sent(all).acked(0..all, -1, S, S).log(0, 1, twice).verify();
    assert_eq!((findings.counts.of(Metric::Duplicated), findings.copies), (all, all));
    assert!(findings.notes[0].contains("were recorded up to offset"), "{:?}", findings.notes);
    let duplicated = |one: &&Witness| one.anomaly == Metric::Duplicated;
    let first = findings.witnesses.iter().find(duplicated).unwrap();
    assert!(first.text.contains("appears at least 2 times"), "{}", first.text);

    // One message alone is duplicated, and its second copy is beyond.
    let evens = (0..=messages).map(|index| 2 * index);
    let records = evens.chain([0]).map(|sequence| Found::Ours { sequence });
    let all = 2 * messages + 1;
    let findings = sent(all).acked(0..all, -1, S, S).log(0, 1, records).verify();
    let only = findings.witnesses.iter().find(duplicated).unwrap();
    assert_eq!(
        only.text,
        "1 message (sequence 0) appears more than once in partition 0; the offsets were not recorded"
    );
}

// Only 1, from the middle of a stretch, comes again: its first copy is that offset alone.
#[test]
fn a_copy_of_one_message_names_no_neighbours() {
    let findings = sent(3).acked(0..3, 0, S, S).log(0, 1, ours(0..3).chain(ours(1..2))).verify();
    let offsets: Vec<_> = only_witness(&findings).standing.iter().map(|one| one.offsets).collect();
    assert_eq!(offsets, [Span { first: 1, last: 1 }, Span { first: 3, last: 3 }]);
}

// 1 and 2 came after 3: they are reordered. 3 before them is not, and neither is a late copy.
#[test]
fn a_first_copy_behind_a_higher_sequence_is_reordered() {
    let records = ours(0..1).chain(ours(3..4)).chain(ours(1..3)).chain(ours(0..1));
    let findings = sent(4).says(0, 2, 2, 7).acked(0..4, 0, S, S).log(0, 7, records).verify();
    assert_eq!(
        (findings.counts.of(Metric::Reordered), findings.counts.of(Metric::Duplicated)),
        (2, 1)
    );
    let witness = &findings.witnesses[1];
    assert_eq!(witness.anomaly, Metric::Reordered);
    assert_eq!(
        witness.text,
        "2 messages (sequences 1-2) are in partition 0 at offsets 2-3, appended by broker 2 in epoch 7, after sequence 3"
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
        [(Metric::Acked, 1), (Metric::Rejected, 2), (Metric::Unknown, 2), (Metric::Phantom, 1)];
    assert_eq!(findings.counts, Counts::exact(5, counts));
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
    assert_eq!((findings.counts.of(Metric::Foreign), findings.counts.of(Metric::Corrupt)), (2, 1));
    assert_eq!((findings.counts.of(Metric::Lost), findings.counts.of(Metric::Duplicated)), (0, 0));
    let texts: Vec<_> = findings.witnesses.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "1 corrupt record in partition 0 at offset 3, appended in epoch 1",
            "2 foreign records in partition 0 at offsets 1-2, appended in epoch 1"
        ]
    );
}
