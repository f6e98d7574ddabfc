//! `chaos compare` and `chaos baseline` on made-up reports: what is a regression, what is not, and
//! how often equal runs raise an alarm.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod alarms;
mod command;
mod pairs;
mod rules;
pub mod world;
