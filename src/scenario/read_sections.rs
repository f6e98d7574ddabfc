//! Reads `cluster:`, `topic:` and `producer:` with their `config:` maps.

use super::property::{self, Section};
use super::types::{ClusterPlaces, ClusterSection, Setting, Settings};
use super::{names, not_yet};
use crate::model::{Controllers, Flavour, Timing};
use crate::yaml::{At, Entry, Node, Reader, suggest};

/// A cluster on one machine has no more brokers.
pub const MOST_BROKERS: u64 = 9;

/// The keys of `cluster`.
pub const KNOWN: &[&str] =
    &["kafka", "brokers", "controllers", "compose", "flavour", "timing", "config"];

/// What `controllers` may be.
pub const CONTROLLERS: &[(&str, Controllers)] =
    &[("combined", Controllers::Combined), ("isolated", Controllers::Isolated)];

/// What `timing` may be.
pub const TIMINGS: &[(&str, Timing)] = &[("stock", Timing::Stock), ("fast", Timing::Fast)];

/// What `flavour` may be.
pub const FLAVOURS: &[(&str, Flavour)] = &[
    ("bitnami", Flavour::Bitnami),
    ("apache", Flavour::Apache),
    ("confluent", Flavour::Confluent),
];

impl ClusterSection {
    /// What holds where nothing is written: the cluster of the tool's own scenarios.
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
    /// `cluster:`.
    pub fn cluster(&mut self, node: &Node) -> ClusterSection {
        let mut cluster = ClusterSection::standard();
        let mut flavour = None;
        for entry in self.map(node, "cluster", "write `cluster:` and its keys below it, indented") {
            let value = &entry.value;
            let place = Some(value.place);
            match entry.key.value.as_str() {
                "compose" => match self.compose_file(value) {
                    Some(file) => cluster.compose = Some(file),
                    // What would have come out of that file is not known.
                    None => ["brokers", "controllers"].iter().for_each(|n| self.break_off(n)),
                },
                "flavour" => {
                    flavour = Some(entry.key.place);
                    cluster.flavour = self.choice(value, "flavour", FLAVOURS);
                }
                "kafka" => match self.kafka_version(value) {
                    Some(version) => (cluster.kafka, cluster.places.kafka) = (version, place),
                    None => self.break_off("kafka"),
                },
                "brokers" => match self.brokers(value) {
                    Some(brokers) => (cluster.brokers, cluster.places.brokers) = (brokers, place),
                    None => self.break_off("brokers"),
                },
                "controllers" => match self.choice(value, "controllers", CONTROLLERS) {
                    Some(controllers) => {
                        (cluster.controllers, cluster.places.controllers) = (controllers, place);
                    }
                    None => self.break_off("controllers"),
                },
                "timing" => match self.choice(value, "timing", TIMINGS) {
                    Some(timing) => cluster.timing = timing,
                    None => self.break_off("timing"),
                },
                "config" => cluster.config = self.broker_config(value),
                other if other.contains('.') => self.dotted_in_cluster(&entry.key),
                _ => self.unknown_key(&entry.key, "`cluster`", KNOWN),
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

    fn dotted_in_cluster(&mut self, key: &At<String>) {
        if self.is_elsewhere(key) {
            return;
        }
        let message = format!("unknown key `{}` in `cluster`", key.value);
        let near = suggest::help(&key.value, KNOWN);
        let help = format!("a broker property belongs under `cluster.config`; {near}");
        self.report(key.place, message, help);
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

    /// Whether a broker property only says what topics without a value of their own have. No topic
    /// of a scenario is one, so it is reported, with `help` for the topic's counterpart.
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

    /// `topic:`.
    pub fn topic(&mut self, node: &Node) -> Settings {
        self.section(node, Section::Topic)
    }

    /// `producer:`.
    pub fn producer(&mut self, node: &Node) -> Settings {
        self.section(node, Section::Producer)
    }

    fn section(&mut self, node: &Node, section: Section) -> Settings {
        let name = section_name(section);
        let mut settings = Settings::new();
        let help = format!("write `{name}:` and its keys below it, indented");
        for entry in self.map(node, name, &help) {
            if let Some(property) = property::direct(section, &entry.key.value) {
                self.set(&mut settings, &property, entry);
            } else if entry.key.value == "config" {
                let path = format!("{name}.config");
                for inner in self.map(&entry.value, &path, "write one property per line below it") {
                    self.config_entry(&mut settings, section, inner);
                }
            } else {
                self.misplaced(&entry.key, section);
            }
        }
        settings
    }

    fn config_entry(&mut self, settings: &mut Settings, section: Section, entry: &Entry) {
        let key = &entry.key;
        if let Some(property) = property::in_config(section, &key.value) {
            self.set(settings, &property, entry);
            return;
        }
        let path = format!("`{}.config`", section_name(section));
        let own = names::CLIENT_OWN.iter().find(|(own, _)| *own == key.value);
        if let (Section::Producer, Some((_, why))) = (section, own) {
            self.report(key.place, format!("`{}` cannot be set: {why}", key.value), "remove it");
        } else if let Some(direct) = property::direct(section, property::canonical(&key.value)) {
            let message = format!("`{}` does not belong in {path}", key.value);
            let help =
                format!("write `{}` directly under `{}`", direct.name, section_name(section));
            self.report(key.place, message, help);
        } else if !self.is_elsewhere(key) {
            let known = match section {
                Section::Topic => names::TOPIC_CONFIG,
                Section::Producer => names::CLIENT,
            };
            let help = match suggest::nearest(&key.value, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if section == Section::Topic => {
                    "Kafka's documentation lists the properties of topics".to_owned()
                }
                None => "librdkafka's CONFIGURATION.md lists what a producer reads".to_owned(),
            };
            self.report(key.place, format!("unknown property `{}` in {path}", key.value), help);
        }
    }

    /// A key that does not stand directly under this section: perhaps it belongs elsewhere.
    fn misplaced(&mut self, key: &At<String>, section: Section) {
        let here = section_name(section);
        let direct = match section {
            Section::Topic => property::TOPIC,
            Section::Producer => property::PRODUCER,
        };
        let mut known: Vec<&str> = direct.iter().map(|(name, _)| *name).collect();
        known.push("config");
        let other = match section {
            Section::Topic => Section::Producer,
            Section::Producer => Section::Topic,
        };
        let there = section_name(other);
        let help = if property::in_config(section, &key.value).is_some() {
            format!("write it under `{here}.config`")
        } else if property::direct(other, &key.value).is_some() {
            format!("it belongs under `{there}`")
        } else if property::in_config(other, &key.value).is_some() {
            format!("it belongs under `{there}.config`")
        } else if self.is_elsewhere(key) {
            return;
        } else {
            suggest::help(&key.value, &known)
        };
        self.report(key.place, format!("unknown key `{}` in `{here}`", key.value), help);
    }
}

/// How a scenario calls the section.
pub fn section_name(section: Section) -> &'static str {
    match section {
        Section::Topic => "topic",
        Section::Producer => "producer",
    }
}
