//! [`Monitor`]: checks all the time whether every node and every worker lives and runs, and keeps
//! what no fault accounts for: a node that died, one that stood still.

use super::clients::Client;
use super::watched::{Seen, Standstill, Watched};
use crate::clock::Epoch;
use crate::fault::Custody;
use crate::runtime::{Cluster, Liveness, Node, Process, Role, RuntimeError};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time between two looks; one costs a few reads of `/proc`.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a dying process may take to be gone.
const ENDED_WITHIN: Duration = Duration::from_secs(5);
/// A freezer is asked at every fifth look, because that may take a request to a daemon.
const FREEZER_EVERY: u32 = 5;

/// The thread that looks. It ends when this is dropped.
pub(super) struct Monitor {
    shared: Arc<Shared>,
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    cluster: Arc<dyn Cluster>,
    custody: Arc<Custody>,
    epoch: Epoch,
    state: Mutex<State>,
}

struct State {
    looks: u32,
    /// By `node.id`: these are asked at every look, so that a thaw is seen at once.
    frozen: BTreeSet<i32>,
    nodes: Vec<Watched>,
    /// In the order of the run's clients, with the index of the cell.
    clients: Vec<(u16, Watched)>,
}

/// A node or worker that stood still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disturbance {
    /// The cell of a worker; `None` for a node.
    pub cell: Option<u16>,
    /// In words.
    pub text: String,
    /// Whether it was over when the scenario's clock started.
    pub is_before_zero: bool,
}

impl Monitor {
    /// Begins to look at the cluster's nodes.
    pub(super) fn start(
        cluster: &Arc<dyn Cluster>,
        custody: &Arc<Custody>,
        epoch: Epoch,
    ) -> Result<Monitor, RuntimeError> {
        let kafka = |node: &Node| (node.role != Role::Clients).then(|| watched(node));
        let nodes = cluster.nodes().iter().filter_map(kafka).collect();
        let shared = Arc::new(Shared {
            cluster: Arc::clone(cluster),
            custody: Arc::clone(custody),
            epoch,
            state: Mutex::new(State {
                looks: 0,
                frozen: BTreeSet::new(),
                nodes,
                clients: Vec::new(),
            }),
        });
        let (end, ended) = mpsc::channel();
        let looking = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("monitor".to_owned())
            .spawn(move || {
                while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                    looking.look();
                }
            })
            .map_err(|e| RuntimeError::io("cannot start the monitor's thread", e))?;
        Ok(Monitor { shared, end: Some(end), thread: Some(thread) })
    }

    /// Looks at the clients' worker processes, too.
    pub(super) fn watch_clients(&self, clients: &[Client<'_>]) {
        let watched = clients.iter().map(|client| {
            let process = Process::find(client.worker.pid() as i32);
            (client.cell.index, Watched::new(CLIENTS, client.title(), process))
        });
        self.shared.state.lock().clients = watched.collect();
    }

    /// Looks now, and fails if a node has died that no fault killed, with its name and how it
    /// ended.
    pub(super) fn check(&self) -> Result<(), RuntimeError> {
        self.shared.look();
        let dead = {
            let state = self.shared.state.lock();
            let dead = state.nodes.iter().find(|node| node.died_us().is_some());
            dead.map(|node| (node.node, node.name.clone()))
        };
        let Some((id, name)) = dead else { return Ok(()) };
        let words = self.post_mortem(id);
        Err(RuntimeError::new(format!("{name} died, and no fault killed it: {words}")))
    }

    /// How a node ended. Its first thread is gone before the others, and its status comes with the
    /// last of them.
    fn post_mortem(&self, id: i32) -> String {
        let begun = Instant::now();
        loop {
            if let Some(words) = self.shared.cluster.post_mortem(id) {
                return words;
            }
            self.shared.look();
            let runs = {
                let state = self.shared.state.lock();
                state.nodes.iter().any(|node| node.node == id && node.process().is_some())
            };
            if runs {
                return "it runs again, and no fault started it".to_owned();
            }
            if begun.elapsed() > ENDED_WITHIN {
                return "how it ended is not known".to_owned();
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Looks now, and says whether a fault accounts for the end of a client's worker, if it ended.
    pub(super) fn owns_end_of_client(&self, index: usize) -> bool {
        self.shared.look();
        self.shared.state.lock().clients.get(index).is_some_and(|(_, worker)| worker.end_is_owned())
    }

    /// Nodes and workers that stood still although no fault stopped them.
    pub(super) fn disturbances(&self, zero_us: Option<u64>) -> Vec<Disturbance> {
        let state = self.shared.state.lock();
        let of = |cell: Option<u16>, watched: &Watched| -> Vec<Disturbance> {
            let told = |standstill: Standstill| Disturbance {
                cell,
                text: in_words(&watched.name, standstill, zero_us),
                is_before_zero: match (zero_us, standstill.until_us) {
                    (None, _) => true,
                    (Some(zero_us), until_us) => until_us.is_some_and(|until| until <= zero_us),
                },
            };
            watched.standstills().into_iter().map(told).collect()
        };
        let nodes = state.nodes.iter().flat_map(|node| of(None, node));
        let clients = state.clients.iter().flat_map(|(cell, worker)| of(Some(*cell), worker));
        nodes.chain(clients).collect()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// The clients' `node.id`.
const CLIENTS: i32 = -1;

fn watched(node: &Node) -> Watched {
    let process = node.pids().first().and_then(|pid| Process::find(*pid));
    Watched::new(node.id, node.name.clone(), process)
}

impl Shared {
    /// One look at all nodes and workers.
    fn look(&self) {
        let mut state = self.state.lock();
        let State { looks, frozen, nodes: watched_nodes, clients } = &mut *state;
        *looks = looks.wrapping_add(1);
        let begun = Instant::now();
        let nodes = self.cluster.nodes();
        for watched in watched_nodes {
            let node = nodes.iter().find(|node| node.id == watched.node);
            let seen = node.map_or(Seen::Gone, |node| {
                let asks = looks.is_multiple_of(FREEZER_EVERY) || frozen.contains(&node.id);
                // What cannot be found out shows nothing.
                if asks && matches!(self.cluster.frozen(node), Ok(Some(_))) {
                    frozen.insert(node.id);
                } else {
                    frozen.remove(&node.id);
                }
                seen(node, watched.process(), frozen.contains(&node.id))
            });
            watched.see(seen, begun, self.epoch.elapsed_us(), &self.custody);
        }
        for (_, watched) in clients {
            let begun = Instant::now();
            let seen = watched.process().map_or(Seen::Gone, |process| state_of(process, false));
            watched.see(seen, begun, self.epoch.elapsed_us(), &self.custody);
        }
    }
}

/// `before` is the process that it was last seen with: who knows nothing of the node may know that
/// this one has ended.
fn seen(node: &Node, before: Option<Process>, is_frozen: bool) -> Seen {
    let process = match &node.life {
        Liveness::Alive(pids) => pids.first().map_or(Liveness::Dead, |pid| Process::look_for(*pid)),
        Liveness::Dead => Liveness::Dead,
        Liveness::Unknown => before.map_or(Liveness::Unknown, Liveness::Alive),
    };
    match process {
        Liveness::Alive(process) => state_of(process, is_frozen),
        Liveness::Dead => Seen::Gone,
        Liveness::Unknown => Seen::Unknown,
    }
}

fn state_of(process: Process, is_frozen: bool) -> Seen {
    match process.look() {
        Liveness::Dead => Seen::Gone,
        Liveness::Unknown => Seen::Unknown,
        Liveness::Alive('T') => Seen::StandsStill(process),
        Liveness::Alive(_) if is_frozen => Seen::StandsStill(process),
        Liveness::Alive(_) => Seen::Runs(process),
    }
}

fn in_words(name: &str, standstill: Standstill, zero_us: Option<u64>) -> String {
    let Some(zero_us) = zero_us else {
        return format!("{name} stood still, and no fault stopped it");
    };
    let seconds = |us: u64| (us as f64 - zero_us as f64) / 1e6;
    let from = seconds(standstill.from_us);
    let time = match standstill.until_us.map(seconds) {
        Some(until) if until <= 0.0 => {
            format!("for {:.1} s before the scenario's clock started", until - from)
        }
        Some(until) => format!("from {from:.1} s to {until:.1} s"),
        None => format!("from {from:.1} s on"),
    };
    format!("{name} stood still {time}, and no fault stopped it")
}

#[cfg(test)]
mod tests {
    use super::*;

    // As in docs/verdicts.md: 50 ms between two looks, and 250 ms between two for a freezer.
    #[test]
    fn the_docs_say_how_often_is_looked() {
        let per_second = |every: Duration| Duration::from_secs(1).as_millis() / every.as_millis();
        assert_eq!((per_second(LOOK_EVERY), per_second(LOOK_EVERY * FREEZER_EVERY)), (20, 4));
        let docs = include_str!("../../docs/verdicts.md");
        assert!(docs.contains("twenty times per second"));
        assert!(docs.contains("is frozen is asked four times per second"));
    }
}
