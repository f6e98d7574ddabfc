//! Who leads: the one answer, from what brokers said. Pure: it knows no sockets and no clock.
//!
//! Brokers contradict each other while a fault lasts: a former leader that hears nothing from the
//! controllers (a zombie) goes on naming itself. The rules are:
//!
//! - Leader: the claim with the highest leader epoch, since the controllers raise it at every
//!   election. An epoch has one leader; a broker may still know none (its listener is not announced
//!   yet), so the leader's own claim comes first, then any that names a leader, then the latest.
//! - ISR: within the highest epoch, the leader's own claim while it answers, because the leader
//!   shrinks and expands the ISR; otherwise the latest claim.
//! - Controller: DescribeQuorum's highest epoch, never Metadata's `controller_id`.
//!
//! [`Claim`] is what one broker said. What holds now follows from the last claim of each broker
//! ([`leading`], [`in_sync`]), and what held at a time from all observations ([`Leaders`]).

mod claim;
mod seen;
mod silence;
mod succession;

pub(crate) use claim::{Claim, Leadership, in_sync, leading, zombies};
pub(crate) use seen::{Leaders, SIGHTING_US};
pub(crate) use succession::Succession;
