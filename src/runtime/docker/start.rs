//! From a [`DockerSpec`] to running containers: networks and volumes first, then all containers at
//! once.

use super::create;
use super::engine::{Engine, failed, status, within};
use super::image;
use super::labels::{Belonging, RUN};
use super::node::{ANSWER_WITHIN, NOT_HERE, NodeContainer};
use super::ports;
use super::spec::DockerSpec;
use super::subnet::Subnet;
use crate::compose::KafkaService;
use crate::model::Image;
use crate::runtime::RuntimeError;
use bollard::errors::Error;
use bollard::models::{NetworkConnectRequest, NetworkInspect};
use bollard::query_parameters::CreateContainerOptions;
use futures_util::future::{join, join_all};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Creating something takes up to a second on a busy machine.
const MADE_WITHIN: Duration = Duration::from_secs(60);
/// Somebody may take the addresses that the daemon has just chosen for us.
const SUBNET_TRIES: usize = 5;
/// An address on this machine answers within microseconds.
const REACHED_WITHIN: Duration = Duration::from_secs(5);

/// The findings of the checks before anything is created.
pub(super) struct Checked {
    services: Vec<KafkaService>,
    /// The network that they share.
    common: String,
    ports: BTreeMap<u16, String>,
    /// Each once.
    pub(super) images: Vec<Image>,
}

/// Checks everything that can be wrong before anything is created.
pub(super) fn check(engine: &Engine, spec: &DockerSpec) -> Result<Checked, RuntimeError> {
    let services = spec.services()?;
    let common = spec.common_network(&services)?;
    let ports = spec.ports(&services)?;
    let names: BTreeSet<&str> = services.iter().map(|s| s.service.image.as_str()).collect();
    let images =
        names.into_iter().map(|name| image::present(engine, name)).collect::<Result<_, _>>()?;
    ports::check(engine, &ports)?;
    Ok(Checked { services, common, ports, images })
}

/// Creates and starts everything; waits for none. What was created stays there on an error.
pub(super) fn start(
    engine: &Engine,
    belonging: &Belonging,
    checked: &Checked,
) -> Result<Vec<NodeContainer>, RuntimeError> {
    let nodes = engine.wait(async {
        let (networks, volumes) = join(
            make_networks(engine, belonging, checked),
            make_volumes(engine, belonging, checked),
        )
        .await;
        volumes?;
        let networks = networks?;
        let hosts = networks[&checked.common].1.hosts();
        let made = checked.services.iter().zip(hosts).map(|(service, address)| {
            make_container(engine, belonging, &checked.common, &networks, service, address)
        });
        let nodes = all(join_all(made).await)?;
        if nodes.len() < checked.services.len() {
            let what = format!("the network {} has too few addresses", checked.common);
            return Err(RuntimeError::new(what));
        }
        all(join_all(nodes.iter().map(|node| node.ask_to_start(engine))).await)?;
        Ok(nodes)
    });
    // Somebody may have taken a port since: then the daemon does not say who.
    let nodes = nodes.map_err(|e| match e.what.contains("already") {
        true => ports::check(engine, &checked.ports).err().unwrap_or(e),
        false => e,
    })?;
    for node in &nodes {
        node.found(engine)?;
    }
    all(engine.wait(join_all(nodes.iter().map(|node| reach(engine, node)))))?;
    Ok(nodes)
}

/// The first error of several requests. All have ended: an abandoned one might still create
/// something that nobody would remove.
fn all<T>(results: Vec<Result<T, RuntimeError>>) -> Result<Vec<T>, RuntimeError> {
    results.into_iter().collect()
}

type Networks = BTreeMap<String, (String, Subnet)>;

async fn make_networks(
    engine: &Engine,
    belonging: &Belonging,
    checked: &Checked,
) -> Result<Networks, RuntimeError> {
    let made = DockerSpec::networks(&checked.services).into_iter().map(|name| async {
        let network = make_network(engine, belonging, &name).await?;
        Ok((name, network))
    });
    Ok(all(join_all(made).await)?.into_iter().collect())
}

/// A network with addresses of the daemon's choice that can still be assigned individually: the
/// daemon allows that only if the range was requested explicitly.
async fn make_network(
    engine: &Engine,
    belonging: &Belonging,
    name: &str,
) -> Result<(String, Subnet), RuntimeError> {
    let docker = engine.docker();
    let scoped = create::scoped(&belonging.project, name);
    let what = format!("making the network {scoped}");
    let refused = |e: &Error| {
        let error = failed(&what, e);
        if !error.what.contains("non-overlapping") {
            return error;
        }
        error.advise(
            "Docker has no range of addresses left: remove networks that nobody uses \
             (`chaos heal`, `docker network prune`)",
        )
    };
    for _ in 0..SUBNET_TRIES {
        let draft = docker.create_network(create::network(belonging, name, None));
        let draft = within(MADE_WITHIN, draft).await.map_err(|e| refused(&e))?.id;
        let inspected = within(ANSWER_WITHIN, docker.inspect_network(&draft, None)).await;
        let subnet = subnet(&inspected.map_err(|e| refused(&e))?)
            .ok_or_else(|| RuntimeError::new(format!("{what}: it has no IPv4 addresses")))?;
        let removed = within(MADE_WITHIN, docker.remove_network(&draft)).await;
        removed.map_err(|e| refused(&e))?;
        let asked = docker.create_network(create::network(belonging, name, Some(subnet.config())));
        match within(MADE_WITHIN, asked).await {
            Ok(made) => return Ok((made.id, subnet)),
            Err(e) if status(&e) == Some(403) => {}
            Err(e) => return Err(refused(&e)),
        }
    }
    let what = format!("{what}: others took its addresses {SUBNET_TRIES} times");
    Err(RuntimeError::new(what).advise("try again when fewer networks are being made"))
}

fn subnet(network: &NetworkInspect) -> Option<Subnet> {
    network.ipam.as_ref()?.config.as_ref()?.iter().find_map(Subnet::of)
}

async fn make_volumes(
    engine: &Engine,
    belonging: &Belonging,
    checked: &Checked,
) -> Result<(), RuntimeError> {
    let made = DockerSpec::volumes(&checked.services).into_iter().map(|name| async move {
        let request = create::volume(belonging, &name);
        let scoped = create::scoped(&belonging.project, &name);
        let what = format!("making the volume {scoped}");
        let volume = within(MADE_WITHIN, engine.docker().create_volume(request))
            .await
            .map_err(|e| failed(&what, &e))?;
        // If it exists already, the daemon returns that one.
        if volume.labels.get(RUN) != Some(&belonging.run) {
            return Err(RuntimeError::new(format!("{what}: a volume of that name exists")));
        }
        Ok(())
    });
    all(join_all(made).await).map(drop)
}

async fn make_container(
    engine: &Engine,
    belonging: &Belonging,
    common: &str,
    networks: &Networks,
    service: &KafkaService,
    address: Ipv4Addr,
) -> Result<NodeContainer, RuntimeError> {
    let name = create::container_name(&belonging.project, &service.service.name);
    let what = format!("making the container {name}");
    let body = create::container(belonging, service, common, &networks[common].0, address);
    let options = CreateContainerOptions { name: Some(name), ..CreateContainerOptions::default() };
    let made = within(MADE_WITHIN, engine.docker().create_container(Some(options), body))
        .await
        .map_err(|e| failed(&what, &e))?;
    for other in service.service.networks.keys().filter(|name| *name != common) {
        let request = NetworkConnectRequest {
            container: made.id.clone(),
            endpoint_config: Some(create::endpoint(service, other)),
        };
        within(MADE_WITHIN, engine.docker().connect_network(&networks[other].0, request))
            .await
            .map_err(|e| failed(&what, &e))?;
    }
    Ok(NodeContainer::new(service.clone(), made.id, address))
}

/// Whether a node's address leads to it from here. A refused connection is an answer, too.
async fn reach(engine: &Engine, node: &NodeContainer) -> Result<(), RuntimeError> {
    let Some(port) = node.service.replication.or(node.service.controller) else { return Ok(()) };
    let connecting = tokio::net::TcpStream::connect((node.address, port));
    let reason = match tokio::time::timeout(REACHED_WITHIN, connecting).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(e)) if e.kind() == io::ErrorKind::ConnectionRefused => return Ok(()),
        Ok(Err(e)) => e.to_string(),
        Err(_) => format!("no answer within {} s", REACHED_WITHIN.as_secs()),
    };
    // An ended container has no address; why it died is reported when it is missed.
    let asked = engine.docker().inspect_container(&node.container, None);
    let inspected = within(ANSWER_WITHIN, asked).await;
    let running = inspected.ok().and_then(|i| i.state).and_then(|state| state.running);
    if running == Some(false) {
        return Ok(());
    }
    let what =
        format!("{} at {}:{port} is not reached from here: {reason}", node.name(), node.address);
    Err(RuntimeError::new(what).advise(NOT_HERE))
}
