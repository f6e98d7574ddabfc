//! What the tool cannot do yet, in one table: the words that ask for it, the answer, and what to do
//! instead. README's limits are generated from it.

/// An unsupported feature.
#[derive(Clone, Copy, Debug)]
pub struct NotYet {
    /// Its name, as in README's list.
    pub what: &'static str,
    /// What there is in its place, or why it is missing.
    pub lacks: &'static str,
    /// What to do instead.
    pub instead: &'static str,
    /// Keys, faults, targets, properties and metrics that ask for it.
    words: &'static [&'static str],
    /// Prefixes of properties that ask for it, brokers' included.
    prefixes: &'static [&'static str],
    /// Command-line options that ask for it.
    options: &'static [&'static str],
}

pub const TABLE: &[NotYet] = &[
    NotYet {
        what: "Clusters that run already",
        lacks: "every run starts its own cluster",
        instead: "name its compose file by `cluster.compose`, or write its settings under \
                  `cluster.config` and `topic`",
        words: &[
            "attached",
            "bootstrap",
            "bootstrap.servers",
            "bootstrap_servers",
            "metadata.broker.list",
            "servers",
        ],
        prefixes: &[],
        options: &[
            "--attach",
            "--bootstrap",
            "--bootstrap-server",
            "--bootstrap-servers",
            "--broker-list",
        ],
    },
    NotYet {
        what: "Several machines",
        lacks: "all nodes share one machine, its disks, its clock and its processors",
        instead: "run it on the machine whose disks and processors are in question",
        words: &["hosts", "kubernetes", "k8s", "machines", "nodes", "ssh"],
        prefixes: &[],
        options: &["--host", "--hosts", "--kubeconfig", "--namespace", "--ssh"],
    },
    NotYet {
        what: "TLS and SASL",
        lacks: "all listeners speak PLAINTEXT",
        instead: "leave it out",
        words: &["acl", "acls", "authorizer.class.name", "sasl", "security", "ssl", "tls"],
        prefixes: &["sasl.", "security.inter.broker.protocol", "security.protocol", "ssl."],
        options: &["--command-config", "--sasl", "--ssl", "--tls"],
    },
    NotYet {
        what: "Consumers",
        lacks: "the logs are read to their ends, without a consumer group",
        instead: "expect `lost` and `duplicated`: a message missing from the log cannot be consumed; a duplicate is consumed twice",
        words: &[
            "auto.offset.reset",
            "consumer",
            "consumers",
            "coordinator",
            "enable.auto.commit",
            "fetch.min.bytes",
            "group",
            "group.id",
            "group.instance.id",
            "groups",
            "max.poll.interval.ms",
            "max.poll.records",
            "redelivered",
            "session.timeout.ms",
            "skipped",
        ],
        prefixes: &[],
        options: &["--consumer", "--consumers", "--group"],
    },
    NotYet {
        what: "Transactions",
        lacks: "producers send without transactions",
        instead: "write `producer.enable.idempotence: true`, which keeps retries from writing duplicates",
        words: &[
            "aborted_read",
            "isolation.level",
            "torn",
            "transaction",
            "transaction.timeout.ms",
            "transaction.two.phase.commit.enable",
            "transactional.id",
            "transactions",
        ],
        prefixes: &[],
        options: &["--transactional-id", "--transactions"],
    },
    NotYet {
        what: "Clients other than librdkafka",
        lacks: "librdkafka sends, set up to behave as the Java producer does",
        instead: "leave it out; `chaos plan` prints every property that is in force",
        words: &["client", "java"],
        prefixes: &[],
        options: &["--client"],
    },
    NotYet {
        what: "Slow and lossy networks",
        lacks: "a network is whole or cut",
        instead: "cut it for short times by `network_partition`, or stop a node for a short time by `process_stop`",
        words: &[
            "bandwidth",
            "corrupt_packets",
            "degraded_network",
            "delay",
            "jitter",
            "latency",
            "network_delay",
            "network_latency",
            "network_loss",
            "packet_loss",
            "slow_network",
        ],
        prefixes: &[],
        options: &["--delay", "--jitter", "--latency", "--packet-loss"],
    },
    NotYet {
        what: "Disks and power",
        lacks: "no fault fills, breaks or slows a disk; `kill` does not drop the page cache",
        instead: "`exec` runs your own command, which may do it",
        words: &[
            "disk",
            "disk_failure",
            "disk_full",
            "files_unreadable",
            "fill_disk",
            "full_disk",
            "io_error",
            "kibosh",
            "power_loss",
            "slow_disk",
        ],
        prefixes: &[],
        options: &[],
    },
    NotYet {
        what: "Machine load and clocks",
        lacks: "no fault takes processors or memory away, or sets a clock",
        instead: "`exec` runs your own command, which may do it",
        words: &["burn_cpu", "clock", "clock_skew", "cpu", "memory", "oom", "stress", "time_skew"],
        prefixes: &[],
        options: &[],
    },
    NotYet {
        what: "Rolling and clean restarts",
        lacks: "nodes are stopped by SIGKILL only",
        instead: "write one `kill` for each broker, one after another",
        words: &["restart", "rolling", "rolling_restart", "shutdown"],
        prefixes: &[],
        options: &[],
    },
    NotYet {
        what: "Faults that repeat",
        lacks: "each item of `faults` happens once",
        instead: "write one item for each time",
        words: &["every", "times"],
        prefixes: &[],
        options: &[],
    },
    NotYet {
        what: "Several topics in one cell",
        lacks: "each cell has one",
        instead: "let the `matrix` make cells: each has its own topic and producer",
        words: &["topics"],
        prefixes: &[],
        options: &["--topics"],
    },
    NotYet {
        what: "ZooKeeper",
        lacks: "only KRaft is supported",
        instead: "leave it out",
        words: &["zookeeper", "zookeepers"],
        prefixes: &["zookeeper."],
        options: &["--zookeeper"],
    },
    NotYet {
        what: "Trogdor's specs",
        lacks: "a scenario is YAML, and has its own faults",
        instead: "write its fault under `faults`: `network_partition`, or `process_stop`, Trogdor's ProcessStopFaultSpec",
        words: &["startMs", "durationMs", "targetNode"],
        prefixes: &[TROGDOR],
        options: &["--spec"],
    },
];

/// The prefix of the classes in Trogdor's specs.
pub const TROGDOR: &str = "org.apache.kafka.trogdor.";

/// Words that ask for something that exists: the section where they are written, the words, and
/// what to write instead.
const INSTEAD: &[(&str, &[&str], &str)] = &[
    (
        "a fault",
        &["broker", "brokers", "node", "nodes", "target", "targets"],
        "name the target under the fault's own key, as in `kill: broker:1`",
    ),
    (
        "a target",
        &["brokers", "cluster", "machines", "nodes"],
        "write `all`, or name one broker, as in `broker:1`",
    ),
    (
        "`expect`",
        &["latency", "latency_ms", "p50", "p95", "p99", "p99_ms"],
        "latencies are measured and reported; the only time that can be expected is `unavailable`",
    ),
];

/// What to write instead of this word in this section, if known.
pub fn instead(section: &str, word: &str) -> Option<&'static str> {
    let found = INSTEAD.iter().find(|(of, words, _)| *of == section && words.contains(&word));
    found.map(|(_, _, instead)| *instead)
}

/// The unsupported feature that a word asks for.
pub fn find(word: &str) -> Option<&'static NotYet> {
    TABLE.iter().find(|one| {
        let begins = |prefix: &&str| word.starts_with(*prefix);
        one.words.contains(&word) || one.prefixes.iter().any(begins)
    })
}

/// The unsupported feature that a command-line option asks for.
pub fn find_option(option: &str) -> Option<&'static NotYet> {
    TABLE.iter().find(|one| one.options.contains(&option))
}

impl NotYet {
    /// The answer to a word that asks for it.
    pub fn message(&self, word: &str) -> String {
        format!("`{word}` is not supported yet: {}", self.lacks)
    }

    /// Whether the prefix of this property asks for it, brokers' properties included.
    pub fn is_by_prefix(&self, property: &str) -> bool {
        self.prefixes.iter().any(|prefix| property.starts_with(prefix))
    }
}

/// The list in README.
pub fn limits() -> String {
    let line = |one: &NotYet| format!("- {}: {}. Instead: {}.\n", one.what, one.lacks, one.instead);
    TABLE.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::keys::{self, SCENARIO};
    use crate::scenario::property;
    use crate::scenario::read_cluster::CLUSTER;
    use crate::scenario::read_expect;
    use crate::timeline;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_that_there_is_stands_in_the_table_and_nothing_twice() {
        let keys = [keys::names(SCENARIO), keys::names(CLUSTER), read_expect::keys()].concat();
        let keys = keys.into_iter().chain(timeline::names());
        for known in keys.chain(property::all_in_config()) {
            assert!(find(known).is_none(), "{known} is there");
        }
        let mut seen = BTreeSet::new();
        for word in TABLE.iter().flat_map(|one| one.words.iter().chain(one.options)) {
            assert!(seen.insert(word), "{word} stands there twice");
            assert!(property::find(word).is_none(), "{word} is there");
        }
    }

    #[test]
    fn words_prefixes_and_options_find_what_they_ask_for() {
        assert_eq!(find("consumers").map(|one| one.what), Some("Consumers"));
        assert_eq!(find("ssl.keystore.location").map(|one| one.what), Some("TLS and SASL"));
        assert_eq!(find_option("--bootstrap-server").map(|one| one.what), Some(TABLE[0].what));
        assert!(find("acks").is_none() && find_option("--set").is_none());
        assert!(limits().contains("- Consumers: the logs are read"));
    }
}
