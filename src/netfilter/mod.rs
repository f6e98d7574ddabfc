//! Dropping packets by nftables over netlink, one table a fault, one transaction; the rules' own
//! counters are the proof.

mod types;

pub use types::*;
