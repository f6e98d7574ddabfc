//! Who leads: the one answer, by what brokers said. Pure: it knows no sockets and no clock.
//!
//! Brokers contradict each other while a fault lasts: an ex-leader that hears nothing from the
//! controllers (a zombie) goes on naming itself. The rules that choose are:
//!
//! - Leader: the claim with the highest leader epoch, since the controllers raise it at every
//!   election. Within one epoch there is one leader; a broker may still know none (its listener is
//!   not announced yet), so the leader's own claim goes first, then any that names a leader, then
//!   the latest.
//! - ISR: within the highest epoch, the leader's own claim while it answers, for it is the one who
//!   shrinks and expands the ISR; otherwise the latest claim.
//! - Controller: DescribeQuorum's highest epoch, never Metadata's `controller_id`.
//!
//! [`Claim`] is what one broker said. What holds now follows from the last claim of each broker
//! ([`leading`], [`in_sync`]), and what held at a time from all that was observed ([`Leaders`]).

mod claim;
mod seen;
mod silence;
mod succession;

pub(crate) use claim::{Claim, Leadership, in_sync, leading, zombies};
pub(crate) use seen::{Leaders, SIGHTING_US};
pub(crate) use succession::Succession;
