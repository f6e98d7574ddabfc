//! Drops packets with nftables over netlink: one table per fault, in one transaction. The rules'
//! own counters are the proof.

mod drop_point;
pub(crate) mod netlink;
mod nftables;
pub(crate) mod remote;
mod types;

pub use drop_point::DropPoint;
pub use types::*;
