//! `kill`: SIGKILL, healed by starting the node again on its old data. Proved when the process
//! is gone.

use super::process::Process;
use super::{Fault, FaultError};
use crate::runtime::{Cluster, Node, Role};
use nix::sys::signal::Signal;
use std::sync::Arc;

/// Killed nodes.
pub struct Kill {
    cluster: Arc<dyn Cluster>,
    nodes: Vec<Node>,
    killed: Vec<(Node, Vec<Process>)>,
    /// How they were killed, where that is worth telling.
    means: String,
}

impl Kill {
    /// To be injected on these nodes of the cluster.
    pub fn new(cluster: Arc<dyn Cluster>, nodes: Vec<Node>) -> Self {
        Kill { cluster, nodes, killed: Vec::new(), means: String::new() }
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
        if let Some(dead) = self.nodes.iter().find(|n| n.pids.is_empty()) {
            return Err(FaultError::NoEffect(format!("{} is dead already", dead.name)));
        }
        for node in &self.nodes {
            let processes: Vec<Process> =
                node.pids.iter().filter_map(|p| Process::find(*p)).collect();
            // Remembered first: what half happened must be healed too.
            self.killed.push((node.clone(), processes.clone()));
            for process in processes {
                self.means = process.signal(self.cluster.as_ref(), node, Signal::SIGKILL)?;
            }
        }
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        // Asking for the nodes reaps what has died, so that nothing is left as a zombie.
        let now = self.cluster.nodes();
        let mut seen = Vec::new();
        for (node, processes) in &self.killed {
            if processes.iter().any(|p| p.lives()) {
                return Ok(None);
            }
            let dead = now.iter().any(|n| n.id == node.id && n.pids.is_empty());
            if !dead {
                return Ok(None);
            }
            let pids: Vec<String> = processes.iter().map(|p| p.pid.to_string()).collect();
            let (pids, means) = (pids.join(", "), &self.means);
            seen.push(format!("{} (process {pids}) is gone{means}", node.name));
        }
        Ok((!seen.is_empty()).then(|| seen.join("; ")))
    }

    fn heal(&mut self) -> Result<(), FaultError> {
        let mut result = Ok(());
        for (node, _) in &self.killed {
            // A producer that was killed stays dead: it has no state to come back with.
            if node.role != Role::Clients {
                // Every node is started, whatever became of the one before it.
                let started = self.cluster.start_node(node.id).map_err(FaultError::from);
                result = result.and(started);
            }
        }
        result
    }
}
