//! What is dropped, where, and how much was counted.

use serde::{Deserialize, Serialize};
use std::io;
use std::net::Ipv4Addr;

/// Drops what passes `hook` and matches; what is `None` matches everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DropRule {
    /// Where packets are looked at.
    pub hook: Hook,
    /// Source address.
    pub src: Option<Ipv4Addr>,
    /// Destination address.
    pub dst: Option<Ipv4Addr>,
    /// TCP source or destination port, either; then nothing but TCP matches.
    pub port: Option<u16>,
}

/// What one [`DropRule`] has dropped since it was installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dropped {
    /// Packets.
    pub packets: u64,
    /// Bytes, IP header included.
    pub bytes: u64,
}

/// Where on a packet's way through a network namespace it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hook {
    /// On its way through: the local runtime's hub.
    Forward,
    /// On its way in: a node's own namespace.
    Input,
    /// On its way out of a node's own namespace.
    Output,
}

impl Hook {
    /// All of them.
    pub const ALL: [Hook; 3] = [Hook::Forward, Hook::Input, Hook::Output];
}

/// One network namespace's packet filter, by whatever process the rules are put there. It may be
/// used from any thread.
pub trait Filter: Send + Sync {
    /// Where it is, for reports.
    fn name(&self) -> &str;

    /// How it is done, for reports: `nftables in the hub`.
    fn means(&self) -> &str;

    /// Begins to drop, all rules at one moment; see [`super::DropPoint::install`].
    fn install(&self, table: &str, rules: &[DropRule]) -> io::Result<()>;

    /// What each rule has dropped, in the order in which the rules were given.
    fn dropped(&self, table: &str) -> io::Result<Vec<Dropped>>;

    /// Ends the dropping; a table that is not there is removed already.
    fn remove(&self, table: &str) -> io::Result<()>;
}
