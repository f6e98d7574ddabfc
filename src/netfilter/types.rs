//! What is dropped, where, and what was counted.

use std::net::Ipv4Addr;

/// Drops what goes from `src` to `dst`; with `port`, only TCP from or to that port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DropRule {
    /// Source address.
    pub src: Ipv4Addr,
    /// Destination address.
    pub dst: Ipv4Addr,
    /// TCP source or destination port, either.
    pub port: Option<u16>,
}

/// What one [`DropRule`] has dropped since it was installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Packets.
    pub packets: u64,
    /// Bytes, IP header included.
    pub bytes: u64,
}

/// Where on a packet's way through a network namespace it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// On its way through: the local runtime's hub.
    Forward,
    /// On its way in: a container's own namespace.
    Input,
}
