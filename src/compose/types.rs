//! What a compose file says, as far as chaos starts it: [`Compose`]; and what Kafka makes of it:
//! [`KafkaService`].

use crate::model::Flavour;
use crate::yaml::{Diagnostic, Place, Source};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A compose file, read, interpolated and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Compose {
    /// What messages call the file.
    pub file: String,
    /// In the order of the file; never empty.
    pub services: Vec<Service>,
    /// Networks that services name, each once; made for the project alone.
    pub networks: Vec<String>,
    /// Volumes that services name, each once; made for the project alone.
    pub volumes: Vec<String>,
    /// Keys that were read and are not acted on, each with the reason, once.
    pub notes: Vec<String>,
    /// Where it was written.
    pub places: Places,
}

/// Where services and what they say were written, for problems that only Kafka has with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    source: Arc<Source>,
    known: BTreeMap<(String, String), Place>,
}

impl Places {
    /// The service itself.
    pub(super) const SERVICE: &str = "";

    /// No places yet, in this text.
    pub(super) fn new(source: Arc<Source>) -> Self {
        Places { source, known: BTreeMap::new() }
    }

    pub(super) fn set(&mut self, service: &str, what: &str, place: Place) {
        self.known.insert((service.to_owned(), what.to_owned()), place);
    }

    /// A problem with what a service says: at that place, or else where the service begins.
    pub(super) fn problem(&self, service: &str, what: &str, message: String) -> Diagnostic {
        let find = |what: &str| self.known.get(&(service.to_owned(), what.to_owned())).copied();
        let place = find(what).or_else(|| find(Self::SERVICE)).unwrap_or(Place::FILE);
        self.source.problem(place, message)
    }
}

/// One service, in the terms of the compose specification.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its key in the file.
    pub name: String,
    /// `image`, interpolated.
    pub image: String,
    /// `hostname`; the service's name without it.
    pub hostname: Option<String>,
    /// `user`.
    pub user: Option<String>,
    /// `entrypoint`, in words.
    pub entrypoint: Option<Vec<String>>,
    /// `command`, in words.
    pub command: Option<Vec<String>>,
    /// `environment`, interpolated.
    pub environment: BTreeMap<String, String>,
    /// `ports`.
    pub ports: Vec<Published>,
    /// `networks`, and the names under which each knows the service beside its own.
    pub networks: BTreeMap<String, Vec<String>>,
    /// `volumes`.
    pub mounts: Vec<Mount>,
    /// `tmpfs`: paths in the container.
    pub tmpfs: Vec<String>,
    /// `mem_limit`, bytes.
    pub memory_bytes: Option<i64>,
    /// `labels`.
    pub labels: BTreeMap<String, String>,
    /// `extra_hosts`, as `name:address`.
    pub extra_hosts: Vec<String>,
}

/// A container's TCP port under a port of the host's loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// On 127.0.0.1, whatever address the file says.
    pub host: u16,
    /// In the container.
    pub container: u16,
}

/// A folder of the container that is kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mount {
    /// A volume of the project.
    Volume {
        /// Its key in the file.
        name: String,
        /// Path in the container.
        target: String,
        /// Whether the container may not write to it.
        read_only: bool,
    },
    /// A folder or file of the host.
    Bind {
        /// Absolute path on the host.
        source: PathBuf,
        /// Path in the container.
        target: String,
        /// Whether the container may not write to it.
        read_only: bool,
    },
}

/// A Kafka node that a compose file describes.
#[derive(Clone, Debug, PartialEq)]
pub struct KafkaService {
    /// The service, its environment with everything that was set so far.
    pub service: Service,
    /// How its image is told properties.
    pub flavour: Flavour,
    /// `node.id`.
    pub id: i32,
    /// Whether `process.roles` has `broker`.
    pub is_broker: bool,
    /// Whether `process.roles` has `controller`.
    pub is_controller: bool,
    /// The container's port of the listener between brokers; brokers have one.
    pub replication: Option<u16>,
    /// The container's port of the controllers' listener; controllers have one.
    pub controller: Option<u16>,
    /// The listener that clients on the host use; brokers have one.
    pub external: Option<Published>,
}
