//! Reads `cluster:` and its `config:`; [`CLUSTER`] has its keys.

use super::keys::{self, Key, key};
use super::types::{ClusterPlaces, ClusterSection, Setting, Settings};
use super::{names, not_yet, property};
use crate::model::{Controllers, Flavour, Timing};
use crate::yaml::{At, Node, Reader, suggest};

/// The limit for a cluster on one machine.
pub(super) const MOST_BROKERS: u64 = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cluster {
    Kafka,
    Brokers,
    Controllers,
    Compose,
    Flavour,
    Timing,
    Config,
}

pub(crate) const CLUSTER: &[Key<Cluster>] = &[
    key("kafka", Cluster::Kafka, "Kafka's version, all three numbers.").or("3.8.1"),
    key("brokers", Cluster::Brokers, "Number of brokers, 1 to 9. Their `node.id` count from 0.")
        .or("3"),
    key(
        "controllers",
        Cluster::Controllers,
        "`combined`: every broker is a controller too. `isolated`: three separate controllers, \
         `node.id` 100 to 102.",
    )
    .or("combined"),
    key(
        "compose",
        Cluster::Compose,
        "A compose file whose Kafka nodes are started instead, by Docker. Its path is relative to \
         the scenario's folder.",
    ),
    key(
        "flavour",
        Cluster::Flavour,
        "How the images of `compose` take Kafka's properties: `bitnami` (`KAFKA_CFG_*`), `apache` \
         or `confluent` (`KAFKA_*`). Without it: by the images' names.",
    ),
    key(
        "timing",
        Cluster::Timing,
        "`stock`: Kafka's and the Java producer's own time-outs; a session is 9 s, a lag 30 s. \
         `fast`: all of them lowered together; a session is 2 s, a lag 3 s.",
    )
    .or("stock"),
    key(
        "config",
        Cluster::Config,
        "Any broker property except addresses, folders, ids and the quorum, which the tool sets, \
         and those that every topic sets itself.",
    ),
];

impl Cluster {
    /// Whether an axis may vary it.
    pub(super) fn is_axis(self) -> bool {
        match self {
            Cluster::Kafka | Cluster::Brokers | Cluster::Controllers | Cluster::Timing => true,
            Cluster::Compose | Cluster::Flavour | Cluster::Config => false,
        }
    }
}

pub(super) const CONTROLLERS: &[(&str, Controllers)] =
    &[("combined", Controllers::Combined), ("isolated", Controllers::Isolated)];

pub(super) const TIMINGS: &[(&str, Timing)] = &[("stock", Timing::Stock), ("fast", Timing::Fast)];

pub(super) const FLAVOURS: &[(&str, Flavour)] = &[
    ("bitnami", Flavour::Bitnami),
    ("apache", Flavour::Apache),
    ("confluent", Flavour::Confluent),
];

impl ClusterSection {
    /// The default cluster.
    pub fn standard() -> Self {
        ClusterSection {
            kafka: "3.8.1".to_owned(),
            compose: None,
            flavour: None,
            places: ClusterPlaces::default(),
            brokers: 3,
            controllers: Controllers::Combined,
            timing: Timing::Stock,
            config: Settings::new(),
        }
    }
}

impl Reader {
    pub fn cluster(&mut self, node: &Node) -> ClusterSection {
        let mut cluster = ClusterSection::standard();
        let mut flavour = None;
        for entry in self.map(node, "cluster", "write `cluster:` and its keys below it, indented") {
            let Some(key) = keys::find(CLUSTER, &entry.key.value) else {
                self.unknown_in_cluster(&entry.key);
                continue;
            };
            let value = &entry.value;
            let place = Some(value.place);
            match key.is {
                Cluster::Compose => match self.compose_file(value) {
                    Some(file) => cluster.compose = Some(file),
                    // That file would have decided them.
                    None => ["brokers", "controllers"].iter().for_each(|n| self.break_off(n)),
                },
                Cluster::Flavour => {
                    flavour = Some(entry.key.place);
                    cluster.flavour = self.choice(value, key.name, FLAVOURS);
                }
                Cluster::Kafka => match self.kafka_version(value) {
                    Some(version) => (cluster.kafka, cluster.places.kafka) = (version, place),
                    None => self.break_off(key.name),
                },
                Cluster::Brokers => match self.brokers(value) {
                    Some(brokers) => (cluster.brokers, cluster.places.brokers) = (brokers, place),
                    None => self.break_off(key.name),
                },
                Cluster::Controllers => match self.choice(value, key.name, CONTROLLERS) {
                    Some(controllers) => {
                        (cluster.controllers, cluster.places.controllers) = (controllers, place);
                    }
                    None => self.break_off(key.name),
                },
                Cluster::Timing => match self.choice(value, key.name, TIMINGS) {
                    Some(timing) => cluster.timing = timing,
                    None => self.break_off(key.name),
                },
                Cluster::Config => cluster.config = self.broker_config(value),
            }
        }
        if let (Some(place), None, true) =
            (flavour, &cluster.compose, !self.broken.contains("brokers"))
        {
            let message = "`flavour` has no meaning without `compose`";
            self.report(place, message, "name the compose file, or remove it");
        }
        cluster
    }

    fn unknown_in_cluster(&mut self, key: &At<String>) {
        let known = keys::names(CLUSTER);
        if !key.value.contains('.') {
            self.unknown_key(key, "`cluster`", &known);
        } else if !self.is_elsewhere(key) {
            let message = format!("unknown key `{}` in `cluster`", key.value);
            let near = suggest::help(&key.value, &known);
            let help = format!("a broker property belongs under `cluster.config`; {near}");
            self.report(key.place, message, help);
        }
    }

    fn compose_file(&mut self, node: &Node) -> Option<At<String>> {
        let text = self.scalar(node, "compose")?;
        if text.value.is_empty() || text.value.contains('\0') {
            let help = "write its path, relative to the scenario's folder";
            self.report(text.place, "`compose` names no file", help);
            return None;
        }
        Some(text)
    }

    fn kafka_version(&mut self, node: &Node) -> Option<String> {
        let text = self.scalar(node, "kafka")?;
        let parts: Vec<&str> = text.value.split('.').collect();
        let is_number =
            |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if parts.len() == 3 && parts.iter().all(is_number) {
            return Some(text.value);
        }
        let message = format!("`kafka: {}` is not a Kafka version", text.value);
        self.report(text.place, message, "write all three numbers, as in `kafka: 3.8.1`");
        None
    }

    fn brokers(&mut self, node: &Node) -> Option<u16> {
        let text = self.scalar(node, "brokers")?;
        match property::count(&text.value, 1, MOST_BROKERS) {
            Ok(brokers) => u16::try_from(brokers).ok(),
            Err(expected) => {
                let message = format!("`brokers` cannot be `{}`", text.value);
                self.report(text.place, message, format!("it must be {expected}"));
                None
            }
        }
    }

    fn broker_config(&mut self, node: &Node) -> Settings {
        let mut settings = Settings::new();
        let help = "write one broker property per line below it, indented";
        for entry in self.map(node, "cluster.config", help) {
            let name = &entry.key;
            if let Some((_, why)) = names::BROKER_OWN.iter().find(|(own, _)| *own == name.value) {
                let message = format!("`{}` cannot be set: {why}", name.value);
                self.report(name.place, message, "remove it");
                continue;
            }
            if not_yet::find(&name.value).is_some_and(|found| found.is_by_prefix(&name.value)) {
                self.is_elsewhere(name);
                continue;
            }
            if self.is_of_topics(name, &name.value, |topics| format!("write `topic.{topics}`")) {
                continue;
            }
            match self.scalar(&entry.value, &name.value) {
                Some(value) => {
                    let setting = Setting { name: name.clone(), value };
                    settings.insert(name.value.clone(), setting);
                }
                None => self.break_off(&name.value),
            }
        }
        settings
    }

    /// Reports a broker property that is only a default for topics, with the topic's counterpart in
    /// `help`. Returns whether it is one.
    pub fn is_of_topics(
        &mut self,
        key: &At<String>,
        property: &str,
        help: impl FnOnce(&str) -> String,
    ) -> bool {
        let found = names::BROKER_FOR_TOPICS.iter().find(|(name, _)| *name == property);
        let Some((_, topics)) = found else { return false };
        let message = format!("`{}` has no effect: every topic sets its own `{topics}`", key.value);
        self.report(key.place, message, help(topics));
        true
    }
}
