//! Files that Compose would start but that are not a cluster, or not reachable.

use super::{documents_with_image, sound};
use crate::compose;

/// The problems of the document's file after these replacements, as `line message (help)`.
fn problems(changes: &[(&str, &str)]) -> Vec<String> {
    let mut text = documents_with_image();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not there");
        text = text.replace(from, to);
    }
    let problems = compose::kafka(&sound(&text), None).err().map_or_else(Vec::new, |p| p.list);
    let told = problems.iter().map(|problem| {
        assert_eq!(problem.file, "test.yml");
        let help = problem.help.as_deref().unwrap_or("no help");
        format!("{} {} ({help})", problem.line, problem.message)
    });
    told.collect()
}

/// The line of the document's file, with images, that contains this word.
fn line(word: &str) -> usize {
    let text = documents_with_image();
    text.lines().position(|line| line.contains(word)).expect("the word is there") + 1
}

#[test]
fn a_sound_file_has_no_problems() {
    assert_eq!(problems(&[]), [""; 0]);
}

#[test]
fn what_is_advertised_on_this_host_must_be_published_there() {
    let at = line("EXTERNAL://127.0.0.1:10001");
    let told = problems(&[("EXTERNAL://127.0.0.1:10001", "EXTERNAL://127.0.0.1:10009")]);
    assert_eq!(
        told,
        [format!(
            "{at} `kafka-broker-02` advertises `EXTERNAL://127.0.0.1:10009`, but its ports do not have \
         \"10009:9094\": clients on this host cannot reach it (write `- \"10009:9094\"` under its \
         `ports`)"
        )]
    );
}

#[test]
fn ids_voters_and_roles_must_fit() {
    for (from, to, expected) in [
        ("NODE_ID=1\n", "NODE_ID=0\n", "has the `node.id` 0, but the `broker.id` 1"),
        (
            "KAFKA_CFG_NODE_ID=1\n",
            "KAFKA_CFG_NODE_ID=x\n",
            "`kafka-broker-02`: `x` is not a valid `node.id`",
        ),
        (
            "2@kafka-broker-03",
            "3@kafka-broker-03",
            "has the voters 0, 1, 3, but the controllers are 0, 1, 2",
        ),
        ("_VOTERS=0@", "_VOTERS=", "names no voters"),
        ("QUORUM_VOTERS=", "QUORUM_X=", "sets no `controller.quorum.voters`"),
        ("ROLES=controller,broker", "ROLES=controller", "no service is a broker"),
        ("ROLES=controller,broker", "ROLES=broker", "no service is a controller"),
        ("ROLES=controller,broker", "ROLES=brokers", "`brokers` is not a node role"),
        ("ROLES=controller,broker", "ROLES=", "has an empty `process.roles`"),
        ("PROCESS_ROLES=controller,broker", "ZOOKEEPER_CONNECT=zk:2181", "needs ZooKeeper"),
        (
            "CONTROLLER_LISTENER_NAMES=CONTROLLER",
            "CONTROLLER_LISTENER_NAMES=X",
            "no listener for controllers",
        ),
        ("KRAFT_CLUSTER_ID=6bcA_X9JR0eN9YhP3dYKnw", "X=1", "has no cluster id"),
    ] {
        let told = problems(&[(from, to)]);
        assert!(told.iter().any(|one| one.contains(expected)), "{to}: {told:#?}");
    }
    let told = problems(&[("BROKER_ID=1\n", "BROKER_ID=0\n"), ("NODE_ID=1\n", "NODE_ID=0\n")]);
    assert!(
        told.iter().any(|one| one.contains("have the same `node.id`, 0 (each node")),
        "{told:#?}"
    );
    let second = documents_with_image().replacen("6bcA_X9JR0eN9YhP3dYKnw", "other", 1);
    let told = compose::kafka(&sound(&second), None).unwrap_err().to_string();
    assert!(told.contains("have two cluster ids"), "{told}");
}

#[test]
fn listeners_must_be_plain_and_lead_to_each_other() {
    for (from, to, expected) in [
        (
            "EXTERNAL:PLAINTEXT",
            "EXTERNAL:SASL_SSL",
            "listener `EXTERNAL` speaks SASL_SSL, which is not supported",
        ),
        (",EXTERNAL:PLAINTEXT", "", "nothing defines the protocol of listener `EXTERNAL`"),
        (
            "LISTENERS=PLAINTEXT://:9092,",
            "LISTENERS=",
            "has no listener `PLAINTEXT` for other brokers",
        ),
        ("EXTERNAL://:9094", "EXTERNAL", "`EXTERNAL` in `listeners` is not a listener"),
        ("CFG_LISTENERS=", "CFG_X=", "sets no `listeners`"),
        (
            "PLAINTEXT://kafka-broker-02:9092",
            "PLAINTEXT://localhost:9092",
            "which would look for it on their own host",
        ),
    ] {
        let told = problems(&[(from, to)]);
        assert!(told.iter().any(|one| one.contains(expected)), "{to}: {told:#?}");
    }
}

#[test]
fn a_file_without_nodes_is_told_so() {
    let none = sound("services: {db: {image: postgres}}\n");
    let problems = compose::kafka(&none, None).unwrap_err().list;
    assert_eq!((problems[0].line, problems[0].column), (1, 12));
    assert_eq!(problems[0].message, "no service is a Kafka node");
    let variable = sound("services: {k: {image: apache/kafka, environment: {KAFKA_NODE_ID: 1}}}\n");
    let told = compose::kafka(&variable, None).unwrap_err().to_string();
    assert!(
        told.contains("`k` sets no `process.roles` that an image of flavour apache reads"),
        "{told}"
    );
}
