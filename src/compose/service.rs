//! One service: its keys in turn.

use super::keys::{self, Treatment};
use super::read::Composing;
use super::started::are_started;
use super::types::{Places, Service};
use super::words;
use crate::yaml::{Entry, Kind, Node, Place};
use std::collections::BTreeMap;

impl Composing<'_> {
    /// All services, in the file's order.
    pub(super) fn services(&mut self, entries: &[Entry]) -> Vec<Service> {
        let started = are_started(entries);
        (entries.iter().zip(started))
            .map(|(entry, started)| {
                self.check_keys(entry, started);
                if started {
                    return self.service(entry);
                }
                // It is not started, so its variables do not matter.
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
        // First, because `environment` overrides it.
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

    /// Most of it is for a swarm; only limits and replicas would change what Kafka does.
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
