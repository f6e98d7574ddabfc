//! `listeners` and `advertised.listeners`: [`Listener`], and which of them clients on this host
//! reach.

use std::net::Ipv4Addr;

/// One item: `NAME://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    /// In capitals.
    pub name: String,
    /// Empty for all addresses.
    pub host: String,
    pub port: u16,
}

impl Listener {
    /// Whether its host is this host, seen from this host.
    pub(super) fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    }
}

impl std::fmt::Display for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}:{}", self.name, self.host, self.port)
    }
}

/// Parses a property's value; fails with the first malformed item.
pub(super) fn parse(text: &str) -> Result<Vec<Listener>, String> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| one(item).ok_or_else(|| item.to_owned())).collect()
}

fn one(item: &str) -> Option<Listener> {
    let (name, address) = item.split_once("://")?;
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    is_name.then(|| Listener { name: name.to_uppercase(), host: host.to_owned(), port })
}

/// A listener's security protocol by `listener.security.protocol.map`. Without the property, names
/// are protocols, and controllers' listeners are plaintext.
pub(super) fn protocol(map: Option<&str>, name: &str, is_controller: bool) -> Option<String> {
    let Some(map) = map else {
        let known = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
        return match known.contains(&name) {
            true => Some(name.to_owned()),
            false => is_controller.then(|| "PLAINTEXT".to_owned()),
        };
    };
    map.split(',').find_map(|item| {
        let (listener, protocol) = item.split_once(':')?;
        let is_it = listener.trim().eq_ignore_ascii_case(name);
        is_it.then(|| protocol.trim().to_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_have_a_name_a_host_and_a_port() {
        let text = "PLAINTEXT://:9092, external://localhost:10000,C://[::1]:9093";
        let listeners = parse(text).unwrap();
        let shown: Vec<String> = listeners.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["PLAINTEXT://:9092", "EXTERNAL://localhost:10000", "C://[::1]:9093"]);
        let loopback: Vec<bool> = listeners.iter().map(Listener::is_loopback).collect();
        // Ports are published on IPv4 only.
        assert_eq!(loopback, [false, true, false]);
        for bad in ["PLAINTEXT", "PLAINTEXT://host", "://:9092", "A://:0", "A://:99999", "a b://:1"]
        {
            assert_eq!(parse(bad), Err(bad.to_owned()));
        }
    }

    #[test]
    fn protocols_come_from_the_map_or_from_the_name() {
        let map = Some("CONTROLLER:PLAINTEXT, external:sasl_ssl");
        assert_eq!(protocol(map, "EXTERNAL", false).as_deref(), Some("SASL_SSL"));
        assert_eq!(protocol(map, "PLAINTEXT", false), None);
        assert_eq!(protocol(None, "SSL", false).as_deref(), Some("SSL"));
        assert_eq!(protocol(None, "CONTROLLER", true).as_deref(), Some("PLAINTEXT"));
        assert_eq!(protocol(None, "EXTERNAL", false), None);
    }
}
