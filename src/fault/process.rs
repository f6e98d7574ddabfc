//! A process as faults know it: signalled by the cluster's means, stopped or not.

use super::FaultError;
pub(super) use crate::runtime::Process;
use crate::runtime::{Cluster, KILL, Liveness, Node, RuntimeError};
use nix::sys::signal::Signal;

impl Process {
    /// Sends a signal by the cluster's means, and says by which when it is not kill(2):
    /// ` (SIGSTOP by the Engine API)`. A process that has gone is no error.
    ///
    /// # Errors
    /// When the signal is not permitted.
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

    /// How many threads it has, if every one of them is stopped.
    pub fn all_stopped(self) -> Option<usize> {
        self.all_in('T')
    }

    /// Whether every thread of it is stopped.
    pub fn is_stopped(self) -> bool {
        self.is_all_in('T')
    }
}
