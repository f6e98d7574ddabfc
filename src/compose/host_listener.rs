//! Our own listener for brokers that only other containers reach: the run's clients are on this
//! host.

use super::listeners::Listener;
use super::types::{KafkaService, Published};
use std::collections::BTreeSet;

/// Its name, unless the file has a listener of that name.
const NAME: &str = "CHAOS";
/// Where the search for free ports begins, on the host and in a container.
const HOST_PORTS: u16 = 10_000;
const CONTAINER_PORTS: u16 = 9094;

const LISTENERS: &str = "listeners";
const ADVERTISED: &str = "advertised.listeners";
const PROTOCOLS: &str = "listener.security.protocol.map";

/// The first port of the host that the file does not publish.
pub(super) fn free_host_port(taken: &BTreeSet<u16>) -> Option<u16> {
    (HOST_PORTS..=u16::MAX).find(|port| !taken.contains(port))
}

impl KafkaService {
    /// Adds a listener on 127.0.0.1:`host`. `bound` are the node's listeners, `controllers` the
    /// names of the controllers' listeners. `None`: the container has no free port.
    pub(super) fn add_host_listener(
        &mut self,
        bound: &[Listener],
        controllers: &[String],
        host: u16,
    ) -> Option<String> {
        let names: BTreeSet<&str> = bound.iter().map(|listener| listener.name.as_str()).collect();
        let name = (1..)
            .map(|n: usize| if n == 1 { NAME.to_owned() } else { format!("{NAME}{n}") })
            .find(|name| !names.contains(name.as_str()))?;
        let taken: BTreeSet<u16> = (bound.iter().map(|listener| listener.port))
            .chain(self.service.ports.iter().map(|port| port.container))
            .collect();
        let container = (CONTAINER_PORTS..=u16::MAX).find(|port| !taken.contains(port))?;
        let own = self.service.hostname.as_ref().unwrap_or(&self.service.name);
        // Where the file sets none, Kafka's default applies.
        let listeners = bound.iter().map(ToString::to_string).collect();
        let advertised = (bound.iter().filter(|listener| !controllers.contains(&listener.name)))
            .map(|listener| {
                let anywhere = ["", "0.0.0.0"].contains(&listener.host.as_str());
                let host = if anywhere { own } else { &listener.host };
                format!("{}://{host}:{}", listener.name, listener.port)
            })
            .collect();
        let protocols = (names.into_iter())
            .chain(controllers.iter().map(String::as_str).filter(|name| !name.is_empty()))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|name| format!("{name}:PLAINTEXT"))
            .collect();
        self.append(LISTENERS, listeners, format!("{name}://:{container}"));
        self.append(ADVERTISED, advertised, format!("{name}://127.0.0.1:{host}"));
        self.append(PROTOCOLS, protocols, format!("{name}:PLAINTEXT"));
        let published = Published { host, container };
        self.service.ports.push(published);
        self.external = Some(published);
        Some(name)
    }

    /// Appends to a list property; `unwritten` is its value where the file does not set it.
    fn append(&mut self, property: &str, unwritten: Vec<String>, item: String) {
        let written = self.property(property).filter(|text| !text.trim().is_empty());
        let mut items = written.map_or(unwritten, |text| vec![text]);
        items.push(item);
        self.set(property, items.join(","));
    }
}
