//! Dropping packets by nftables over netlink, one table a fault, one transaction; the rules' own
//! counters are the proof.

mod drop_point;
pub(crate) mod netlink;
mod nftables;
pub(crate) mod remote;
mod types;

pub use drop_point::DropPoint;
pub use types::*;
