//! `ports`: which of a container's ports the host's loopback has, in the short and long form.

use super::read::Composing;
use super::types::Published;
use crate::yaml::{At, Kind, Node, Place};

const HELP: &str = "write `- \"HOST:CONTAINER\"`, as in `- \"10000:9094\"`";

impl Composing<'_> {
    pub(super) fn ports(&mut self, service: &str, node: &Node) -> Vec<Published> {
        let items = match &node.kind {
            Kind::Null => return Vec::new(),
            Kind::List(items) => items,
            Kind::Map(_) | Kind::Scalar(_) => {
                let message = format!("`ports` must be a list, not {}", node.noun());
                self.reader.report(node.place, message, HELP);
                return Vec::new();
            }
        };
        let mut ports: Vec<Published> = Vec::new();
        for item in items {
            let port = match &item.kind {
                Kind::Map(_) => self.long_port(item),
                _ => self.reader.scalar(item, "ports").and_then(|text| self.short_port(&text)),
            };
            let Some(port) = port else { continue };
            if ports.contains(&port) {
                continue;
            }
            if let Some(other) = self.host_ports.get(&port.host) {
                let message = format!("port {} of the host is published twice", port.host);
                let help = format!("`{other}` has it already; choose another");
                self.reader.report(item.place, message, help);
                continue;
            }
            self.host_ports.insert(port.host, service.to_owned());
            self.place(service, &format!("ports/{}", port.host), item.place);
            ports.push(port);
        }
        ports
    }

    fn short_port(&mut self, text: &At<String>) -> Option<Published> {
        let (ports, protocol) = match text.value.split_once('/') {
            Some((ports, protocol)) => (ports, protocol),
            None => (text.value.as_str(), "tcp"),
        };
        self.check_protocol(protocol, text.place)?;
        let refuse = |composing: &mut Self, what: &str, help: &str| {
            let message = format!("`{}` {what}", text.value);
            composing.reader.report(text.place, message, help);
        };
        let Some((before, container)) = ports.rsplit_once(':') else {
            refuse(self, "has no port of the host", HELP);
            return None;
        };
        // Only the loopback is ever bound, so an address is ignored.
        let host = before.rsplit_once(':').map_or(before, |(_, host)| host);
        if host.is_empty() {
            refuse(self, "has no port of the host", HELP);
            return None;
        }
        if host.contains('-') || container.contains('-') {
            refuse(self, "is a range of ports", "write one line for each port");
            return None;
        }
        match (number(host), number(container)) {
            (Some(host), Some(container)) => Some(Published { host, container }),
            _ => {
                refuse(self, "names no ports from 1 to 65535", HELP);
                None
            }
        }
    }

    fn long_port(&mut self, node: &Node) -> Option<Published> {
        const KNOWN: &[&str] =
            &["app_protocol", "host_ip", "mode", "name", "protocol", "published", "target"];
        let (mut host, mut container, mut sound) = (None, None, true);
        for entry in self.reader.map(node, "ports", HELP) {
            let key = entry.key.value.as_str();
            match key {
                "published" | "target" => {
                    let text = self.reader.scalar(&entry.value, key)?;
                    let Some(port) = number(&text.value) else {
                        let message =
                            format!("`{key}: {}` is not a port from 1 to 65535", text.value);
                        self.reader.report(text.place, message, "write one number");
                        sound = false;
                        continue;
                    };
                    *(if key == "target" { &mut container } else { &mut host }) = Some(port);
                }
                "protocol" => {
                    let text = self.reader.scalar(&entry.value, key)?;
                    sound &= self.check_protocol(&text.value, text.place).is_some();
                }
                "app_protocol" | "host_ip" | "mode" | "name" => {}
                _ if key.starts_with("x-") => {}
                _ => {
                    self.reader.unknown_key(&entry.key, "a port", KNOWN);
                    sound = false;
                }
            }
        }
        if sound && (host.is_none() || container.is_none()) {
            let help = "write `target: CONTAINER` and `published: HOST`";
            self.reader.report(node.place, "this port has no `target` or no `published`", help);
        }
        Some(Published { host: host?, container: container? }).filter(|_| sound)
    }

    fn check_protocol(&mut self, protocol: &str, place: Place) -> Option<()> {
        if protocol.eq_ignore_ascii_case("tcp") {
            return Some(());
        }
        let message = format!("a port cannot be of `{protocol}`");
        self.reader.report(place, message, "Kafka speaks TCP; remove it");
        None
    }
}

fn number(text: &str) -> Option<u16> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}
