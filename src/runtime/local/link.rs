//! The rtnetlink messages for the star of namespaces: links, addresses, routes and neighbors.
//! [`Links`] is a network namespace's rtnetlink socket.

use crate::netfilter::netlink::{Attributes, Batch, Refused, Socket, attribute};
use nix::sys::socket::SockProtocol;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, BorrowedFd};

pub(super) type Mac = [u8; 6];

/// `lo` in every network namespace.
pub(super) const LOOPBACK: u32 = 1;

const IPV4: u8 = libc::AF_INET as u8;
/// Length of `ifinfomsg`.
const LINK_HEADER_LEN: usize = 16;
const CREATE: i32 = libc::NLM_F_ACK | libc::NLM_F_CREATE | libc::NLM_F_EXCL;
/// `RTNH_F_ONLINK`: the gateway is reachable although no route says so.
const ONLINK: u8 = 4;
/// `IF_OPER_UP`: frames are carried.
const OPERATIONAL: u8 = 6;

/// Attribute numbers of `linux/if_link.h` and its relatives that libc lacks.
mod kind {
    pub(super) const INFO_KIND: u16 = 1;
    pub(super) const INFO_DATA: u16 = 2;
    pub(super) const VETH_PEER: u16 = 1;
    pub(super) const INET_CONF: u16 = 1;
    pub(super) const CONF_FORWARDING: u16 = 1;
    pub(super) const CONF_RP_FILTER: u16 = 8;
    pub(super) const ADDRESS: u16 = 1;
    pub(super) const ADDRESS_LOCAL: u16 = 2;
    pub(super) const ROUTE_DESTINATION: u16 = 1;
    pub(super) const ROUTE_LINK: u16 = 4;
    pub(super) const ROUTE_GATEWAY: u16 = 5;
    pub(super) const NEIGHBOUR_ADDRESS: u16 = 1;
    pub(super) const NEIGHBOUR_MAC: u16 = 2;
}

/// One end of a pair of virtual Ethernet links.
pub(super) struct VethEnd<'a> {
    pub(super) index: u32,
    pub(super) name: &'a str,
    pub(super) mac: Mac,
}

/// A network namespace's links, addresses, routes and neighbors.
pub(super) struct Links(Socket);

impl Links {
    /// Those of the calling thread's network namespace.
    pub(super) fn open() -> nix::Result<Links> {
        Ok(Links(Socket::open(SockProtocol::NetlinkRoute)?))
    }

    /// Applies everything, or stops at the first refusal.
    pub(super) fn apply(&mut self, batch: &Batch) -> Result<(), Refused> {
        self.0.send(batch, |_, _| {})
    }

    /// The indices of links that do not carry frames yet, except `lo`, which never reports it.
    pub(super) fn not_operational(&mut self) -> Result<Vec<u32>, Refused> {
        let mut batch = Batch::new();
        let header = link_header(0, 0);
        batch.message(libc::RTM_GETLINK, libc::NLM_F_DUMP, &header, "listing links", |_| {});
        let mut waiting = Vec::new();
        for (_, body) in self.0.dump(&batch)? {
            let Some((header, rest)) = body.split_at_checked(LINK_HEADER_LEN) else { continue };
            let index = u32::from_ne_bytes([header[4], header[5], header[6], header[7]]);
            let up = attribute(rest, libc::IFLA_OPERSTATE) == Some(&[OPERATIONAL]);
            if index != LOOPBACK && !up {
                waiting.push(index);
            }
        }
        Ok(waiting)
    }
}

/// Adds a pair of links: `near` here and up, `far` in `far_netns` and still down, because a link
/// can be set up only when the pair is joined.
pub(super) fn add_veth(batch: &mut Batch, near: &VethEnd, far: &VethEnd, far_netns: BorrowedFd) {
    let what = format!("adding the veth link {}", near.name);
    let header = link_header(near.index, libc::IFF_UP as u32);
    batch.message(libc::RTM_NEWLINK, CREATE, &header, what, |a| {
        name_and_mac(a, near);
        a.nest(libc::IFLA_LINKINFO, |a| {
            a.text(kind::INFO_KIND, "veth").nest(kind::INFO_DATA, |a| {
                a.nest(kind::VETH_PEER, |a| {
                    a.raw(&link_header(far.index, 0));
                    name_and_mac(a, far);
                    a.u32(libc::IFLA_NET_NS_FD, far_netns.as_raw_fd() as u32);
                });
            });
        });
    });
}

pub(super) fn set_up(batch: &mut Batch, index: u32) {
    let what = format!("setting link {index} up");
    let header = link_header(index, libc::IFF_UP as u32);
    batch.message(libc::RTM_NEWLINK, libc::NLM_F_ACK, &header, what, |_| {});
}

/// Forwards packets that come in on this link, whatever way they would go back. By netlink, because
/// `/proc/sys` is read-only in many containers.
pub(super) fn set_forwarding(batch: &mut Batch, index: u32) {
    let what = format!("setting link {index} to forward");
    let header = link_header(index, 0);
    batch.message(libc::RTM_SETLINK, libc::NLM_F_ACK, &header, what, |a| {
        a.nest(libc::IFLA_AF_SPEC, |a| {
            a.nest(libc::AF_INET as u16, |a| {
                a.nest(kind::INET_CONF, |a| {
                    a.u32(kind::CONF_FORWARDING, 1).u32(kind::CONF_RP_FILTER, 0);
                });
            });
        });
    });
}

/// Gives a link an address without a network.
pub(super) fn add_address(batch: &mut Batch, index: u32, address: Ipv4Addr) {
    let what = format!("giving link {index} the address {address}");
    let mut header = vec![IPV4, 32, 0, libc::RT_SCOPE_UNIVERSE];
    header.extend_from_slice(&index.to_ne_bytes());
    batch.message(libc::RTM_NEWADDR, CREATE, &header, what, |a| {
        a.bytes(kind::ADDRESS_LOCAL, &address.octets()).bytes(kind::ADDRESS, &address.octets());
    });
}

/// `destination` is at the other end of this link.
pub(super) fn add_host_route(batch: &mut Batch, index: u32, destination: Ipv4Addr) {
    let what = format!("routing {destination} to link {index}");
    let header = route_header(32, libc::RT_SCOPE_LINK, 0);
    batch.message(libc::RTM_NEWROUTE, CREATE, &header, what, |a| {
        a.bytes(kind::ROUTE_DESTINATION, &destination.octets()).u32(kind::ROUTE_LINK, index);
    });
}

/// Everything else is behind `gateway`, at the other end of this link.
pub(super) fn add_default_route(batch: &mut Batch, index: u32, gateway: Ipv4Addr) {
    let what = format!("routing everything to {gateway}");
    let header = route_header(0, libc::RT_SCOPE_UNIVERSE, ONLINK);
    batch.message(libc::RTM_NEWROUTE, CREATE, &header, what, |a| {
        a.bytes(kind::ROUTE_GATEWAY, &gateway.octets()).u32(kind::ROUTE_LINK, index);
    });
}

/// `address` has this hardware address permanently: without ARP, no fault can cut it.
pub(super) fn add_neighbour(batch: &mut Batch, index: u32, address: Ipv4Addr, mac: Mac) {
    let what = format!("making {address} a neighbour on link {index}");
    let mut header = vec![IPV4, 0, 0, 0];
    header.extend_from_slice(&index.to_ne_bytes());
    header.extend_from_slice(&libc::NUD_PERMANENT.to_ne_bytes());
    header.extend_from_slice(&[0, 0]);
    batch.message(libc::RTM_NEWNEIGH, CREATE, &header, what, |a| {
        a.bytes(kind::NEIGHBOUR_ADDRESS, &address.octets()).bytes(kind::NEIGHBOUR_MAC, &mac);
    });
}

fn name_and_mac(a: &mut Attributes, end: &VethEnd) {
    a.text(libc::IFLA_IFNAME, end.name).bytes(libc::IFLA_ADDRESS, &end.mac);
}

/// `ifinfomsg`: no family and type; the flags that are set also form the change mask.
fn link_header(index: u32, flags: u32) -> [u8; LINK_HEADER_LEN] {
    let mut header = [0; LINK_HEADER_LEN];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    header[8..12].copy_from_slice(&flags.to_ne_bytes());
    header[12..16].copy_from_slice(&flags.to_ne_bytes());
    header
}

/// `rtmsg` for a unicast route in the main table.
fn route_header(prefix: u8, scope: u8, flags: u8) -> [u8; 12] {
    let [f0, f1, f2, f3] = u32::from(flags).to_ne_bytes();
    let (table, origin) = (libc::RT_TABLE_MAIN, libc::RTPROT_STATIC);
    [IPV4, prefix, 0, 0, table, origin, scope, libc::RTN_UNICAST, f0, f1, f2, f3]
}
