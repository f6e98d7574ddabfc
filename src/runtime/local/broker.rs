//! What a Kafka node is started with: its properties, its `meta.properties`, its command line. All
//! of it is text made from a [`ClusterSpec`], without any I/O.

use super::spec::{ClusterSpec, KafkaNode};
use crate::model::{Feature, Properties};
use crate::runtime::{RuntimeError, kafka_id, port};
use std::ffi::OsString;
use std::path::Path;

/// A node's own addresses, ids and folders: only the runtime can set them.
const RESERVED: [&str; 16] = [
    "advertised.listeners",
    "broker.id",
    "controller.listener.names",
    "controller.quorum.bootstrap.servers",
    "controller.quorum.voters",
    "early.start.listeners",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "listeners",
    "log.dir",
    "log.dirs",
    "metadata.log.dir",
    "node.id",
    "process.roles",
    "security.inter.broker.protocol",
    "zookeeper.connect",
];

/// Environment variables that change a JVM's behavior behind its command line.
pub(super) const JVM_ENVIRONMENT: [&str; 3] =
    ["JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"];

/// Whether the runtime sets this broker property itself, so that a scenario cannot.
pub fn is_reserved_property(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// The node's properties file.
pub(super) fn properties(
    spec: &ClusterSpec,
    nodes: &[KafkaNode],
    node: &KafkaNode,
    data: &Path,
) -> Result<Properties, RuntimeError> {
    if let Some(name) = spec.cluster.config.keys().find(|name| is_reserved_property(name)) {
        let what = format!("cluster.config sets {name}, which the local runtime sets itself");
        return Err(RuntimeError::new(what).advise(format!("remove {name} from cluster.config")));
    }
    let data = data.to_str().filter(|path| !path.contains(',')).ok_or_else(|| {
        let what = format!("Kafka cannot keep its log in {}", data.display());
        RuntimeError::new(what).advise("set TMPDIR to a folder without commas, named in UTF-8")
    })?;
    let mut all = defaults(spec);
    all.extend(spec.cluster.config.clone());
    all.extend(identity(nodes, node, data));
    Ok(all)
}

/// Defaults for many small brokers on one machine. A scenario may override each of them.
fn defaults(spec: &ClusterSpec) -> Properties {
    let brokers = spec.cluster.brokers;
    let replicas = brokers.min(3);
    let in_sync = brokers.min(2);
    let mut defaults = Properties::new();
    let mut set = |name: &str, value: &dyn ToString| {
        defaults.insert(name.to_owned(), value.to_string());
    };
    set("offsets.topic.replication.factor", &replicas);
    set("offsets.topic.num.partitions", &3);
    set("transaction.state.log.replication.factor", &replicas);
    set("transaction.state.log.min.isr", &in_sync);
    set("transaction.state.log.num.partitions", &3);
    // A broker that does not know these logs it.
    if Feature::ShareGroups.is_in(&spec.cluster.kafka) {
        set("share.coordinator.state.topic.replication.factor", &replicas);
        set("share.coordinator.state.topic.min.isr", &in_sync);
        set("share.coordinator.state.topic.num.partitions", &3);
    }
    set("auto.create.topics.enable", &false);
    set("group.initial.rebalance.delay.ms", &0);
    set("num.network.threads", &2);
    set("num.io.threads", &4);
    set("background.threads", &2);
    set("num.recovery.threads.per.data.dir", &1);
    set("log.cleaner.threads", &1);
    set("log.cleaner.dedupe.buffer.size", &2_097_152);
    defaults
}

fn identity(nodes: &[KafkaNode], node: &KafkaNode, data: &str) -> Properties {
    let voters: Vec<String> = nodes
        .iter()
        .filter(|n| n.is_controller())
        .map(|n| format!("{}@{}:{}", n.id, n.address, port::CONTROLLER))
        .collect();
    let mut roles = Vec::new();
    let mut listeners = Vec::new();
    let mut advertised = Vec::new();
    let own = |name: &str, port: u16| format!("{name}://{}:{port}", node.address);
    if node.is_broker() {
        roles.push("broker");
        for (name, port) in [("REPLICATION", port::REPLICATION), ("CLIENT", port::CLIENT)] {
            listeners.push(own(name, port));
            advertised.push(own(name, port));
        }
        if let Some(host_port) = node.external_port {
            listeners.push(own("EXTERNAL", port::EXTERNAL));
            advertised.push(format!("EXTERNAL://127.0.0.1:{host_port}"));
        }
    }
    if node.is_controller() {
        roles.push("controller");
        listeners.push(own("CONTROLLER", port::CONTROLLER));
    }
    let mut identity = Properties::new();
    let mut set = |name: &str, value: String| identity.insert(name.to_owned(), value);
    set("process.roles", roles.join(","));
    set("node.id", node.id.to_string());
    set("controller.quorum.voters", voters.join(","));
    set("controller.listener.names", "CONTROLLER".to_owned());
    set("listeners", listeners.join(","));
    let all = ["REPLICATION", "CLIENT", "CONTROLLER", "EXTERNAL"];
    let protocols: Vec<String> = all.iter().map(|name| format!("{name}:PLAINTEXT")).collect();
    set("listener.security.protocol.map", protocols.join(","));
    if node.is_broker() {
        set("advertised.listeners", advertised.join(","));
        set("inter.broker.listener.name", "REPLICATION".to_owned());
    }
    set("log.dirs", data.to_owned());
    identity
}

/// The properties as a file that Java reads.
pub(super) fn to_file(properties: &Properties) -> String {
    let mut file = String::new();
    for (name, value) in properties {
        file.push_str(&escaped(name));
        file.push('=');
        file.push_str(&escaped(value));
        file.push('\n');
    }
    file
}

/// As `java.util.Properties` expects it in a Latin-1 file.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            ' ' | '=' | ':' | '#' | '!' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

/// What formatting writes into a data folder.
pub(super) fn meta_properties(cluster_id: &str, node_id: i32, directory_id: &str) -> String {
    format!("version=1\ncluster.id={cluster_id}\nnode.id={node_id}\ndirectory.id={directory_id}\n")
}

/// Ids as Kafka writes them: 16 bytes in base64 for URLs, without padding.
pub(super) struct Ids(fastrand::Rng);

impl Ids {
    /// The ids that follow from this seed, always the same.
    pub(super) fn new(seed: u64) -> Self {
        Ids(fastrand::Rng::with_seed(seed))
    }

    /// Kafka reserves ids near zero, and assigns none that begins with a dash.
    pub(super) fn next(&mut self) -> String {
        loop {
            let id = self.0.u128(..);
            let text = kafka_id(id);
            if id > u128::from(u32::MAX) && !text.starts_with('-') {
                return text;
            }
        }
    }
}

/// The JVM's arguments. `scratch` is for what Java unpacks, `log_dir` for what it writes when it
/// crashes.
pub(super) fn arguments(
    spec: &ClusterSpec,
    scratch: &Path,
    properties: &Path,
) -> Result<Vec<OsString>, RuntimeError> {
    let class_path = std::env::join_paths(&spec.jars).map_err(|e| {
        RuntimeError::new(format!("the jars make no class path: {e}"))
            .advise("keep Kafka in a folder without a colon in its name")
    })?;
    let mut arguments: Vec<OsString> =
        vec![format!("-Xms{}m", spec.heap_mib).into(), format!("-Xmx{}m", spec.heap_mib).into()];
    let fixed = [
        "-Xss512k",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        "-Xlog:disable",
        "-Xlog:all=error:stderr",
        "-Djava.awt.headless=true",
    ];
    arguments.extend(fixed.map(OsString::from));
    let with_path = |option: &str, path: &Path| {
        let mut argument = OsString::from(option);
        argument.push(path);
        argument
    };
    arguments.push(with_path("-Djava.io.tmpdir=", scratch));
    arguments.push(with_path("-XX:ErrorFile=", &spec.log_dir.join("hs_err_%p.log")));
    arguments.push(with_path("-Dkafka.logs.dir=", &spec.log_dir));
    arguments.extend(spec.log_config_args.iter().map(OsString::from));
    arguments.extend(spec.jvm_options.iter().map(OsString::from));
    arguments.push("-cp".into());
    arguments.push(class_path);
    arguments.push("kafka.Kafka".into());
    arguments.push(properties.into());
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::super::spec::{kafka_nodes, tests::spec};
    use super::*;
    use crate::model::Controllers;

    fn properties_of(spec: &ClusterSpec, index: usize) -> Properties {
        let nodes = kafka_nodes(spec).unwrap();
        properties(spec, &nodes, &nodes[index], Path::new("/s/data")).unwrap()
    }

    #[test]
    fn a_combined_node_listens_for_everybody() {
        let mut spec = spec(3, Controllers::Combined);
        spec.external = Some(vec![10_000, 10_001, 10_002]);
        let of = properties_of(&spec, 1);
        assert_eq!(of["process.roles"], "broker,controller");
        assert_eq!(of["node.id"], "1");
        assert_eq!(
            of["controller.quorum.voters"],
            "0@10.88.0.11:9093,1@10.88.0.12:9093,2@10.88.0.13:9093"
        );
        assert_eq!(
            of["listeners"],
            "REPLICATION://10.88.0.12:9091,CLIENT://10.88.0.12:9092,\
             EXTERNAL://10.88.0.12:9094,CONTROLLER://10.88.0.12:9093"
        );
        assert_eq!(
            of["advertised.listeners"],
            "REPLICATION://10.88.0.12:9091,CLIENT://10.88.0.12:9092,EXTERNAL://127.0.0.1:10001"
        );
        assert_eq!(of["inter.broker.listener.name"], "REPLICATION");
        assert_eq!(of["log.dirs"], "/s/data");
        assert_eq!(of["log.retention.ms"], "-1", "the scenario's own");
    }

    #[test]
    fn isolated_nodes_have_one_role_each() {
        let spec = spec(3, Controllers::Isolated);
        let broker = properties_of(&spec, 0);
        assert_eq!(broker["process.roles"], "broker");
        assert!(!broker["listeners"].contains("CONTROLLER"));
        assert!(broker["controller.quorum.voters"].starts_with("100@10.88.0.41:9093,101@"));
        let controller = properties_of(&spec, 3);
        assert_eq!(controller["process.roles"], "controller");
        assert_eq!(controller["listeners"], "CONTROLLER://10.88.0.41:9093");
        assert!(!controller.contains_key("advertised.listeners"));
        assert!(!controller.contains_key("inter.broker.listener.name"));
    }

    #[test]
    fn the_scenario_wins_over_defaults_and_never_over_identity() {
        let mut spec = spec(1, Controllers::Combined);
        assert_eq!(properties_of(&spec, 0)["num.io.threads"], "4");
        assert_eq!(properties_of(&spec, 0)["transaction.state.log.min.isr"], "1");
        spec.cluster.config.insert("num.io.threads".to_owned(), "8".to_owned());
        assert_eq!(properties_of(&spec, 0)["num.io.threads"], "8");
        for name in RESERVED {
            let mut spec = spec.clone();
            spec.cluster.config.insert(name.to_owned(), "x".to_owned());
            let nodes = kafka_nodes(&spec).unwrap();
            let error = properties(&spec, &nodes, &nodes[0], Path::new("/d")).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn only_kafka_4_has_share_groups() {
        let mut spec = spec(3, Controllers::Combined);
        let share = "share.coordinator.state.topic.min.isr";
        assert!(!properties_of(&spec, 0).contains_key(share));
        spec.cluster.kafka = "4.4.0".to_owned();
        assert_eq!(properties_of(&spec, 0)[share], "2");
    }

    #[test]
    fn a_folder_that_kafka_would_read_as_two_is_refused() {
        let spec = spec(1, Controllers::Combined);
        let nodes = kafka_nodes(&spec).unwrap();
        let error = properties(&spec, &nodes, &nodes[0], Path::new("/a,b")).unwrap_err();
        assert!(error.to_string().contains("TMPDIR"), "{error}");
    }

    #[test]
    fn java_reads_the_file_as_it_was_meant() {
        let odd = [("a b".to_owned(), " x:y=\\n\u{e4}\u{1f600}\n".to_owned())].into();
        assert_eq!(to_file(&odd), "a\\ b=\\ x\\:y\\=\\\\n\\u00e4\\ud83d\\ude00\\u000a\n");
    }

    #[test]
    fn ids_follow_from_the_seed() {
        let (mut a, mut b, mut c) = (Ids::new(7), Ids::new(7), Ids::new(8));
        for _ in 0..200 {
            let id = a.next();
            assert_eq!((id.len(), id.starts_with('-')), (22, false));
            assert_eq!(id, b.next());
            assert_ne!(id, c.next());
        }
    }

    #[test]
    fn the_command_line_holds_everything_in_order() {
        let spec = spec(1, Controllers::Combined);
        let arguments = arguments(&spec, Path::new("/s/tmp"), Path::new("/s/p")).unwrap();
        let line = arguments.join(std::ffi::OsStr::new(" "));
        assert_eq!(
            line.to_str().unwrap(),
            "-Xms256m -Xmx256m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
             -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr \
             -Djava.awt.headless=true -Djava.io.tmpdir=/s/tmp \
             -XX:ErrorFile=/out/logs/hs_err_%p.log -Dkafka.logs.dir=/out/logs \
             -Dlog4j.configuration=file:/k/log4j.properties \
             -XX:SharedArchiveFile=/k/kafka.jsa -cp /k/a.jar:/k/b.jar kafka.Kafka /s/p"
        );
    }

    #[test]
    fn a_jar_whose_path_has_a_colon_is_refused() {
        let mut spec = spec(1, Controllers::Combined);
        spec.jars = vec!["/a:b/c.jar".into()];
        let error = arguments(&spec, Path::new("/s"), Path::new("/p")).unwrap_err();
        assert!(error.to_string().contains("colon"), "{error}");
    }
}
