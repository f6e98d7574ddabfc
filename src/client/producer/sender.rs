//! [`Sender`]: sends what is due, when it is due, and records each message before it hands it over.

use super::delivery::{Delivery, opaque};
use super::outcome::{Refusal, refusal};
use super::pacing::Pace;
use super::summary::Ended;
use crate::client::connection::NOT_NOW_WAIT;
use crate::client::control::Control;
use crate::client::errors::{Errors, Times};
use crate::client::spec::WorkerSpec;
use crate::client::stamp::Stamper;
use crate::ledger::SendLog;
use crate::native::TopicProducer;
use crate::plan::ProducerPlan;
use rdkafka::producer::Producer;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

/// How long the sender waits when librdkafka's queue is full.
const QUEUE_FULL_WAIT: Duration = Duration::from_millis(1);
/// The shortest and longest sleep until the next message is due: it must not wake for every message
/// at high rates, and must hear the command to stop at low ones.
const SLEEP: (Duration, Duration) = (Duration::from_micros(250), Duration::from_millis(50));

/// Why sending ended, and for [`Ended::Fatal`] the reason.
pub(super) type End = (Ended, Option<String>);

pub(super) struct Sender<'a> {
    pub(super) spec: &'a WorkerSpec,
    plan: &'a ProducerPlan,
    control: &'a Control,
    pub(super) producer: &'a TopicProducer<Delivery>,
    pub(super) delivery: &'a Delivery,
    stamper: Stamper,
    ledger: SendLog,
    pub(super) pace: Pace,
    /// The next sequence of each partition.
    sequences: Vec<u64>,
    /// The next partition.
    partition: u32,
    pub(super) sent: u64,
    /// Whether the last message had to wait until the client accepted it.
    blocked: bool,
    pub(super) queue_full: u64,
    refused: BTreeMap<String, u64>,
    refused_times: BTreeMap<String, Times>,
    pub(super) started_us: u64,
    /// How many errors there were at the last check whether the client is dead.
    checked_errors: u64,
}

impl<'a> Sender<'a> {
    pub(super) fn new(
        spec: &'a WorkerSpec,
        plan: &'a ProducerPlan,
        control: &'a Control,
        producer: &'a TopicProducer<Delivery>,
        (stamper, ledger): (Stamper, SendLog),
    ) -> Self {
        let started_us = spec.epoch.elapsed_us();
        Sender {
            spec,
            plan,
            control,
            producer,
            delivery: producer.producer().client().context(),
            stamper,
            ledger,
            pace: Pace::new(plan.rate, started_us),
            sequences: vec![0; spec.partitions as usize],
            partition: 0,
            sent: 0,
            blocked: false,
            queue_full: 0,
            refused: BTreeMap::new(),
            refused_times: BTreeMap::new(),
            started_us,
            checked_errors: 0,
        }
    }

    /// Sends what is due, when it is due, until the end.
    pub(super) fn send_all(&mut self) -> End {
        let limit = self.plan.messages.unwrap_or(u64::MAX);
        loop {
            // One look at the clock per burst: a burst takes microseconds, the ledger's rows 100
            // ms.
            let now_us = self.spec.epoch.elapsed_us();
            let due = self.pace.due(now_us).min(limit - self.sent);
            if let Some(end) = self.note_skipped().or_else(|| self.must_end()) {
                return end;
            }
            if self.sent == limit {
                return (Ended::Limit, None);
            }
            if due == 0 {
                let until = self.pace.next_us().map_or(SLEEP.1, |at| self.spec.epoch.until_us(at));
                thread::sleep(until.clamp(SLEEP.0, SLEEP.1));
            }
            for _ in 0..due {
                if let Some(end) = self.send_one(now_us) {
                    // What is due by now will never be sent.
                    self.pace.give_up(self.spec.epoch.elapsed_us());
                    return self.note_skipped().unwrap_or(end);
                }
                if self.blocked {
                    break; // It is later than it was.
                }
            }
        }
    }

    /// Records the messages that the schedule skipped; returns the end if that fails.
    fn note_skipped(&mut self) -> Option<End> {
        let skipped = self.pace.take_skipped()?;
        let error = self.ledger.skipped(skipped.first_us, skipped.last_us, skipped.count).err()?;
        Some((Ended::Fatal, Some(format!("the ledger can't be written: {error}"))))
    }

    fn must_end(&mut self) -> Option<End> {
        let errors = self.delivery.errors_seen();
        let client = self.producer.producer().client();
        // The error callback gives the cause but not that it is fatal: any error may be.
        let dead = errors != self.checked_errors && client.fatal_error().is_some();
        self.checked_errors = errors;
        if dead || self.delivery.is_halted() {
            return Some((Ended::Fatal, Some(self.fatal_text())));
        }
        self.control.is_stopped().then_some((Ended::Stopped, None))
    }

    fn fatal_text(&self) -> String {
        let client = self.producer.producer().client().fatal_error();
        self.delivery
            .failure()
            .or_else(|| client.map(|(code, text)| format!("{code:?}: {text}")))
            .unwrap_or_else(|| "the client reported a fatal error without a text".into())
    }

    /// Records and hands over the next message, and waits for room in the queue if necessary.
    /// Returns the end if that came first; the message is taken back then.
    fn send_one(&mut self, at_us: u64) -> Option<End> {
        let (partition, at) = (self.partition, self.partition as usize);
        let sequence = self.sequences[at];
        if let Err(error) = self.ledger.sent(partition, sequence, at_us) {
            let why = format!("the ledger can't be written: {error}");
            return Some((Ended::Fatal, Some(why)));
        }
        let key = self.stamper.encode(partition, sequence);
        // Without a schedule it is due now.
        let due_us = self.pace.next_us().unwrap_or(at_us);
        let mut handed_us = at_us;
        loop {
            let late_us = handed_us.saturating_sub(due_us);
            let Err(code) =
                self.producer.produce(partition as i32, &key, opaque(partition, sequence, late_us))
            else {
                self.blocked = handed_us != at_us;
                self.sequences[at] += 1;
                self.partition = (partition + 1) % self.spec.partitions;
                self.sent += 1;
                self.pace.sent();
                return None;
            };
            let end = self.wait_after(code).or_else(|| self.must_end());
            if end.is_some() {
                self.ledger.take_back(partition, sequence);
                return end;
            }
            handed_us = self.spec.epoch.elapsed_us();
        }
    }

    /// Waits as the refusal requires, or returns the end.
    fn wait_after(&mut self, code: RDKafkaErrorCode) -> Option<End> {
        match refusal(code) {
            Refusal::QueueFull => {
                self.queue_full += 1;
                thread::sleep(QUEUE_FULL_WAIT);
            }
            Refusal::NotNow => {
                self.refused(code);
                thread::sleep(NOT_NOW_WAIT);
            }
            Refusal::Stop => {
                self.refused(code);
                let text = if self.delivery.is_halted() || code == RDKafkaErrorCode::Fatal {
                    self.fatal_text()
                } else {
                    format!("librdkafka does not take messages: {code:?}: {code}")
                };
                return Some((Ended::Fatal, Some(text)));
            }
        }
        None
    }

    /// Records a refused message.
    fn refused(&mut self, code: RDKafkaErrorCode) {
        let (name, at_us) = (format!("{code:?}"), self.spec.epoch.elapsed_us());
        self.refused_times.entry(name.clone()).or_insert(Times::once(at_us)).again(at_us);
        *self.refused.entry(name).or_insert(0) += 1;
    }

    pub(super) fn errors(&self) -> Errors {
        let (refused, refused_times) = (self.refused.clone(), self.refused_times.clone());
        Errors { refused, refused_times, ..self.delivery.errors() }
    }
}
