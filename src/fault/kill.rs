//! `kill`: SIGKILL, healed by starting the node again with its old data. Proved when the process is
//! gone.

use super::custody::Holder;
use super::holds::Way;
use super::prepare::{Prepare, Stage};
use super::process::Process;
use super::undone::{Interference, other_process};
use super::{Fault, FaultError};
use crate::runtime::Node;
use crate::timeline;
use nix::sys::signal::Signal;

pub(super) struct Kill {
    holder: Holder,
    nodes: Vec<Node>,
    /// The killed processes; none for a node that is dead already.
    killed: Vec<(Node, Vec<Process>)>,
    /// How they were killed, if that is worth reporting.
    means: String,
}

impl Kill {
    pub(super) fn new(holder: Holder, nodes: Vec<Node>) -> Self {
        Kill { holder, nodes, killed: Vec::new(), means: String::new() }
    }
}

impl Prepare for timeline::Kill {
    fn prepare(&self, stage: &Stage<'_>) -> Result<Box<dyn Fault>, FaultError> {
        Ok(Box::new(Kill::new(stage.holder(), stage.nodes(&self.targets)?)))
    }
}

impl Fault for Kill {
    fn nodes(&self) -> Vec<String> {
        self.nodes.iter().map(|n| n.name.clone()).collect()
    }

    fn remedy(&self) -> String {
        format!("start {}", self.nodes().join(" "))
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        // The dead are held, too; a fault that finds nobody else does nothing.
        if self.nodes.iter().all(|n| n.pids().is_empty()) {
            let told = self.nodes.iter().map(|node| format!("{} is dead already", node.name));
            return Err(FaultError::NoEffect(told.collect::<Vec<_>>().join("; ")));
        }
        for node in &self.nodes {
            let processes: Vec<Process> =
                node.pids().iter().filter_map(|p| Process::find(*p)).collect();
            self.killed.push((node.clone(), processes.clone()));
            self.holder.take(node, Way::Dead, &processes);
            for process in processes {
                let cluster = self.holder.cluster.as_ref();
                self.means = process.signal(cluster, node, Signal::SIGKILL)?;
            }
        }
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        // Listing the nodes reaps dead processes, so that no zombie is left.
        let now = self.holder.cluster.nodes();
        let mut seen = Vec::new();
        for (node, processes) in self.killed.iter().filter(|(_, processes)| !processes.is_empty()) {
            let is_dead = now.iter().any(|n| n.id == node.id && n.is_dead());
            if !is_dead || !processes.iter().all(|p| p.is_dead()) {
                return Ok(None);
            }
            let pids: Vec<String> = processes.iter().map(|p| p.pid.to_string()).collect();
            let (pids, means) = (pids.join(", "), &self.means);
            seen.push(format!("{} (process {pids}) is gone{means}", node.name));
        }
        Ok((!seen.is_empty()).then(|| seen.join("; ")))
    }

    fn undone(&mut self) -> Option<Interference> {
        other_process(&self.holder, &self.killed)
    }

    fn heal(&mut self) -> Result<Option<String>, FaultError> {
        self.holder.let_all_go(&self.nodes, Way::Dead)
    }
}
