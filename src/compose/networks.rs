//! `networks` of a service: their names, and its aliases there.

use super::keys::Treatment;
use super::read::Composing;
use super::types::Service;
use super::words;
use crate::yaml::{Kind, Node, Place};

impl Composing<'_> {
    pub(super) fn networks(&mut self, node: &Node, service: &mut Service) {
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
}
