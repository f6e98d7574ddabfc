//! [`run`]: one producer, its ledger, and the lines that it tells. One thread sends, one polls:
//! every delivery report runs there.

use super::delivery::Delivery;
use super::sender::Sender;
use super::summary::Summary;
use crate::client::connection::{METADATA_LIMIT, config, wait_for_topic};
use crate::client::control::Control;
use crate::client::failure::Failure;
use crate::client::spec::WorkerSpec;
use crate::client::stamp::Stamper;
use crate::client::wire::{WorkerEvent, tell};
use crate::ledger::LedgerWriter;
use crate::native::TopicProducer;
use crate::plan::ProducerPlan;
use rdkafka::producer::{BaseProducer, Producer};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// One turn of the polling thread; reports are served as they come, so this only bounds its end.
const POLL: Duration = Duration::from_millis(50);

/// Makes the producer ready, waits for the word to start, sends until it is to end, flushes, tells
/// and returns the summary.
///
/// # Errors
/// When it can't get ready, or `out` can't be written.
pub(crate) fn run(
    spec: &WorkerSpec,
    plan: &ProducerPlan,
    control: &Control,
    out: &mut dyn Write,
) -> Result<Summary, Failure> {
    let ledger = LedgerWriter::create(&spec.ledger_dir, spec.id, spec.partitions)
        .map_err(|source| Failure::Ledger { dir: spec.ledger_dir.display().to_string(), source })?;
    let (sends, outcomes) = ledger.split();
    let stamper = Stamper::new(spec.id, spec.seed, plan.message_bytes);
    let delivery = Delivery::new(outcomes, spec.epoch);
    let client: BaseProducer<Delivery> =
        config(spec).create_with_context(delivery).map_err(Failure::Config)?;
    let producer = TopicProducer::new(client, &spec.topic, stamper.value().into())
        .map_err(|code| Failure::Topic { topic: spec.topic.clone(), code })?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // Whatever happens in here, the polling thread must learn that it is over.
        let _over = RaiseOnDrop(&done);
        scope.spawn(|| poll(&producer, &done));
        wait_for_topic(spec, producer.producer().client(), METADATA_LIMIT)?;
        tell(out, &WorkerEvent::Ready)?;
        control.wait_for_start();
        let mut sender = Sender::new(spec, plan, control, &producer, (stamper, sends));
        let end = sender.send_all();
        sender.finish(end, out)
    })
}

struct RaiseOnDrop<'a>(&'a AtomicBool);

impl Drop for RaiseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Serves delivery reports, errors and logs until it is over. If a callback panics, the sender must
/// not wait for reports that nobody serves.
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
