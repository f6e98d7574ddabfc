//! The worker's main: one producer, its ledger, and the lines it exchanges with its conductor.
//! One thread sends, one polls (every delivery report runs there), one reads stdin.

use super::delivery::{Delivery, log_line, opaque};
use super::outcome::{Refusal, refusal};
use super::pacing::Pace;
use super::spec::WorkerSpec;
use super::stamp::Stamper;
use super::wire::{Ended, Errors, START, STOP, Summary, Times, WorkerEvent};
use crate::clock::Epoch;
use crate::exit::Exit;
use crate::ledger::{LedgerWriter, SendLog};
use crate::native::TopicProducer;
use nix::sys::resource::{UsageWho, getrusage};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, Producer, PurgeConfig};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the topic may take to be known, with all its partitions.
const METADATA_LIMIT: Duration = Duration::from_secs(30);
/// How long one request for it may take.
const METADATA_TURN: Duration = Duration::from_secs(5);
/// One turn of the polling thread; reports are served as they come, this bounds its end only.
const POLL: Duration = Duration::from_millis(50);
/// How long the sender waits when librdkafka's queue is full.
const QUEUE_FULL_WAIT: Duration = Duration::from_millis(1);
/// How long it waits when the topic is not known at the moment.
const NOT_NOW_WAIT: Duration = Duration::from_millis(100);
/// The shortest and longest sleep until the next message is due: not to wake for every message
/// at high rates, and to hear the word to stop at low ones.
const SLEEP: (Duration, Duration) = (Duration::from_micros(250), Duration::from_millis(50));
/// How often errors are told at most.
const ERRORS_EVERY_US: u64 = 1_000_000;
/// One turn of the flush, so that errors are told meanwhile.
const FLUSH_TURN: Duration = Duration::from_millis(200);
/// How long the reports of purged messages may take.
const PURGE_LIMIT: Duration = Duration::from_secs(5);

/// Why a worker ended without a summary.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProducerError {
    /// Its ledger can't be made.
    #[error("the ledger in {dir} can't be made: {source}")]
    Ledger {
        /// Where.
        dir: String,
        /// The reason.
        source: io::Error,
    },
    /// librdkafka does not take the configuration.
    #[error("librdkafka does not accept the producer's configuration: {0}")]
    Config(KafkaError),
    /// librdkafka does not accept the topic.
    #[error("librdkafka does not accept the topic {topic}: {code}")]
    Topic {
        /// Which.
        topic: String,
        /// Its code.
        code: RDKafkaErrorCode,
    },
    /// The topic can't be found.
    #[error("the topic {topic} with {partitions} partitions did not show up in {limit:?}: {last}")]
    Unknown {
        /// Which.
        topic: String,
        /// How many it should have.
        partitions: u32,
        /// How long it was waited for.
        limit: Duration,
        /// What was seen last.
        last: String,
    },
    /// The conductor does not listen.
    #[error("the conductor does not listen: {0}")]
    Deaf(#[from] io::Error),
}

/// The conductor's word, as it reaches the sender.
#[derive(Debug, Default)]
pub(crate) struct Control {
    started: Mutex<bool>,
    changed: Condvar,
    stopped: AtomicBool,
}

impl Control {
    /// Begins sending.
    pub(crate) fn start(&self) {
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Ends sending.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.start();
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn wait_for_start(&self) {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        while !*started {
            started = self.changed.wait(started).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The worker's whole life. Errors go to stderr, which is its log.
pub(crate) fn main(spec_path: &Path) -> Exit {
    let spec = match WorkerSpec::read(spec_path) {
        Ok(spec) => spec,
        Err(error) => {
            log_line(Epoch::now(), &error.to_string());
            return Exit::Environment;
        }
    };
    let control = Arc::new(Control::default());
    let (listener, epoch) = (Arc::clone(&control), spec.epoch);
    thread::spawn(move || listen(&listener, epoch));
    match run(&spec, &control, &mut io::stdout()) {
        Ok(_) => Exit::Pass,
        Err(error) => {
            log_line(spec.epoch, &error.to_string());
            Exit::Environment
        }
    }
}

/// Follows the conductor's words. When it is gone there is nobody to tell a summary, and the
/// ledger holds everything already: the process ends at once, without a flush.
fn listen(control: &Control, epoch: Epoch) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.trim() {
            START => control.start(),
            STOP => control.stop(),
            other => log_line(epoch, &format!("the conductor sent an unknown word: {other}")),
        }
    }
    log_line(epoch, "the conductor is gone");
    std::process::exit(i32::from(Exit::Environment.code()));
}

/// Runs one producer: makes it ready, waits for the word to start, sends until it is to end,
/// flushes, tells and returns the summary.
///
/// # Errors
/// When it can't get ready, or `out` can't be written.
pub(crate) fn run(
    spec: &WorkerSpec,
    control: &Control,
    out: &mut dyn Write,
) -> Result<Summary, ProducerError> {
    let ledger =
        LedgerWriter::create(&spec.ledger_dir, spec.id, spec.partitions).map_err(|source| {
            ProducerError::Ledger { dir: spec.ledger_dir.display().to_string(), source }
        })?;
    let (sends, outcomes) = ledger.split();
    let stamper = Stamper::new(spec.id, spec.seed, spec.message_bytes);
    let delivery = Delivery::new(outcomes, spec.epoch);
    let client: BaseProducer<Delivery> =
        config(spec).create_with_context(delivery).map_err(ProducerError::Config)?;
    let producer = TopicProducer::new(client, &spec.topic, stamper.value().into())
        .map_err(|code| ProducerError::Topic { topic: spec.topic.clone(), code })?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // Whatever happens in here, the polling thread must learn that it is over.
        let _over = RaiseOnDrop(&done);
        scope.spawn(|| poll(&producer, &done));
        wait_for_topic(spec, &producer, METADATA_LIMIT)?;
        tell(out, &WorkerEvent::Ready)?;
        control.wait_for_start();
        let mut sender = Sender::new(spec, control, &producer, stamper, sends, out);
        let (ended, stopped_because) = sender.send_all()?;
        sender.finish(ended, stopped_because)
    })
}

struct RaiseOnDrop<'a>(&'a AtomicBool);

impl Drop for RaiseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Serves delivery reports, errors and logs until it is over. Should a callback panic, the
/// sender must not wait for reports that nobody serves.
fn poll(producer: &TopicProducer<Delivery>, done: &AtomicBool) {
    struct Broken<'a>(&'a Delivery);
    impl Drop for Broken<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                self.0.fail("the thread that serves delivery reports panicked".into());
            }
        }
    }
    let _broken = Broken(producer.producer().client().context());
    while !done.load(Ordering::Relaxed) {
        producer.producer().poll(POLL);
    }
}

fn config(spec: &WorkerSpec) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &spec.bootstrap_servers);
    for (name, value) in &spec.properties {
        config.set(name, value);
    }
    // Without a `log` logger the crate would lower librdkafka's own level to errors.
    config.set_log_level(RDKafkaLogLevel::Info);
    config
}

fn wait_for_topic(
    spec: &WorkerSpec,
    producer: &TopicProducer<Delivery>,
    limit: Duration,
) -> Result<(), ProducerError> {
    let since = Instant::now();
    let mut last = "no broker answered".to_owned();
    loop {
        let left = limit.saturating_sub(since.elapsed());
        if left.is_zero() {
            return Err(ProducerError::Unknown {
                topic: spec.topic.clone(),
                partitions: spec.partitions,
                limit,
                last,
            });
        }
        let client = producer.producer().client();
        match client.fetch_metadata(Some(&spec.topic), left.min(METADATA_TURN)) {
            // A timeout says less than what a broker said before.
            Err(error) => log_line(spec.epoch, &format!("the topic is asked for: {error}")),
            Ok(metadata) => match metadata.topics() {
                [topic] if topic.error().is_some() => last = format!("{:?}", topic.error()),
                [topic] if topic.partitions().len() >= spec.partitions as usize => return Ok(()),
                [topic] => last = format!("it has {} partitions", topic.partitions().len()),
                _ => last = "the broker's answer lacks the topic".into(),
            },
        }
        thread::sleep(NOT_NOW_WAIT);
    }
}

fn tell(out: &mut dyn Write, event: &WorkerEvent) -> io::Result<()> {
    let mut line = serde_json::to_string(event)?;
    line.push('\n');
    out.write_all(line.as_bytes())?;
    out.flush()
}

/// Why sending ended, and for [`Ended::Fatal`] the reason.
type End = (Ended, Option<String>);

struct Sender<'a> {
    spec: &'a WorkerSpec,
    control: &'a Control,
    producer: &'a TopicProducer<Delivery>,
    delivery: &'a Delivery,
    stamper: Stamper,
    ledger: SendLog,
    pace: Pace,
    /// The next sequence of each partition.
    sequences: Vec<u64>,
    /// Whose turn it is.
    partition: u32,
    sent: u64,
    /// Whether the last message had to wait until the client took it.
    blocked: bool,
    queue_full: u64,
    refused: BTreeMap<String, u64>,
    refused_times: BTreeMap<String, Times>,
    started_us: u64,
    out: &'a mut dyn Write,
    /// How many errors there were when the client was asked whether it is dead.
    checked_errors: u64,
    told_errors: u64,
    told_at_us: Option<u64>,
}

impl<'a> Sender<'a> {
    fn new(
        spec: &'a WorkerSpec,
        control: &'a Control,
        producer: &'a TopicProducer<Delivery>,
        stamper: Stamper,
        ledger: SendLog,
        out: &'a mut dyn Write,
    ) -> Self {
        let started_us = spec.epoch.elapsed_us();
        Sender {
            spec,
            control,
            producer,
            delivery: producer.producer().client().context(),
            stamper,
            ledger,
            pace: Pace::new(spec.rate, started_us),
            sequences: vec![0; spec.partitions as usize],
            partition: 0,
            sent: 0,
            blocked: false,
            queue_full: 0,
            refused: BTreeMap::new(),
            refused_times: BTreeMap::new(),
            started_us,
            out,
            checked_errors: 0,
            told_errors: 0,
            told_at_us: None,
        }
    }

    /// Sends what is due, when it is due, until the end.
    fn send_all(&mut self) -> io::Result<End> {
        let limit = self.spec.messages.unwrap_or(u64::MAX);
        loop {
            // One look at the clock a burst: a burst takes microseconds, the ledger's rows 100 ms.
            let now_us = self.spec.epoch.elapsed_us();
            let due = self.pace.due(now_us).min(limit - self.sent);
            if let Some(end) = self.note_skipped().or_else(|| self.must_end()) {
                return Ok(end);
            }
            if self.sent == limit {
                return Ok((Ended::Limit, None));
            }
            self.tell_errors(now_us)?;
            if due == 0 {
                let until = self.pace.next_us().map_or(SLEEP.1, |at| self.spec.epoch.until_us(at));
                thread::sleep(until.clamp(SLEEP.0, SLEEP.1));
            }
            for _ in 0..due {
                if let Some(end) = self.send_one(now_us)? {
                    // What is due by now will never be sent.
                    self.pace.give_up(self.spec.epoch.elapsed_us());
                    return Ok(self.note_skipped().unwrap_or(end));
                }
                if self.blocked {
                    break; // It is later than it was.
                }
            }
        }
    }

    /// Records the messages that the schedule gave up; gives the end, if that fails.
    fn note_skipped(&mut self) -> Option<End> {
        let skipped = self.pace.take_skipped()?;
        let error = self.ledger.skipped(skipped.first_us, skipped.last_us, skipped.count).err()?;
        Some((Ended::Fatal, Some(format!("the ledger can't be written: {error}"))))
    }

    fn must_end(&mut self) -> Option<End> {
        let errors = self.delivery.errors_seen();
        let client = self.producer.producer().client();
        // The error callback names the cause and not that it is fatal: any error may be.
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

    /// Records and hands over the next message, and waits for room in the queue if it must.
    /// Gives the end, if that came first; the message is taken back then.
    fn send_one(&mut self, at_us: u64) -> io::Result<Option<End>> {
        let (partition, at) = (self.partition, self.partition as usize);
        let sequence = self.sequences[at];
        if let Err(error) = self.ledger.sent(partition, sequence, at_us) {
            let why = format!("the ledger can't be written: {error}");
            return Ok(Some((Ended::Fatal, Some(why))));
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
                return Ok(None);
            };
            let end = match self.wait_after(code)? {
                Some(end) => Some(end),
                None => self.must_end(),
            };
            if end.is_some() {
                self.ledger.take_back(partition, sequence);
                return Ok(end);
            }
            handed_us = self.spec.epoch.elapsed_us();
        }
    }

    /// Waits as the refusal asks for, or gives the end.
    fn wait_after(&mut self, code: RDKafkaErrorCode) -> io::Result<Option<End>> {
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
                return Ok(Some((Ended::Fatal, Some(text))));
            }
        }
        self.tell_errors(self.spec.epoch.elapsed_us())?;
        Ok(None)
    }

    /// A message was not taken.
    fn refused(&mut self, code: RDKafkaErrorCode) {
        let (name, at_us) = (format!("{code:?}"), self.spec.epoch.elapsed_us());
        self.refused_times.entry(name.clone()).or_insert(Times::once(at_us)).again(at_us);
        *self.refused.entry(name).or_insert(0) += 1;
    }

    fn errors(&self) -> Errors {
        let (refused, refused_times) = (self.refused.clone(), self.refused_times.clone());
        Errors { refused, refused_times, ..self.delivery.errors() }
    }

    fn tell_errors(&mut self, now_us: u64) -> io::Result<()> {
        let seen = self.delivery.errors_seen() + self.refused.values().sum::<u64>();
        let too_soon = self.told_at_us.is_some_and(|at| now_us < at + ERRORS_EVERY_US);
        if seen == self.told_errors || too_soon {
            return Ok(());
        }
        self.told_errors = seen;
        self.told_at_us = Some(now_us);
        let errors = self.errors();
        tell(self.out, &WorkerEvent::Errors { at_us: now_us, errors })
    }

    /// Flushes within the limit, purges the rest, and tells the summary.
    fn finish(mut self, ended: Ended, why: Option<String>) -> Result<Summary, ProducerError> {
        let ended_us = self.spec.epoch.elapsed_us();
        if let Some(text) = &why {
            log_line(self.spec.epoch, &format!("sending ended: {text}"));
            tell(self.out, &WorkerEvent::Fatal { at_us: ended_us, text: text.clone() })?;
        }
        let flushed = self.flush()?;
        if !flushed {
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
        tell(self.out, &WorkerEvent::Finished { summary: summary.clone() })?;
        Ok(summary)
    }

    /// Whether every message was reported within the limit.
    fn flush(&mut self) -> io::Result<bool> {
        let since = Instant::now();
        let limit = Duration::from_millis(self.spec.flush_timeout_ms);
        loop {
            let left = limit.saturating_sub(since.elapsed());
            if self.producer.wait_until_reported(left.min(FLUSH_TURN)) {
                return Ok(true);
            }
            if left.is_zero() || self.delivery.failure().is_some() {
                return Ok(false);
            }
            self.tell_errors(self.spec.epoch.elapsed_us())?;
        }
    }
}

/// Zero when the kernel does not say.
fn max_resident_kib() -> u64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| u64::try_from(usage.max_rss()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
