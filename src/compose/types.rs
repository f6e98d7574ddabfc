//! What a compose file says, as far as chaos uses it, [`Compose`]; and what Kafka makes of it,
//! [`KafkaService`].

use crate::model::Flavour;
use crate::yaml::{Diagnostic, Place, Source};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A compose file, read, interpolated and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Compose {
    /// The file's name in messages.
    pub file: String,
    /// In the file's order; never empty.
    pub services: Vec<Service>,
    /// Networks that services name; made for the project alone.
    pub networks: Vec<String>,
    /// Volumes that services name; made for the project alone.
    pub volumes: Vec<String>,
    /// Ignored keys, each with the reason, once.
    pub notes: Vec<String>,
    pub places: Places,
}

/// Where services and their parts were written, for problems that only Kafka has with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    source: Arc<Source>,
    known: BTreeMap<(String, String), Place>,
}

impl Places {
    pub(super) const SERVICE: &str = "";

    pub(super) fn new(source: Arc<Source>) -> Self {
        Places { source, known: BTreeMap::new() }
    }

    pub(super) fn set(&mut self, service: &str, what: &str, place: Place) {
        self.known.insert((service.to_owned(), what.to_owned()), place);
    }

    /// A problem with a part of a service: at its place, or where the service begins.
    pub(super) fn problem(&self, service: &str, what: &str, message: String) -> Diagnostic {
        let find = |what: &str| self.known.get(&(service.to_owned(), what.to_owned())).copied();
        let place = find(what).or_else(|| find(Self::SERVICE)).unwrap_or(Place::FILE);
        self.source.problem(place, message)
    }
}

/// A service, in the specification's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub name: String,
    /// Interpolated.
    pub image: String,
    /// The service's name by default.
    pub hostname: Option<String>,
    pub user: Option<String>,
    pub entrypoint: Option<Vec<String>>,
    pub command: Option<Vec<String>>,
    pub environment: BTreeMap<String, String>,
    pub ports: Vec<Published>,
    /// With the names under which each network knows the service, beside its own.
    pub networks: BTreeMap<String, Vec<String>>,
    pub mounts: Vec<Mount>,
    /// Paths in the container.
    pub tmpfs: Vec<String>,
    pub memory_bytes: Option<i64>,
    pub labels: BTreeMap<String, String>,
    /// As `name:address`.
    pub extra_hosts: Vec<String>,
}

/// A container's TCP port, published on the host's loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// On 127.0.0.1, whatever address the file names.
    pub host: u16,
    pub container: u16,
}

/// A folder of the container whose content lives elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mount {
    /// A volume of the project.
    Volume {
        name: String,
        /// Path in the container.
        target: String,
        read_only: bool,
    },
    /// A folder or file of the host.
    Bind {
        source: PathBuf,
        /// Path in the container.
        target: String,
        read_only: bool,
    },
}

/// A Kafka node of a compose file.
#[derive(Clone, Debug, PartialEq)]
pub struct KafkaService {
    /// With the environment as it is now.
    pub service: Service,
    pub flavour: Flavour,
    /// `node.id`.
    pub id: i32,
    pub is_broker: bool,
    pub is_controller: bool,
    /// The container's port of the listener between brokers; every broker has one.
    pub replication: Option<u16>,
    /// The container's port of the controllers' listener; every controller has one.
    pub controller: Option<u16>,
    /// The listener for clients on the host; every broker has one.
    pub external: Option<Published>,
}
