//! What Kafka makes of a compose file: its nodes, their roles, and how each is reached.

mod reach;

use super::checks;
use super::cluster::KafkaCluster;
use super::started::speaks_kafka;
use super::types::{Compose, KafkaService, Mount, Service};
use crate::model::Flavour;
use crate::yaml::{Diagnostic, Diagnostics};
use std::collections::BTreeSet;

/// The Kafka nodes of a compose file. Without a `flavour`, image names imply it. Reports every
/// reason why they would not form a cluster that clients on this host can reach.
pub fn kafka(compose: &Compose, flavour: Option<Flavour>) -> Result<KafkaCluster, Diagnostics> {
    let ports = compose.services.iter().flat_map(|service| &service.ports);
    let host_ports = ports.map(|port| port.host).collect();
    let mut finder = Finder { compose, problems: Vec::new(), host_ports, added: Vec::new() };
    let (mut nodes, mut others) = (Vec::new(), Vec::new());
    for service in &compose.services {
        if speaks_kafka(service.environment.keys().map(String::as_str)) {
            nodes.extend(finder.node(service, flavour));
        } else {
            others.push(service.name.clone());
        }
    }
    if nodes.is_empty() && finder.problems.is_empty() {
        let first = compose.services.first().map_or("", |service| service.name.as_str());
        let help = format!(
            "a node sets `process.roles` and `node.id` in its environment, as in `{}`",
            Flavour::Bitnami.variable("process.roles")
        );
        finder.report(first, "", "no service is a Kafka node".to_owned(), help);
    }
    nodes.sort_by_key(|node| node.id);
    // A node without id or roles looks like no node at all.
    if nodes.len() + others.len() == compose.services.len() {
        checks::between(&mut finder, &nodes);
    }
    if !finder.problems.is_empty() {
        return Err(Diagnostics::new(finder.problems));
    }
    let mut notes = compose.notes.clone();
    if !finder.added.is_empty() {
        notes.push(format!(
            "no listener of these brokers is for clients on this host, so chaos adds one: {}",
            finder.added.join(", ")
        ));
    }
    notes.extend(
        others.iter().map(|name| format!("`{name}` is not a Kafka node: it is not started")),
    );
    let networks: BTreeSet<String> =
        nodes.iter().flat_map(|node| node.service.networks.keys().cloned()).collect();
    let mounts = nodes.iter().flat_map(|node| &node.service.mounts);
    let volumes: BTreeSet<String> = mounts
        .filter_map(|mount| match mount {
            Mount::Volume { name, .. } => Some(name.clone()),
            Mount::Bind { .. } => None,
        })
        .collect();
    Ok(KafkaCluster {
        file: compose.file.clone(),
        nodes,
        others,
        networks: networks.into_iter().collect(),
        volumes: volumes.into_iter().collect(),
        notes,
    })
}

pub(super) struct Finder<'c> {
    compose: &'c Compose,
    problems: Vec<Diagnostic>,
    /// Ports of the host that are already published.
    host_ports: BTreeSet<u16>,
    /// Listeners that were added, in words.
    added: Vec<String>,
}

impl Finder<'_> {
    pub(super) fn report(
        &mut self,
        service: &str,
        what: &str,
        message: String,
        help: impl Into<String>,
    ) {
        self.problems.push(self.compose.places.problem(service, what, message).help(help));
    }

    /// Reports a problem with a node's property, where its variable is set.
    pub(super) fn report_property(
        &mut self,
        node: &KafkaService,
        property: &str,
        message: String,
        help: impl Into<String>,
    ) {
        let set = node.service.environment.keys().find(|variable| {
            node.flavour.property(variable).is_some_and(|(name, _)| name == property)
        });
        let variable = set.cloned().unwrap_or_default();
        self.report(&node.service.name, &variable, message, help);
    }

    /// A node whose flavour, roles and id are known, whatever else is wrong with it.
    fn node(&mut self, service: &Service, flavour: Option<Flavour>) -> Option<KafkaService> {
        let flavour = self.flavour(service, flavour)?;
        let mut node = KafkaService {
            service: service.clone(),
            flavour,
            id: 0,
            is_broker: false,
            is_controller: false,
            replication: None,
            controller: None,
            external: None,
        };
        let before = self.problems.len();
        self.roles(&mut node);
        if self.problems.len() > before {
            return None;
        }
        self.id(&mut node);
        let known = self.problems.len() == before;
        self.find_listeners(&mut node);
        known.then_some(node)
    }

    fn flavour(&mut self, service: &Service, given: Option<Flavour>) -> Option<Flavour> {
        let of_image = given.or_else(|| Flavour::of_image(&service.image));
        // No other images read these.
        let cfg = || service.environment.keys().any(|name| name.starts_with("KAFKA_CFG_"));
        let found = of_image.or_else(|| cfg().then_some(Flavour::Bitnami));
        if found.is_none() {
            let message = format!(
                "`{}`: the image `{}` does not say how it takes Kafka's properties",
                service.name, service.image
            );
            let help = "write `flavour: bitnami`, `apache` or `confluent` beside `compose` in the \
                        scenario";
            self.report(&service.name, "image", message, help);
        }
        found
    }

    fn roles(&mut self, node: &mut KafkaService) {
        let name = node.service.name.clone();
        let variable = node.flavour.variable("process.roles");
        let Some(roles) = node.property("process.roles") else {
            let zookeeper = (node.service.environment.keys())
                .find(|name| name.ends_with("ZOOKEEPER_CONNECT"))
                .cloned();
            let help = format!("write `{variable}=broker,controller`, or one of both");
            match zookeeper {
                Some(zookeeper) => {
                    let message = format!("`{name}` needs ZooKeeper, which is not supported");
                    let help = format!("remove `{zookeeper}` and use KRaft: {help}");
                    self.report(&name, &zookeeper, message, help);
                }
                None => {
                    let word = node.flavour.word();
                    let message = format!(
                        "`{name}` sets no `process.roles` that an image of flavour {word} reads"
                    );
                    self.report(&name, "", message, help);
                }
            }
            return;
        };
        for role in roles.split(',').map(str::trim).filter(|role| !role.is_empty()) {
            match role {
                "broker" => node.is_broker = true,
                "controller" => node.is_controller = true,
                _ => {
                    let message = format!("`{name}`: `{role}` is not a node role");
                    let help = "`broker` and `controller` are known";
                    self.report_property(node, "process.roles", message, help);
                }
            }
        }
        if !node.is_broker && !node.is_controller {
            let message = format!("`{name}` has an empty `process.roles`");
            let help = format!("write `{variable}=broker,controller`, or one of both");
            self.report_property(node, "process.roles", message, help);
        }
    }

    fn id(&mut self, node: &mut KafkaService) {
        let name = &node.service.name;
        let (id, old) = (node.property("node.id"), node.property("broker.id"));
        let property = if id.is_some() { "node.id" } else { "broker.id" };
        if let (Some(id), Some(old)) = (&id, &old)
            && id.trim() != old.trim()
        {
            let message = format!("`{name}` has the `node.id` {id}, but the `broker.id` {old}");
            self.report_property(
                node,
                "broker.id",
                message,
                "Kafka wants them equal: keep `node.id`",
            );
        }
        let Some(text) = id.or(old) else {
            let variable = node.flavour.variable("node.id");
            let message = format!("`{name}` has no `node.id`");
            self.report(&name.clone(), "", message, format!("write `{variable}=NUMBER`"));
            return;
        };
        match text.trim().parse::<i32>().ok().filter(|id| *id >= 0) {
            Some(id) => node.id = id,
            None => {
                let message = format!("`{name}`: `{text}` is not a valid `{property}`");
                self.report_property(node, property, message, "write a number, 0 or higher");
            }
        }
    }
}
