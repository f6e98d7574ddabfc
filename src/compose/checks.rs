//! Checks between the nodes of a cluster: ids, voters, one cluster id, a route between brokers.

use super::kafka::Finder;
use super::listeners;
use super::types::KafkaService;
use crate::model::Flavour;
use std::collections::{BTreeMap, BTreeSet};

const VOTERS: &str = "controller.quorum.voters";

/// Reports what would keep these nodes from forming one cluster.
pub(super) fn between(finder: &mut Finder<'_>, nodes: &[KafkaService]) {
    let Some(first) = nodes.first() else { return };
    let name = first.service.name.clone();
    let mut ids: BTreeMap<i32, &str> = BTreeMap::new();
    for node in nodes {
        match ids.get(&node.id) {
            Some(other) => {
                let message = format!(
                    "`{}` and `{other}` have the same `node.id`, {}",
                    node.service.name, node.id
                );
                finder.report_property(node, "node.id", message, "each node needs its own");
            }
            None => {
                ids.insert(node.id, &node.service.name);
            }
        }
    }
    if !nodes.iter().any(|node| node.is_broker) {
        let message = "no service is a broker".to_owned();
        let help = format!("write `{}=broker`", first.flavour.variable("process.roles"));
        finder.report(&name, "", message, help);
    }
    if !nodes.iter().any(|node| node.is_controller) {
        let message = "no service is a controller".to_owned();
        let variable = first.flavour.variable("process.roles");
        finder.report(&name, "", message, format!("write `{variable}=broker,controller`"));
    }
    voters(finder, nodes);
    cluster_id(finder, nodes);
    between_brokers(finder, nodes);
}

fn voters(finder: &mut Finder<'_>, nodes: &[KafkaService]) {
    let controllers: BTreeSet<i32> =
        nodes.iter().filter(|node| node.is_controller).map(|node| node.id).collect();
    for node in nodes {
        let name = &node.service.name;
        let Some(text) = node.property(VOTERS).filter(|text| !text.trim().is_empty()) else {
            if node.property("controller.quorum.bootstrap.servers").is_none() {
                let variable = node.flavour.variable(VOTERS);
                let message = format!("`{name}` sets no `{VOTERS}`");
                let help = format!("write `{variable}=ID@SERVICE:PORT,…`, every controller in it");
                finder.report(name, "", message, help);
            }
            continue;
        };
        let ids: Option<BTreeSet<i32>> = (text.split(','))
            .map(|voter| voter.split_once('@').and_then(|(id, _)| id.trim().parse().ok()))
            .collect();
        match ids {
            None => {
                let message = format!("`{name}`: `{text}` names no voters");
                finder.report_property(node, VOTERS, message, "write `ID@SERVICE:PORT,…`");
            }
            Some(ids) if ids != controllers && !controllers.is_empty() => {
                let message = format!(
                    "`{name}` has the voters {}, but the controllers are {}",
                    listed(&ids),
                    listed(&controllers)
                );
                finder.report_property(
                    node,
                    VOTERS,
                    message,
                    "name every controller, and no other",
                );
            }
            Some(_) => {}
        }
    }
}

fn listed(ids: &BTreeSet<i32>) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Nodes that format their storage with ids of their own never meet.
fn cluster_id(finder: &mut Finder<'_>, nodes: &[KafkaService]) {
    const NAMES: &[&str] = &["KAFKA_KRAFT_CLUSTER_ID", "KAFKA_CLUSTER_ID", "CLUSTER_ID"];
    let id_of = |node: &KafkaService| {
        NAMES.iter().find_map(|name| Some((*name, node.service.environment.get(*name)?.clone())))
    };
    let known = nodes.iter().find_map(|node| Some((node, id_of(node)?.1)));
    for node in nodes {
        let name = &node.service.name;
        match (id_of(node), &known) {
            (Some((variable, id)), Some((other, known))) if id != *known => {
                let message = format!("`{name}` and `{}` have two cluster ids", other.service.name);
                finder.report(name, variable, message, "give both the same");
            }
            (None, _) if node.flavour != Flavour::Apache && nodes.len() > 1 => {
                let variable = match node.flavour {
                    Flavour::Bitnami => "KAFKA_KRAFT_CLUSTER_ID",
                    Flavour::Apache | Flavour::Confluent => "CLUSTER_ID",
                };
                let message =
                    format!("`{name}` has no cluster id: it would form a cluster of its own");
                let help =
                    format!("write the same `{variable}=6bcA_X9JR0eN9YhP3dYKnw` for all nodes");
                finder.report(name, "", message, help);
            }
            (None, Some((other, _))) => {
                let message = format!("`{name}` and `{}` have two cluster ids", other.service.name);
                finder.report(name, "", message, "`CLUSTER_ID` must be the same for all nodes");
            }
            _ => {}
        }
    }
}

/// With more than one broker, brokers must not advertise the loopback to each other.
fn between_brokers(finder: &mut Finder<'_>, nodes: &[KafkaService]) {
    let brokers: Vec<&KafkaService> = nodes.iter().filter(|node| node.is_broker).collect();
    if brokers.len() < 2 {
        return;
    }
    for node in brokers {
        let inter = node.property("inter.broker.listener.name");
        let inter = inter.unwrap_or_else(|| "PLAINTEXT".to_owned()).to_uppercase();
        let advertised = node.property("advertised.listeners").unwrap_or_default();
        let advertised = listeners::parse(&advertised).unwrap_or_default();
        let host = advertised.iter().find(|listener| listener.name == inter);
        if let Some(listener) = host.filter(|listener| listener.is_loopback()) {
            let name = &node.service.name;
            let message = format!(
                "`{name}` advertises `{listener}` to other brokers, which would look for it on their own host"
            );
            let help = format!("advertise `{inter}://{name}:{}`", listener.port);
            finder.report_property(node, "advertised.listeners", message, help);
        }
    }
}
