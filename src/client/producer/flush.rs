//! The end of sending: [`Sender::finish`] flushes, purges what is left, and tells the summary.

use super::sender::{End, Sender};
use super::summary::Summary;
use crate::client::failure::Failure;
use crate::client::wire::{Account, WorkerEvent, log_line, tell};
use nix::sys::resource::{UsageWho, getrusage};
use rdkafka::producer::{Producer, PurgeConfig};
use std::io::Write;
use std::time::{Duration, Instant};

/// One turn of the flush, so that a failure ends it.
const FLUSH_TURN: Duration = Duration::from_millis(200);
/// How long the reports of purged messages may take.
const PURGE_LIMIT: Duration = Duration::from_secs(5);

impl Sender<'_> {
    /// Flushes within the limit, purges the rest, and reports the summary.
    pub(super) fn finish(self, (ended, why): End, out: &mut dyn Write) -> Result<Summary, Failure> {
        let ended_us = self.spec.epoch.elapsed_us();
        if let Some(text) = &why {
            log_line(self.spec.epoch, &format!("sending ended: {text}"));
            tell(out, &WorkerEvent::Fatal { at_us: ended_us, text: text.clone() })?;
        }
        if !self.flush() {
            self.producer.producer().purge(PurgeConfig::default().queue().inflight());
            self.producer.wait_until_reported(PURGE_LIMIT);
        }
        let client = self.producer.producer().client();
        let late = client.fatal_error().map(|(code, text)| format!("{code:?}: {text}"));
        let counts = self.delivery.counts();
        let seconds = (ended_us - self.started_us) as f64 / 1e6;
        let summary = Summary {
            sent: self.sent,
            acked: counts.acked,
            rejected: counts.rejected,
            unknown: counts.unknown,
            unreported: self.sent.saturating_sub(counts.reported()),
            purged: counts.purged,
            skipped: self.pace.skipped(),
            queue_full: self.queue_full,
            started_us: self.started_us,
            ended_us,
            flushed_us: self.spec.epoch.elapsed_us(),
            rate_per_s: (self.sent as f64 / seconds.max(1e-6) * 10.0).round() / 10.0,
            ended,
            fatal: why.or_else(|| self.delivery.failure()).or(late),
            errors: self.errors(),
            max_resident_kib: max_resident_kib(),
        };
        let account = Box::new(Account::Producer(summary.clone()));
        tell(out, &WorkerEvent::Finished { account })?;
        Ok(summary)
    }

    /// Whether every message was reported within the limit.
    fn flush(&self) -> bool {
        let since = Instant::now();
        let limit = Duration::from_millis(self.spec.flush_timeout_ms);
        loop {
            let left = limit.saturating_sub(since.elapsed());
            if self.producer.wait_until_reported(left.min(FLUSH_TURN)) {
                return true;
            }
            if left.is_zero() || self.delivery.failure().is_some() {
                return false;
            }
        }
    }
}

/// Zero if the kernel does not say.
fn max_resident_kib() -> u64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| u64::try_from(usage.max_rss()).unwrap_or(0))
}
