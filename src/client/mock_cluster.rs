//! [`Bed`]: librdkafka's mock cluster, a real client and a real protocol over loopback, for tests
//! of the producer and of what reads its messages.

use super::control::Control;
use super::producer::{Summary, run};
use super::spec::WorkerSpec;
use super::spec::tests::spec;
use super::wire::{Account, WorkerEvent};
use crate::ledger::Ledger;
use crate::plan::ProducerPlan;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use std::path::Path;
use std::thread;
use tempfile::TempDir;

type Mock = MockCluster<'static, DefaultProducerContext>;

/// A cluster without broker processes, and a folder for ledgers.
pub(crate) struct Bed {
    pub mock: Mock,
    pub dir: TempDir,
}

impl Bed {
    /// Three brokers and a topic.
    pub(crate) fn new() -> Self {
        let mock = MockCluster::new(3).expect("it listens on loopback");
        mock.create_topic("cell-1", 4, 3).expect("three brokers hold three replicas");
        Bed { mock, dir: tempfile::tempdir().expect("a folder") }
    }

    /// A spec for its topic.
    pub(crate) fn spec(&self) -> WorkerSpec {
        spec(self.dir.path(), &self.mock.bootstrap_servers())
    }
}

/// What a spec of a producer asks for.
pub(crate) fn plan(spec: &mut WorkerSpec) -> &mut ProducerPlan {
    spec.role.producer_mut().expect("it is a producer's")
}

/// Runs a producer that is told to start at once, and returns its summary and its lines.
pub(crate) fn send(spec: &WorkerSpec) -> (Summary, Vec<WorkerEvent>) {
    send_with(spec, |_| ())
}

/// Like [`send`], with a thread beside it that may tell it to stop.
pub(crate) fn send_with(
    spec: &WorkerSpec,
    beside: impl FnOnce(&Control) + Send,
) -> (Summary, Vec<WorkerEvent>) {
    let plan = spec.role.producer().expect("it is a producer's");
    let control = Control::default();
    let mut out = Vec::new();
    let summary = thread::scope(|scope| {
        scope.spawn(|| {
            control.start();
            beside(&control);
        });
        run(spec, plan, &control, &mut out).expect("the mock cluster is there")
    });
    let lines = String::from_utf8(out).expect("JSON is UTF-8");
    let event = |line| serde_json::from_str(line).expect("every line is an event");
    let events: Vec<WorkerEvent> = lines.lines().map(event).collect();
    assert_eq!(events.first(), Some(&WorkerEvent::Ready));
    assert_eq!(
        events.last(),
        Some(&WorkerEvent::Finished { account: Box::new(Account::Producer(summary.clone())) })
    );
    (summary, events)
}

/// The counts in this folder's ledger: sent, acknowledged, rejected.
pub(crate) fn progress(dir: &Path) -> (u64, u64, u64) {
    let progress = Ledger::open(dir).expect("it was just written").progress();
    (progress.sent, progress.acked, progress.rejected)
}
