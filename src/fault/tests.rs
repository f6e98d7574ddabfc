//! Faults on real processes, walked through their lives on a cluster of one `sleep`.

use super::*;
use crate::clock::Epoch;
use crate::event::FaultStep;
use crate::runtime::{Cluster, DropSite, Listeners, Node, Role, RuntimeError, Vantage};
use crate::timeline::{Exec, FaultAction, FaultPlan, Kill, Pause, ProcessStop, Target};
use std::net::Ipv4Addr;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One broker that is a `sleep`, with a freezer that says what it is told.
struct Sleeper {
    child: Mutex<Option<Child>>,
    freezer: Mutex<Freezer>,
}

#[derive(Clone, Copy, PartialEq)]
enum Freezer {
    Missing,
    Thawed,
    Frozen,
    /// It takes the order and does nothing.
    Broken,
}

impl Sleeper {
    fn new() -> Arc<Self> {
        let sleeper =
            Arc::new(Sleeper { child: Mutex::new(None), freezer: Mutex::new(Freezer::Missing) });
        sleeper.start_node(0).unwrap();
        sleeper
    }

    fn pid(&self) -> Option<i32> {
        let mut child = self.child.lock().unwrap();
        let living = child.as_mut()?.try_wait().unwrap().is_none();
        living.then(|| child.as_ref().unwrap().id() as i32)
    }

    fn is_stopped(&self) -> bool {
        process::Process::find(self.pid().unwrap()).unwrap().is_stopped()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        if let Some(child) = self.child.lock().unwrap().as_mut() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Cluster for Sleeper {
    fn nodes(&self) -> Vec<Node> {
        let name = "broker-0".to_owned();
        let pids = self.pid().into_iter().collect();
        let (address, listeners) = (Some(Ipv4Addr::LOCALHOST), Listeners::default());
        vec![Node { id: 0, name, role: Role::Combined, pids, address, listeners, netns: None }]
    }

    fn start_node(&self, _: i32) -> Result<(), RuntimeError> {
        if self.pid().is_none() {
            let child = Command::new("sleep").arg("60").spawn().unwrap();
            *self.child.lock().unwrap() = Some(child);
        }
        Ok(())
    }

    fn spawn_client(&self, mut command: Command) -> Result<Child, RuntimeError> {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map_err(|e| RuntimeError::io("spawn", e))
    }

    fn client_bootstrap_servers(&self) -> String {
        String::new()
    }

    fn vantage(&self) -> Vantage {
        Vantage { netns: None, brokers: vec![], bootstrap: vec![] }
    }

    fn freeze(&self, node: &Node) -> Result<&'static str, RuntimeError> {
        let mut freezer = self.freezer.lock().unwrap();
        match *freezer {
            Freezer::Missing => Err(RuntimeError::new(format!("{}: no freezer", node.name))),
            Freezer::Thawed => {
                *freezer = Freezer::Frozen;
                Ok("a wish")
            }
            Freezer::Frozen => panic!("frozen twice"),
            Freezer::Broken => Ok("a wish"),
        }
    }

    fn thaw(&self, _: &Node) -> Result<(), RuntimeError> {
        let mut freezer = self.freezer.lock().unwrap();
        if *freezer == Freezer::Frozen {
            *freezer = Freezer::Thawed;
        }
        Ok(())
    }

    fn frozen(&self, _: &Node) -> Result<Option<String>, RuntimeError> {
        let frozen = *self.freezer.lock().unwrap() == Freezer::Frozen;
        Ok(frozen.then(|| "it is frozen".to_owned()))
    }

    fn drop_sites(&self, _: &[Node]) -> Result<Vec<DropSite>, RuntimeError> {
        Ok(vec![])
    }

    fn post_mortem(&self, _: i32) -> Option<String> {
        None
    }

    fn describe(&self) -> String {
        "a sleep".to_owned()
    }

    fn destroy(&self) -> Result<(), RuntimeError> {
        Ok(())
    }
}

struct Stage {
    sleeper: Arc<Sleeper>,
    site: Site<'static>,
    steps: Arc<Mutex<Vec<FaultStep>>>,
    folder: tempfile::TempDir,
}

fn stage() -> Stage {
    let sleeper = Sleeper::new();
    let folder = tempfile::tempdir().unwrap();
    let steps: Arc<Mutex<Vec<FaultStep>>> = Arc::default();
    let (told, seen) = (Arc::clone(&steps), Arc::clone(&sleeper));
    let site = Site {
        cluster: Arc::clone(&sleeper) as Arc<dyn Cluster>,
        situation: Box::new(move || Situation {
            nodes: seen.nodes(),
            leader: Some(0),
            replicas: vec![0],
            controller: Some(0),
        }),
        custody: Arc::default(),
        history: Arc::default(),
        environment: Box::new(|| vec![("CHAOS_PHASE".to_owned(), "faults".to_owned())]),
        journal: Journal::create(&folder.path().join("journal.jsonl")).unwrap(),
        epoch: Epoch::now(),
        zero_us: 0,
        cancel: Cancel::default(),
        folder: folder.path().to_owned(),
        called: Box::new(|_, _| {}),
        tell: Box::new(move |_, step| told.lock().unwrap().push(step)),
    };
    Stage { sleeper, site, steps, folder }
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
    assert!(!stage.sleeper.is_stopped());
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
    // It was never in effect, so nobody ended that.
    assert!(!reason.contains("woke") && record.undone.is_none(), "{reason}");
    assert!(!stage.sleeper.is_stopped());
}

#[test]
fn what_is_stopped_already_cannot_be_stopped_and_is_not_woken() {
    let stage = stage();
    let pid = stage.sleeper.pid().unwrap();
    let process = process::Process::find(pid).unwrap();
    let sigstop = nix::sys::signal::Signal::SIGSTOP;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), sigstop).unwrap();
    while !process.is_stopped() {
        std::thread::yield_now();
    }
    let record = live(&plan(stop(), 0, 50), &stage.site);
    assert!(record.reason.unwrap().contains("is stopped already"));
    assert!(stage.sleeper.is_stopped());
}

#[test]
fn a_kill_is_proved_and_healed_by_a_new_process() {
    let stage = stage();
    let before = stage.sleeper.pid().unwrap();
    let record = live(&plan(kill(), 0, 50), &stage.site);
    assert!(record.effective, "{record:?}");
    assert_ne!(stage.sleeper.pid().unwrap(), before);
}

#[test]
fn killing_the_dead_is_not_effective_and_leaves_them_dead() {
    let stage = stage();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(stage.sleeper.pid().unwrap()),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    while stage.sleeper.pid().is_some() {
        std::thread::yield_now();
    }
    let record = live(&plan(kill(), 0, 50), &stage.site);
    assert!(record.reason.unwrap().contains("is dead already"));
    assert_eq!(stage.sleeper.pid(), None);
}

#[test]
fn called_off_it_is_healed_at_once_or_never_injected() {
    let stage = stage();
    std::thread::scope(|scope| {
        let site = &stage.site;
        let active = scope.spawn(move || live(&plan(stop(), 0, 60_000), site));
        let waiting = scope.spawn(move || live(&plan(kill(), 60_000, 60_000), site));
        while !stage.sleeper.is_stopped() {
            std::thread::yield_now();
        }
        site.cancel.call();
        let record = active.join().unwrap();
        assert!(record.healed_at_ms.unwrap() < 30_000.0);
        let record = waiting.join().unwrap();
        assert_eq!(record.called_at_ms, None);
        assert!(record.reason.unwrap().contains("before its time"));
    });
    assert!(!stage.sleeper.is_stopped());
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
    let steps = stage.steps.lock().unwrap();
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
    *stage.sleeper.freezer.lock().unwrap() = Freezer::Thawed;
    let record = live(&plan(pause(), 0, 50), &stage.site);
    assert!(record.effective, "{record:?}");
    assert_eq!(record.evidence[0].text, "broker-0, it is frozen (paused by a wish)");
    assert!(*stage.sleeper.freezer.lock().unwrap() == Freezer::Thawed);
    let journal = std::fs::read_to_string(stage.folder.path().join("journal.jsonl")).unwrap();
    assert!(journal.lines().next().unwrap().contains("unpause broker-0"), "{journal}");
}

#[test]
fn what_is_paused_already_cannot_be_paused_and_is_not_thawed() {
    let stage = stage();
    *stage.sleeper.freezer.lock().unwrap() = Freezer::Frozen;
    let record = live(&plan(pause(), 0, 50), &stage.site);
    assert!(!record.effective);
    assert!(record.reason.unwrap().contains("broker-0 is paused already"));
    assert!(*stage.sleeper.freezer.lock().unwrap() == Freezer::Frozen);
}

#[test]
fn a_freezer_that_is_missing_or_does_nothing_makes_no_effect() {
    let stage = stage();
    let record = live(&plan(pause(), 0, 50), &stage.site);
    assert!(!record.effective);
    assert!(record.reason.unwrap().contains("no freezer"));
    *stage.sleeper.freezer.lock().unwrap() = Freezer::Broken;
    let record = live(&plan(pause(), 0, 50), &stage.site);
    assert!(!record.effective);
    assert!(record.reason.unwrap().contains("no proof"));
}

#[test]
fn the_call_is_told_before_anything_is_touched() {
    let mut stage = stage();
    let (sleeper, told) = (Arc::clone(&stage.sleeper), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&told);
    stage.site.called = Box::new(move |index, called_at_ms| {
        let is_frozen = *sleeper.freezer.lock().unwrap() == Freezer::Frozen;
        seen.lock().unwrap().push((index, called_at_ms, is_frozen));
    });
    *stage.sleeper.freezer.lock().unwrap() = Freezer::Thawed;
    let record = live(&plan(pause(), 0, 50), &stage.site);
    let called_at_ms = record.called_at_ms.unwrap();
    assert_eq!(*told.lock().unwrap(), [(record.index, called_at_ms, false)]);
}
