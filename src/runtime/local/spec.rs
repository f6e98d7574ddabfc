//! [`ClusterSpec`]: what a local cluster is made from, and the Kafka nodes that follow.

use crate::distribution::StorageTemplate;
use crate::model::Controllers;
use crate::plan::ClusterPlan;
use crate::runtime::{Role, RuntimeError};
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// The number of separate controllers, if isolated.
const ISOLATED_CONTROLLERS: u16 = 3;
/// `node.id` of the first of them.
const FIRST_CONTROLLER_ID: u16 = 100;
/// Brokers have this many addresses before the controllers' begin.
const BROKERS_MAX: u16 = 30;

/// The last byte of 10.88.0.x.
const FIRST_BROKER_HOST: u8 = 11;
const FIRST_CONTROLLER_HOST: u8 = 41;
pub(super) const CLIENTS_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 88, 0, 101);
pub(super) const OBSERVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 88, 0, 102);

#[derive(Clone, Debug)]
pub struct ClusterSpec {
    /// Kafka's version, brokers, controllers, properties.
    pub cluster: ClusterPlan,
    /// The `java` program.
    pub java: PathBuf,
    /// Kafka's jars in the order of the class path.
    pub jars: Vec<PathBuf>,
    /// Further JVM options, such as those of a class-data archive; they come last.
    pub jvm_options: Vec<String>,
    /// What Kafka's own formatting writes into a log folder; Kafka 4 takes its features from it.
    pub storage_template: Option<StorageTemplate>,
    /// JVM options that configure Kafka's logging.
    pub log_config_args: Vec<String>,
    /// Node logs go here, as `<name>.log`. Created if missing; kept.
    pub log_dir: PathBuf,
    /// Heap of each JVM.
    pub heap_mib: u32,
    /// One port of the host for each broker: an EXTERNAL listener is advertised as
    /// `127.0.0.1:port`.
    pub external: Option<Vec<u16>>,
    /// Cluster and directory ids follow from this.
    pub id_seed: u64,
}

/// One Kafka process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KafkaNode {
    pub(super) id: i32,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) address: Ipv4Addr,
    /// The port of the host for clients outside.
    pub(super) external_port: Option<u16>,
}

impl KafkaNode {
    pub(super) fn is_broker(&self) -> bool {
        matches!(self.role, Role::Broker | Role::Combined)
    }

    pub(super) fn is_controller(&self) -> bool {
        matches!(self.role, Role::Controller | Role::Combined)
    }
}

/// The Kafka nodes of a cluster, in the order of their ids.
pub(super) fn kafka_nodes(spec: &ClusterSpec) -> Result<Vec<KafkaNode>, RuntimeError> {
    let brokers = spec.cluster.brokers;
    if brokers == 0 || brokers > BROKERS_MAX {
        let what = format!("the local runtime takes 1 to {BROKERS_MAX} brokers, not {brokers}");
        return Err(RuntimeError::new(what));
    }
    if let Some(ports) = &spec.external
        && ports.len() != usize::from(brokers)
    {
        let what = format!("{} ports of the host were given for {brokers} brokers", ports.len());
        return Err(RuntimeError::new(what));
    }
    let role = match spec.cluster.controllers {
        Controllers::Combined => Role::Combined,
        Controllers::Isolated => Role::Broker,
    };
    let broker = |i: u16| KafkaNode {
        id: i32::from(i),
        name: format!("broker-{i}"),
        role,
        address: address(FIRST_BROKER_HOST, i),
        external_port: spec.external.as_ref().map(|ports| ports[usize::from(i)]),
    };
    let controller = |i: u16| KafkaNode {
        id: i32::from(FIRST_CONTROLLER_ID + i),
        name: format!("controller-{}", FIRST_CONTROLLER_ID + i),
        role: Role::Controller,
        address: address(FIRST_CONTROLLER_HOST, i),
        external_port: None,
    };
    let controllers = match spec.cluster.controllers {
        Controllers::Combined => 0,
        Controllers::Isolated => ISOLATED_CONTROLLERS,
    };
    Ok((0..brokers).map(broker).chain((0..controllers).map(controller)).collect())
}

/// `index` is below [`BROKERS_MAX`], so the sum is below 255.
fn address(first: u8, index: u16) -> Ipv4Addr {
    Ipv4Addr::new(10, 88, 0, first + index as u8)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Clocks, Timing};

    pub(in super::super) fn spec(brokers: u16, controllers: Controllers) -> ClusterSpec {
        ClusterSpec {
            cluster: ClusterPlan {
                kafka: "3.8.1".to_owned(),
                brokers,
                broker_ids: (0..i32::from(brokers)).collect(),
                controllers,
                timing: Timing::Stock,
                clocks: Clocks { session_ms: 9_000, lag_ms: 30_000 },
                config: [("log.retention.ms".to_owned(), "-1".to_owned())].into(),
                compose: None,
                flavour: None,
            },
            java: "/java/bin/java".into(),
            jars: vec!["/k/a.jar".into(), "/k/b.jar".into()],
            jvm_options: vec!["-XX:SharedArchiveFile=/k/kafka.jsa".to_owned()],
            storage_template: None,
            log_config_args: vec!["-Dlog4j.configuration=file:/k/log4j.properties".to_owned()],
            log_dir: "/out/logs".into(),
            heap_mib: 256,
            external: None,
            id_seed: 7,
        }
    }

    #[test]
    fn combined_nodes_count_from_zero() {
        let nodes = kafka_nodes(&spec(3, Controllers::Combined)).unwrap();
        let seen: Vec<_> = nodes.iter().map(|n| (n.id, n.name.as_str(), n.role)).collect();
        let role = Role::Combined;
        assert_eq!(seen, [(0, "broker-0", role), (1, "broker-1", role), (2, "broker-2", role)]);
        assert_eq!(nodes[2].address, Ipv4Addr::new(10, 88, 0, 13));
        assert!(nodes.iter().all(|n| n.is_broker() && n.is_controller()));
    }

    #[test]
    fn isolated_controllers_have_ids_and_addresses_of_their_own() {
        let nodes = kafka_nodes(&spec(2, Controllers::Isolated)).unwrap();
        let ids: Vec<i32> = nodes.iter().map(|n| n.id).collect();
        assert_eq!(ids, [0, 1, 100, 101, 102]);
        assert_eq!(nodes[4].name, "controller-102");
        assert_eq!(nodes[4].address, Ipv4Addr::new(10, 88, 0, 43));
        assert!(nodes[..2].iter().all(|n| n.is_broker() && !n.is_controller()));
        assert!(nodes[2..].iter().all(|n| !n.is_broker() && n.is_controller()));
    }

    #[test]
    fn impossible_clusters_are_refused() {
        for brokers in [0, BROKERS_MAX + 1] {
            let error = kafka_nodes(&spec(brokers, Controllers::Combined)).unwrap_err();
            assert!(error.to_string().contains("1 to 30 brokers"), "{error}");
        }
        let mut ports = spec(3, Controllers::Combined);
        ports.external = Some(vec![19092]);
        let error = kafka_nodes(&ports).unwrap_err();
        assert!(error.to_string().contains("1 ports of the host"), "{error}");
    }
}
