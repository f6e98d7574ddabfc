//! Losses and duplicates before any fault: hand-written histories with one argued answer each. The
//! fault is called at 5 s, and the log's end is queried before it.

use super::*;
use crate::plan::Expectation;
use crate::verify::{Early, Verdict, judge};

fn with_fault(history: History) -> History {
    history.fault("process_stop leader", 5 * S, 6 * S)
}

fn early(history: History) -> Early {
    with_fault(history).verify().early
}

fn verdict(findings: &CellFindings, metric: Metric, min: Option<u64>, max: Option<u64>) -> Verdict {
    let expectation = Expectation { metric, min, max, text: "it".into() };
    judge("main", &[expectation], findings).verdict
}

// Acknowledged at offsets 0 to 9; 3 and 4 are not in the log, and later messages are in their
// place. The log ended at 8 before the fault: they were gone by then.
fn lost_early() -> History {
    sent(20).acked(0..10, 0, S, 2 * S).acked(10..20, 8, 7 * S, 8 * S).ended_early(8, 1, 4 * S).log(
        0,
        1,
        ours(0..3).chain(ours(5..20)),
    )
}

#[test]
fn what_was_gone_before_the_fault_was_lost_before_it() {
    assert_eq!(early(lost_early()).counts[Metric::Lost], 2);
}

// A control that asks for the fault's loss is not met by it, and no promise is broken by it: the
// cell is inconclusive, whatever it expects. What was seen stays in the counts and in words.
#[test]
fn a_loss_before_the_fault_meets_and_violates_nothing() {
    let findings = with_fault(lost_early()).verify();
    assert_eq!(findings.counts.of(Metric::Lost), 2);
    let inconclusive =
        "2 messages lost before any fault: the run proves nothing about what came later";
    assert_eq!(findings.inconclusive, [inconclusive]);
    for (min, max) in [(Some(1), None), (None, Some(0)), (None, Some(2)), (Some(0), None)] {
        assert_eq!(verdict(&findings, Metric::Lost, min, max), Verdict::Inconclusive);
    }
    let expectation =
        Expectation { metric: Metric::Lost, min: None, max: Some(0), text: "lost: 0".into() };
    let reason = judge("main", &[expectation], &findings).expectations[0].reason.clone();
    assert_eq!(reason, "`lost: 0` is not settled: 2 messages lost, 2 of them before any fault");
}

// In addition 15 to 19 went with the fault: that is a violation, which the others do not change.
// But a control that these five meet leaves the cell inconclusive.
#[test]
fn a_loss_by_the_fault_stays_one_beside_an_earlier_one() {
    let history = sent(20)
        .acked(0..10, 0, S, 2 * S)
        .acked(10..20, 8, 7 * S, 8 * S)
        .ended_early(8, 1, 4 * S)
        .log(0, 1, ours(0..3).chain(ours(5..15)));
    let findings = with_fault(history).verify();
    assert_eq!((findings.counts.of(Metric::Lost), findings.early.counts[Metric::Lost]), (7, 2));
    assert_eq!(verdict(&findings, Metric::Lost, None, Some(0)), Verdict::Fail);
    assert_eq!(verdict(&findings, Metric::Lost, Some(5), None), Verdict::Inconclusive);
    assert_eq!(verdict(&findings, Metric::Lost, None, Some(4)), Verdict::Fail);
}

// The log ended at 10 before the fault, which then cut off offsets 6 to 9 in a later epoch. Other
// records are below that end now, but they came with that epoch: all ten had been there.
#[test]
fn what_a_fault_cut_off_was_not_lost_before_it() {
    let history = sent(20)
        .acked(0..10, 0, S, 2 * S)
        .acked(10..20, 6, 7 * S, 8 * S)
        .ended_early(10, 1, 4 * S)
        .log(0, 1, ours(0..6))
        .log(6, 2, ours(10..20));
    let findings = with_fault(history).verify();
    assert_eq!((findings.counts.of(Metric::Lost), findings.early.counts[Metric::Lost]), (4, 0));
    assert_eq!(verdict(&findings, Metric::Lost, Some(1), None), Verdict::Pass);
    assert_eq!(verdict(&findings, Metric::Lost, None, Some(0)), Verdict::Fail);
}

// The log ended at 8 before the fault. An unclean election cut it to 3, and 8 and 9 were
// acknowledged at offsets 3 and 4; another one brought the old log back. They did not exist before
// the fault.
#[test]
fn what_was_acknowledged_after_the_fault_was_not_lost_before_it() {
    let history = sent(10).acked(0..8, 0, S, 2 * S).acked(8..10, 3, 7 * S, 8 * S);
    let findings = with_fault(history.ended_early(8, 1, 4 * S).log(0, 1, ours(0..8))).verify();
    assert_eq!((findings.counts.of(Metric::Lost), findings.early.counts[Metric::Lost]), (2, 0));
    assert_eq!(verdict(&findings, Metric::Lost, None, Some(0)), Verdict::Fail);
}

// [`lost_early`], but the log's last five records were not read: 3 and 4 may be there, sent again.
#[test]
fn what_may_stand_in_an_unread_tail_was_not_certainly_lost() {
    let mut history = lost_early();
    history.end += 5;
    assert_eq!(early(history).counts[Metric::Lost], 0);
}

// acks=0: no offset is known. All 20 were handed over by 2 s; the log ended at an offset at a time.
fn unconfirmed(end: i64, at_us: u64, records: impl IntoIterator<Item = Found>) -> History {
    let mut history =
        sent(20).ended_early(end, 1, at_us).acked(0..20, -1, S, 2 * S).log(0, 1, records);
    history.confirmed = false;
    history
}

#[test]
fn with_acks_0_a_later_message_in_the_log_proves_that_an_earlier_one_was_lost() {
    // 3 is nowhere. The log's end was queried while the last ones were still on their way.
    let lost = |end| unconfirmed(end, 2 * S, ours(0..3).chain(ours(4..20)));
    assert_eq!(early(lost(9)).counts[Metric::Lost], 1);
    // Before 4 was in the log nothing is proved.
    assert_eq!(early(lost(3)).counts[Metric::Lost], 0);
}

// At 4 s the log ended at 10, and 10 to 19 never came.
#[test]
fn with_acks_0_what_has_not_arrived_long_after_it_was_handed_over_was_lost() {
    let lost = |end, at_us| unconfirmed(end, at_us, ours(0..10));
    assert_eq!(early(lost(10, 4 * S)).counts[Metric::Lost], 10);
    // Less than a second later they may have been on their way: then the fault did it.
    assert_eq!(early(lost(10, 2_500_000)).counts[Metric::Lost], 0);
    // It ended at 15 then: the fault cut off five, and maybe all that is missing.
    assert_eq!(early(lost(15, 4 * S)).counts[Metric::Lost], 0);
}

// With a confirming acks an offset is known, except for the acknowledgement of a retry, whose place
// is unknown.
#[test]
fn a_confirmed_message_without_an_offset_proves_nothing() {
    let lost = sent(20).ended_early(15, 1, 4 * S).acked(0..20, -1, S, 2 * S);
    assert_eq!(early(lost.log(0, 1, ours(0..3).chain(ours(4..20)))).counts[Metric::Lost], 0);
}

// 2 is at offsets 2 and 3, both below the log's end before the fault; 7 at 8 and, after it, 9.
#[test]
fn a_copy_that_was_there_before_the_fault_was_not_its_doing() {
    let records = ours(0..3).chain(ours(2..8)).chain(ours(7..8));
    let history = sent(8).ended_early(9, 1, 4 * S).acked(0..8, 0, S, 2 * S).log(0, 1, records);
    let findings = with_fault(history).verify();
    assert_eq!(
        (findings.counts.of(Metric::Duplicated), findings.early.counts[Metric::Duplicated]),
        (2, 1)
    );
    assert_eq!(verdict(&findings, Metric::Duplicated, Some(2), None), Verdict::Inconclusive);
    assert_eq!(verdict(&findings, Metric::Duplicated, None, Some(0)), Verdict::Fail);
    assert_eq!(
        findings.inconclusive,
        ["1 message duplicated before any fault: the run proves nothing about what came later"]
    );
}

// If the log's end before the fault is not known, a note says so, if it matters.
#[test]
fn without_the_log_s_end_the_gate_has_no_sign() {
    let lost = || sent(9).acked(0..9, 0, S, 2 * S).log(0, 1, ours(0..8));
    let findings = with_fault(lost()).verify();
    assert_eq!(findings.early, Early::default());
    assert!(findings.notes[0].contains("no leader reported the log's end in time"), "{findings:?}");
    assert!(findings.inconclusive.is_empty(), "{findings:?}");
    let sound = sent(9).acked(0..9, 0, S, 2 * S).log(0, 1, ours(0..9));
    assert!(with_fault(sound).verify().notes.is_empty());
}

// 3 is there twice, and the log ended after its first copy. The end was queried at 2 s, at zero:
// the second copy may have come in the three seconds before the fault. At 4.7 s it cannot have.
#[test]
fn an_end_that_was_told_long_before_the_fault_says_nothing_of_the_time_in_between() {
    let doubled = |at_us| {
        let history = sent(6).acked(0..6, 0, S, 2 * S).ended_early(4, 1, at_us);
        with_fault(history.log(0, 1, ours(0..4).chain(ours(3..6)))).verify()
    };
    let findings = doubled(2 * S);
    assert_eq!(
        (findings.counts.of(Metric::Duplicated), findings.early.counts[Metric::Duplicated]),
        (1, 0)
    );
    let note = "1 partition: whether messages were lost or duplicated in the last 3.0 s before any \
                fault is not known, because no leader reported the log's end in time";
    assert_eq!(findings.notes, [note]);
    assert!(doubled(4_700_000).notes.is_empty());
}

// What is missing in the middle was not read, and may be there. A damaged record was whole once.
#[test]
fn what_was_not_read_or_is_damaged_was_not_lost_before_the_fault() {
    let sent = || sent(9).ended_early(9, 1, 4 * S).acked(0..9, 0, S, 2 * S);
    assert_eq!(early(sent().log(0, 1, ours(0..3)).log(5, 1, ours(5..9))).counts[Metric::Lost], 0);
    let damaged = ours(0..3).chain([Found::Corrupt]).chain(ours(4..9));
    assert_eq!(early(sent().log(0, 1, damaged)).counts[Metric::Lost], 0);
}

// Three messages were rejected: two before zero, at 2 s, which are the warm-up's, and one after it.
#[test]
fn what_was_rejected_before_zero_is_told_apart() {
    let mut history = sent(9).acked(0..6, 0, S, 2 * S).rejected(6..9).log(0, 1, ours(0..6));
    let row = |at_us, rejected| PulseRow { at_us, rejected, ..PulseRow::default() };
    history.pulse = vec![row(1_900_000, 2), row(2_000_000, 1)];
    let findings = history.with(|input| cell(&CellInput { zero_us: 2 * S, ..*input }));
    assert_eq!(
        (findings.counts.of(Metric::Rejected), findings.early.counts[Metric::Rejected]),
        (3, 2)
    );
    assert_eq!(verdict(&findings, Metric::Rejected, Some(2), None), Verdict::Inconclusive);
    assert_eq!(verdict(&findings, Metric::Rejected, None, Some(0)), Verdict::Fail);
    assert_eq!(verdict(&findings, Metric::Rejected, None, Some(1)), Verdict::Pass);
    assert_eq!(verdict(&findings, Metric::Rejected, Some(1), None), Verdict::Pass);
    assert_eq!(
        findings.notes.last().unwrap(),
        "before zero: 2 messages rejected; no expectation counts them"
    );
}

// Two messages were rejected and one is unknown, all before zero, and none later: expecting none is
// met, and a control that wants one did not bite.
#[test]
fn what_happened_before_zero_only_leaves_no_doubt_of_what_came_later() {
    let mut history = sent(9).acked(0..6, 0, S, 2 * S).rejected(6..8).log(0, 1, ours(0..6));
    let row = PulseRow { at_us: 1_900_000, rejected: 2, unknown: 1, ..PulseRow::default() };
    history.pulse = vec![row];
    let findings = history.with(|input| cell(&CellInput { zero_us: 2 * S, ..*input }));
    for metric in [Metric::Rejected, Metric::Unknown] {
        assert_eq!(verdict(&findings, metric, None, Some(0)), Verdict::Pass);
        let control = Expectation { metric, min: Some(1), max: None, text: "it".into() };
        let judged = judge("main", &[control], &findings);
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.expectations[0].reason.contains("did not happen"), "{judged:?}");
    }
}

// Nobody got an acknowledgement from 0.1 s to 1.7 s, and zero is at 2 s: it is shown, and that is
// all.
#[test]
fn an_outage_before_zero_is_shown() {
    let mut history = sent(4).acked(0..4, 0, S, 2 * S).log(0, 1, ours(0..4));
    let acks = |at_us| PulseRow {
        at_us,
        acked: 1,
        first_ack_us: at_us,
        last_ack_us: at_us,
        ..PulseRow::default()
    };
    history.pulse = vec![acks(100_000), acks(1_700_000), acks(2_000_000), acks(2_100_000)];
    let findings = history.with(|input| cell(&CellInput { zero_us: 2 * S, ..*input }));
    assert_eq!(findings.unavailable_ms, Some(100.0));
    assert_eq!(findings.early.outage.map(|outage| outage.ms), Some(1600.0));
    let note = "before zero: 1.6 s without an acknowledgement on partition 0; no expectation \
                counts that";
    assert_eq!(findings.notes, [note]);
}
