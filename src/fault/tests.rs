//! Faults on real processes, walked through their lives on one `sleep`.

mod overlap;

use super::*;
use crate::clock::Epoch;
use crate::event::FaultStep;
use crate::runtime::Cluster;
use crate::runtime::fake::{FakeCluster, Freezer};
use crate::timeline::{Exec, FaultAction, FaultPlan, Kill, Pause, ProcessStop, Target};
use nix::sys::signal::Signal;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where broker 0 leads a partition of all brokers, with the clock at the scenario's zero.
pub(super) fn site(
    cluster: &Arc<FakeCluster>,
    folder: &Path,
    tell: impl Fn(FaultStep) + Send + Sync + 'static,
) -> Site<'static> {
    let seen = Arc::clone(cluster);
    Site {
        cluster: Arc::clone(cluster) as Arc<dyn Cluster>,
        situation: Box::new(move || {
            let nodes = seen.nodes();
            let replicas = nodes.iter().map(|n| n.id).collect();
            Situation { nodes, leader: Some(0), replicas, controller: Some(0) }
        }),
        custody: Arc::default(),
        history: Arc::default(),
        environment: Box::new(|| vec![("CHAOS_PHASE".to_owned(), "faults".to_owned())]),
        journal: Journal::create(&folder.join("journal.jsonl")).unwrap(),
        epoch: Epoch::now(),
        zero_us: 0,
        cancel: Cancel::default(),
        folder: folder.to_owned(),
        called: Box::new(|_, _| {}),
        tell: Box::new(move |_, step| tell(step)),
    }
}

struct Stage {
    cluster: Arc<FakeCluster>,
    site: Site<'static>,
    steps: Arc<Mutex<Vec<FaultStep>>>,
    folder: tempfile::TempDir,
}

/// One broker that is a `sleep`.
fn stage() -> Stage {
    let (cluster, folder) = (FakeCluster::of_sleeps(1), tempfile::tempdir().unwrap());
    let steps: Arc<Mutex<Vec<FaultStep>>> = Arc::default();
    let told = Arc::clone(&steps);
    let site = site(&cluster, folder.path(), move |step| told.lock().push(step));
    Stage { cluster, site, steps, folder }
}

fn plan(action: FaultAction, at_ms: u64, for_ms: u64) -> FaultPlan {
    FaultPlan { index: 0, action, at_ms, for_ms }
}

fn stop() -> FaultAction {
    ProcessStop { targets: vec![Target::Leader] }.into()
}

fn kill() -> FaultAction {
    Kill { targets: vec![Target::Leader] }.into()
}

fn pause() -> FaultAction {
    Pause { targets: vec![Target::Leader] }.into()
}

fn exec(command: &str) -> FaultAction {
    let command = ["sh", "-c", command].map(str::to_owned).to_vec();
    Exec { command, touches: vec![] }.into()
}

#[test]
fn a_stop_is_journalled_proved_and_healed_in_its_time() {
    let stage = stage();
    let record = live(&plan(stop(), 20, 100), &stage.site);
    assert!(record.effective, "{record:?}");
    assert_eq!(record.nodes, ["broker-0"]);
    let (called, effective, healed) = (
        record.called_at_ms.unwrap(),
        record.effective_at_ms.unwrap(),
        record.healed_at_ms.unwrap(),
    );
    // Not before its time; how long after depends on the machine's load.
    assert!((20.0..2_000.0).contains(&called), "{called}");
    assert!(effective >= called && effective < healed);
    assert!(healed - called >= 100.0, "{called} to {healed}");
    assert!(record.evidence[0].text.contains("all 1 threads in state T"), "{record:?}");
    assert!(!stage.cluster.is_stopped(0));
    let journal = std::fs::read_to_string(stage.folder.path().join("journal.jsonl")).unwrap();
    assert!(journal.lines().next().unwrap().contains("SIGCONT"), "{journal}");
    assert!(journal.lines().nth(1).unwrap().contains("healed"), "{journal}");
}

#[test]
fn a_stop_of_no_time_is_not_effective() {
    let stage = stage();
    let record = live(&plan(stop(), 0, 0), &stage.site);
    assert!(!record.effective);
    let reason = record.reason.unwrap();
    assert!(reason.contains("no proof"), "{reason}");
    // It was never in effect, so nobody ended it.
    assert!(!reason.contains("woke") && record.undone.is_none(), "{reason}");
    assert!(!stage.cluster.is_stopped(0));
}

#[test]
fn what_is_stopped_already_cannot_be_stopped_and_is_not_woken() {
    let stage = stage();
    stage.cluster.send(0, Signal::SIGSTOP);
    while !stage.cluster.is_stopped(0) {
        std::thread::yield_now();
    }
    let record = live(&plan(stop(), 0, 50), &stage.site);
    assert!(record.reason.unwrap().contains("is stopped already"));
    assert!(stage.cluster.is_stopped(0));
}

#[test]
fn a_kill_is_proved_and_healed_by_a_new_process() {
    let stage = stage();
    let before = stage.cluster.pid(0).unwrap();
    let record = live(&plan(kill(), 0, 50), &stage.site);
    assert!(record.effective, "{record:?}");
    assert_ne!(stage.cluster.pid(0).unwrap(), before);
}

#[test]
fn killing_the_dead_is_not_effective_and_leaves_them_dead() {
    let stage = stage();
    stage.cluster.send(0, Signal::SIGKILL);
    while stage.cluster.pid(0).is_some() {
        std::thread::yield_now();
    }
    let record = live(&plan(kill(), 0, 50), &stage.site);
    assert!(record.reason.unwrap().contains("is dead already"));
    assert_eq!(stage.cluster.pid(0), None);
}

#[test]
fn called_off_it_is_healed_at_once_or_never_injected() {
    let stage = stage();
    std::thread::scope(|scope| {
        let site = &stage.site;
        let active = scope.spawn(move || live(&plan(stop(), 0, 60_000), site));
        let waiting = scope.spawn(move || live(&plan(kill(), 60_000, 60_000), site));
        while !stage.cluster.is_stopped(0) {
            std::thread::yield_now();
        }
        site.cancel.call();
        let record = active.join().unwrap();
        assert!(record.healed_at_ms.unwrap() < 30_000.0);
        let record = waiting.join().unwrap();
        assert_eq!(record.called_at_ms, None);
        assert!(record.reason.unwrap().contains("before its time"));
    });
    assert!(!stage.cluster.is_stopped(0));
}

#[test]
fn a_command_is_effective_by_its_status_and_over_when_it_ends() {
    let stage = stage();
    let record = live(&plan(exec("echo $CHAOS_PHASE"), 0, 60_000), &stage.site);
    assert!(record.effective, "{record:?}");
    assert!(record.evidence[0].text.contains("faults"), "{record:?}");
    assert!(record.healed_at_ms.unwrap() < 30_000.0);
    let record = live(&plan(exec("echo no; echo; echo never; exit 3"), 0, 60_000), &stage.site);
    assert!(!record.effective);
    let reason = record.reason.unwrap();
    assert!(
        reason.contains("exit status: 3") && reason.ends_with("it said: no; never"),
        "{reason}"
    );
    let steps = stage.steps.lock();
    assert!(steps.iter().any(|s| matches!(s, FaultStep::Failed { .. })));
}

#[test]
fn a_command_that_takes_too_long_is_killed_and_not_effective() {
    let stage = stage();
    let started = std::time::Instant::now();
    let record = live(&plan(exec("exec sleep 60"), 0, 80), &stage.site);
    assert!(!record.effective);
    assert!(record.reason.unwrap().contains("still running"));
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_pause_is_journalled_proved_by_the_freezer_and_thawed() {
    let stage = stage();
    let record = live(&plan(pause(), 0, 50), &stage.site);
    assert!(record.effective, "{record:?}");
    assert_eq!(record.evidence[0].text, "broker-0, it is frozen (paused by a wish)");
    assert!(stage.cluster.frozen.lock().is_empty());
    let journal = std::fs::read_to_string(stage.folder.path().join("journal.jsonl")).unwrap();
    assert!(journal.lines().next().unwrap().contains("unpause broker-0"), "{journal}");
}

#[test]
fn what_is_paused_already_cannot_be_paused_and_is_not_thawed() {
    let stage = stage();
    stage.cluster.frozen.lock().insert(0);
    let record = live(&plan(pause(), 0, 50), &stage.site);
    assert!(!record.effective);
    assert!(record.reason.unwrap().contains("broker-0 is paused already"));
    assert!(stage.cluster.frozen.lock().contains(&0));
}

#[test]
fn a_freezer_that_is_missing_or_does_nothing_makes_no_effect() {
    let stage = stage();
    *stage.cluster.freezer.lock() = Freezer::Missing;
    let record = live(&plan(pause(), 0, 50), &stage.site);
    assert!(!record.effective);
    assert!(record.reason.unwrap().contains("no freezer"));
    *stage.cluster.freezer.lock() = Freezer::Broken;
    let record = live(&plan(pause(), 0, 50), &stage.site);
    assert!(!record.effective);
    assert!(record.reason.unwrap().contains("no proof"));
}

#[test]
fn the_call_is_told_before_anything_is_touched() {
    let mut stage = stage();
    let (cluster, told) = (Arc::clone(&stage.cluster), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&told);
    stage.site.called = Box::new(move |index, called_at_ms| {
        let is_frozen = !cluster.frozen.lock().is_empty();
        seen.lock().push((index, called_at_ms, is_frozen));
    });
    let record = live(&plan(pause(), 0, 50), &stage.site);
    let called_at_ms = record.called_at_ms.unwrap();
    assert_eq!(*told.lock(), [(record.index, called_at_ms, false)]);
}
