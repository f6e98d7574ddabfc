//! Labels: they say on everything that chaos creates in Docker which run it belongs to, and which
//! process. Nothing without them is ever touched.

use crate::runtime::{Liveness, Process, RuntimeError};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// On everything that chaos creates: `1`.
pub(super) const MANAGED: &str = "chaos.managed";
pub(super) const PROJECT: &str = "chaos.project";
pub(super) const RUN: &str = "chaos.run";
/// On containers.
pub(super) const SERVICE: &str = "chaos.service";
/// `node.id`; on containers.
pub(super) const NODE: &str = "chaos.node";
pub(super) const FOLDER: &str = "chaos.folder";
const OWNER_PID: &str = "chaos.owner.pid";
const OWNER_START: &str = "chaos.owner.start";
const OWNER_NAMESPACE: &str = "chaos.owner.pidns";
const BOOT: &str = "chaos.boot";

/// Labels as the daemon's API has them.
pub(super) type Labels = HashMap<String, String>;

/// The process that created something, identified beyond its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    process: Process,
    place: Place,
}

/// Where a process id is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// The kernel's id of this boot.
    boot: String,
    /// The number of the PID namespace.
    namespace: u64,
}

/// What happened to an [`Owner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Lives,
    Dead,
    /// Its id is not valid here: it belongs to another PID namespace.
    Elsewhere,
    /// Its state cannot be read.
    Unknown,
}

impl Owner {
    pub(super) fn own() -> Result<Owner, RuntimeError> {
        let process = Process::find(std::process::id() as i32)
            .ok_or_else(|| RuntimeError::new("this process is not in /proc"))?;
        Ok(Owner { process, place: Place::own()? })
    }

    /// Its process id, in its own place.
    pub(super) fn pid(&self) -> i32 {
        self.process.pid
    }

    pub(super) fn fate(&self) -> Result<Fate, RuntimeError> {
        let here = Place::own()?;
        Ok(if self.place.boot != here.boot {
            Fate::Dead
        } else if self.place.namespace != here.namespace {
            Fate::Elsewhere
        } else {
            match self.process.look() {
                Liveness::Alive(_) => Fate::Lives,
                Liveness::Dead => Fate::Dead,
                Liveness::Unknown => Fate::Unknown,
            }
        })
    }

    /// From labels; `None` if they do not name one.
    pub(super) fn of(labels: &Labels) -> Option<Owner> {
        let pid = labels.get(OWNER_PID)?.parse().ok()?;
        let start_ticks = labels.get(OWNER_START)?.parse().ok()?;
        let namespace = labels.get(OWNER_NAMESPACE)?.parse().ok()?;
        let boot = labels.get(BOOT)?.clone();
        let process = Process { pid, start_ticks };
        Some(Owner { process, place: Place { boot, namespace } })
    }

    fn labels(&self) -> [(&'static str, String); 4] {
        [
            (OWNER_PID, self.process.pid.to_string()),
            (OWNER_START, self.process.start_ticks.to_string()),
            (OWNER_NAMESPACE, self.place.namespace.to_string()),
            (BOOT, self.place.boot.clone()),
        ]
    }
}

impl Place {
    fn own() -> Result<Place, RuntimeError> {
        let boot = "/proc/sys/kernel/random/boot_id";
        let id =
            fs::read_to_string(boot).map_err(|e| RuntimeError::io(format!("reading {boot}"), e))?;
        let pid = "/proc/self/ns/pid";
        let namespace =
            fs::metadata(pid).map_err(|e| RuntimeError::io(format!("reading {pid}"), e))?.ino();
        Ok(Place { boot: id.trim().to_owned(), namespace })
    }
}

#[derive(Clone, Debug)]
pub(super) struct Belonging {
    pub(super) project: String,
    pub(super) run: String,
    folder: PathBuf,
    owner: Owner,
}

impl Belonging {
    pub(super) fn own(project: &str, run: &str, folder: &Path) -> Result<Self, RuntimeError> {
        let (project, run) = (project.to_owned(), run.to_owned());
        Ok(Belonging { project, run, folder: folder.to_owned(), owner: Owner::own()? })
    }

    /// On networks and volumes, and on everything else of the cluster.
    pub(super) fn labels(&self) -> Labels {
        let mut labels: Labels = [
            (MANAGED, "1".to_owned()),
            (PROJECT, self.project.clone()),
            (RUN, self.run.clone()),
            (FOLDER, self.folder.display().to_string()),
            ("com.docker.compose.project", self.project.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        labels.extend(self.owner.labels().map(|(name, value)| (name.to_owned(), value)));
        labels
    }

    /// On a service's container; `docker compose ps` uses some of them.
    pub(super) fn container_labels(&self, service: &str, node: i32) -> Labels {
        let mut labels = self.labels();
        let more = [
            (SERVICE, service.to_owned()),
            (NODE, node.to_string()),
            ("com.docker.compose.service", service.to_owned()),
            ("com.docker.compose.container-number", "1".to_owned()),
            ("com.docker.compose.oneoff", "False".to_owned()),
        ];
        labels.extend(more.map(|(name, value)| (name.to_owned(), value)));
        labels
    }

    /// Matches everything of the cluster and nothing else.
    pub(super) fn filters(&self) -> HashMap<String, Vec<String>> {
        let label = |name: &str, value: &str| format!("{name}={value}");
        let labels =
            vec![label(MANAGED, "1"), label(PROJECT, &self.project), label(RUN, &self.run)];
        [("label".to_owned(), labels)].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Labels {
        Belonging::own("p", "r", Path::new("/out")).unwrap().labels()
    }

    #[test]
    fn labels_name_their_maker_and_whether_it_lives() {
        let owner = Owner::of(&own()).unwrap();
        assert_eq!(owner, Owner::own().unwrap());
        assert_eq!(owner.fate().unwrap(), Fate::Lives);
    }

    #[test]
    fn an_owner_with_another_start_or_of_another_boot_is_dead() {
        for (label, value) in [(OWNER_START, "1"), (BOOT, "another")] {
            let mut labels = own();
            labels.insert(label.to_owned(), value.to_owned());
            assert_eq!(Owner::of(&labels).unwrap().fate().unwrap(), Fate::Dead, "{label}");
        }
    }

    #[test]
    fn an_owner_in_another_pid_namespace_is_not_judged() {
        let mut labels = own();
        labels.insert(OWNER_NAMESPACE.to_owned(), "1".to_owned());
        assert_eq!(Owner::of(&labels).unwrap().fate().unwrap(), Fate::Elsewhere);
    }

    #[test]
    fn labels_that_name_no_owner_give_none() {
        for label in [OWNER_PID, OWNER_START, OWNER_NAMESPACE, BOOT] {
            let mut labels = own();
            labels.remove(label);
            assert_eq!(Owner::of(&labels), None, "{label}");
        }
    }

    #[test]
    fn a_container_is_seen_by_docker_compose() {
        let belonging = Belonging::own("p", "r", Path::new("/out")).unwrap();
        let labels = belonging.container_labels("kafka-broker-01", 7);
        assert_eq!(labels["com.docker.compose.project"], "p");
        assert_eq!(labels["com.docker.compose.service"], "kafka-broker-01");
        assert_eq!(labels["com.docker.compose.oneoff"], "False");
        assert_eq!((labels[NODE].as_str(), labels[FOLDER].as_str()), ("7", "/out"));
    }
}
