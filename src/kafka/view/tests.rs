//! A [`ClusterView`] of brokers that contradict each other, on short histories.

use super::super::fake::{Row, metadata_answer};
use super::super::quorum::Voter;
use super::*;

/// A view after these answers: who was asked, when, and one partition's leader, epoch and ISR.
fn view(said: &[(i32, u64, i32, i32, &[i32])]) -> ClusterView {
    let mut view = ClusterView::default();
    for &(broker, asked_us, leader, epoch, isr) in said {
        hear(&mut view, broker, asked_us, &[("t", 0, leader, epoch, isr)]);
    }
    view
}

fn hear(view: &mut ClusterView, broker: i32, at_us: u64, rows: &[Row<'_>]) -> Vec<Observation> {
    let metadata = Metadata::from(metadata_answer(&[0, 1, 2], rows));
    view.heard(broker, &metadata, at_us, at_us + 1)
}

fn quorum(leader: i32, epoch: i32) -> Quorum {
    let voter = Voter { id: leader, lag: Some(0), caught_up_ms: None };
    Quorum { leader, epoch, voters: vec![voter] }
}

const ALL: &[i32] = &[0, 1, 2];

#[test]
fn nobody_asked_means_nothing_known() {
    let view = ClusterView::default();
    assert_eq!(view.leader("t", 0), None);
    assert_eq!(view.isr("t", 0), None);
    assert_eq!(view.controller(), None);
    assert_eq!(view.recovered("t", 0, ALL, 0).unwrap_err(), "t-0 has no leader that anybody knows");
}

#[test]
fn a_zombie_is_outvoted_by_the_higher_epoch_and_stays_visible() {
    // Broker 0 was cut off and was asked last; 1 was elected in epoch 5.
    let view = view(&[(1, 10, 1, 5, &[1, 2]), (2, 11, 1, 5, &[1, 2]), (0, 12, 0, 4, ALL)]);
    assert_eq!(view.leader("t", 0), Some(Leadership { broker: 1, epoch: 5 }));
    assert_eq!(view.isr("t", 0), Some(&[1, 2][..]));
    let claims: Vec<_> =
        view.claims("t", 0).map(|(broker, c)| (broker, c.state.leader, c.state.epoch)).collect();
    assert_eq!(claims, [(0, 0, 4), (1, 1, 5), (2, 1, 5)]);
}

#[test]
fn within_one_epoch_the_leaders_own_word_goes_first() {
    // 2 cannot name 1 yet, and was asked later.
    let claimed = view(&[(1, 10, 1, 5, &[1, 2]), (2, 20, -1, 5, &[2])]);
    assert_eq!(claimed.leader("t", 0), Some(Leadership { broker: 1, epoch: 5 }));
    assert_eq!(claimed.isr("t", 0), Some(&[1, 2][..]));
    // 1 itself was not heard: a named leader beats none.
    let named = view(&[(0, 10, 1, 5, &[1, 2]), (2, 20, -1, 5, &[2])]);
    assert_eq!(named.leader("t", 0), Some(Leadership { broker: 1, epoch: 5 }));
}

#[test]
fn the_highest_epoch_may_have_no_leader() {
    let view = view(&[(0, 10, 0, 4, ALL), (1, 11, -1, 5, &[0])]);
    assert_eq!(view.leader("t", 0), None);
    assert_eq!(view.isr("t", 0), Some(&[0][..]));
}

#[test]
fn the_isr_is_the_leaders_while_it_answers_and_else_the_latest_known() {
    let mut view = view(&[(1, 10, 1, 5, ALL), (2, 20, 1, 5, &[1, 2])]);
    assert_eq!(view.isr("t", 0), Some(ALL));
    assert!(view.silent(1, 30, "refused").is_some());
    assert_eq!(view.isr("t", 0), Some(&[1, 2][..]));
}

#[test]
fn a_silent_broker_s_problem_is_kept_until_it_answers() {
    let mut stopped = view(&[(1, 100, 1, 5, ALL)]);
    stopped.silent(1, 101, "refused");
    assert_eq!(stopped.broker(1).unwrap().problem.as_deref(), Some("refused"));
    hear(&mut stopped, 1, 200, &[]);
    assert_eq!(stopped.broker(1).unwrap().problem, None);
}

#[test]
fn recovered_needs_every_replicas_fresh_agreement() {
    let check = |said: &[(i32, u64, i32, i32, &[i32])]| view(said).recovered("t", 0, ALL, 100);
    let [a, b] = [(1, 100, 1, 5, ALL), (2, 100, 1, 5, ALL)];
    assert_eq!(check(&[a, b, (0, 100, 1, 5, ALL)]), Ok(()));
    for (third, reason) in [
        ((0, 99, 1, 5, ALL), "broker 0 has not answered for t-0 yet"),
        (
            (0, 100, 0, 4, ALL),
            "broker 0 takes 0 for the leader of t-0 in epoch 4, not 1 in epoch 5",
        ),
        ((0, 100, 1, 5, &[1, 2]), "broker 0 sees the ISR 1, 2 for t-0"),
    ] {
        assert_eq!(check(&[a, b, third]).unwrap_err(), reason);
    }
    assert!(check(&[a, b]).is_err());
    // A later epoch that a broker outside the replicas knows counts too.
    assert!(check(&[a, b, (0, 100, 1, 5, ALL), (7, 50, 2, 6, ALL)]).is_err());
}

#[test]
fn only_changes_are_told() {
    let mut view = ClusterView::default();
    let first = hear(&mut view, 1, 10, &[("t", 0, 1, 5, ALL), ("u", 0, 2, 0, ALL)]);
    assert_eq!(first.len(), 3, "the broker and two partitions: {first:?}");
    assert_eq!(first[0], Observation::Broker(BrokerView { at_us: 11, broker: 1, answers: true }));
    // The ISR's order means nothing.
    let same = hear(&mut view, 1, 20, &[("t", 0, 1, 5, &[2, 1, 0]), ("u", 0, 2, 0, ALL)]);
    assert_eq!(same, []);
    assert_eq!(view.claims("t", 0).next().unwrap().1.asked_us, 20);
    let shrunk = hear(&mut view, 1, 30, &[("t", 0, 1, 5, &[1]), ("u", 0, 2, 0, ALL)]);
    assert_eq!(shrunk, [Observation::said(31, 1, 1, 5, &[1])]);
    // Another broker that says the same is another observation.
    assert_eq!(hear(&mut view, 2, 40, &[("t", 0, 1, 5, &[1])]).len(), 2);
    assert!(view.silent(1, 50, "refused").is_some());
    assert!(view.silent(1, 60, "refused").is_none());
    assert_eq!(hear(&mut view, 1, 70, &[("t", 0, 1, 5, &[1])]).len(), 1);
}

#[test]
fn what_a_broker_no_longer_mentions_keeps_its_old_times() {
    let mut view = view(&[(1, 10, 1, 5, ALL)]);
    assert_eq!(hear(&mut view, 1, 20, &[]), []);
    assert_eq!(view.leader("t", 0), Some(Leadership { broker: 1, epoch: 5 }));
    let asked: Vec<u64> = view.claims("t", 0).map(|(_, claim)| claim.asked_us).collect();
    assert_eq!(asked, [10]);
}

#[test]
fn the_controller_is_the_one_with_the_highest_quorum_epoch() {
    let mut view = ClusterView::default();
    assert!(view.heard_quorum(0, quorum(0, 7), 10, 11).is_some());
    assert!(view.heard_quorum(0, quorum(0, 7), 20, 21).is_none());
    assert!(view.heard_quorum(1, quorum(2, 8), 12, 13).is_some());
    // The zombie controller was heard again, later.
    assert!(view.heard_quorum(0, quorum(0, 7), 30, 31).is_none());
    assert_eq!(view.controller(), Some((2, 8)));
    // It is reported once that none can be named, and the last one stays until another is.
    let lost = ControllerView { at_us: 40, asked: 1, leader: -1, epoch: 8 };
    assert_eq!(view.quorum_lost(1, 40), Some(Observation::Controller(lost)));
    assert_eq!(view.quorum_lost(1, 50), None);
    assert_eq!(view.controller(), Some((2, 8)));
    assert!(view.heard_quorum(1, quorum(2, 8), 60, 61).is_some());
    assert_eq!(view.quorum_lost(9, 60), None, "it never named one");
}

#[test]
fn an_unanswered_describe_quorum_means_something_only_from_a_broker_that_answers() {
    let mut view = ClusterView::default();
    view.heard_quorum(1, quorum(0, 7), 10, 11);
    let late = 20 + QUORUM_SILENCE_US;
    assert_eq!(view.quorum_unanswered(1, 20, late), None, "nobody knows whether it answers");
    hear(&mut view, 1, 15, &[]);
    assert_eq!(view.quorum_unanswered(1, 20, late - 1), None, "too early");
    view.silent(1, 30, "refused");
    assert_eq!(view.quorum_unanswered(1, 20, late), None, "it is stopped");
    // It woke: its earlier silence means nothing.
    hear(&mut view, 1, late, &[]);
    assert_eq!(view.quorum_unanswered(1, 20, late + 5), None);
    assert!(view.quorum_unanswered(1, 20, late + 1 + QUORUM_SILENCE_US).is_some());
    assert_eq!(view.quorum_unanswered(1, 20, late + 9 + QUORUM_SILENCE_US), None, "once");
}
