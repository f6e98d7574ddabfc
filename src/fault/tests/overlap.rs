//! Several faults on one node, and interference, on clusters of `sleep`s.

use super::super::custody::Holder;
use super::super::kill::Kill;
use super::super::pause::Pause;
use super::super::process_stop::ProcessStop;
use super::super::{Custody, Fault, FaultRecord, Way, live};
use super::site;
use crate::event::FaultStep;
use crate::runtime::fake::FakeCluster;
use crate::runtime::{Cluster, Process};
use crate::timeline::{self, FaultAction, FaultPlan, Target};
use nix::sys::signal::Signal;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

const KINDS: [&str; 3] = ["stop", "pause", "kill"];

fn fault(
    kind: &str,
    index: u16,
    sleepers: &Arc<FakeCluster>,
    custody: &Arc<Custody>,
) -> Box<dyn Fault> {
    let (cluster, custody) = (Arc::clone(sleepers) as Arc<dyn Cluster>, Arc::clone(custody));
    let holder = Holder { cluster, custody, fault: index };
    match kind {
        "stop" => Box::new(ProcessStop::new(holder, sleepers.nodes())),
        "pause" => Box::new(Pause::new(holder, sleepers.nodes())),
        _ => Box::new(Kill::new(holder, sleepers.nodes())),
    }
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Injects until it is proved; returns the reason if it has no effect.
fn inject(fault: &mut dyn Fault, what: &str) -> Result<(), String> {
    fault.inject().map_err(|e| e.to_string())?;
    wait_for(what, || fault.prove().unwrap().map(drop));
    Ok(())
}

/// Two faults on one node, in every combination, healed in both orders: it runs again when the last
/// one lets go, and neither considers the other's work interference.
#[test]
fn a_node_runs_again_when_the_last_of_two_faults_lets_go() {
    for (a, b) in KINDS.iter().flat_map(|a| KINDS.map(|b| (*a, b))) {
        for first_healed in [a, b] {
            let what = format!("{a}, then {b}; the {first_healed} is healed first");
            let (sleepers, custody) = (FakeCluster::of_sleeps(1), Arc::default());
            let mut one = fault(a, 0, &sleepers, &custody);
            inject(one.as_mut(), &what).unwrap();
            let mut two = fault(b, 1, &sleepers, &custody);
            // What stands still cannot be stopped again; a dead node can be neither.
            if let Err(reason) = inject(two.as_mut(), &what) {
                assert!(a == b || a == "kill", "{what}: {reason}");
                two.heal().unwrap();
                assert!(!sleepers.runs(0), "{what}");
                assert_eq!(one.undone(), None, "{what}");
                one.heal().unwrap();
                wait_for(&what, || sleepers.runs(0).then_some(()));
                continue;
            }
            assert!(a != b && a != "kill", "{what}");
            assert_eq!((one.undone(), two.undone()), (None, None), "{what}");
            let (first, last) = if first_healed == a { (one, two) } else { (two, one) };
            let (mut first, mut last) = (first, last);
            first.heal().unwrap();
            assert!(!sleepers.runs(0), "{what}");
            assert_eq!(last.undone(), None, "{what}");
            let words = last.heal().unwrap();
            wait_for(&what, || sleepers.runs(0).then_some(()));
            let started_late = first_healed == "kill";
            assert_eq!(words.is_some(), started_late, "{what}: {words:?}");
        }
    }
}

#[test]
fn what_another_still_holds_is_left_as_it_is_and_that_is_told() {
    let (sleepers, custody) = (FakeCluster::of_sleeps(1), Arc::default());
    let mut stop = fault("stop", 0, &sleepers, &custody);
    inject(stop.as_mut(), "stop").unwrap();
    let mut kill = fault("kill", 1, &sleepers, &custody);
    inject(kill.as_mut(), "kill").unwrap();
    let words = kill.heal().unwrap().unwrap();
    assert_eq!(words, "broker-0 stays as it is: fault 1 still holds it");
    let words = stop.heal().unwrap().unwrap();
    assert_eq!(words, "broker-0 was started: the kill that it was due to was healed before");
}

/// A fault that finds some of its nodes in that state already joins the faults that hold them.
#[test]
fn a_fault_on_several_nodes_joins_the_holds_on_those_that_are_so_already() {
    let (sleepers, custody) = (FakeCluster::of_sleeps(2), Arc::default());
    let alone = |kind: &str, index| -> Box<dyn Fault> {
        let (cluster, custody) = (Arc::clone(&sleepers) as Arc<dyn Cluster>, Arc::clone(&custody));
        let (holder, nodes) =
            (Holder { cluster, custody, fault: index }, vec![sleepers.nodes().remove(0)]);
        match kind {
            "stop" => Box::new(ProcessStop::new(holder, nodes)),
            _ => Box::new(Kill::new(holder, nodes)),
        }
    };
    for (first, second) in [("stop", "stop"), ("kill", "kill"), ("kill", "stop")] {
        let what = format!("{first} of one, {second} of both");
        let mut one = alone(first, 0);
        inject(one.as_mut(), &what).unwrap();
        let mut both = fault(second, 1, &sleepers, &custody);
        inject(both.as_mut(), &what).unwrap();
        one.heal().unwrap();
        assert!(!sleepers.runs(0) && !sleepers.runs(1), "{what}");
        assert_eq!(both.undone(), None, "{what}");
        both.heal().unwrap();
        wait_for(&what, || (sleepers.runs(0) && sleepers.runs(1)).then_some(()));
    }
}

/// Walks a fault through its life; as soon as it is proved, somebody interferes.
fn interfered(action: FaultAction, interfere: impl FnOnce(&FakeCluster)) -> (FaultRecord, bool) {
    let (sleepers, folder) = (FakeCluster::of_sleeps(1), tempfile::tempdir().unwrap());
    let steps: Arc<Mutex<Vec<FaultStep>>> = Arc::default();
    let told = Arc::clone(&steps);
    let site = site(&sleepers, folder.path(), move |step| told.lock().push(step));
    let plan = FaultPlan { index: 0, action, at_ms: 0, for_ms: 1_500 };
    let record = std::thread::scope(|scope| {
        let living = scope.spawn(|| live(&plan, &site));
        wait_for("a proof", || {
            steps.lock().iter().any(|s| matches!(s, FaultStep::Effective(_))).then_some(())
        });
        interfere(&sleepers);
        living.join().unwrap()
    });
    let runs = wait_for("healed", || sleepers.pid(0).is_some().then(|| sleepers.runs(0)));
    (record, runs)
}

fn targets() -> Vec<Target> {
    vec![Target::Leader]
}

#[test]
fn a_fault_that_somebody_ends_before_its_time_is_undone_and_its_time_ends_there() {
    let wake = |s: &FakeCluster| s.send(0, Signal::SIGCONT);
    let restart = |s: &FakeCluster| {
        s.send(0, Signal::SIGKILL);
        wait_for("its end", || s.pid(0).is_none().then_some(()));
        s.start_node(0).unwrap();
    };
    let start = |s: &FakeCluster| s.start_node(0).unwrap();
    let thaw = |s: &FakeCluster| s.thaw(&s.nodes()[0]).unwrap();
    type Case<'a> = (FaultAction, &'a dyn Fn(&FakeCluster), &'a [&'a str]);
    let cases: [Case<'_>; 5] = [
        (
            timeline::ProcessStop { targets: targets() }.into(),
            &wake,
            &["runs again, and no fault woke it"],
        ),
        (
            timeline::ProcessStop { targets: targets() }.into(),
            &restart,
            // A slowly dying process is seen to run meanwhile.
            &["runs, and no fault started it", "runs again, and no fault woke it"],
        ),
        (timeline::Kill { targets: targets() }.into(), &start, &["runs, and no fault started it"]),
        (
            timeline::Pause { targets: targets() }.into(),
            &thaw,
            &["runs again, and no fault thawed it"],
        ),
        (
            timeline::Pause { targets: targets() }.into(),
            &restart,
            &["runs, and no fault started it"],
        ),
    ];
    for (action, interfere, how) in cases {
        let what = action.to_string();
        let (record, runs) = interfered(action, interfere);
        let undone = record.undone.as_ref().unwrap_or_else(|| panic!("{what}: {record:?}"));
        assert_eq!(undone.node, "broker-0", "{what}");
        assert!(how.iter().any(|how| undone.how.contains(how)), "{what}: {}", undone.how);
        assert!(!record.effective && record.effective_at_ms.is_some(), "{what}: {record:?}");
        let shortcoming = record.shortcoming().unwrap();
        assert!(shortcoming.starts_with("was undone after "), "{shortcoming}");
        let (healed, called) = (record.healed_at_ms.unwrap(), record.called_at_ms.unwrap());
        assert!(healed >= undone.at_ms && healed - called < 1_400.0, "{what}: {record:?}");
        assert!(runs, "{what}");
    }
}

#[test]
fn a_signal_that_changes_nothing_is_no_interference() {
    let cases: [(FaultAction, Signal); 2] = [
        (timeline::ProcessStop { targets: targets() }.into(), Signal::SIGSTOP),
        (timeline::Pause { targets: targets() }.into(), Signal::SIGCONT),
    ];
    for (action, signal) in cases {
        let (record, _) = interfered(action, |sleepers| sleepers.send(0, signal));
        assert!(record.effective && record.undone.is_none(), "{record:?}");
    }
}

#[test]
fn a_kill_accounts_for_what_it_kills_and_a_command_for_what_it_touches_while_it_runs() {
    let process = |pid| Some(Process { pid, start_ticks: 1 });
    let custody = Custody::default();
    let before = Instant::now();
    custody.take(0, 1, Way::Dead, &[process(7).unwrap()]);
    assert!(custody.owns_end(1, process(7), before));
    assert!(!custody.owns_end(1, process(8), before), "a later process of the same node");
    assert!(!custody.owns_end(2, process(7), before), "another node");
    custody.take(1, 2, Way::Touched, &[]);
    assert!(custody.owns_end(2, process(9), before));
    custody.take(2, 3, Way::Stopped, &[process(5).unwrap()]);
    assert!(!custody.owns_end(3, process(5), before), "a stop kills nobody");
}

/// A command may do anything to what it touches; if it ends another fault, that fault is undone.
#[test]
fn a_command_that_ends_another_fault_has_undone_it_and_is_named() {
    for (kind, verb) in [("stop", "woke"), ("pause", "thawed"), ("kill", "started")] {
        let (sleepers, custody) = (FakeCluster::of_sleeps(1), Arc::<Custody>::default());
        let mut fault = fault(kind, 0, &sleepers, &custody);
        inject(fault.as_mut(), kind).unwrap();
        custody.take(1, 0, Way::Touched, &[]);
        assert_eq!(fault.undone(), None, "{kind}");
        match kind {
            "stop" => sleepers.send(0, Signal::SIGCONT),
            "pause" => sleepers.thaw(&sleepers.nodes()[0]).unwrap(),
            _ => sleepers.start_node(0).unwrap(),
        }
        let how = wait_for(kind, || fault.undone()).how;
        assert!(how.ends_with(&format!(", and the command of fault 2 {verb} it")), "{how}");
        fault.heal().unwrap();
    }
}

/// The killed take a moment to die, and the node cannot be started before.
#[test]
fn a_kill_that_is_healed_at_once_starts_the_node_all_the_same() {
    let (sleepers, custody) = (FakeCluster::of_sleeps(1), Arc::default());
    for round in 0..20 {
        let before = sleepers.pid(0);
        let mut kill = fault("kill", round, &sleepers, &custody);
        kill.inject().unwrap();
        kill.heal().unwrap();
        assert!(sleepers.runs(0) && sleepers.pid(0) != before, "round {round}");
    }
}
