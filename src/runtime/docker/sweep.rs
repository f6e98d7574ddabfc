//! Lists what carries our labels in Docker, and removes it: containers first, whatever their state,
//! then networks and volumes.

use super::engine::{Engine, failed, reason, status, within};
use super::labels::Labels;
use crate::runtime::RuntimeError;
use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::{
    ListContainersOptions, ListNetworksOptions, ListVolumesOptions, RemoveContainerOptions,
    RemoveVolumeOptions,
};
use futures_util::future::join_all;
use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

const LIST_WITHIN: Duration = Duration::from_secs(10);
const REMOVED_WITHIN: Duration = Duration::from_secs(30);
/// A network is in use until its last container is gone, which becomes visible a moment later.
const IN_USE_MAX: Duration = Duration::from_secs(3);
const IN_USE_POLL: Duration = Duration::from_millis(25);
/// What is created during the removal is found in the next round; nobody creates things that often.
const ROUNDS_MAX: usize = 3;

/// In the order of removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Container,
    Network,
    Volume,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Container => "container",
            Kind::Network => "network",
            Kind::Volume => "volume",
        })
    }
}

/// Something in Docker.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) kind: Kind,
    /// The daemon's id.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) labels: Labels,
    /// A container's state according to the daemon: `running`, `paused`, `exited`.
    pub(super) state: Option<String>,
}

/// Filters in the daemon's form.
pub(super) type Filters = HashMap<String, Vec<String>>;

/// Everything that matches the filters, in the order of removal.
pub(super) async fn list(docker: &Docker, filters: &Filters) -> Result<Vec<Thing>, Error> {
    let containers = docker.list_containers(Some(ListContainersOptions {
        all: true,
        filters: Some(filters.clone()),
        ..ListContainersOptions::default()
    }));
    let networks =
        docker.list_networks(Some(ListNetworksOptions { filters: Some(filters.clone()) }));
    let volumes = docker.list_volumes(Some(ListVolumesOptions { filters: Some(filters.clone()) }));
    let (containers, networks, volumes) = futures_util::future::try_join3(
        within(LIST_WITHIN, containers),
        within(LIST_WITHIN, networks),
        within(LIST_WITHIN, volumes),
    )
    .await?;
    let mut things = Vec::new();
    for container in containers {
        let id = container.id.unwrap_or_default();
        let name = container.names.iter().flatten().next();
        let name = name.map_or(id.as_str(), |name| name.trim_start_matches('/')).to_owned();
        let state = container.state.map(|state| state.to_string());
        let labels = container.labels.unwrap_or_default();
        things.push(Thing { kind: Kind::Container, id, name, labels, state });
    }
    for network in networks {
        let id = network.id.unwrap_or_default();
        let name = network.name.unwrap_or_else(|| id.clone());
        let labels = network.labels.unwrap_or_default();
        things.push(Thing { kind: Kind::Network, id, name, labels, state: None });
    }
    for volume in volumes.volumes.unwrap_or_default() {
        let (id, name) = (volume.name.clone(), volume.name);
        things.push(Thing { kind: Kind::Volume, id, name, labels: volume.labels, state: None });
    }
    Ok(things)
}

/// Removes all of these, kind by kind; returns for each whether it is gone.
pub(super) async fn remove(docker: &Docker, things: &[Thing]) -> Vec<(Thing, Result<(), Error>)> {
    let mut done = Vec::new();
    for kind in [Kind::Container, Kind::Network, Kind::Volume] {
        let of_kind = things.iter().filter(|thing| thing.kind == kind);
        let removed =
            of_kind.map(|thing| async move { (thing.clone(), remove_one(docker, thing).await) });
        done.extend(join_all(removed).await);
    }
    done
}

/// What is gone already counts as removed; what is in use a moment longer is tried again.
async fn remove_one(docker: &Docker, thing: &Thing) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        let removed = within(REMOVED_WITHIN, ask_to_remove(docker, thing)).await;
        match removed.as_ref().err().and_then(status) {
            Some(404) => return Ok(()),
            Some(403 | 409) if begun.elapsed() < IN_USE_MAX => {
                tokio::time::sleep(IN_USE_POLL).await;
            }
            _ => return removed,
        }
    }
}

async fn ask_to_remove(docker: &Docker, thing: &Thing) -> Result<(), Error> {
    match thing.kind {
        Kind::Container => {
            // With its anonymous volumes, which some images declare.
            let options = RemoveContainerOptions { force: true, v: true, link: false };
            docker.remove_container(&thing.id, Some(options)).await
        }
        Kind::Network => docker.remove_network(&thing.id).await,
        Kind::Volume => {
            docker.remove_volume(&thing.id, Some(RemoveVolumeOptions { force: false })).await
        }
    }
}

/// Removes everything that matches the filters. Idempotent.
pub(super) fn sweep(engine: &Engine, filters: &Filters) -> Result<(), RuntimeError> {
    engine.wait(async {
        let docker = engine.docker();
        let mut refused = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let things = list(docker, filters)
                .await
                .map_err(|e| failed("listing what is to be removed", &e))?;
            if things.is_empty() {
                return Ok(());
            }
            let done = remove(docker, &things).await;
            refused = done.into_iter().filter_map(|(t, r)| Some((t, r.err()?))).collect();
        }
        let left = list(docker, filters).await.map_err(|e| failed("listing what is left", &e))?;
        if left.is_empty() {
            return Ok(());
        }
        let why = |thing: &Thing| {
            let refusal = refused.iter().find(|(refused, _)| refused.id == thing.id);
            refusal.map(|(_, e)| format!(": {}", reason(e))).unwrap_or_default()
        };
        let words: Vec<String> =
            left.iter().map(|t| format!("{} {}{}", t.kind, t.name, why(t))).collect();
        let what = format!("not everything could be removed: {}", words.join("; "));
        Err(RuntimeError::new(what).advise("try `chaos heal`"))
    })
}
