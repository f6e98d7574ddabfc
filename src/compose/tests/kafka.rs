//! The Kafka nodes of valid files, and what a run changes about them.

use super::{DOCUMENT, documents_with_image, sound};
use crate::compose::{self, Compose, KafkaCluster, Published, builtin, builtin_name};
use crate::model::{Controllers, Flavour};

const APACHE: &str = include_str!("../../../tests/compose/apache.yml");
const CONFLUENT: &str = include_str!("../../../tests/compose/confluent.yml");
const NO_HOST: &str = include_str!("../../../tests/compose/no-host.yml");
const VARIABLES: &str = include_str!("../../../tests/compose/variables.yml");

fn cluster(text: &str) -> KafkaCluster {
    kafka(&sound(text))
}

fn kafka(compose: &Compose) -> KafkaCluster {
    compose::kafka(compose, None).unwrap_or_else(|problems| panic!("{problems}"))
}

fn externals(cluster: &KafkaCluster) -> Vec<(i32, u16, u16)> {
    let ports = |p: Published| (p.host, p.container);
    let all = cluster.brokers().map(|node| (node.id, node.external.map_or((0, 0), ports)));
    all.map(|(id, (host, container))| (id, host, container)).collect()
}

#[test]
fn the_documents_own_file_is_three_combined_brokers() {
    let cluster = cluster(&documents_with_image());
    assert_eq!(externals(&cluster), [(0, 10000, 9094), (1, 10001, 9094), (2, 10002, 9094)]);
    assert!(cluster.nodes.iter().all(|node| {
        node.is_broker
            && node.is_controller
            && node.flavour == Flavour::Bitnami
            && (node.replication, node.controller) == (Some(9092), Some(9093))
    }));
    assert_eq!(cluster.networks, ["data-network"]);
    assert_eq!(cluster.volumes, ["data-volume-01", "data-volume-02", "data-volume-03"]);
    let keys: Vec<&str> =
        cluster.notes.iter().map(|note| note.split('`').nth(1).unwrap_or(note)).collect();
    assert_eq!(keys[..4], ["privileged", "cap_add", "restart", "container_name"]);
    assert_eq!(keys.len(), 8, "{keys:?}");
}

#[test]
fn the_tools_own_file_says_what_the_document_says() {
    let ours = kafka(&builtin(Controllers::Combined, &|_| None).unwrap());
    let theirs = cluster(&documents_with_image());
    assert_eq!(ours.nodes, theirs.nodes);
    assert_eq!(ours.notes, [""; 0]);
    assert_eq!(ours.file, builtin_name(Controllers::Combined));
    let variables = |name: &str| (name == "KAFKA_IMAGE").then(|| "chaos-kafka:4.4.0".to_owned());
    let other = kafka(&builtin(Controllers::Combined, &variables).unwrap());
    assert!(other.nodes.iter().all(|node| node.service.image == "chaos-kafka:4.4.0"));
    assert!(DOCUMENT.contains("build:"));
}

#[test]
fn the_isolated_file_has_three_controllers_of_its_own() {
    let cluster = kafka(&builtin(Controllers::Isolated, &|_| None).unwrap());
    let ids: Vec<i32> = cluster.nodes.iter().map(|node| node.id).collect();
    assert_eq!(ids, [0, 1, 2, 100, 101, 102]);
    assert_eq!(externals(&cluster), [(0, 10000, 9094), (1, 10001, 9094), (2, 10002, 9094)]);
    let controllers: Vec<&str> =
        cluster.controllers().map(|node| node.service.name.as_str()).collect();
    assert_eq!(controllers, ["kafka-controller-01", "kafka-controller-02", "kafka-controller-03"]);
    assert!(cluster.controllers().all(|node| !node.is_broker && node.controller == Some(9093)));
    assert_eq!(cluster.volumes.len(), 6);
}

#[test]
fn apaches_variables_and_ids_from_one_on_are_understood() {
    let cluster = cluster(APACHE);
    assert_eq!(externals(&cluster), [(1, 29092, 9092), (2, 39092, 9092), (3, 49092, 9092)]);
    assert!(cluster.nodes.iter().all(|node| node.flavour == Flavour::Apache));
    assert_eq!(cluster.nodes[0].replication, Some(19092));
    assert_eq!(cluster.nodes[0].property("broker.session.timeout.ms").as_deref(), Some("6000"));
    assert_eq!(cluster.others, ["topics"]);
    assert_eq!(cluster.notes, ["`topics` is not a Kafka node: it is not started"]);
    assert_eq!(cluster.networks, ["default"]);
}

#[test]
fn confluents_variables_are_understood() {
    let mut cluster = cluster(CONFLUENT);
    let node = &cluster.nodes[0];
    assert_eq!((node.flavour, node.id), (Flavour::Confluent, 1));
    assert_eq!(node.external, Some(Published { host: 9092, container: 9092 }));
    assert_eq!((node.replication, node.controller), (Some(29092), Some(29093)));
    // Other ports are removed, so that runs fit side by side.
    cluster.move_ports(21_000).unwrap();
    assert_eq!(cluster.nodes[0].service.ports, [Published { host: 21_000, container: 9092 }]);
    // Without `listeners`, these images listen where they advertise.
    let broker =
        CONFLUENT.replace("KAFKA_LISTENERS:", "X:").replace("CONTROLLER://", "C://").replace(
            "PLAINTEXT://broker:29092,",
            "PLAINTEXT://broker:29092,CONTROLLER://broker:29093,",
        );
    let external = kafka(&sound(&broker)).nodes[0].external;
    assert_eq!(external, Some(Published { host: 9092, container: 9092 }));
}

#[test]
fn flavours_are_guessed_from_the_image_or_from_unmistakable_variables() {
    for (image, expected) in [
        ("bitnami/kafka:3.8.1", Some(Flavour::Bitnami)),
        ("bitnamilegacy/kafka", Some(Flavour::Bitnami)),
        ("mirror.example:5000/bitnami/kafka@sha256:1234", Some(Flavour::Bitnami)),
        ("chaos-kafka:4.4.0", Some(Flavour::Bitnami)),
        ("apache/kafka:latest", Some(Flavour::Apache)),
        ("apache/kafka-native:4.0.0", Some(Flavour::Apache)),
        ("mirror.example:5000/confluentinc/cp-kafka:7.6.0", Some(Flavour::Confluent)),
        ("apache/zookeeper", None),
        ("kafka:3.8.1", None),
    ] {
        assert_eq!(Flavour::of_image(image), expected, "{image}");
    }
    let own = documents_with_image().replace("bitnamilegacy/kafka:3.8.1", "own/kafka:1");
    assert_eq!(cluster(&own).nodes[0].flavour, Flavour::Bitnami);
    let own = sound(&APACHE.replace("apache/kafka:3.9.0", "own/kafka:1"));
    let told = compose::kafka(&own, None).unwrap_err().to_string();
    assert!(told.contains("the image `own/kafka:1` does not say how"), "{told}");
    let given = compose::kafka(&own, Some(Flavour::Apache)).unwrap();
    assert_eq!(given.nodes[2].flavour, Flavour::Apache);
}

#[test]
fn releases_come_from_tags_that_are_versions() {
    for (image, expected) in [
        ("apache/kafka:3.8.1", Some("3.8.1")),
        ("apache/kafka-native:4.0.0", Some("4.0.0")),
        ("bitnami/kafka:3.8", Some("3.8")),
        ("mirror.example:5000/bitnami/kafka:3.8.1-debian-12-r0@sha256:1234", Some("3.8.1")),
        ("chaos-kafka:4.4.0", Some("4.4.0")),
        ("confluentinc/cp-kafka:7.8.0", Some("3.8")),
        ("confluentinc/cp-kafka:8.1.0", Some("4.1")),
        ("apache/kafka:latest", None),
        ("apache/kafka", None),
        ("mirror.example:5000/apache/kafka", None),
        // Private images have private tags.
        ("own/kafka:3.8.1", None),
    ] {
        let found = Flavour::release_of_image(image).map(|release| release.to_string());
        assert_eq!(found.as_deref(), expected, "{image}");
    }
    let mut cluster = cluster(APACHE);
    assert_eq!(cluster.release().map(|release| release.to_string()).as_deref(), Some("3.9.0"));
    cluster.nodes[1].service.image = "apache/kafka:4.0.0".to_owned();
    assert_eq!(cluster.release(), None);
}

#[test]
fn properties_are_read_and_set_by_the_variable_that_the_image_reads() {
    for (flavour, property, variable) in [
        (Flavour::Bitnami, "log.retention.ms", "KAFKA_CFG_LOG_RETENTION_MS"),
        (Flavour::Apache, "log.retention.ms", "KAFKA_LOG_RETENTION_MS"),
        (Flavour::Confluent, "a.b_c-d", "KAFKA_A_B__C___D"),
        (Flavour::Apache, "a.b_c-d", "KAFKA_A_B__C___D"),
    ] {
        assert_eq!(flavour.variable(property), variable);
        assert_eq!(
            flavour.property(variable),
            Some((property.to_owned(), flavour == Flavour::Bitnami))
        );
    }
    assert_eq!(Flavour::Bitnami.property("KAFKA_HEAP_OPTS"), None);
    assert_eq!(Flavour::Bitnami.property("ALLOW_PLAINTEXT_LISTENER"), None);
    let mut node = cluster(&documents_with_image()).nodes.remove(0);
    assert_eq!(node.property("node.id").as_deref(), Some("0"));
    assert_eq!(node.property("num.partitions"), None);
    // The name without `CFG` wins until the property is set.
    node.service.environment.insert("KAFKA_NODE_ID".to_owned(), "5".to_owned());
    assert_eq!(node.property("node.id").as_deref(), Some("5"));
    node.set("node.id", "6");
    assert_eq!(node.property("node.id").as_deref(), Some("6"));
    assert!(!node.service.environment.contains_key("KAFKA_NODE_ID"));
    assert_eq!(node.service.environment["KAFKA_CFG_NODE_ID"], "6");
}

#[test]
fn ports_and_what_is_advertised_move_together() {
    for (text, id, advertised) in [
        (documents_with_image(), 2, "PLAINTEXT://kafka-broker-03:9092,EXTERNAL://127.0.0.1:21002"),
        (APACHE.to_owned(), 3, "PLAINTEXT://kafka-3:19092,HOST://localhost:21002"),
    ] {
        let mut cluster = cluster(&text);
        cluster.move_ports(21_000).unwrap();
        let last = cluster.nodes.last().unwrap();
        assert_eq!(last.id, id);
        assert_eq!(last.property("advertised.listeners").as_deref(), Some(advertised));
        assert_eq!(last.service.ports, Vec::from_iter(last.external));
        let hosts: Vec<u16> = externals(&cluster).iter().map(|(_, host, _)| *host).collect();
        assert_eq!(hosts, [21_000, 21_001, 21_002]);
        // The written file means the same.
        let again = compose::kafka(&sound(&cluster.to_yaml().unwrap()), None).unwrap();
        assert_eq!(again.nodes, cluster.nodes);
    }
    let mut cluster = cluster(APACHE);
    let before = cluster.clone();
    assert!(cluster.move_ports(65_534).is_err());
    assert!(cluster.move_ports(0).is_err());
    assert_eq!(cluster, before);
    cluster.move_ports(65_533).unwrap();
    assert_eq!(externals(&cluster)[2].1, 65_535);
}

#[test]
fn the_heap_is_set_where_the_file_does_not() {
    let text = documents_with_image().replacen(
        "- ALLOW_PLAINTEXT_LISTENER=yes",
        "- ALLOW_PLAINTEXT_LISTENER=yes\n      - KAFKA_HEAP_OPTS=-Xmx2g",
        1,
    );
    let mut cluster = cluster(&text);
    cluster.heap(256);
    cluster.set_image("other:1");
    let get = |node: usize, name: &str| cluster.nodes[node].service.environment[name].clone();
    assert_eq!(get(0, "KAFKA_HEAP_OPTS"), "-Xmx2g");
    assert_eq!(get(1, "KAFKA_HEAP_OPTS"), "-Xmx256m -Xms256m");
    assert!(get(0, "KAFKA_JVM_PERFORMANCE_OPTS").contains("-XX:+UseSerialGC"));
    assert!(cluster.nodes.iter().all(|node| node.service.image == "other:1"));
    let mut apache = self::cluster(APACHE);
    apache.heap(300);
    let environment = &apache.nodes[0].service.environment;
    assert_eq!(environment["KAFKA_HEAP_OPTS"], "-Xmx300m -Xms300m");
    assert!(!environment.contains_key("KAFKA_JVM_PERFORMANCE_OPTS"));
}

#[test]
fn a_service_that_is_not_started_needs_no_values_of_its_variables() {
    let cluster = cluster(VARIABLES);
    assert_eq!(cluster.brokers().count(), 3);
    assert_eq!(cluster.notes, ["`database` is not a Kafka node: it is not started"]);
    // Nor is a volume that only such a service uses.
    let more =
        "    volumes: [\"data:/data\"]\nvolumes:\n  data: {labels: {a: \"${SECRET:?set it}\"}}\n";
    assert_eq!(self::cluster(&format!("{VARIABLES}{more}")).nodes, cluster.nodes);
    // A node's variables are needed, and those of its volumes.
    let asked = |text: &str| super::try_read(text).unwrap_err().to_string();
    let node = VARIABLES.replace("KAFKA_NODE_ID: 2", "KAFKA_NODE_ID: ${SECRET:?set it}");
    assert!(asked(&node).contains("`SECRET` has no value: set it"));
    let used = format!("{VARIABLES}{more}").replacen(
        "hostname: kafka1",
        "volumes: [\"data:/data\"]\n    hostname: kafka1",
        1,
    );
    assert!(asked(&used).contains("`SECRET` has no value: set it"));
}

#[test]
fn brokers_without_a_listener_for_this_host_get_one() {
    let mut cluster = cluster(NO_HOST);
    assert_eq!(externals(&cluster), [(1, 10_000, 9094), (2, 10_001, 9094), (3, 10_002, 9094)]);
    assert_eq!(
        cluster.notes,
        ["no listener of these brokers is for clients on this host, so chaos adds one: \
          `CHAOS://127.0.0.1:10000` of `kafka1`, `CHAOS://127.0.0.1:10001` of `kafka2`, \
          `CHAOS://127.0.0.1:10002` of `kafka3`"]
    );
    let environment = &cluster.nodes[1].service.environment;
    for (variable, expected) in [
        ("KAFKA_LISTENERS", "INTERNAL://:9092,CONTROLLER://:9093,CHAOS://:9094"),
        ("KAFKA_ADVERTISED_LISTENERS", "INTERNAL://kafka2:9092,CHAOS://127.0.0.1:10001"),
        (
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
            "CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,CHAOS:PLAINTEXT",
        ),
    ] {
        assert_eq!(environment[variable], expected);
    }
    // The effective file has it like a file's own, and its ports move.
    let again = kafka(&sound(&cluster.to_yaml().unwrap()));
    assert_eq!((&again.nodes, again.notes.len()), (&cluster.nodes, 0));
    cluster.move_ports(21_000).unwrap();
    let advertised = cluster.nodes[2].property("advertised.listeners");
    assert_eq!(advertised.as_deref(), Some("INTERNAL://kafka3:9092,CHAOS://127.0.0.1:21002"));
}

#[test]
fn the_added_listener_yields_to_what_the_file_has() {
    // Bitnami's variables; a port of the host and one of the container are taken.
    let text = documents_with_image()
        .replace("EXTERNAL://127.0.0.1:1000", "EXTERNAL://10.0.0.1:1000")
        .replace("EXTERNAL", "CHAOS");
    let cluster = self::cluster(&text);
    assert_eq!(externals(&cluster), [(0, 10_003, 9095), (1, 10_004, 9095), (2, 10_005, 9095)]);
    let first = &cluster.nodes[0];
    let advertised = &first.service.environment["KAFKA_CFG_ADVERTISED_LISTENERS"];
    assert!(
        advertised.ends_with(",CHAOS://10.0.0.1:10000,CHAOS2://127.0.0.1:10003"),
        "{advertised}"
    );
    assert_eq!(first.service.ports.len(), 2);
}

#[test]
fn what_the_file_leaves_to_kafka_is_written_out_beside_the_added_listener() {
    let line = |text: &str, name: &str| {
        let kept = text.lines().filter(|line| !line.trim_start().starts_with(name));
        kept.map(|line| format!("{line}\n")).collect::<String>()
    };
    let text = line(NO_HOST, "KAFKA_ADVERTISED_LISTENERS").replace("INTERNAL", "PLAINTEXT");
    let text = line(&text, "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP");
    let node = cluster(&text).nodes.remove(0);
    let of = |name: &str| node.property(name).unwrap();
    assert_eq!(of("advertised.listeners"), "PLAINTEXT://kafka1:9092,CHAOS://127.0.0.1:10000");
    assert_eq!(
        of("listener.security.protocol.map"),
        "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CHAOS:PLAINTEXT"
    );
}
