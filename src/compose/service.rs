//! One service: its keys in turn.

use super::keys::{self, Treatment};
use super::read::Composing;
use super::types::{Places, Service};
use super::words;
use crate::yaml::{Entry, Kind, Node, Place};
use std::collections::BTreeMap;

/// What the environment of a Kafka node has, after its prefix.
const NODE_WORDS: &[&str] =
    &["PROCESS_ROLES", "NODE_ID", "BROKER_ID", "ADVERTISED_LISTENERS", "CONTROLLER_QUORUM_VOTERS"];

/// Whether an environment is that of a Kafka node, whatever the image.
pub(super) fn speaks_kafka<'n>(names: impl IntoIterator<Item = &'n str>) -> bool {
    names.into_iter().any(|name| {
        let rest = name.strip_prefix("KAFKA_").unwrap_or("");
        NODE_WORDS.contains(&rest.strip_prefix("CFG_").unwrap_or(rest))
    })
}

impl Composing<'_> {
    /// All services, in the order of the file.
    pub(super) fn services(&mut self, entries: &[Entry]) -> Vec<Service> {
        let started = are_started(entries);
        (entries.iter().zip(started))
            .map(|(entry, started)| {
                self.check_keys(entry, started);
                if started {
                    return self.service(entry);
                }
                // It is not started, so that what it asks for is nobody's problem.
                let problems = self.reader.problems.len();
                let state = (
                    self.notes.clone(),
                    self.host_ports.clone(),
                    self.used_networks.clone(),
                    self.used_volumes.clone(),
                );
                let service = self.service(entry);
                self.reader.problems.truncate(problems);
                (self.notes, self.host_ports, self.used_networks, self.used_volumes) = state;
                service
            })
            .collect()
    }

    fn check_keys(&mut self, entry: &Entry, acted: bool) {
        let name = &entry.key;
        if !words::is_name(&name.value) {
            let help = "use letters, digits, `-`, `_` and `.`";
            self.reader.report(
                name.place,
                format!("`{}` is not a valid service name", name.value),
                help,
            );
        }
        let help = "write its keys below it, indented";
        for key in self.reader.map(&entry.value, &name.value, help) {
            self.treat(key, keys::SERVICE, "a service", acted);
        }
    }

    fn service(&mut self, entry: &Entry) -> Service {
        let name = entry.key.value.clone();
        self.place(&name, Places::SERVICE, entry.key.place);
        let mut service = empty(name.clone());
        let Kind::Map(keys) = &entry.value.kind else {
            if entry.value.kind == Kind::Null {
                self.image(&name, None, None, entry.key.place);
            }
            return service;
        };
        let get = |key: &str| keys.iter().find(|entry| entry.key.value == key);
        service.image = self.image(&name, get("image"), get("build"), entry.key.place);
        // Before `environment`, which goes before it.
        if let Some(files) = get("env_file") {
            self.env_file(&files.value, &mut service.environment);
        }
        for key in keys {
            self.key(key, &mut service);
        }
        if get("networks").is_none_or(|networks| networks.value.kind == Kind::Null) {
            self.used_networks.entry("default".to_owned()).or_insert(entry.key.place);
            service.networks.insert("default".to_owned(), Vec::new());
        }
        service
    }

    fn key(&mut self, entry: &Entry, service: &mut Service) {
        let value = &entry.value;
        match entry.key.value.as_str() {
            "hostname" => service.hostname = self.text(value, "hostname"),
            "user" => service.user = self.text(value, "user"),
            "entrypoint" => service.entrypoint = self.command_line(value, "entrypoint"),
            "command" => service.command = self.command_line(value, "command"),
            "environment" => {
                let name = service.name.clone();
                self.environment(&name, value, &mut service.environment);
            }
            "ports" => {
                self.place(&service.name, "ports", entry.key.place);
                service.ports = self.ports(&service.name, value);
            }
            "networks" => self.networks(value, service),
            "volumes" => self.mounts(value, service),
            "tmpfs" => service.tmpfs.extend(self.tmpfs(value)),
            "mem_limit" => service.memory_bytes = self.memory(value),
            "labels" => {
                let pairs = self.pairs(value, "labels").into_iter();
                service.labels = pairs.map(|(k, v, _)| (k, v.unwrap_or_default())).collect();
            }
            "extra_hosts" => service.extra_hosts = self.extra_hosts(value),
            "deploy" => self.deploy(value),
            _ => {}
        }
    }

    /// The image: as written, or `KAFKA_IMAGE`.
    fn image(
        &mut self,
        service: &str,
        image: Option<&Entry>,
        build: Option<&Entry>,
        place: Place,
    ) -> String {
        if let Some(entry) = image {
            self.place(service, "image", entry.value.place);
            if build.is_some() {
                self.note("`build` is ignored: the service names an `image`".to_owned());
            }
            let text = self.reader.scalar(&entry.value, "image");
            if let Some(empty) = text.as_ref().filter(|text| text.value.trim().is_empty()) {
                self.reader.report(empty.place, "`image` is empty", "name an image");
            }
            return text.map_or_else(String::new, |text| text.value.trim().to_owned());
        }
        if let Some(image) = (self.variables)("KAFKA_IMAGE").filter(|image| !image.is_empty()) {
            self.note(format!("KAFKA_IMAGE={image} is the image of services that name none"));
            return image;
        }
        let help = "write `image: NAME`, or set KAFKA_IMAGE: it is the image of services that \
                    name none";
        match build {
            Some(build) => {
                let message = format!("`{service}` has a `build`, and chaos builds no images");
                self.reader.report(build.key.place, message, help);
            }
            None => self.reader.report(place, format!("`{service}` has no `image`"), help),
        }
        String::new()
    }

    fn text(&mut self, node: &Node, name: &str) -> Option<String> {
        if node.kind == Kind::Null {
            return None;
        }
        let text = self.reader.scalar(node, name)?;
        if text.value.is_empty() || text.value.contains('\0') {
            let help = "write a value, or remove the key";
            self.reader.report(text.place, format!("`{name}` has no value"), help);
            return None;
        }
        Some(text.value)
    }

    fn command_line(&mut self, node: &Node, name: &str) -> Option<Vec<String>> {
        let words = match &node.kind {
            Kind::Null => return None,
            Kind::List(_) => {
                let words = self.reader.scalars(node, name);
                words.into_iter().map(|word| word.value).collect()
            }
            _ => {
                let line = self.reader.scalar(node, name)?;
                let words = words::split(&line.value);
                if words.is_none() {
                    let message = format!("a quote in `{name}` is not closed");
                    self.reader.report(line.place, message, "close it, or write a list of words");
                }
                words?
            }
        };
        if words.iter().any(|word: &String| word.contains('\0')) {
            let message = format!("`{name}` cannot have a NUL character");
            self.reader.report(node.place, message, "remove it");
        }
        Some(words)
    }

    fn networks(&mut self, node: &Node, service: &mut Service) {
        let found: Vec<(String, Vec<String>, Place)> = match &node.kind {
            Kind::Map(entries) => entries
                .iter()
                .map(|entry| {
                    let aliases = self.aliases(&entry.value);
                    (entry.key.value.clone(), aliases, entry.key.place)
                })
                .collect(),
            Kind::Null => return,
            Kind::List(_) => {
                let names = self.reader.scalars(node, "networks").into_iter();
                names.map(|name| (name.value, Vec::new(), name.place)).collect()
            }
            Kind::Scalar(_) => {
                let message = "`networks` must be a list or a map, not a single value";
                self.reader.report(node.place, message, "write one `- NAME` a line");
                return;
            }
        };
        for (name, aliases, place) in found {
            if !words::is_name(&name) {
                let help = "use letters, digits, `-`, `_` and `.`";
                self.reader.report(place, format!("`{name}` is not a valid network name"), help);
                continue;
            }
            self.used_networks.entry(name.clone()).or_insert(place);
            service.networks.insert(name, aliases);
        }
    }

    fn aliases(&mut self, node: &Node) -> Vec<String> {
        const ADDRESS: &str = "remove it, and let nodes find each other by name: Docker chooses \
                               addresses, so that runs fit side by side";
        const TABLE: &[(&str, Treatment)] = &[
            ("aliases", Treatment::Read),
            ("driver_opts", Treatment::Refused("remove it: chaos makes plain bridges")),
            ("gw_priority", Treatment::Noted("it does not change what Kafka does")),
            ("interface_name", Treatment::Noted("it does not change what Kafka does")),
            ("ipv4_address", Treatment::Refused(ADDRESS)),
            ("ipv6_address", Treatment::Refused(ADDRESS)),
            ("link_local_ips", Treatment::Refused(ADDRESS)),
            ("mac_address", Treatment::Noted("it does not change what Kafka does")),
            ("priority", Treatment::Noted("it does not change what Kafka does")),
        ];
        let mut aliases = Vec::new();
        for entry in self.reader.map(node, "networks", "write `aliases:` below the network") {
            self.treat(entry, TABLE, "a service's network", true);
            if entry.key.value == "aliases" {
                let words = self.reader.scalars(&entry.value, "aliases");
                aliases.extend(words.into_iter().map(|word| word.value));
            }
        }
        aliases
    }

    fn memory(&mut self, node: &Node) -> Option<i64> {
        let text = self.reader.scalar(node, "mem_limit")?;
        let bytes = words::bytes(&text.value);
        if bytes.is_none() {
            let message = format!("`mem_limit: {}` is not a size", text.value);
            self.reader.report(text.place, message, "write it as `512m` or `1g`");
        }
        bytes
    }

    fn extra_hosts(&mut self, node: &Node) -> Vec<String> {
        if let Kind::Map(entries) = &node.kind {
            let hosts = entries.iter().filter_map(|entry| {
                let address = self.reader.scalar(&entry.value, &entry.key.value)?;
                Some(format!("{}:{}", entry.key.value, address.value))
            });
            return hosts.collect();
        }
        let mut hosts = Vec::new();
        for text in self.reader.scalars(node, "extra_hosts") {
            match text.value.split_once(['=', ':']) {
                Some((name, address)) if !name.is_empty() && !address.is_empty() => {
                    hosts.push(format!("{name}:{address}"));
                }
                _ => {
                    let message = format!("`{}` is not a host and an address", text.value);
                    self.reader.report(text.place, message, "write `- \"NAME:ADDRESS\"`");
                }
            }
        }
        hosts
    }

    /// Most of it is for a swarm; only its limits and its copies would change what Kafka does.
    fn deploy(&mut self, node: &Node) {
        const TABLE: &[(&str, Treatment)] = &[
            ("endpoint_mode", Treatment::Silent),
            ("labels", Treatment::Silent),
            ("mode", Treatment::Silent),
            ("placement", Treatment::Silent),
            ("replicas", Treatment::Read),
            ("resources", Treatment::Refused("write `mem_limit` for memory; remove the rest")),
            (
                "restart_policy",
                Treatment::Noted("a fault must be the only thing that changes state"),
            ),
            ("rollback_config", Treatment::Silent),
            ("update_config", Treatment::Silent),
        ];
        for entry in self.reader.map(node, "deploy", "write its keys below it, indented") {
            self.treat(entry, TABLE, "`deploy`", true);
            if entry.key.value == "replicas" {
                let count = self.reader.scalar(&entry.value, "replicas");
                if let Some(count) = count.filter(|count| count.value != "1") {
                    let message = format!("`replicas` cannot be `{}`", count.value);
                    let help = "write one service for each node: each needs its own `node.id`";
                    self.reader.report(count.place, message, help);
                }
            }
        }
    }
}

/// Which services are started: those that may be Kafka nodes. Where none is, nobody knows.
pub(super) fn are_started(services: &[Entry]) -> Vec<bool> {
    let nodes: Vec<bool> = services.iter().map(|entry| may_be_a_node(&entry.value)).collect();
    let any = nodes.contains(&true);
    nodes.into_iter().map(|is_node| is_node || !any).collect()
}

/// Whether a service, as it is written, may be a Kafka node. What comes out of files cannot be
/// seen yet.
fn may_be_a_node(service: &Node) -> bool {
    let Kind::Map(keys) = &service.kind else { return false };
    let get = |name: &str| keys.iter().find(|entry| entry.key.value == name);
    if get("env_file").is_some() {
        return true;
    }
    match get("environment").map(|entry| &entry.value.kind) {
        Some(Kind::Map(entries)) => speaks_kafka(entries.iter().map(|e| e.key.value.as_str())),
        Some(Kind::List(items)) => speaks_kafka(items.iter().filter_map(|item| match &item.kind {
            Kind::Scalar(text) => Some(text.split('=').next().unwrap_or(text)),
            _ => None,
        })),
        _ => false,
    }
}

fn empty(name: String) -> Service {
    Service {
        name,
        image: String::new(),
        hostname: None,
        user: None,
        entrypoint: None,
        command: None,
        environment: BTreeMap::new(),
        ports: Vec::new(),
        networks: BTreeMap::new(),
        mounts: Vec::new(),
        tmpfs: Vec::new(),
        memory_bytes: None,
        labels: BTreeMap::new(),
        extra_hosts: Vec::new(),
    }
}
