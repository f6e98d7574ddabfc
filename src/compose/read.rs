//! From text to a [`Compose`]: the tree, its variables, services, networks and volumes.

use super::Variables;
use super::interpolate::expand;
use super::keys::{self, Treatment};
use super::started::are_started;
use super::types::{Compose, Places};
use crate::scenario::FOREIGN;
use crate::yaml::{Diagnostics, Entry, Kind, Node, Place, Reader, Source, suggest};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const HELP: &str = "write `services:`, each service below it with an `image:`; \
                    compose/docker-compose.yml shows the form";

/// The state of reading one file.
pub(super) struct Composing<'a> {
    pub reader: Reader,
    /// Where relative paths begin.
    pub folder: &'a Path,
    pub variables: Variables<'a>,
    /// What was ignored, and why.
    pub notes: Vec<String>,
    pub places: Places,
    /// Taken ports of the host, with the service that publishes them.
    pub host_ports: BTreeMap<u16, String>,
    /// Networks that services name, with the first mention.
    pub used_networks: BTreeMap<String, Place>,
    /// Volumes that services name, with the first mention.
    pub used_volumes: BTreeMap<String, Place>,
}

/// Reads a compose file's text. Relative paths begin at `folder`; `KAFKA_IMAGE` among `variables`
/// is the image of services that name none. Reports all problems at once.
///
/// Services that are not Kafka nodes are not started, so only problems that Compose itself would
/// report count for them.
pub(crate) fn read(
    file_name: &str,
    text: &str,
    folder: &Path,
    variables: Variables<'_>,
) -> Result<Compose, Diagnostics> {
    let source = Arc::new(Source {
        name: file_name.to_owned(),
        text: text.to_owned(),
        arguments: Vec::new(),
    });
    let form = "the file must be one YAML map with `services:`, as Compose reads it";
    let mut root = Node::parse(&source, form)?;
    let mut composing = Composing {
        reader: Reader::new(Arc::clone(&source), FOREIGN),
        folder,
        variables,
        notes: Vec::new(),
        places: Places::new(source),
        host_ports: BTreeMap::new(),
        used_networks: BTreeMap::new(),
        used_volumes: BTreeMap::new(),
    };
    let compose = composing.file(file_name, &mut root);
    let problems = composing.reader.problems;
    if problems.is_empty() { Ok(compose) } else { Err(Diagnostics::new(problems)) }
}

impl Composing<'_> {
    fn file(&mut self, file_name: &str, root: &mut Node) -> Compose {
        let (mut networks, mut volumes): (&[Entry], &[Entry]) = (&[], &[]);
        let mut services = None;
        self.expand_services(root);
        for entry in self.reader.map(root, "the file", HELP) {
            self.treat(entry, keys::TOP, "a compose file", true);
            match entry.key.value.as_str() {
                "services" => services = Some(entry),
                "networks" => networks = self.reader.map(&entry.value, "networks", ""),
                "volumes" => volumes = self.reader.map(&entry.value, "volumes", ""),
                _ => {}
            }
        }
        let entries = match services {
            Some(entry) => self.reader.map(&entry.value, "services", HELP),
            None => &[],
        };
        if entries.is_empty() && self.reader.problems.is_empty() {
            let place = services.map_or(Place::START, |entry| entry.key.place);
            self.reader.report(place, "the file has no services", HELP);
        }
        let services = self.services(entries);
        let used = self.used_networks.clone();
        self.declared(networks, &used, keys::NETWORK, "network");
        let used = self.used_volumes.clone();
        self.declared(volumes, &used, keys::VOLUME, "volume");
        Compose {
            file: file_name.to_owned(),
            services,
            networks: self.used_networks.keys().cloned().collect(),
            volumes: self.used_volumes.keys().cloned().collect(),
            notes: std::mem::take(&mut self.notes),
            places: self.places.clone(),
        }
    }

    /// Replaces variables in services, but not in extensions, whose values count where an alias
    /// uses them. Services that are not started may ask for unset variables.
    fn expand_services(&mut self, root: &mut Node) {
        let Kind::Map(entries) = &mut root.kind else { return };
        for section in entries.iter_mut().filter(|entry| entry.key.value == "services") {
            let Kind::Map(services) = &mut section.value.kind else { continue };
            let started = are_started(services);
            for (service, started) in services.iter_mut().zip(started) {
                let problems = self.reader.problems.len();
                self.expand_tree(&mut service.value);
                if !started {
                    self.reader.problems.truncate(problems);
                }
            }
        }
    }

    fn expand_tree(&mut self, node: &mut Node) {
        match &mut node.kind {
            Kind::Null => {}
            Kind::Scalar(text) => match expand(text, self.variables) {
                Ok(expanded) => *text = expanded,
                Err(problem) => self.reader.report(node.place, problem.message, problem.help),
            },
            Kind::List(items) => items.iter_mut().for_each(|item| self.expand_tree(item)),
            Kind::Map(entries) => {
                entries.iter_mut().for_each(|entry| self.expand_tree(&mut entry.value));
            }
        }
    }

    /// Treats a key: a problem, a note, or nothing. `acted`: whether its owner is started at all.
    pub(super) fn treat(
        &mut self,
        entry: &Entry,
        table: &[(&str, Treatment)],
        section: &str,
        acted: bool,
    ) {
        let key = &entry.key;
        match keys::treatment(table, &key.value) {
            None => self.reader.unknown_key(key, section, &keys::names(table)),
            Some(Treatment::Refused(help)) if acted => {
                let message = format!("`{}` is not supported in {section}", key.value);
                self.reader.report(key.place, message, help);
            }
            Some(Treatment::Noted(reason)) if acted => {
                self.note(format!("`{}` is ignored: {reason}", key.value));
            }
            Some(_) => {}
        }
    }

    /// Reads the declared networks or volumes. Those in use must be ones that the run can create
    /// and remove.
    fn declared(
        &mut self,
        entries: &[Entry],
        used: &BTreeMap<String, Place>,
        table: &[(&str, Treatment)],
        noun: &str,
    ) {
        for entry in entries {
            let acted = used.contains_key(&entry.key.value);
            let section = format!("{noun} `{}`", entry.key.value);
            let mut value = entry.value.clone();
            if acted {
                self.expand_tree(&mut value);
            }
            for key in self.reader.map(&value, &entry.key.value, "") {
                self.treat(key, table, &format!("a {noun}"), acted);
                match key.key.value.as_str() {
                    "external" if acted && !is_false(&key.value) => {
                        let message = format!("{section} is external");
                        let help = "remove `external`: chaos makes what it starts, and removes it";
                        self.reader.report(key.key.place, message, help);
                    }
                    "driver" if acted => {
                        let own = if noun == "network" { "bridge" } else { "local" };
                        let driver = self.reader.scalar(&key.value, "driver");
                        if let Some(other) =
                            driver.filter(|d| d.value != own && d.value != "default")
                        {
                            let message =
                                format!("{section} cannot have the driver `{}`", other.value);
                            let help = format!("remove it: only `{own}` is supported");
                            self.reader.report(other.place, message, help);
                        }
                    }
                    _ => {}
                }
            }
        }
        for name in used.keys().filter(|name| *name != "default") {
            if !entries.iter().any(|entry| entry.key.value == **name) {
                self.note(format!("{noun} `{name}` is declared nowhere in the file: it is made"));
            }
        }
    }

    /// Adds a note once.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Records where something of a service was written.
    pub(super) fn place(&mut self, service: &str, what: &str, place: Place) {
        self.places.set(service, what, place);
    }

    pub(super) fn boolean(&mut self, node: &Node, name: &str) -> Option<bool> {
        let words = [("true", true), ("false", false), ("yes", true), ("no", false)];
        let text = self.reader.scalar(node, name)?;
        let found = words.iter().find(|(word, _)| text.value.eq_ignore_ascii_case(word));
        if found.is_none() {
            let message = format!("`{name}` cannot be `{}`", text.value);
            self.reader.report(text.place, message, suggest::help(&text.value, &["true", "false"]));
        }
        found.map(|(_, value)| *value)
    }
}

fn is_false(node: &Node) -> bool {
    match &node.kind {
        Kind::Null => true,
        Kind::Scalar(text) => matches!(text.to_ascii_lowercase().as_str(), "false" | "no"),
        // The old form, `external: {name: …}`.
        Kind::List(_) | Kind::Map(_) => false,
    }
}
