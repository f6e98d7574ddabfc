//! Timelines of hand-written histories.

use super::*;
use crate::ledger::PULSE_ROW_US;
use crate::verify::{MAX_STEPS, Timeline, timeline};

/// 10 messages in the second that begins at 1 s, and 10 in the one that begins at 2 s; the log has
/// `records`.
fn two_seconds(records: impl IntoIterator<Item = Found>) -> History {
    sent(20)
        .acked(0..10, 0, S, S + 200_000)
        .acked(10..20, 10, 2 * S, 2 * S + 100_000)
        .counted(S, 10, 6, 5_000)
        .counted(S + PULSE_ROW_US, 0, 4, 9_000)
        .counted(2 * S, 10, 10, 7_000)
        .log(0, 0, records)
}

fn of(history: History) -> Timeline {
    history.with(timeline).unwrap()
}

#[test]
fn each_row_of_the_pulse_is_a_step_of_a_short_run() {
    let timeline = of(two_seconds(ours(0..20)));
    assert_eq!((timeline.from_ms, timeline.step_ms, timeline.to_ms()), (1000.0, 100, 2100.0));
    assert_eq!(timeline.sent, [10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10]);
    assert_eq!(timeline.acked, [6, 4, 0, 0, 0, 0, 0, 0, 0, 0, 10]);
    assert_eq!(timeline.latency_max_us[..3], [Some(5_000), Some(9_000), None]);
    assert!(timeline.lost.is_empty() && timeline.duplicated.is_empty(), "{timeline:?}");
}

#[test]
fn what_is_missing_stands_where_it_was_acknowledged() {
    // The last 6 of the first ten are not in the log. The ten were acknowledged between 1.0 s and
    // 1.2 s, so the fifth of them in the first tenth of a second and the others in the second.
    let timeline = of(two_seconds(ours(0..4).chain(ours(10..20))));
    assert_eq!(timeline.lost, [1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert!(timeline.duplicated.is_empty());
    // The witness agrees: the steps with a loss lie between its two times.
    let findings = two_seconds(ours(0..4).chain(ours(10..20))).verify();
    let witness = only_witness(&findings);
    assert_eq!((witness.acked_from_ms, witness.acked_to_ms), (Some(1_000.0), Some(1_200.0)));
}

#[test]
fn copies_stand_where_they_were_acknowledged() {
    // 2 of the second ten are in the log twice.
    let timeline = of(two_seconds(ours(0..20).chain(ours(18..20))));
    assert_eq!(timeline.duplicated, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert!(timeline.lost.is_empty());
}

#[test]
fn a_log_that_was_not_read_whole_shows_no_loss() {
    let mut history = two_seconds(ours(0..7));
    history.unreadable = Some("the broker died".to_owned());
    assert!(of(history).lost.is_empty());
}

#[test]
fn nothing_sent_has_no_timeline_and_a_long_run_has_long_steps() {
    assert_eq!(sent(0).with(timeline), None);
    // 1000 s are 10000 rows: 240 steps need at least 42 of them, and the next of 1, 2, 5 is 50.
    let long = of(sent(2).counted(0, 1, 1, 1).counted(1000 * S - PULSE_ROW_US, 1, 1, 1));
    assert_eq!((long.step_ms, long.sent.len()), (5_000, 200));
    assert!(long.sent.len() as u64 <= MAX_STEPS);
    assert_eq!((long.sent[0], long.sent[199]), (1, 1));
}
