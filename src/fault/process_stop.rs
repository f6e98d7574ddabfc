//! `process_stop`: SIGSTOP, healed by SIGCONT, as in Trogdor's ProcessStopFault. Proved when every
//! thread of every process is in state T.

use super::custody::Holder;
use super::holds::Way;
use super::prepare::{Prepare, Stage};
use super::process::Process;
use super::undone::{Interference, after_a_moment, other_process};
use super::{Fault, FaultError};
use crate::runtime::Node;
use crate::timeline;
use nix::sys::signal::Signal;

pub(super) struct ProcessStop {
    holder: Holder,
    nodes: Vec<Node>,
    /// Their processes when the fault begins; none for a dead node.
    processes: Vec<(Node, Vec<Process>)>,
    /// How they were stopped, if that is worth reporting.
    means: String,
}

impl ProcessStop {
    pub(super) fn new(holder: Holder, nodes: Vec<Node>) -> Self {
        let found = |n: &Node| n.pids().iter().filter_map(|pid| Process::find(*pid)).collect();
        let processes = nodes.iter().map(|n| (n.clone(), found(n))).collect();
        ProcessStop { holder, nodes, processes, means: String::new() }
    }

    fn each(&self) -> impl Iterator<Item = (&Node, Process)> {
        self.processes.iter().flat_map(|(node, all)| all.iter().map(move |p| (node, *p)))
    }

    /// One of its processes that lives and does not stand still.
    fn awake(&self) -> Option<Interference> {
        let runs = |node: &Node, process: Process| {
            process.state().is_some_and(|state| state != 'T')
                && !self.holder.is_killed(node, process)
                && matches!(self.holder.cluster.frozen(node), Ok(None))
        };
        let (node, process) = self.each().find(|(node, process)| runs(node, *process))?;
        let (name, pid) = (&node.name, process.pid);
        let who = self.holder.who_interferes(node);
        let how = format!("{name} (process {pid}) runs again, and {who} woke it");
        Some(Interference { node: name.clone(), how })
    }
}

impl Prepare for timeline::ProcessStop {
    fn prepare(&self, stage: &Stage<'_>) -> Result<Box<dyn Fault>, FaultError> {
        Ok(Box::new(ProcessStop::new(stage.holder(), stage.nodes(&self.targets)?)))
    }
}

impl Fault for ProcessStop {
    fn nodes(&self) -> Vec<String> {
        self.nodes.iter().map(|n| n.name.clone()).collect()
    }

    fn remedy(&self) -> String {
        let pids: Vec<String> = self.each().map(|(_, p)| p.pid.to_string()).collect();
        format!("SIGCONT {}", pids.join(" "))
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        let already = |(node, processes): &(Node, Vec<Process>)| match processes.as_slice() {
            [] => Some(format!("{} has no process to stop", node.name)),
            [first, ..] if processes.iter().all(|p| p.is_stopped()) => {
                Some(format!("process {} is stopped already", first.pid))
            }
            _ => None,
        };
        // What stands still already is held, too; a fault that finds nothing else does nothing.
        let parts: Option<Vec<String>> = self.processes.iter().map(already).collect();
        if let Some(parts) = parts {
            return Err(FaultError::NoEffect(parts.join("; ")));
        }
        for (node, processes) in &self.processes {
            self.holder.take(node, Way::Stopped, processes);
            for process in processes {
                let cluster = self.holder.cluster.as_ref();
                self.means = process.signal(cluster, node, Signal::SIGSTOP)?;
            }
        }
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        if let Some((_, dead)) = self.each().find(|(_, p)| p.is_dead()) {
            let pid = dead.pid;
            return Err(FaultError::NoEffect(format!("process {pid} died before it was stopped")));
        }
        let mut seen = Vec::new();
        for (_, process) in self.each() {
            let Some(all) = process.all_stopped() else { return Ok(None) };
            let (pid, means) = (process.pid, &self.means);
            seen.push(format!("process {pid}: all {all} threads in state T{means}"));
        }
        Ok((!seen.is_empty()).then(|| seen.join("; ")))
    }

    fn undone(&mut self) -> Option<Interference> {
        // A process that is being killed has no state for a moment.
        let awake = self.awake().and_then(|_| after_a_moment(|| self.awake()));
        awake.or_else(|| other_process(&self.holder, &self.processes))
    }

    fn heal(&mut self) -> Result<Option<String>, FaultError> {
        self.holder.let_all_go(&self.nodes, Way::Stopped)
    }
}
