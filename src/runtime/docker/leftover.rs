//! [`Leftover`]: one thing that a dead run left behind, in words; and which processes belong to a
//! run.

use super::labels::{FOLDER, PROJECT};
use super::port_owner::command;
use super::sweep::Thing;
use crate::runtime::Process;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug)]
pub struct Leftover {
    /// The compose project; `None`: not of the Docker runtime, or not known.
    pub project: Option<String>,
    /// The run's folder, if known.
    pub folder: Option<String>,
    /// `container`, `network`, `volume`, `process`, `scratch folder`.
    pub kind: String,
    /// Its name for a person.
    pub name: String,
    /// `stopped by SIGSTOP`, `paused`, `exited`, `running`.
    pub state: Option<String>,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Thing(Thing),
    Process(Process),
    Folder(PathBuf),
}

impl Leftover {
    pub(super) fn thing(thing: Thing, state: Option<String>) -> Leftover {
        Leftover {
            project: thing.labels.get(PROJECT).cloned(),
            folder: thing.labels.get(FOLDER).cloned(),
            kind: thing.kind.to_string(),
            name: thing.name.clone(),
            state,
            what: What::Thing(thing),
        }
    }

    pub(super) fn process(process: Process) -> Leftover {
        let is_stopped = process.is_all_in('T');
        Leftover {
            project: None,
            folder: None,
            kind: "process".to_owned(),
            name: format!("{} ({})", process.pid, command(process.pid)),
            state: Some(if is_stopped { "stopped by SIGSTOP" } else { "running" }.to_owned()),
            what: What::Process(process),
        }
    }

    pub(super) fn folder(folder: PathBuf) -> Leftover {
        Leftover {
            project: None,
            folder: None,
            kind: "scratch folder".to_owned(),
            name: folder.display().to_string(),
            state: None,
            what: What::Folder(folder),
        }
    }
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        if let Some(project) = &self.project {
            write!(f, " of project {project}")?;
        }
        match &self.state {
            Some(state) => write!(f, ", {state}"),
            None => Ok(()),
        }
    }
}

/// Whether one of these runs started the process: its environment names the run's folder, or it is
/// a worker whose specification is there.
pub(super) fn is_of_run(pid: i32, folders: &BTreeSet<PathBuf>) -> bool {
    let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    names_run(&read("environ"), folders) || is_worker_of(&read("cmdline"), folders)
}

fn names_run(environment: &[u8], folders: &BTreeSet<PathBuf>) -> bool {
    let values = environment.split(|byte| *byte == 0);
    let mut named = values.filter_map(|variable| variable.strip_prefix(b"CHAOS_RUN_DIR="));
    named.any(|value| folders.contains(Path::new(OsStr::from_bytes(value))))
}

/// `…/chaos worker FOLDER/…/worker.json`, as the tool starts it.
fn is_worker_of(command_line: &[u8], folders: &BTreeSet<PathBuf>) -> bool {
    let words: Vec<&[u8]> = command_line.split(|byte| *byte == 0).collect();
    let [program, b"worker", orders, ..] = words.as_slice() else { return false };
    let path = |word| Path::new(OsStr::from_bytes(word));
    let is_chaos = path(program).file_name() == Some(OsStr::new("chaos"));
    is_chaos && folders.iter().any(|folder| path(orders).starts_with(folder))
}

/// A process and all its ancestors.
pub(super) fn ancestors(pid: i32) -> BTreeSet<i32> {
    let mut seen = BTreeSet::new();
    let mut next = Some(pid);
    while let Some(pid) = next.filter(|pid| *pid > 0 && seen.insert(*pid)) {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        next = parent.and_then(|parent| parent.trim().parse().ok());
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> BTreeSet<PathBuf> {
        [PathBuf::from("/out/run")].into()
    }

    #[test]
    fn a_process_is_a_runs_by_the_folder_in_its_environment() {
        assert!(names_run(b"A=b\0CHAOS_RUN_DIR=/out/run\0", &folders()));
        assert!(!names_run(b"CHAOS_RUN_DIR=/out/run2\0", &folders()));
        assert!(!names_run(b"X=CHAOS_RUN_DIR=/out/run\0", &folders()));
    }

    #[test]
    fn a_worker_is_a_runs_by_its_orders() {
        let is = |line: &[u8]| is_worker_of(line, &folders());
        assert!(is(b"/usr/bin/chaos\0worker\0/out/run/cells/0/worker.json\0"));
        assert!(!is(b"/usr/bin/chaos\0worker\0/out/run2/cells/0/worker.json\0"));
        assert!(!is(b"/usr/bin/vi\0worker\0/out/run/cells/0/worker.json\0"));
        assert!(!is(b"chaos\0run\0/out/run/a.yaml\0"));
    }

    #[test]
    fn this_process_has_a_parent_and_the_first_process_above_it() {
        let own = std::process::id() as i32;
        let above = ancestors(own);
        assert!(above.contains(&own) && above.contains(&nix::unistd::getppid().as_raw()));
        assert!(above.len() >= 2);
    }

    #[test]
    fn a_leftover_is_told_with_its_state() {
        let folder = Leftover::folder("/tmp/chaos-1".into());
        assert_eq!(folder.to_string(), "scratch folder /tmp/chaos-1");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Leftover::process(Process::find(child.id() as i32).unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(process.state.as_deref(), Some("running"));
    }
}
