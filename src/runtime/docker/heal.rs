//! Healing: finds what killed runs left behind by its labels, and removes it. Everything of a
//! living run stays, and so does everything that is not ours.

use super::engine::{Engine, failed, reason};
use super::labels::{FOLDER, Fate, MANAGED, Owner, PROJECT};
pub use super::leftover::Leftover;
use super::leftover::{self, What};
use super::port_owner::all_processes;
use super::sweep::{Kind, Thing, list, remove};
use crate::runtime::local::scratch;
use crate::runtime::{Liveness, Process, RuntimeError};
use bollard::query_parameters::InspectContainerOptions;
use futures_util::future::join_all;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A killed process is gone within milliseconds.
const DEATH_WITHIN: Duration = Duration::from_secs(5);
const DEATH_POLL: Duration = Duration::from_millis(5);

/// What chaos has on this machine.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Of dead runs, in the order of healing.
    pub leftovers: Vec<Leftover>,
    /// Of living runs, in words; left alone.
    pub in_use: Vec<String>,
    /// Of runs that cannot be judged from here, in words; left alone.
    pub unjudged: Vec<String>,
}

impl Findings {
    /// Whether there is nothing to heal and nothing that could not be judged.
    pub fn is_clean(&self) -> bool {
        self.leftovers.is_empty() && self.unjudged.is_empty()
    }

    /// What healing will remove, one line each.
    pub fn in_words(&self) -> Vec<String> {
        let words = |leftover: &Leftover| format!("left behind by a killed run: {leftover}");
        self.leftovers.iter().map(words).collect()
    }
}

/// The outcome for a leftover.
#[derive(Clone, Debug)]
pub struct Healed {
    pub leftover: Leftover,
    /// Why it is still there; `None`: it is gone.
    pub failure: Option<String>,
}

/// Looks for what dead runs left in Docker, and for their processes. Changes nothing.
pub fn survey(engine: &Engine) -> Result<Findings, RuntimeError> {
    let mut findings = Findings::default();
    survey_docker(engine, &mut findings)?;
    Ok(findings)
}

/// Looks for scratch folders that runs of the local runtime left in this folder. Changes nothing.
pub fn survey_local(scratch_parent: &Path) -> Findings {
    let leftovers = scratch::stale(scratch_parent).into_iter().map(Leftover::folder).collect();
    Findings { leftovers, ..Findings::default() }
}

fn survey_docker(engine: &Engine, findings: &mut Findings) -> Result<(), RuntimeError> {
    let filters = [("label".to_owned(), vec![format!("{MANAGED}=1")])].into();
    let things = engine
        .wait(list(engine.docker(), &filters))
        .map_err(|e| failed("looking for what runs left behind", &e))?;
    let (mut dead, mut living_folders) = (Vec::new(), BTreeSet::new());
    for thing in things {
        let words = in_words(&thing);
        let Some(owner) = Owner::of(&thing.labels) else {
            findings.unjudged.push(format!("{words}: its labels name no owner"));
            continue;
        };
        match owner.fate()? {
            Fate::Dead => dead.push(thing),
            Fate::Lives => {
                living_folders.extend(thing.labels.get(FOLDER).map(PathBuf::from));
                findings.in_use.push(format!("{words}: in use by process {}", owner.pid()));
            }
            Fate::Elsewhere => findings.unjudged.push(format!(
                "{words}: made by process {} of another PID namespace; heal it from there",
                owner.pid()
            )),
            Fate::Unknown => findings
                .unjudged
                .push(format!("{words}: the state of its process {} cannot be read", owner.pid())),
        }
    }
    let mut folders: BTreeSet<PathBuf> =
        dead.iter().filter_map(|thing| thing.labels.get(FOLDER)).map(PathBuf::from).collect();
    folders.retain(|folder| !living_folders.contains(folder));
    // First: while labels are there, a second try finds the same processes.
    findings.leftovers.extend(processes_of(&folders).into_iter().map(Leftover::process));
    let states = engine.wait(join_all(dead.iter().map(|thing| state(engine, thing))));
    let found = dead.into_iter().zip(states);
    findings.leftovers.extend(found.map(|(thing, state)| Leftover::thing(thing, state)));
    Ok(())
}

fn in_words(thing: &Thing) -> String {
    let project = thing.labels.get(PROJECT).map(|p| format!(" of project {p}"));
    format!("{} {}{}", thing.kind, thing.name, project.unwrap_or_default())
}

/// A container's state; the daemon does not know about a stop by signal.
async fn state(engine: &Engine, thing: &Thing) -> Option<String> {
    let known = thing.state.clone()?;
    if thing.kind != Kind::Container || known != "running" {
        return Some(known);
    }
    let options = Some(InspectContainerOptions { size: false });
    let inspected = engine.docker().inspect_container(&thing.id, options).await;
    let pid = inspected.ok().and_then(|i| i.state).and_then(|state| state.pid)?;
    Some(match Process::look_for(i32::try_from(pid).ok()?) {
        Liveness::Alive(process) if process.is_all_in('T') => "stopped by SIGSTOP".to_owned(),
        Liveness::Alive(_) | Liveness::Unknown => known,
        // The daemon has not noticed yet.
        Liveness::Dead => "exited".to_owned(),
    })
}

/// Processes started by runs with these folders that we may signal; never this one or its
/// ancestors.
fn processes_of(folders: &BTreeSet<PathBuf>) -> Vec<Process> {
    if folders.is_empty() {
        return Vec::new();
    }
    let own = leftover::ancestors(std::process::id() as i32);
    let ours = |pid: &i32| {
        !own.contains(pid)
            && kill(Pid::from_raw(*pid), None).is_ok()
            && leftover::is_of_run(*pid, folders)
    };
    all_processes().into_iter().filter(ours).filter_map(Process::find).collect()
}

/// Removes what was found. What is gone already counts as healed. Tries everything, even after a
/// failure.
pub fn heal(engine: &Engine, findings: &Findings) -> Result<(), RuntimeError> {
    let left = |healed: Healed| Some(format!("{}: {}", healed.leftover, healed.failure?));
    let left: Vec<String> =
        heal_each(Some(engine), findings).into_iter().filter_map(left).collect();
    if left.is_empty() {
        return Ok(());
    }
    let what = format!("what killed runs left behind could not be removed: {}", left.join("; "));
    Err(RuntimeError::new(what))
}

/// Like [`heal`], with the outcome of each; without a daemon, only what is not in Docker.
pub fn heal_each(engine: Option<&Engine>, findings: &Findings) -> Vec<Healed> {
    let mut things = Vec::new();
    let mut healed = Vec::new();
    for leftover in &findings.leftovers {
        let result = match &leftover.what {
            What::Process(process) => end(*process),
            What::Folder(folder) => scratch::remove(folder).map_err(|e| e.to_string()),
            What::Thing(thing) => {
                things.push((thing.clone(), leftover.clone()));
                continue;
            }
        };
        healed.push(Healed { leftover: leftover.clone(), failure: result.err() });
    }
    let Some(engine) = engine else { return healed };
    let to_remove: Vec<Thing> = things.iter().map(|(thing, _)| thing.clone()).collect();
    for (thing, result) in engine.wait(remove(engine.docker(), &to_remove)) {
        let of = |(t, leftover): &(Thing, Leftover)| {
            (t.kind == thing.kind && t.id == thing.id).then(|| leftover.clone())
        };
        let failure = result.err().map(|e| reason(&e));
        healed.extend(things.iter().find_map(of).map(|leftover| Healed { leftover, failure }));
    }
    healed
}

/// A stopped process dies of this, too.
fn end(process: Process) -> Result<(), String> {
    let begun = Instant::now();
    while !process.is_dead() {
        match kill(Pid::from_raw(process.pid), Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(e) => return Err(e.to_string()),
        }
        if begun.elapsed() > DEATH_WITHIN {
            return Err("it does not die".to_owned());
        }
        std::thread::sleep(DEATH_POLL);
    }
    Ok(())
}
