//! The Kafka nodes that are started, and what a run changes about them: [`KafkaCluster`].

use super::listeners;
use super::types::{KafkaService, Published};
use crate::model::{Flavour, Release};
use std::collections::BTreeSet;

/// The Kafka nodes of a compose file, and what they share.
#[derive(Clone, Debug, PartialEq)]
pub struct KafkaCluster {
    /// The file's name in messages.
    pub file: String,
    /// Brokers and controllers, in the order of their `node.id`.
    pub nodes: Vec<KafkaService>,
    /// Services that are not Kafka nodes; they are not started.
    pub others: Vec<String>,
    /// The nodes' networks, each once.
    pub networks: Vec<String>,
    /// The nodes' volumes, each once.
    pub volumes: Vec<String>,
    /// What was ignored, and why.
    pub notes: Vec<String>,
}

/// There are fewer ports than nodes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no room for {count} ports starting at {base}: the last port is 65535")]
pub struct NoRoom {
    base: u16,
    count: usize,
}

impl KafkaCluster {
    pub fn brokers(&self) -> impl Iterator<Item = &KafkaService> {
        self.nodes.iter().filter(|node| node.is_broker)
    }

    /// In the order of their ids, combined nodes included.
    pub fn controllers(&self) -> impl Iterator<Item = &KafkaService> {
        self.nodes.iter().filter(|node| node.is_controller)
    }

    pub fn images(&self) -> BTreeSet<String> {
        self.nodes.iter().map(|node| node.service.image.clone()).collect()
    }

    /// Kafka's release according to the image tags, if all agree.
    pub fn release(&self) -> Option<Release> {
        let mut releases =
            self.nodes.iter().map(|node| Flavour::release_of_image(&node.service.image));
        let first = releases.next()??;
        releases.all(|other| other == Some(first)).then_some(first)
    }

    /// Publishes the brokers on the host's ports `base`, `base + 1`, … in the order of their ids,
    /// and advertises those. No other port stays published. Changes nothing if it fails.
    pub fn move_ports(&mut self, base: u16) -> Result<(), NoRoom> {
        let count = self.brokers().count();
        let last = usize::from(base) + count.saturating_sub(1);
        if base == 0 || last > usize::from(u16::MAX) {
            return Err(NoRoom { base, count });
        }
        let mut next = base;
        for node in &mut self.nodes {
            match node.external {
                Some(external) => {
                    node.move_external(external, next);
                    next = next.saturating_add(1);
                }
                None => node.service.ports.clear(),
            }
        }
        Ok(())
    }

    /// Sets the heap where the file does not, and JVM options with which many nodes fit a small
    /// machine, if the image takes them.
    pub fn heap(&mut self, heap_mib: u32) {
        const OPTIONS: &str = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss512k -XX:-UsePerfData";
        for node in &mut self.nodes {
            let environment = &mut node.service.environment;
            environment
                .entry("KAFKA_HEAP_OPTS".to_owned())
                .or_insert_with(|| format!("-Xmx{heap_mib}m -Xms{heap_mib}m"));
            if node.flavour == Flavour::Bitnami {
                environment
                    .entry("KAFKA_JVM_PERFORMANCE_OPTS".to_owned())
                    .or_insert_with(|| OPTIONS.to_owned());
            }
        }
    }

    /// Replaces every node's image. Environments stay, so the image must have the nodes' flavour.
    pub fn set_image(&mut self, image: &str) {
        for node in &mut self.nodes {
            node.service.image = image.to_owned();
        }
    }
}

impl KafkaService {
    fn move_external(&mut self, external: Published, port: u16) {
        let advertised = self.property("advertised.listeners").unwrap_or_default();
        // They parsed before; what no longer parses cannot have become an external listener.
        let mut advertised = listeners::parse(&advertised).unwrap_or_default();
        for listener in &mut advertised {
            if listener.is_loopback() && listener.port == external.host {
                listener.port = port;
            }
        }
        let words: Vec<String> = advertised.iter().map(ToString::to_string).collect();
        self.set("advertised.listeners", words.join(","));
        let moved = Published { host: port, container: external.container };
        self.service.ports = vec![moved];
        self.external = Some(moved);
    }
}
