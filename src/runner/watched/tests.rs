//! What a node's life looks like to the monitor, look by look.

use super::*;
use crate::fault::Way;
use std::time::Duration;

fn process(pid: i32) -> Process {
    Process { pid, start_ticks: 1 }
}

fn watched() -> Watched {
    Watched::new(1, "broker-1".to_owned(), Some(process(7)))
}

/// Shows one look after the other, 50 ms apart.
fn look(watched: &mut Watched, custody: &Custody, looks: &[Seen]) {
    for (i, seen) in (1..).zip(looks) {
        watched.see(*seen, Instant::now(), i * 50_000, custody);
    }
}

const GONE: Seen = Seen::Gone;

fn runs(pid: i32) -> Seen {
    Seen::Runs(process(pid))
}

fn still(pid: i32) -> Seen {
    Seen::StandsStill(process(pid))
}

#[test]
fn an_end_that_no_fault_accounts_for_is_a_death_even_if_another_process_follows_at_once() {
    for looks in [&[runs(7), GONE][..], &[runs(7), runs(8)], &[GONE], &[still(7), GONE, runs(8)]] {
        let mut watched = watched();
        look(&mut watched, &Custody::default(), looks);
        assert!(watched.died_us().is_some() && !watched.end_is_owned(), "{looks:?}");
    }
}

#[test]
fn a_look_that_shows_nothing_changes_nothing() {
    let mut watched = watched();
    look(&mut watched, &Custody::default(), &[still(7), Seen::Unknown]);
    assert_eq!((watched.process(), watched.died_us()), (Some(process(7)), None));
    assert_eq!(watched.standstills(), [Standstill { from_us: 50_000, until_us: None }]);
}

#[test]
fn a_kill_accounts_for_the_processes_that_it_kills_and_for_no_later_one() {
    let custody = Custody::default();
    custody.take(0, 1, Way::Dead, &[process(7)]);
    let mut watched = watched();
    look(&mut watched, &custody, &[runs(7), GONE, GONE, runs(8)]);
    assert!(watched.end_is_owned());
    assert_eq!(watched.died_us(), None);
    look(&mut watched, &custody, &[GONE]);
    assert_eq!(watched.died_us(), Some(50_000), "the one that healing started");
}

#[test]
fn a_kill_of_another_node_and_a_stop_of_this_one_account_for_no_end() {
    let custody = Custody::default();
    custody.take(0, 2, Way::Dead, &[process(9)]);
    custody.take(1, 1, Way::Stopped, &[process(7)]);
    let mut watched = watched();
    look(&mut watched, &custody, &[still(7), GONE]);
    assert_eq!(watched.died_us(), Some(100_000));
}

#[test]
fn a_command_accounts_for_every_end_of_what_it_touches() {
    let custody = Custody::default();
    custody.take(0, 1, Way::Touched, &[]);
    let mut watched = watched();
    look(&mut watched, &custody, &[runs(7), GONE, runs(8), runs(9), GONE]);
    assert_eq!(watched.died_us(), None);
}

#[test]
fn a_command_accounts_for_who_dies_right_after_it_and_for_nobody_later() {
    for (after, is_owned) in [(Duration::from_millis(300), true), (Duration::from_secs(3), false)] {
        let custody = Custody::default();
        custody.take(0, 1, Way::Touched, &[]);
        custody.let_go(0, 1, Way::Touched);
        let mut watched = watched();
        // The last look that shows it alive begins after the command has ended.
        watched.see(runs(7), Instant::now() + after, 50_000, &custody);
        watched.see(GONE, Instant::now() + after, 100_000, &custody);
        assert_eq!(watched.end_is_owned(), is_owned, "{after:?}");
        assert_eq!(watched.died_us().is_none(), is_owned, "{after:?}");
    }
}

#[test]
fn a_standstill_without_a_fault_is_told_with_its_times() {
    let custody = Custody::default();
    let mut watched = watched();
    look(&mut watched, &custody, &[runs(7), still(7), still(7), runs(7), still(7)]);
    let expected = [
        Standstill { from_us: 100_000, until_us: Some(200_000) },
        Standstill { from_us: 250_000, until_us: None },
    ];
    assert_eq!(watched.standstills(), expected);
    look(&mut watched, &custody, &[GONE]);
    assert_eq!(watched.standstills()[1].until_us, Some(50_000), "the dead do not stand still");
}

/// `kill -STOP` has ended before the next look; the node stays stopped.
#[test]
fn a_standstill_that_a_command_began_between_two_looks_is_the_commands() {
    let custody = Custody::default();
    let mut watched = watched();
    look(&mut watched, &custody, &[runs(7)]);
    custody.take(0, 1, Way::Touched, &[]);
    custody.let_go(0, 1, Way::Touched);
    look(&mut watched, &custody, &[still(7), still(7), runs(7), runs(7)]);
    assert_eq!(watched.standstills(), []);
    look(&mut watched, &custody, &[still(7)]);
    assert_eq!(watched.standstills().len(), 1, "the next one is nobody's");
}

#[test]
fn a_standstill_that_a_fault_or_a_command_makes_is_nobody_elses() {
    for way in [Way::Stopped, Way::Frozen, Way::Touched] {
        let custody = Custody::default();
        custody.take(0, 1, way, &[process(7)]);
        let mut watched = watched();
        look(&mut watched, &custody, &[runs(7), still(7), still(7), runs(7)]);
        assert_eq!(watched.standstills(), [], "{way:?}");
    }
}
