//! [`Summary`]: what a producer did, in its own words.

use crate::client::Errors;
use serde::{Deserialize, Serialize};

/// Why a producer ceased to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// It has sent all the messages that the scenario asks for.
    Limit,
    /// It can't: the text of [`Summary::fatal`] says why.
    Fatal,
}

/// What a producer did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Handed to librdkafka.
    pub sent: u64,
    /// Acknowledged, by delivery report.
    pub acked: u64,
    /// Certainly not written, by delivery report.
    pub rejected: u64,
    /// May or may not be written, by delivery report.
    pub unknown: u64,
    /// Handed over, and no report came in the time allowed: unknown too.
    pub unreported: u64,
    /// How many delivery reports came only because the rest was purged when the flush timed out.
    pub purged: u64,
    /// Messages of the schedule that were given up, because the producer was more than a second
    /// behind: it was stopped, or librdkafka's queue was full.
    pub skipped: u64,
    /// How often librdkafka's queue was found full.
    pub queue_full: u64,
    /// When sending began, microseconds of the run's clock.
    pub started_us: u64,
    /// When sending ended.
    pub ended_us: u64,
    /// When everything was reported, or the flush given up.
    pub flushed_us: u64,
    /// Messages sent a second between the two.
    pub rate_per_s: f64,
    /// Why sending ended.
    pub ended: Ended,
    /// What made it end, for [`Ended::Fatal`].
    pub fatal: Option<String>,
    /// Errors.
    pub errors: Errors,
    /// The most memory that was ever resident, in KiB.
    pub max_resident_kib: u64,
}
