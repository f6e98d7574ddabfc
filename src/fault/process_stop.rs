//! `process_stop`: SIGSTOP, healed by SIGCONT, as Trogdor's ProcessStopFault does. Proved when
//! every thread of every process is in state T.

use super::process::Process;
use super::{Fault, FaultError};
use crate::runtime::Node;
use nix::sys::signal::Signal;

/// Stopped processes of some nodes.
pub struct ProcessStop {
    nodes: Vec<Node>,
    processes: Vec<Process>,
    stopped: Vec<Process>,
}

impl ProcessStop {
    /// To be injected on these nodes.
    pub fn new(nodes: Vec<Node>) -> Self {
        let processes =
            nodes.iter().flat_map(|n| &n.pids).filter_map(|p| Process::find(*p)).collect();
        ProcessStop { nodes, processes, stopped: Vec::new() }
    }
}

impl Fault for ProcessStop {
    fn nodes(&self) -> Vec<String> {
        self.nodes.iter().map(|n| n.name.clone()).collect()
    }

    fn remedy(&self) -> String {
        let pids: Vec<String> = self.processes.iter().map(|p| p.pid.to_string()).collect();
        format!("SIGCONT {}", pids.join(" "))
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        if let Some(dead) = self.nodes.iter().find(|n| n.pids.is_empty()) {
            return Err(FaultError::NoEffect(format!("{} has no process to stop", dead.name)));
        }
        if let Some(asleep) = self.processes.iter().find(|p| p.is_stopped()) {
            let pid = asleep.pid;
            return Err(FaultError::NoEffect(format!("process {pid} is stopped already")));
        }
        for process in &self.processes {
            // Remembered first: a stop that half happened must be healed too.
            self.stopped.push(*process);
            process.signal(Signal::SIGSTOP)?;
        }
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        if let Some(dead) = self.stopped.iter().find(|p| !p.lives()) {
            let pid = dead.pid;
            return Err(FaultError::NoEffect(format!("process {pid} died before it was stopped")));
        }
        let mut seen = Vec::new();
        for process in &self.stopped {
            let (stopped, all) = process.stopped_threads();
            if stopped < all || all == 0 {
                return Ok(None);
            }
            seen.push(format!("process {}: all {all} threads in state T", process.pid));
        }
        Ok((!seen.is_empty()).then(|| seen.join("; ")))
    }

    fn heal(&mut self) -> Result<(), FaultError> {
        let results: Vec<_> = self.stopped.iter().map(|p| p.signal(Signal::SIGCONT)).collect();
        results.into_iter().collect()
    }

    fn last_words(&mut self) -> Option<String> {
        let awake: Vec<String> = self
            .stopped
            .iter()
            .filter(|p| p.lives() && !p.is_stopped())
            .map(|p| p.pid.to_string())
            .collect();
        (!awake.is_empty())
            .then(|| format!("process {} was woken before its time", awake.join(", ")))
    }
}
