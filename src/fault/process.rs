//! A process for faults: signals through the cluster, and whether it is stopped.

use super::FaultError;
pub(super) use crate::runtime::Process;
use crate::runtime::{Cluster, KILL, Liveness, Node, RuntimeError};
use nix::sys::signal::Signal;

impl Process {
    /// Sends a signal through the cluster, and returns how if not by kill(2): ` (SIGSTOP by the
    /// Engine API)`. A process that is gone is not an error.
    pub fn signal(
        self,
        cluster: &dyn Cluster,
        node: &Node,
        signal: Signal,
    ) -> Result<String, FaultError> {
        match self.look() {
            Liveness::Alive(_) => {}
            Liveness::Dead => return Ok(String::new()),
            // It may be somebody else's by now.
            Liveness::Unknown => {
                let what = format!("nobody can tell whether process {} lives", self.pid);
                return Err(RuntimeError::new(what).into());
            }
        }
        let means = cluster.signal(node, self.pid, signal)?;
        Ok(if means == KILL { String::new() } else { format!(" ({signal} by {means})") })
    }

    /// The number of its threads, if all of them are stopped.
    pub fn all_stopped(self) -> Option<usize> {
        self.all_in('T')
    }

    /// Whether all its threads are stopped.
    pub fn is_stopped(self) -> bool {
        self.is_all_in('T')
    }
}
