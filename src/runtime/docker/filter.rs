//! Where the packets of containers can be dropped: in each network namespace, which this process
//! enters if it may, and a helper container otherwise.

use super::engine::Engine;
use super::helper::{Helper, HelperSpec, Place, shares_the_hosts_network};
use super::helper_program::Program;
use super::node::is_in_container;
use crate::netfilter::{DropPoint, Filter};
use crate::runtime::{DropSite, Passes, RuntimeError};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

/// Places to drop these containers' packets at, in their order. Nothing is dropped yet, and nothing
/// is left behind if it fails.
pub fn drop_sites(
    engine: &Arc<Engine>,
    places: &[Place],
    helpers: &HelperSpec,
) -> Result<Vec<DropSite>, RuntimeError> {
    let mut filters: Vec<Option<Arc<dyn Filter>>> = Vec::new();
    for place in places {
        filters.push(enter(place)?.map(|point| Arc::new(point) as Arc<dyn Filter>));
    }
    if filters.iter().any(Option::is_none) {
        let program = match &helpers.program {
            None => Program::own()?,
            Some(path) => Program::at(path)?,
        };
        // A container takes time to start, so all start at once.
        let started: Vec<_> = std::thread::scope(|scope| {
            let missing = filters.iter_mut().zip(places).filter(|(filter, _)| filter.is_none());
            let start = |(filter, place): (&mut Option<Arc<dyn Filter>>, &Place)| {
                let helper = Helper::start(engine, place, helpers, &program)?;
                *filter = Some(Arc::new(helper));
                Ok::<(), RuntimeError>(())
            };
            let starting: Vec<_> = missing.map(|m| scope.spawn(move || start(m))).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            starting.into_iter().map(join).collect()
        });
        started.into_iter().collect::<Result<(), RuntimeError>>()?;
    }
    let sites = filters.into_iter().flatten().zip(places);
    Ok(sites
        .map(|(filter, place)| DropSite { filter, passes: Passes::Nodes(place.node) })
        .collect())
}

/// The filter of a container's namespace, if this process may enter it.
fn enter(place: &Place) -> Result<Option<DropPoint>, RuntimeError> {
    let namespace = format!("/proc/{}/ns/net", place.pid);
    if !is_in_container(place.pid, &place.container) {
        // Its processes are not visible here: the daemon is in another PID namespace.
        return Ok(None);
    }
    let Ok(netns) = File::open(&namespace) else { return Ok(None) };
    let own = "/proc/self/ns/net";
    let inode = |path: &str, metadata: io::Result<fs::Metadata>| {
        metadata.map(|m| m.ino()).map_err(|e| RuntimeError::io(format!("reading {path}"), e))
    };
    if inode(&namespace, netns.metadata())? == inode(own, fs::metadata(own))? {
        return Err(shares_the_hosts_network(&place.name));
    }
    let means = "nftables in each container's namespace";
    let tried = DropPoint::open_in(&netns, &place.name, means).and_then(|point| {
        // Making a table shows whether this process may.
        let probe = format!("probe_{:08x}", fastrand::u32(..));
        point.install(&probe, &[])?;
        point.remove(&probe)?;
        Ok(point)
    });
    Ok(tried.ok())
}
