//! [`Delivery`]: librdkafka's callbacks of one producer. Every delivery report becomes an outcome
//! in the ledger; errors are counted; logs go to stderr with their time.

use super::outcome::classify;
use crate::client::errors::{DeliveryErrors, Errors, Times};
use crate::client::wire::log_line;
use crate::clock::Epoch;
use crate::ledger::{LatencyHistogram, MAX_PARTITIONS, Outcome, OutcomeLog};
use crate::native::{Persistence, error_name, report};
use parking_lot::Mutex;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

// Enough for two days at the highest rate.
const SEQUENCE_BITS: u32 = 42;
/// The partition's bits.
const PARTITION_BITS: u32 = 14;
const _: () = assert!(MAX_PARTITIONS <= 1 << PARTITION_BITS);
const _: () = assert!(usize::BITS == SEQUENCE_BITS + PARTITION_BITS + u8::BITS);

/// What a message carries through librdkafka and back: its identity, and how late it was handed
/// over, in microseconds, rounded to a step of the latencies' scale.
pub(super) fn opaque(partition: u32, sequence: u64, late_us: u64) -> usize {
    debug_assert!(partition < 1 << PARTITION_BITS && sequence < 1 << SEQUENCE_BITS);
    let late = u64::from(LatencyHistogram::step_of(late_us));
    let who = u64::from(partition) << SEQUENCE_BITS | sequence;
    (late << (SEQUENCE_BITS + PARTITION_BITS) | who) as usize
}

/// Partition, sequence and lateness of an [`opaque`]; the lateness is rounded up.
pub(super) fn unpack(opaque: usize) -> (u32, u64, u64) {
    let opaque = opaque as u64;
    let late = (opaque >> (SEQUENCE_BITS + PARTITION_BITS)) as u8;
    let partition = (opaque >> SEQUENCE_BITS) & ((1 << PARTITION_BITS) - 1);
    let sequence = opaque & ((1 << SEQUENCE_BITS) - 1);
    (partition as u32, sequence, LatencyHistogram::highest_of(late))
}

/// Delivery reports by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub acked: u64,
    pub rejected: u64,
    pub unknown: u64,
    /// Those of the others whose report came because of a purge.
    pub purged: u64,
}

impl Counts {
    /// All delivery reports.
    pub(super) fn reported(self) -> u64 {
        self.acked + self.rejected + self.unknown
    }
}

/// The callbacks of one producer. They all run on the one thread that polls it, and only they
/// write; others read once per second at most, so the lock is practically uncontended.
pub(super) struct Delivery {
    epoch: Epoch,
    state: Mutex<State>,
    /// Grows with every error.
    errors_seen: AtomicU64,
    /// The worker itself has failed; sending must end.
    halted: AtomicBool,
}

struct State {
    outcomes: OutcomeLog,
    counts: Counts,
    deliveries: BTreeMap<(i32, Persistence), DeliveryErrors>,
    client: BTreeMap<String, u64>,
    client_times: BTreeMap<String, Times>,
    /// The client error that was just counted; see [`Delivery::error`].
    told_once: Option<(RDKafkaErrorCode, String)>,
    failure: Option<String>,
}

impl Delivery {
    pub(super) fn new(outcomes: OutcomeLog, epoch: Epoch) -> Self {
        let state = State {
            outcomes,
            counts: Counts::default(),
            deliveries: BTreeMap::new(),
            client: BTreeMap::new(),
            client_times: BTreeMap::new(),
            told_once: None,
            failure: None,
        };
        Delivery {
            epoch,
            state: Mutex::new(state),
            errors_seen: AtomicU64::new(0),
            halted: AtomicBool::new(false),
        }
    }

    /// Whether sending must end because the worker itself has failed.
    pub(super) fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }

    /// Ends sending because of our own failure; the first one is kept.
    pub(super) fn fail(&self, why: String) {
        self.state.lock().failure.get_or_insert(why);
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Why the worker itself failed.
    pub(super) fn failure(&self) -> Option<String> {
        self.state.lock().failure.clone()
    }

    /// Grows with every counted error.
    pub(super) fn errors_seen(&self) -> u64 {
        self.errors_seen.load(Ordering::Relaxed)
    }

    /// The errors so far, except refused hand-overs, which the sender knows.
    pub(super) fn errors(&self) -> Errors {
        let state = self.state.lock();
        Errors {
            deliveries: state.deliveries.values().cloned().collect(),
            client: state.client.clone(),
            client_times: state.client_times.clone(),
            ..Errors::default()
        }
    }

    /// The delivery reports so far.
    pub(super) fn counts(&self) -> Counts {
        self.state.lock().counts
    }

    fn record(&self, result: &DeliveryResult<'_>, opaque: usize) -> io::Result<()> {
        let (Ok(message) | Err((_, message))) = result;
        let (partition, sequence, late_us) = unpack(opaque);
        let report = report(message);
        let outcome = classify(report.code, report.persistence);
        let at_us = self.epoch.elapsed_us();
        let state = &mut *self.state.lock();
        if report.code != RDKafkaErrorCode::NoError {
            let errors = state
                .deliveries
                .entry((report.code as i32, report.persistence))
                .or_insert_with(|| DeliveryErrors {
                    name: error_name(message),
                    status: report.persistence,
                    outcome,
                    count: 0,
                    times: None,
                });
            errors.count += 1;
            errors.times.get_or_insert(Times::once(at_us)).again(at_us);
            self.errors_seen.fetch_add(1, Ordering::Relaxed);
            let purges = [RDKafkaErrorCode::PurgeQueue, RDKafkaErrorCode::PurgeInflight];
            state.counts.purged += u64::from(purges.contains(&report.code));
        }
        let outcomes = &mut state.outcomes;
        match outcome {
            Outcome::Acked => {
                state.counts.acked += 1;
                // The message has waited since it was due.
                let latency_us = report.latency_us + late_us;
                outcomes.acked(partition, sequence, report.offset, at_us, latency_us)
            }
            Outcome::Rejected => {
                state.counts.rejected += 1;
                outcomes.rejected(partition, sequence, at_us)
            }
            Outcome::Unknown => {
                state.counts.unknown += 1;
                outcomes.unknown(partition, sequence, at_us)
            }
        }
    }
}

impl ClientContext for Delivery {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log_line(self.epoch, &format!("{level:?} {facility}: {message}"));
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        let mut state = self.state.lock();
        // The crate calls back twice for each error of a producer, once when it takes the event
        // from the queue and once when it handles it. Of two equal ones in a row one is counted.
        let told = (code, reason.to_owned());
        if state.told_once.as_ref() == Some(&told) {
            state.told_once = None;
            return;
        }
        state.told_once = Some(told);
        let (name, at_us) = (format!("{code:?}"), self.epoch.elapsed_us());
        state.client_times.entry(name.clone()).or_insert(Times::once(at_us)).again(at_us);
        *state.client.entry(name).or_insert(0) += 1;
        drop(state);
        self.errors_seen.fetch_add(1, Ordering::Relaxed);
        log_line(self.epoch, &format!("client error {code:?}: {reason}"));
    }
}

impl ProducerContext for Delivery {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: usize) {
        if let Err(error) = self.record(result, opaque) {
            self.fail(format!("the ledger can't be written: {error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{LedgerWriter, ProducerId};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_opaque_keeps_partition_and_sequence_and_about_how_late_it_was(
            partition in 0_u32..1 << PARTITION_BITS, sequence in 0_u64..1 << SEQUENCE_BITS,
            late_us in 0_u64..1 << 34,
        ) {
            let (same_partition, same, late) = unpack(opaque(partition, sequence, late_us));
            prop_assert_eq!((same_partition, same), (partition, sequence));
            prop_assert!((late_us..=late_us + late_us / 8).contains(&late), "{} {}", late_us, late);
        }
    }

    #[test]
    fn a_client_error_told_twice_is_counted_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let id = ProducerId { run: 1, cell: 0, producer: 0 };
        let ledger =
            LedgerWriter::create(&dir.path().join("l"), id, 1).expect("the folder is ours");
        let delivery = Delivery::new(ledger.split().1, Epoch::now());
        let tell = |code| {
            for _ in 0..2 {
                delivery.error(KafkaError::Global(code), "a reason");
            }
        };
        tell(RDKafkaErrorCode::AllBrokersDown);
        tell(RDKafkaErrorCode::AllBrokersDown);
        assert_eq!(delivery.errors().client, BTreeMap::from([("AllBrokersDown".into(), 2)]));
        tell(RDKafkaErrorCode::BrokerTransportFailure);
        assert_eq!(delivery.errors().client.len(), 2);
        assert_eq!(delivery.errors_seen(), 3);
        assert!(!delivery.is_halted());
    }

    #[test]
    fn the_first_failure_is_kept_and_ends_sending() {
        let dir = tempfile::tempdir().expect("a folder");
        let id = ProducerId { run: 1, cell: 0, producer: 0 };
        let ledger =
            LedgerWriter::create(&dir.path().join("l"), id, 1).expect("the folder is ours");
        let delivery = Delivery::new(ledger.split().1, Epoch::now());
        delivery.fail("disk full".into());
        delivery.fail("something later".into());
        assert!(delivery.is_halted());
        assert_eq!(delivery.failure().as_deref(), Some("disk full"));
    }
}
