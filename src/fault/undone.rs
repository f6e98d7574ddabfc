//! What ends a fault before its time: [`Interference`], and how it is detected.

use super::custody::Holder;
use crate::runtime::{Node, Process, Role};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A process that is being killed runs on for a moment; it is checked again after this time.
const MOMENT: Duration = Duration::from_millis(100);

/// Something other than a fault of the plan (or a command of one) ended a fault before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interference {
    /// The node's name.
    pub node: String,
    pub how: String,
}

/// When, where and how a fault was undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undone {
    /// When it was seen, in milliseconds of the scenario's clock; at most some hundredths of a
    /// second after it happened.
    pub at_ms: f64,
    /// How long the fault had lasted, in milliseconds.
    pub after_ms: f64,
    /// The node's name.
    pub node: String,
    pub how: String,
}

impl Undone {
    /// `after 51 ms: broker-0 (process 17) runs again, and no fault woke it`.
    pub fn in_words(&self) -> String {
        format!("after {:.0} ms: {}", self.after_ms, self.how)
    }
}

pub(super) fn after_a_moment(look: impl FnOnce() -> Option<Interference>) -> Option<Interference> {
    std::thread::sleep(MOMENT);
    look()
}

/// A process of a Kafka node that must not run, except those that it had when the fault began.
pub(super) fn other_process(
    holder: &Holder,
    known: &[(Node, Vec<Process>)],
) -> Option<Interference> {
    if known.iter().all(|(node, _)| node.role == Role::Clients) {
        return None;
    }
    let now = holder.cluster.nodes();
    // Commands come and go among the clients.
    let kafka = known.iter().filter(|(node, _)| node.role != Role::Clients);
    kafka.into_iter().find_map(|(node, processes)| {
        let current = now.iter().find(|n| n.id == node.id)?;
        let is_new = |pid: &&i32| {
            let found = Process::find(**pid).filter(|p| !processes.contains(p));
            found.and_then(Process::state).is_some_and(|state| state != 'T')
        };
        let pid = current.pids().iter().find(is_new)?;
        let name = node.name.clone();
        let who = holder.who_interferes(node);
        let how = format!("{name} (process {pid}) runs, and {who} started it");
        Some(Interference { node: name, how })
    })
}
