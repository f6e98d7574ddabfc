//! [`watch`]: keeps and tells what the watcher sees.

use super::Bus;
use super::known::Known;
use crate::event::{Observation, RunEvent};
use crate::kafka::Watcher;
use crate::plan::Plan;
use crate::runtime::{Cluster, RuntimeError};
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};

/// Starts the watcher over the cells' topics.
///
/// # Errors
/// When a thread cannot be made.
pub(super) fn watch(
    cluster: &dyn Cluster,
    plan: &Plan,
    bus: &Bus,
    known: &Known,
) -> Result<Watcher, RuntimeError> {
    let (sink, observations) = mpsc::channel::<Observation>();
    let topics: Vec<String> = plan.cells.iter().map(|c| c.topic.name.clone()).collect();
    let controllers: Vec<(i32, SocketAddr)> = cluster
        .nodes()
        .iter()
        .filter_map(|n| Some((n.id, SocketAddr::from((n.address?, n.listeners.controller?)))))
        .collect();
    let watcher = Watcher::start(&cluster.vantage(), &controllers, &topics, bus.epoch(), sink)
        .map_err(|e| RuntimeError::io("cannot start the watcher", e))?;
    let (kept, told) = (Arc::clone(&known.observations), bus.clone());
    // Ends when the watcher's threads end: they hold the sink.
    std::thread::Builder::new()
        .name("observations".to_owned())
        .spawn(move || {
            for observation in observations {
                kept.lock().push(observation.clone());
                told.tell(RunEvent::Observed(observation));
            }
        })
        .map_err(|e| RuntimeError::io("cannot start a thread", e))?;
    Ok(watcher)
}
