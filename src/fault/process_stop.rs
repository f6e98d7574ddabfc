//! `process_stop`: SIGSTOP, healed by SIGCONT, as Trogdor's ProcessStopFault does. Proved when
//! every thread of every process is in state T.

use super::process::Process;
use super::{Fault, FaultError};
use crate::runtime::{Cluster, Node};
use nix::sys::signal::Signal;
use std::sync::Arc;

/// Stopped processes of some nodes.
pub struct ProcessStop {
    cluster: Arc<dyn Cluster>,
    nodes: Vec<Node>,
    processes: Vec<(Node, Process)>,
    stopped: Vec<(Node, Process)>,
    /// How they were told to stop, where that is worth telling.
    means: String,
}

impl ProcessStop {
    /// To be injected on these nodes of the cluster.
    pub fn new(cluster: Arc<dyn Cluster>, nodes: Vec<Node>) -> Self {
        let all = nodes.iter().flat_map(|n| n.pids.iter().map(move |pid| (n, *pid)));
        let processes = all.filter_map(|(n, pid)| Some((n.clone(), Process::find(pid)?))).collect();
        ProcessStop { cluster, nodes, processes, stopped: Vec::new(), means: String::new() }
    }
}

impl Fault for ProcessStop {
    fn nodes(&self) -> Vec<String> {
        self.nodes.iter().map(|n| n.name.clone()).collect()
    }

    fn remedy(&self) -> String {
        let pids: Vec<String> = self.processes.iter().map(|(_, p)| p.pid.to_string()).collect();
        format!("SIGCONT {}", pids.join(" "))
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        if let Some(dead) = self.nodes.iter().find(|n| n.pids.is_empty()) {
            return Err(FaultError::NoEffect(format!("{} has no process to stop", dead.name)));
        }
        if let Some((_, asleep)) = self.processes.iter().find(|(_, p)| p.is_stopped()) {
            let pid = asleep.pid;
            return Err(FaultError::NoEffect(format!("process {pid} is stopped already")));
        }
        for (node, process) in &self.processes {
            // Remembered first: a stop that half happened must be healed too.
            self.stopped.push((node.clone(), *process));
            self.means = process.signal(self.cluster.as_ref(), node, Signal::SIGSTOP)?;
        }
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        if let Some(dead) = self.stopped.iter().find(|(_, p)| !p.lives()) {
            let pid = dead.1.pid;
            return Err(FaultError::NoEffect(format!("process {pid} died before it was stopped")));
        }
        let mut seen = Vec::new();
        for (_, process) in &self.stopped {
            let Some(all) = process.all_stopped() else { return Ok(None) };
            let (pid, means) = (process.pid, &self.means);
            seen.push(format!("process {pid}: all {all} threads in state T{means}"));
        }
        Ok((!seen.is_empty()).then(|| seen.join("; ")))
    }

    fn heal(&mut self) -> Result<(), FaultError> {
        let wake = |(node, process): &(Node, Process)| {
            process.signal(self.cluster.as_ref(), node, Signal::SIGCONT).map(drop)
        };
        // Each is woken, whatever became of the one before it.
        let results: Vec<_> = self.stopped.iter().map(wake).collect();
        results.into_iter().collect()
    }

    fn last_words(&mut self) -> Option<String> {
        let awake: Vec<String> = self
            .stopped
            .iter()
            .filter(|(_, p)| p.lives() && !p.is_stopped())
            .map(|(_, p)| p.pid.to_string())
            .collect();
        (!awake.is_empty())
            .then(|| format!("process {} was woken before its time", awake.join(", ")))
    }
}
