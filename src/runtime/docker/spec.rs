//! [`DockerSpec`]: what a cluster of containers is made from; and what follows for each service.

use crate::compose::{KafkaService, Mount};
use crate::model::Properties;
use crate::runtime::local::is_reserved_property;
use crate::runtime::{Listeners, Role, RuntimeError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct DockerSpec {
    /// The compose project: the first part of every name. Unique among living clusters.
    pub project: String,
    /// Unique.
    pub run: String,
    /// The compose file's name in messages.
    pub file: String,
    /// The containers; their images must be there.
    pub nodes: Vec<KafkaService>,
    /// Broker properties that override those in the services' environments.
    pub properties: Properties,
    /// The run's folder; heal recognizes the run's processes by it.
    pub folder: PathBuf,
    /// Container logs go here, as `<service>.log`. Created if missing; kept.
    pub log_dir: PathBuf,
}

impl DockerSpec {
    /// The services with all properties set, in order of their ids.
    pub(super) fn services(&self) -> Result<Vec<KafkaService>, RuntimeError> {
        if let Some(name) = self.properties.keys().find(|name| is_reserved_property(name)) {
            let what =
                format!("cluster.config sets {name}, which {} says for each service", self.file);
            return Err(
                RuntimeError::new(what).advise(format!("remove {name} from cluster.config"))
            );
        }
        let mut services = self.nodes.clone();
        for service in &mut services {
            for (name, value) in &self.properties {
                service.set(name, value);
            }
        }
        services.sort_by_key(|s| s.id);
        let twins = services.windows(2).find(|pair| pair[0].id == pair[1].id);
        if let Some([one, other]) = twins {
            let (one, other, id) = (&one.service.name, &other.service.name, one.id);
            return Err(self.wrong(format!("{one} and {other} both have node.id {id}")));
        }
        Ok(services)
    }

    /// The one network that all services share: packets between them go there.
    pub(super) fn common_network(&self, services: &[KafkaService]) -> Result<String, RuntimeError> {
        let names = |s: &KafkaService| s.service.networks.keys().cloned().collect();
        let common = (services.iter().map(names))
            .reduce(|a: BTreeSet<String>, b| a.intersection(&b).cloned().collect())
            .unwrap_or_default();
        let mut common = common.into_iter();
        match (common.next(), common.next()) {
            (Some(network), None) => Ok(network),
            (None, _) => Err(self.wrong("the Kafka services have no network in common")),
            (Some(one), Some(other)) => {
                let what = format!("the Kafka services meet on two networks, {one} and {other}");
                Err(self.wrong(what).advise("name one network only, so that a fault can cut it"))
            }
        }
    }

    /// All networks that services name.
    pub(super) fn networks(services: &[KafkaService]) -> BTreeSet<String> {
        services.iter().flat_map(|s| s.service.networks.keys().cloned()).collect()
    }

    /// All volumes that services name.
    pub(super) fn volumes(services: &[KafkaService]) -> BTreeSet<String> {
        let mounts = services.iter().flat_map(|s| &s.service.mounts);
        mounts
            .filter_map(|mount| match mount {
                Mount::Volume { name, .. } => Some(name.clone()),
                Mount::Bind { .. } => None,
            })
            .collect()
    }

    /// Which service publishes each port of the host.
    pub(super) fn ports(
        &self,
        services: &[KafkaService],
    ) -> Result<BTreeMap<u16, String>, RuntimeError> {
        let mut ports: BTreeMap<u16, String> = BTreeMap::new();
        for service in services {
            let name = &service.service.name;
            for port in &service.service.ports {
                if let Some(other) = ports.insert(port.host, name.clone()) {
                    let what = format!("{other} and {name} both publish port {}", port.host);
                    return Err(self.wrong(what));
                }
            }
        }
        Ok(ports)
    }

    fn wrong(&self, what: impl std::fmt::Display) -> RuntimeError {
        RuntimeError::new(format!("{}: {what}", self.file))
    }
}

pub(super) fn role(service: &KafkaService) -> Role {
    match (service.is_broker, service.is_controller) {
        (true, true) => Role::Combined,
        (false, true) => Role::Controller,
        _ => Role::Broker,
    }
}

/// A service's ports at its own address.
pub(super) fn listeners(service: &KafkaService) -> Listeners {
    Listeners {
        replication: service.replication,
        client: service.external.map(|port| port.container),
        controller: service.controller,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::compose::{Published, Service};
    use crate::model::Flavour;

    pub(in super::super) fn service(id: i32) -> KafkaService {
        let name = format!("kafka-broker-0{}", id + 1);
        let port = Published { host: 10_000 + id as u16, container: 9094 };
        let volume = Mount::Volume {
            name: format!("data-{id}"),
            target: "/bitnami/kafka".to_owned(),
            read_only: false,
        };
        let service = Service {
            name,
            image: "chaos-kafka:3.8.1".to_owned(),
            hostname: None,
            user: None,
            entrypoint: None,
            command: None,
            environment: [("KAFKA_CFG_NODE_ID".to_owned(), id.to_string())].into(),
            ports: vec![port],
            networks: [("net".to_owned(), vec!["other".to_owned()])].into(),
            mounts: vec![volume],
            tmpfs: vec!["/tmp".to_owned()],
            memory_bytes: Some(1 << 30),
            labels: [("team".to_owned(), "a".to_owned())].into(),
            extra_hosts: vec!["h:10.0.0.1".to_owned()],
        };
        KafkaService {
            service,
            flavour: Flavour::Bitnami,
            id,
            is_broker: true,
            is_controller: true,
            replication: Some(9092),
            controller: Some(9093),
            external: Some(port),
        }
    }

    pub(in super::super) fn spec(nodes: Vec<KafkaService>) -> DockerSpec {
        DockerSpec {
            project: "p".to_owned(),
            run: "r".to_owned(),
            file: "compose.yml".to_owned(),
            nodes,
            properties: Properties::new(),
            folder: "/out".into(),
            log_dir: "/out/nodes".into(),
        }
    }

    #[test]
    fn properties_reach_every_service_and_ids_give_the_order() {
        let mut spec = spec(vec![service(1), service(0)]);
        spec.properties.insert("log.retention.ms".to_owned(), "-1".to_owned());
        let services = spec.services().unwrap();
        assert_eq!(services.iter().map(|s| s.id).collect::<Vec<_>>(), [0, 1]);
        for service in &services {
            assert_eq!(service.service.environment["KAFKA_CFG_LOG_RETENTION_MS"], "-1");
        }
    }

    #[test]
    fn what_the_file_says_of_identity_is_not_set_by_a_scenario() {
        let mut spec = spec(vec![service(0)]);
        spec.properties.insert("listeners".to_owned(), "x".to_owned());
        let error = spec.services().unwrap_err().to_string();
        assert!(error.contains("listeners") && error.contains("compose.yml"), "{error}");
    }

    #[test]
    fn two_services_of_one_id_or_one_port_are_refused() {
        let twins = spec(vec![service(0), service(0)]);
        assert!(twins.services().unwrap_err().to_string().contains("node.id 0"));
        let error = twins.ports(&twins.nodes).unwrap_err().to_string();
        assert!(error.contains("both publish port 10000"), "{error}");
        let apart = spec(vec![service(0), service(1)]);
        assert_eq!(apart.ports(&apart.nodes).unwrap()[&10_001], "kafka-broker-02");
    }

    #[test]
    fn services_must_meet_on_one_network() {
        let own = |names: &[&str], id| {
            let mut service = service(id);
            service.service.networks =
                names.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
            service
        };
        let network = |nodes: Vec<KafkaService>| {
            let spec = spec(nodes);
            spec.common_network(&spec.nodes).map_err(|e| e.to_string())
        };
        assert_eq!(network(vec![own(&["a", "b"], 0), own(&["b", "c"], 1)]), Ok("b".to_owned()));
        let none = network(vec![own(&["a"], 0), own(&["b"], 1)]).unwrap_err();
        assert!(none.contains("no network in common"), "{none}");
        let two = network(vec![own(&["a", "b"], 0), own(&["a", "b"], 1)]).unwrap_err();
        assert!(two.contains("two networks, a and b"), "{two}");
    }

    #[test]
    fn roles_and_listeners_are_the_services() {
        let mut node = service(0);
        assert_eq!(role(&node), Role::Combined);
        let all = Listeners { replication: Some(9092), client: Some(9094), controller: Some(9093) };
        assert_eq!(listeners(&node), all);
        node.is_controller = false;
        assert_eq!(role(&node), Role::Broker);
        (node.is_controller, node.is_broker) = (true, false);
        assert_eq!(role(&node), Role::Controller);
    }
}
