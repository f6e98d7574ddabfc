//! Reads `topic:` and `producer:` with their `config:` maps.

use super::section::{CONFIG, Section};
use super::types::Settings;
use super::{keys, names, property};
use crate::yaml::{At, Entry, Node, Reader, suggest};

impl Reader {
    pub fn section(&mut self, node: &Node, section: Section) -> Settings {
        let name = section.name();
        let mut settings = Settings::new();
        let help = format!("write `{name}:` and its keys below it, indented");
        for entry in self.map(node, name, &help) {
            if let Some(property) = property::direct(section, &entry.key.value) {
                self.set(&mut settings, &property, entry);
            } else if entry.key.value == CONFIG {
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
        let path = format!("`{}.config`", section.name());
        let own = names::CLIENT_OWN.iter().find(|(own, _)| *own == key.value);
        if let (Section::Producer, Some((_, why))) = (section, own) {
            self.report(key.place, format!("`{}` cannot be set: {why}", key.value), "remove it");
        } else if let Some(direct) = property::direct(section, property::canonical(&key.value)) {
            let message = format!("`{}` does not belong in {path}", key.value);
            let help = format!("write `{}` directly under `{}`", direct.name, section.name());
            self.report(key.place, message, help);
        } else if !self.is_elsewhere(key) {
            let (known, _) = section.config();
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

    /// Reports a key that does not belong directly under this section; it may belong elsewhere.
    fn misplaced(&mut self, key: &At<String>, section: Section) {
        let here = section.name();
        let mut known = keys::names(section.keys());
        known.push(CONFIG);
        let other = match section {
            Section::Topic => Section::Producer,
            Section::Producer => Section::Topic,
        };
        let there = other.name();
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
