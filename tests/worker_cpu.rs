//! What the built-in client costs while it waits: its process is measured beside librdkafka's mock
//! cluster, whose answers take 200 ms.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use kafka_chaos::testing::client::{Worker, WorkerSpec};
use kafka_chaos::testing::clock::Epoch;
use kafka_chaos::testing::ledger::{Ledger, ProducerId};
use kafka_chaos::testing::model::Rate;
use kafka_chaos::testing::plan::{ProducerPlan, Role};
use rdkafka::mocking::MockCluster;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);
const RATE_PER_S: u64 = 1000;

fn spec(bootstrap_servers: String, folder: &Path) -> WorkerSpec {
    // As `chaos plan` sets them for an idempotent cell.
    let properties = [
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("linger.ms", "20"),
        ("batch.size", "16384"),
        ("max.in.flight.requests.per.connection", "5"),
    ];
    let producer = ProducerPlan {
        config: properties.map(|(name, value)| (name.into(), value.into())).into(),
        rate: Rate::PerSecond(RATE_PER_S.try_into().unwrap()),
        message_bytes: 100,
        messages: None,
        saturate: false,
    };
    WorkerSpec {
        name: "producer-0".into(),
        id: ProducerId { run: 1, cell: 0, producer: 0 },
        epoch: Epoch::now(),
        topic: "slow".into(),
        partitions: 3,
        bootstrap_servers,
        seed: 1,
        ledger_dir: folder.join("ledger"),
        flush_timeout_ms: 10_000,
        role: Role::Producer(producer),
    }
}

/// Processor time of a process and its threads so far, in the kernel and outside of it.
fn processor_time(pid: u32) -> Duration {
    const TICKS_PER_S: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // After the name, which may contain anything: utime and stime are the fields 14 and 15.
    let fields = stat.rsplit_once(") ").unwrap().1.split(' ');
    let ticks: u64 = fields.skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_S)
}

#[test]
fn an_idempotent_producer_does_not_spin_while_acknowledgements_are_missing() {
    let mock = MockCluster::new(3).unwrap();
    mock.create_topic("slow", 3, 3).unwrap();
    for broker in 1..=3 {
        mock.broker_round_trip_time(broker, Duration::from_millis(200)).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(mock.bootstrap_servers(), folder.path());
    // The worker is the calling program, which a test is not.
    let spawn = |asked: Command| {
        let mut chaos = Command::new(env!("CARGO_BIN_EXE_chaos"));
        chaos.args(asked.get_args()).stdin(Stdio::piped()).stdout(Stdio::piped());
        chaos.spawn().map_err(|e| kafka_chaos::testing::runtime::RuntimeError::new(e.to_string()))
    };
    let mut worker = Worker::spawn(&spawn, &spec, folder.path()).unwrap();
    worker.wait_ready(LIMIT).unwrap();
    worker.start().unwrap();
    let ledger = Ledger::open(&spec.ledger_dir).unwrap();
    let begun = Instant::now();
    while ledger.acked_partitions() < spec.partitions {
        assert!(begun.elapsed() < LIMIT, "{:?}", ledger.progress());
        thread::sleep(Duration::from_millis(10));
    }

    let (acked, used, since) =
        (ledger.progress().acked, processor_time(worker.pid()), Instant::now());
    thread::sleep(Duration::from_secs(3));
    let (used, took) = (processor_time(worker.pid()) - used, since.elapsed());
    let acked_per_s = (ledger.progress().acked - acked) as f64 / took.as_secs_f64();
    worker.stop().unwrap();
    worker.finish(LIMIT).unwrap();

    let percent = used.as_secs_f64() / took.as_secs_f64() * 100.0;
    eprintln!("{percent:.0} % of a core at {acked_per_s:.0} acknowledgements per second");
    // It did wait for acknowledgements, and there were always messages after those in flight.
    assert!(acked_per_s > RATE_PER_S as f64 * 0.5, "{acked_per_s:.0} per second");
    assert!(percent < 20.0, "{percent:.0} % of a core");
}
