//! How a node is reached: by controllers, by other brokers, and by clients on this host.

use super::Finder;
use crate::compose::host_listener::free_host_port;
use crate::compose::listeners::{self, Listener};
use crate::compose::types::{KafkaService, Published};
use crate::model::Flavour;

impl Finder<'_> {
    pub(super) fn find_listeners(&mut self, node: &mut KafkaService) {
        let Some(advertised) = self.listeners_of(node, "advertised.listeners") else { return };
        let Some(mut bound) = self.listeners_of(node, "listeners") else { return };
        if bound.is_empty() && node.flavour == Flavour::Confluent && node.is_broker {
            // These images listen where they advertise.
            bound =
                advertised.iter().map(|l| Listener { host: String::new(), ..l.clone() }).collect();
        }
        if bound.is_empty() {
            let variable = node.flavour.variable("listeners");
            let message = format!("`{}` sets no `listeners`", node.service.name);
            let help = format!("write `{variable}=PLAINTEXT://:9092,…`, one for each purpose");
            self.report(&node.service.name.clone(), "", message, help);
            return;
        }
        let controllers = node.property("controller.listener.names").unwrap_or_default();
        let controllers: Vec<String> =
            controllers.split(',').map(|name| name.trim().to_uppercase()).collect();
        self.check_protocols(node, &bound, &controllers);
        let port_of = |name: &str| bound.iter().find(|l| l.name == name).map(|l| l.port);
        if node.is_controller {
            node.controller = port_of(&controllers[0]);
            if node.controller.is_none() {
                let variable = node.flavour.variable("controller.listener.names");
                let message = format!("`{}` has no listener for controllers", node.service.name);
                let help = format!("write `{variable}=NAME`, with NAME one of its `listeners`");
                self.report_property(node, "controller.listener.names", message, help);
            }
        }
        if node.is_broker {
            let inter = node.property("inter.broker.listener.name");
            let inter = inter.unwrap_or_else(|| "PLAINTEXT".to_owned()).to_uppercase();
            node.replication = port_of(&inter);
            if node.replication.is_none() {
                let variable = node.flavour.variable("inter.broker.listener.name");
                let message =
                    format!("`{}` has no listener `{inter}` for other brokers", node.service.name);
                let help = format!("write `{variable}=NAME`, with NAME one of its `listeners`");
                self.report_property(node, "inter.broker.listener.name", message, help);
            }
            self.find_external(node, &bound, &advertised, &controllers);
        }
    }

    fn listeners_of(&mut self, node: &KafkaService, property: &str) -> Option<Vec<Listener>> {
        let text = node.property(property).unwrap_or_default();
        match listeners::parse(&text) {
            Ok(listeners) => Some(listeners),
            Err(item) => {
                let message =
                    format!("`{}`: `{item}` in `{property}` is not a listener", node.service.name);
                self.report_property(node, property, message, "write `NAME://HOST:PORT`");
                None
            }
        }
    }

    fn check_protocols(&mut self, node: &KafkaService, bound: &[Listener], controllers: &[String]) {
        const MAP: &str = "listener.security.protocol.map";
        let map = node.property(MAP);
        for Listener { name, .. } in bound {
            let protocol = listeners::protocol(map.as_deref(), name, controllers.contains(name));
            let service = &node.service.name;
            match protocol.as_deref() {
                Some("PLAINTEXT") => {}
                Some(other) => {
                    let message = format!(
                        "`{service}`: listener `{name}` speaks {other}, which is not supported yet"
                    );
                    self.report_property(
                        node,
                        MAP,
                        message,
                        "only PLAINTEXT is: change it for the test",
                    );
                }
                None => {
                    let variable = node.flavour.variable(MAP);
                    let message =
                        format!("`{service}`: nothing defines the protocol of listener `{name}`");
                    let help = format!("add `{name}:PLAINTEXT` to `{variable}`");
                    self.report_property(node, MAP, message, help);
                }
            }
        }
    }

    /// The listener for clients on this host: advertised on the loopback, and published there. A
    /// broker without one gets one.
    fn find_external(
        &mut self,
        node: &mut KafkaService,
        bound: &[Listener],
        advertised: &[Listener],
        controllers: &[String],
    ) {
        let service = node.service.name.clone();
        let port_of = |name: &str| bound.iter().find(|l| l.name == name).map(|l| l.port);
        let local: Vec<(&Listener, u16)> = advertised
            .iter()
            .filter(|listener| listener.is_loopback())
            .filter_map(|listener| Some((listener, port_of(&listener.name)?)))
            .collect();
        node.external = local
            .iter()
            .map(|(listener, container)| Published { host: listener.port, container: *container })
            .find(|published| node.service.ports.contains(published));
        if node.external.is_some() {
            return;
        }
        if let Some((listener, container)) = local.first() {
            let message = format!(
                "`{service}` advertises `{listener}`, but its ports do not have \
                 \"{}:{container}\": clients on this host cannot reach it",
                listener.port
            );
            let help = format!("write `- \"{}:{container}\"` under its `ports`", listener.port);
            self.report_property(node, "advertised.listeners", message, help);
            return;
        }
        let added = free_host_port(&self.host_ports).and_then(|port| {
            let name = node.add_host_listener(bound, controllers, port)?;
            Some((port, name))
        });
        match added {
            Some((port, name)) => {
                self.host_ports.insert(port);
                self.added.push(format!("`{name}://127.0.0.1:{port}` of `{service}`"));
            }
            None => {
                let message = format!("`{service}`: no port is left for clients on this host");
                let help = "publish fewer ports";
                self.report_property(node, "advertised.listeners", message, help);
            }
        }
    }
}
