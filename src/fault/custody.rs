//! [`Custody`]: which fault holds which node, and how. A fault takes a node before it touches it
//! and lets it go when it heals. So every end of a process and every standstill has an owner or
//! none, and a node runs again when the last fault that keeps it from running lets go.

use super::FaultError;
use super::holds::{Holds, Remedy, Still, Way};
use crate::runtime::{Cluster, Node, Process, Role, RuntimeError};
use nix::sys::signal::Signal;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait for a killed process before its node is started again.
const DEATH_WITHIN: Duration = Duration::from_secs(10);
/// How often it is checked meanwhile.
const DEATH_POLL: Duration = Duration::from_millis(2);

/// A directed cut between two nodes, by `node.id`; without a port it is all traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Severed {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) port: Option<u16>,
}

impl Severed {
    fn covers(self, other: Severed) -> bool {
        (self.from, self.to) == (other.from, other.to)
            && (self.port.is_none() || self.port == other.port)
    }
}

/// Who holds what now, and who held it before.
#[derive(Debug, Default)]
pub struct Custody {
    /// Each node has its own lock: healing happens under it, and delays no other node.
    nodes: Mutex<BTreeMap<i32, Arc<Mutex<Holds>>>>,
    cuts: Mutex<BTreeMap<u16, BTreeSet<Severed>>>,
}

impl Custody {
    /// Whether a fault accounts for the end of this process of a node. A `kill` accounts for the
    /// processes that it kills. A command accounts for every end of the nodes that it touches,
    /// while it runs and for a second afterwards: `since` is when the process was last seen alive.
    pub fn owns_end(&self, node: i32, process: Option<Process>, since: Instant) -> bool {
        self.holds(node).lock().owns_end(process, since, Instant::now())
    }

    /// Which fault accounts for a node that stood still at some moment since then.
    pub fn owns_standstill(&self, node: i32, since: Instant) -> Still {
        self.holds(node).lock().owns_standstill(since, Instant::now())
    }

    /// Records that a fault, by its position in the plan, is about to touch a node, with the
    /// processes that it acts on.
    pub fn take(&self, fault: u16, node: i32, way: Way, processes: &[Process]) {
        self.holds(node).lock().take(fault, way, processes, Instant::now());
    }

    /// Records that the fault let the node go; does nothing to the node.
    #[cfg(test)]
    pub(crate) fn let_go(&self, fault: u16, node: i32, way: Way) {
        self.holds(node).lock().let_go(fault, way, Instant::now());
    }

    fn holds(&self, node: i32) -> Arc<Mutex<Holds>> {
        Arc::clone(self.nodes.lock().entry(node).or_default())
    }
}

/// One fault's access to the custody of nodes.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) cluster: Arc<dyn Cluster>,
    pub(super) custody: Arc<Custody>,
    /// The fault's position in the plan.
    pub(super) fault: u16,
}

impl Holder {
    /// Like [`Custody::take`], for this fault.
    pub(super) fn take(&self, node: &Node, way: Way, processes: &[Process]) {
        self.custody.take(self.fault, node.id, way, processes);
    }

    /// Lets a node go, and heals it as far as no other fault forbids. Returns in words what it left
    /// to others, and what it did in their place.
    ///
    /// # Errors
    /// The node stays as the fault made it, and is still held.
    pub(super) fn let_go(&self, node: &Node, way: Way) -> Result<Option<String>, FaultError> {
        let holds = self.custody.holds(node.id);
        let mut holds = holds.lock();
        let release = holds.release(self.fault, way);
        let has_started = way != Way::Dead && release.remedies.contains(&Remedy::Start);
        for remedy in release.remedies {
            if remedy == Remedy::Start && node.role != Role::Clients {
                self.wait_for_ends(node, &holds.killed())?;
            }
            self.carry_out(node, &remedy)?;
        }
        holds.let_go(self.fault, way, Instant::now());
        let name = &node.name;
        let others: Vec<String> =
            release.held_by.iter().map(|fault| format!("fault {}", fault + 1)).collect();
        Ok(if !others.is_empty() {
            Some(format!("{name} stays as it is: {} still holds it", others.join(" and ")))
        } else if has_started && node.role != Role::Clients {
            Some(format!("{name} was started: the kill that it was due to was healed before"))
        } else {
            None
        })
    }

    /// Waits until these processes of a node have ended and the cluster knows it: while it
    /// considers one of them alive, it starts no other.
    fn wait_for_ends(&self, node: &Node, killed: &[Process]) -> Result<(), FaultError> {
        let begun = Instant::now();
        loop {
            // Listing the nodes reaps dead processes.
            let nodes = self.cluster.nodes();
            let pids = nodes.iter().find(|n| n.id == node.id).map_or(&[][..], Node::pids);
            let is_listed = |process: &Process| {
                pids.contains(&process.pid)
                    && Process::find(process.pid).is_none_or(|found| found == *process)
            };
            if !killed.iter().any(|process| !process.is_dead() || is_listed(process)) {
                return Ok(());
            }
            if begun.elapsed() > DEATH_WITHIN {
                let what = format!("{} was killed but has not ended", node.name);
                return Err(RuntimeError::new(what).into());
            }
            std::thread::sleep(DEATH_POLL);
        }
    }

    fn carry_out(&self, node: &Node, remedy: &Remedy) -> Result<(), FaultError> {
        match remedy {
            Remedy::Wake(processes) => {
                let wake = |process: &Process| {
                    process.signal(self.cluster.as_ref(), node, Signal::SIGCONT).map(drop)
                };
                // Each is woken, whatever the result for the others.
                let results: Vec<_> = processes.iter().map(wake).collect();
                results.into_iter().collect()
            }
            Remedy::Thaw => Ok(self.cluster.thaw(node)?),
            // A killed producer stays dead: it has no state to resume with.
            Remedy::Start if node.role == Role::Clients => Ok(()),
            Remedy::Start => Ok(self.cluster.start_node(node.id)?),
        }
    }

    /// Lets all of these nodes go, whatever the result for the others.
    pub(super) fn let_all_go(
        &self,
        nodes: &[Node],
        way: Way,
    ) -> Result<Option<String>, FaultError> {
        let results: Vec<_> = nodes.iter().map(|node| self.let_go(node, way)).collect();
        let parts: Vec<Option<String>> = results.into_iter().collect::<Result<_, _>>()?;
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        Ok((!parts.is_empty()).then(|| parts.join("; ")))
    }

    /// Whether a fault kills this process: it may be dying now.
    pub(super) fn is_killed(&self, node: &Node, process: Process) -> bool {
        self.custody.holds(node.id).lock().kills(process)
    }

    /// Who has just interfered with a node that this fault holds: `the command of fault 2`, if one
    /// touches it, otherwise `no fault`.
    pub(super) fn who_interferes(&self, node: &Node) -> String {
        let fault = self.custody.holds(node.id).lock().touched_by(Instant::now());
        fault.map_or("no fault".to_owned(), |fault| format!("the command of fault {}", fault + 1))
    }

    /// Registers cuts before they are made; returns those that other faults have made already.
    pub(super) fn cut(&self, wanted: BTreeSet<Severed>) -> BTreeSet<Severed> {
        let mut cuts = self.custody.cuts.lock();
        let others: Vec<Severed> =
            cuts.iter().filter(|(of, _)| **of != self.fault).flat_map(|(_, c)| c.clone()).collect();
        let is_cut = |one: &&Severed| others.iter().any(|other| other.covers(**one));
        let already = wanted.iter().filter(is_cut).copied().collect();
        cuts.entry(self.fault).or_default().extend(wanted);
        already
    }

    /// Removes its cuts.
    pub(super) fn uncut(&self) {
        self.custody.cuts.lock().remove(&self.fault);
    }
}
