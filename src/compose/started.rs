//! Which services are started: those that may be Kafka nodes.

use crate::yaml::{Entry, Kind, Node};

/// What a Kafka node's environment has, after the prefix.
const NODE_WORDS: &[&str] =
    &["PROCESS_ROLES", "NODE_ID", "BROKER_ID", "ADVERTISED_LISTENERS", "CONTROLLER_QUORUM_VOTERS"];

/// Whether an environment is a Kafka node's, whatever the image.
pub(super) fn speaks_kafka<'n>(names: impl IntoIterator<Item = &'n str>) -> bool {
    names.into_iter().any(|name| {
        let rest = name.strip_prefix("KAFKA_").unwrap_or("");
        NODE_WORDS.contains(&rest.strip_prefix("CFG_").unwrap_or(rest))
    })
}

/// Which services are started: those that may be Kafka nodes; all, if there is none.
pub(super) fn are_started(services: &[Entry]) -> Vec<bool> {
    let nodes: Vec<bool> = services.iter().map(|entry| may_be_a_node(&entry.value)).collect();
    let any = nodes.contains(&true);
    nodes.into_iter().map(|is_node| is_node || !any).collect()
}

/// Whether a service, as written, may be a Kafka node. Its files are not read yet.
fn may_be_a_node(service: &Node) -> bool {
    let Kind::Map(keys) = &service.kind else { return false };
    let get = |name: &str| keys.iter().find(|entry| entry.key.value == name);
    if get("env_file").is_some() {
        return true;
    }
    match get("environment").map(|entry| &entry.value.kind) {
        Some(Kind::Map(entries)) => speaks_kafka(entries.iter().map(|e| e.key.value.as_str())),
        Some(Kind::List(items)) => speaks_kafka(items.iter().filter_map(|item| match &item.kind {
            Kind::Scalar(text) => Some(text.split('=').next().unwrap_or(text)),
            _ => None,
        })),
        _ => false,
    }
}
