//! `pause`: freezes a node as a whole, without a signal that it could see; healed by thawing.
//! Proved by the freezer's state.

use super::custody::Holder;
use super::holds::Way;
use super::prepare::{Prepare, Stage};
use super::process::Process;
use super::undone::{Interference, after_a_moment, other_process};
use super::{Fault, FaultError};
use crate::runtime::Node;
use crate::timeline;

pub(super) struct Pause {
    holder: Holder,
    nodes: Vec<Node>,
    /// Their processes when the fault begins; none for a dead node.
    processes: Vec<(Node, Vec<Process>)>,
    means: &'static str,
}

impl Pause {
    pub(super) fn new(holder: Holder, nodes: Vec<Node>) -> Self {
        let found = |n: &Node| n.pids().iter().filter_map(|pid| Process::find(*pid)).collect();
        let processes = nodes.iter().map(|n| (n.clone(), found(n))).collect();
        Pause { holder, nodes, processes, means: "" }
    }

    /// Why there is nothing to do for a node.
    fn already(&self, node: &Node) -> Result<Option<String>, FaultError> {
        if node.pids().is_empty() {
            return Ok(Some(format!("{} has no process to pause", node.name)));
        }
        let frozen = self.holder.cluster.frozen(node)?;
        Ok(frozen.map(|words| format!("{} is paused already: {words}", node.name)))
    }

    /// A node that lives on with its frozen process, and is not frozen.
    fn thawed(&self) -> Option<Interference> {
        let is_thawed = |(node, processes): &&(Node, Vec<Process>)| {
            processes.iter().any(|p| p.lives() && !self.holder.is_killed(node, *p))
                && matches!(self.holder.cluster.frozen(node), Ok(None))
        };
        let (node, _) = self.processes.iter().find(is_thawed)?;
        let name = node.name.clone();
        let who = self.holder.who_interferes(node);
        let how = format!("{name} runs again, and {who} thawed it");
        Some(Interference { node: name, how })
    }
}

impl Prepare for timeline::Pause {
    fn prepare(&self, stage: &Stage<'_>) -> Result<Box<dyn Fault>, FaultError> {
        Ok(Box::new(Pause::new(stage.holder(), stage.nodes(&self.targets)?)))
    }
}

impl Fault for Pause {
    fn nodes(&self) -> Vec<String> {
        self.nodes.iter().map(|n| n.name.clone()).collect()
    }

    fn remedy(&self) -> String {
        format!("unpause {}", self.nodes().join(" "))
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        let already: Vec<Option<String>> =
            self.nodes.iter().map(|node| self.already(node)).collect::<Result<_, _>>()?;
        // What stands still already is held, too; a fault that finds nothing else does nothing.
        let all: Option<Vec<String>> = already.iter().cloned().collect();
        if let Some(parts) = all {
            return Err(FaultError::NoEffect(parts.join("; ")));
        }
        for ((node, processes), already) in self.processes.iter().zip(already) {
            self.holder.take(node, Way::Frozen, processes);
            if already.is_none() {
                self.means = self.holder.cluster.freeze(node)?;
            }
        }
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        let mut seen = Vec::new();
        for node in self.nodes.iter().filter(|node| !node.pids().is_empty()) {
            match self.holder.cluster.frozen(node)? {
                None => return Ok(None),
                Some(words) => {
                    seen.push(format!("{}, {words} (paused by {})", node.name, self.means));
                }
            }
        }
        Ok((!seen.is_empty()).then(|| seen.join("; ")))
    }

    fn undone(&mut self) -> Option<Interference> {
        // A process that is being killed is not frozen for a moment.
        let thawed = self.thawed().and_then(|_| after_a_moment(|| self.thawed()));
        thawed.or_else(|| other_process(&self.holder, &self.processes))
    }

    fn heal(&mut self) -> Result<Option<String>, FaultError> {
        self.holder.let_all_go(&self.nodes, Way::Frozen)
    }
}
