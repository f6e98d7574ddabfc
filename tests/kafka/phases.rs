//! What was before the scenario's zero does not count, and a message belongs to the phase in which
//! it was due, however late its acknowledgement comes.

use crate::harness::{Place, Ran};
use kafka_chaos::testing::ledger::Ledger;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the broker stands still.
const STILL: Duration = Duration::from_millis(1_600);

fn latency<'a>(ran: &'a Ran, cell: &str, label: &str) -> &'a Value {
    let all = ran.cell(cell)["latencies"].as_array().unwrap();
    all.iter().find(|one| one["label"] == label).unwrap_or_else(|| panic!("no {label} in {all:#?}"))
}

/// The JVM of a broker whose files are below a folder.
fn broker(place: &Path, name: &str) -> Pid {
    let folder = place.display().to_string();
    let of_broker = |pid: &i32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let arguments: Vec<String> =
            command.split(|byte| *byte == 0).map(|a| String::from_utf8_lossy(a).into()).collect();
        arguments.iter().any(|a| a == "kafka.Kafka")
            && arguments.iter().any(|a| a.contains(&folder) && a.contains(name))
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Pid::from_raw(ids.into_iter().find(of_broker).unwrap_or_else(|| panic!("no JVM of {name}")))
}

fn wait_for_first_acknowledgements(place: &Place, cells: u16) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let has_some = |cell| {
        let folder = place.out().join(format!("cells/{cell}/ledger"));
        Ledger::open(&folder).is_ok_and(|ledger| ledger.acked_partitions() == ledger.partitions())
    };
    while !(0..cells).all(has_some) {
        assert!(Instant::now() < deadline, "no acknowledgement");
        std::thread::sleep(Duration::from_millis(5));
    }
}

// Cells side by side warm up for three calm seconds. Meanwhile somebody else stops the leader; the
// only fault is harmless.
#[test]
fn an_outage_before_zero_meets_and_violates_nothing_and_is_shown() {
    let place = Place::new();
    let scenario = place.scenario(
        "\
name: before-zero
cluster: {timing: fast}
topic: {partitions: 1, replication.factor: 3, min.insync.replicas: 2}
producer: {rate: 100}
matrix: {acks: ['1', all]}
faults:
  - {process_stop: follower, at: 1s, for: 200ms}
duration: 2s
expect:
  - {when: {acks: '1'}, unavailable: '>= 1s'}
  - {when: {acks: all}, unavailable: '<= 1s'}
",
    );
    let mut running = place.start(&scenario, &[]);
    running.wait_for("-- first acknowledgements");
    wait_for_first_acknowledgements(&place, 2);
    let leader = broker(place.path(), "broker-0");
    kill(leader, Signal::SIGSTOP).unwrap();
    std::thread::sleep(STILL);
    kill(leader, Signal::SIGCONT).unwrap();
    let (code, stdout) = running.finish();
    let report = std::fs::read_to_string(place.out().join("report.json")).unwrap();
    let report = serde_json::from_str(&report).unwrap();
    let ran = Ran { code, stdout, stderr: String::new(), report };
    ran.expect_code(3);
    for (cell, verdict) in [("acks=1", "inconclusive"), ("acks=all", "pass")] {
        let found = ran.cell(cell);
        assert_eq!(found["verdict"], verdict, "{found:#}");
        assert!(found["unavailable_ms"].as_f64().unwrap() < 1_000.0, "{found:#}");
        let early = &found["early"]["outage"];
        assert!(early["ms"].as_f64().unwrap() > 1_400.0, "{early}");
        assert!(early["to_ms"].as_f64().unwrap() <= 0.0, "{early}");
        let notes = found["notes"].to_string();
        assert!(notes.contains("s without an acknowledgement on partition 0"), "{notes}");
        let before = latency(&ran, cell, "before")["max_us"].as_u64().unwrap();
        let warm_up = latency(&ran, cell, "warm-up")["max_us"].as_u64().unwrap();
        assert!(warm_up > 1_400_000 && before < 1_000_000, "{warm_up} {before}");
    }
}

// The leader is cut off from its followers and acknowledges nothing for 4 s; what was sent then is
// acknowledged after the heal.
#[test]
fn what_was_sent_in_a_fault_and_acknowledged_after_it_waited_in_the_fault() {
    let place = Place::new();
    let scenario = place.scenario(
        "\
name: late-acks
cluster: {timing: fast}
topic: {partitions: 1, replication.factor: 3, min.insync.replicas: 1}
producer: {acks: all, rate: 1000}
faults:
  - {network_partition: [leader, followers], at: 1s, for: 4s}
expect: {lost: 0}
",
    );
    let ran = place.run(&scenario, &[]);
    ran.expect_code(0);
    let p99_ms = |label| latency(&ran, "main", label)["p99_us"].as_f64().unwrap() / 1e3;
    let outage_ms = ran.cell("main")["unavailable_ms"].as_f64().unwrap();
    assert!(outage_ms > 3_000.0, "{outage_ms}");
    // A percentile is up to 12.5 % too high, and one in a hundred waited longer.
    let (before, during) = (p99_ms("before"), p99_ms("during"));
    assert!((0.9 * outage_ms..1.2 * outage_ms).contains(&during), "{during} of {outage_ms}");
    assert!(before < 1_000.0, "what was in flight when it struck is not the baseline's: {before}");
    let count = latency(&ran, "main", "during")["count"].as_u64().unwrap();
    assert!((3_500..4_600).contains(&count), "{count} were due in 4 s");
}
