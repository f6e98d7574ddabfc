//! `pause`: a node is frozen as a whole, without a signal that it could see; healed by thawing.
//! Proved by what the freezer says.

use super::{Fault, FaultError};
use crate::runtime::{Cluster, Node};
use std::sync::Arc;

/// Frozen nodes.
pub struct Pause {
    cluster: Arc<dyn Cluster>,
    nodes: Vec<Node>,
    /// Those that were told to freeze.
    frozen: Vec<Node>,
    /// By what means.
    means: &'static str,
}

impl Pause {
    /// To be injected on these nodes of the cluster.
    pub fn new(cluster: Arc<dyn Cluster>, nodes: Vec<Node>) -> Self {
        Pause { cluster, nodes, frozen: Vec::new(), means: "" }
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
        for node in &self.nodes {
            if node.pids.is_empty() {
                let what = format!("{} has no process to pause", node.name);
                return Err(FaultError::NoEffect(what));
            }
            if let Some(words) = self.cluster.frozen(node)? {
                let what = format!("{} is paused already: {words}", node.name);
                return Err(FaultError::NoEffect(what));
            }
        }
        for node in &self.nodes {
            // Remembered first: what half happened must be healed too.
            self.frozen.push(node.clone());
            self.means = self.cluster.freeze(node)?;
        }
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        let mut seen = Vec::new();
        for node in &self.frozen {
            match self.cluster.frozen(node)? {
                None => return Ok(None),
                Some(words) => {
                    seen.push(format!("{}, {words} (paused by {})", node.name, self.means));
                }
            }
        }
        Ok((!seen.is_empty()).then(|| seen.join("; ")))
    }

    fn heal(&mut self) -> Result<(), FaultError> {
        // Each is thawed, whatever became of the one before it.
        let thaw = |node: &Node| self.cluster.thaw(node).map_err(FaultError::from);
        let results: Vec<_> = self.frozen.iter().map(thaw).collect();
        results.into_iter().collect()
    }

    fn last_words(&mut self) -> Option<String> {
        let thawed = |node: &Node| matches!(self.cluster.frozen(node), Ok(None));
        let names: Vec<&str> =
            self.frozen.iter().filter(|n| thawed(n)).map(|n| n.name.as_str()).collect();
        (!names.is_empty()).then(|| format!("{} was thawed before its time", names.join(", ")))
    }
}
