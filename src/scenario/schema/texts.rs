//! What editors show of a key, and the defaults of those that have one.

use super::super::names;
use super::super::property::{self, Form};
use super::super::read_sections::section_name;
use crate::model::{Timing, producer_default};
use serde_json::{Value, json};

/// By path, each key that is no property of some `config`.
pub const TEXTS: &[(&str, &str)] = &[
    ("name", "Names folders and topics: letters, digits, `-`, `_` and `.`."),
    ("summary", "What the scenario shows, in a sentence or two."),
    ("cluster", "The cluster that all cells share."),
    ("topic", "The topic of every cell; each cell has its own."),
    ("producer", "The producer of every cell."),
    ("faults", "What is done to the cluster, and when. Each item is one fault."),
    (
        "duration",
        "When sending ends. Without it: when the last fault is healed, all replicas are in sync \
         and every partition is acknowledged again.",
    ),
    ("seed", "Makes everything random the same again. Without it one is drawn and reported."),
    (
        "expect",
        "What must hold of every cell; or a list of such maps, each for the cells that its `when` \
         names.",
    ),
    (
        "matrix",
        "Axes: names and lists of values. Every combination is a cell; the cells of a run meet the same faults.",
    ),
    ("cluster.kafka", "Kafka's version, all three numbers."),
    ("cluster.brokers", "Number of brokers, 1 to 9. Their `node.id` count from 0."),
    (
        "cluster.controllers",
        "`combined`: every broker is a controller too. `isolated`: three separate controllers, `node.id` 100 to 102.",
    ),
    (
        "cluster.timing",
        "`stock`: Kafka's and the Java producer's own time-outs; a session is 9 s, a lag 30 s. \
         `fast`: all of them lowered together; a session is 2 s, a lag 3 s.",
    ),
    (
        "cluster.compose",
        "A compose file whose Kafka nodes are started instead, by Docker. Its path is relative to \
         the scenario's folder.",
    ),
    (
        "cluster.flavour",
        "How the images of `compose` take Kafka's properties: `bitnami` (`KAFKA_CFG_*`), `apache` \
         or `confluent` (`KAFKA_*`). Without it: by the images' names.",
    ),
    (
        "cluster.config",
        "Any broker property except addresses, folders, ids and the quorum, which the tool sets, and those that every topic sets itself.",
    ),
    (
        "topic.partitions",
        "1 to 256. Partition p has its preferred leader on the broker at p mod n.",
    ),
    (
        "topic.replication.factor",
        "Replicas of each partition. Without it: 3, or the number of brokers if that is less.",
    ),
    (
        "topic.min.insync.replicas",
        "With fewer replicas in sync nothing is acknowledged under `acks: all`.",
    ),
    (
        "topic.unclean.leader.election.enable",
        "Whether a replica that is not in sync may become leader, and what it lacks be lost.",
    ),
    ("topic.config", "Any other topic property."),
    (
        "producer.acks",
        "Who must have a message before it is acknowledged: nobody (0), the leader (1), every \
         replica in sync (`all` or -1).",
    ),
    (
        "producer.enable.idempotence",
        "Whether retries are written once. Not asked for, it is off when `acks` is 0 or 1, when \
         more than 5 requests are in flight, and without retries.",
    ),
    (
        "producer.rate",
        "Messages per second over all partitions of a cell, or `max`: as fast as librdkafka takes \
         them.",
    ),
    ("producer.message.bytes", "Bytes of each message's value; the key comes beside it."),
    ("producer.messages", "Sending ends after this many messages. Not together with `duration`."),
    (
        "producer.saturate",
        "Whether the rate may be more than cluster and machine can sustain. Without it, a cell that does \
         not keep up before the first fault is inconclusive. With `rate: max` nothing is held \
         against a rate.",
    ),
    (
        "producer.config",
        "Any librdkafka property of a producer. Anything not set defaults to the Java producer's behaviour.",
    ),
    ("expect.when", "For which cells: those that have all of these values."),
    ("expect.when.faults", "Names of timelines under `matrix.faults`."),
    ("matrix.faults", "Timelines by their names, in place of `faults`. Each is a separate run."),
    ("matrix.cluster.config", "A broker property. Each value is a separate cluster."),
];

/// What holds where nothing is written, as the file would have it.
pub const DEFAULTS: &[(&str, &str)] = &[
    ("cluster.kafka", "3.8.1"),
    ("cluster.brokers", "3"),
    ("cluster.controllers", "combined"),
    ("cluster.timing", "stock"),
    ("topic.partitions", "1"),
    ("topic.min.insync.replicas", "1"),
    ("topic.unclean.leader.election.enable", "false"),
    ("producer.acks", "all"),
    ("producer.enable.idempotence", "true"),
    ("producer.rate", "1000"),
    ("producer.message.bytes", "100"),
    ("producer.saturate", "false"),
];

fn found<'t>(table: &'t [(&str, &str)], path: &str) -> Option<&'t str> {
    table.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
}

/// What stands at this path, in words; empty when nothing is known of it.
pub fn about(path: &str) -> &'static str {
    found(TEXTS, path).unwrap_or_default()
}

/// The default of what stands at this path, as YAML reads it.
pub fn default(path: &str) -> Option<Value> {
    let text = found(DEFAULTS, path)?;
    Some(match (text.parse::<u64>(), text) {
        (Ok(number), _) => json!(number),
        (Err(_), "true") => json!(true),
        (Err(_), "false") => json!(false),
        (Err(_), word) => json!(word),
    })
}

/// A property of topics or producers, whatever names it.
pub fn property(name: &str) -> String {
    let Some(property) = property::find(name) else { return String::new() };
    let used = property.name;
    let of = section_name(property.section);
    match property.form {
        Form::Text => return "A topic property of Kafka's.".to_owned(),
        Form::Client => {}
        _ if used == name => return about(&format!("{of}.{used}")).to_owned(),
        _ => return format!("Another name of `{used}`."),
    }
    let mut text = match names::ALIASES.iter().any(|(alias, _)| *alias == name) {
        true => format!("A producer property of librdkafka's, another name of `{used}`."),
        false => "A producer property of librdkafka's.".to_owned(),
    };
    let (stock, fast) =
        (producer_default(used, Timing::Stock), producer_default(used, Timing::Fast));
    match (stock, fast) {
        (Some(stock), Some(fast)) if stock != fast => {
            text += &format!(" Without it: {stock}; {fast} under `timing: fast`.");
        }
        (Some(stock), _) => text += &format!(" Without it: {stock}."),
        (None, _) => {}
    }
    text
}
