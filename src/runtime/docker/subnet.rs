//! [`Subnet`]: the addresses of a network, as the daemon chose them.

use bollard::models::IpamConfig;
use std::net::Ipv4Addr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subnet {
    first: u32,
    prefix: u32,
    gateway: Ipv4Addr,
}

impl Subnet {
    /// From the daemon's description of a network; `None` if that is not an IPv4 range.
    pub(super) fn of(config: &IpamConfig) -> Option<Subnet> {
        let (address, prefix) = config.subnet.as_deref()?.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let prefix: u32 = prefix.parse().ok().filter(|bits| (1..=30).contains(bits))?;
        let first = address.to_bits() & (u32::MAX << (32 - prefix));
        // By default the daemon gives the first host's address to the bridge.
        let gateway = match config.gateway.as_deref() {
            Some(gateway) => gateway.parse().ok()?,
            None => Ipv4Addr::from_bits(first + 1),
        };
        Some(Subnet { first, prefix, gateway })
    }

    /// In the daemon's form.
    pub(super) fn config(&self) -> IpamConfig {
        let first = Ipv4Addr::from_bits(self.first);
        IpamConfig {
            subnet: Some(format!("{first}/{}", self.prefix)),
            gateway: Some(self.gateway.to_string()),
            ..IpamConfig::default()
        }
    }

    /// The addresses for containers, in order.
    pub(super) fn hosts(&self) -> impl Iterator<Item = Ipv4Addr> + use<> {
        let size = 1u32 << (32 - self.prefix);
        let (first, gateway) = (self.first, self.gateway);
        (1..size - 1).map(move |i| Ipv4Addr::from_bits(first + i)).filter(move |a| *a != gateway)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(subnet: &str, gateway: Option<&str>) -> IpamConfig {
        IpamConfig {
            subnet: Some(subnet.to_owned()),
            gateway: gateway.map(str::to_owned),
            ..IpamConfig::default()
        }
    }

    #[test]
    fn containers_have_the_addresses_after_the_gateways() {
        let subnet = Subnet::of(&config("172.18.0.0/16", Some("172.18.0.1"))).unwrap();
        let hosts: Vec<String> = subnet.hosts().take(2).map(|a| a.to_string()).collect();
        assert_eq!(hosts, ["172.18.0.2", "172.18.0.3"]);
        assert_eq!(subnet.config(), config("172.18.0.0/16", Some("172.18.0.1")));
        let last = Subnet::of(&config("10.0.0.8/29", Some("10.0.0.14"))).unwrap();
        assert_eq!(last.hosts().count(), 5, "8 less network, broadcast and gateway");
        assert_eq!(last.hosts().last(), Some(Ipv4Addr::new(10, 0, 0, 13)));
    }

    #[test]
    fn what_is_no_range_of_ipv4_gives_none() {
        for wrong in ["", "172.18.0.0", "172.18.0.0/31", "172.18.0.0/0", "fd00::/64"] {
            assert_eq!(Subnet::of(&config(wrong, None)), None, "{wrong}");
        }
        assert_eq!(Subnet::of(&config("172.18.0.0/16", Some("x"))), None);
    }
}
