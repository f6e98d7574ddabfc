//! A run's events, made by hand: a leader is stopped while messages flow.

use kafka_chaos::testing::event::{
    BrokerView, ControllerView, Evidence, Far, FaultStep, FaultTime, Observation, PartitionView,
    Progress, RunEvent, Stamped, Step, TopicShape,
};

/// When the scenario's clock begins, in milliseconds of the run's.
const ZERO_MS: f64 = 3_000.0;
const WHAT: &str = "process_stop leader at 5 s for 18 s";

/// At a time of the scenario's clock, in milliseconds.
fn at(ms: f64, event: RunEvent) -> Stamped {
    Stamped { since_start_ms: ms + ZERO_MS, at_ms: (ms >= 0.0).then_some(ms), event }
}

pub fn phase(ms: f64, name: &str, expected_ms: Option<u64>) -> Stamped {
    at(ms, RunEvent::Phase { name: name.to_owned(), expected_ms })
}

pub fn note(ms: f64, text: &str) -> Stamped {
    at(ms, RunEvent::Note { text: text.to_owned() })
}

pub fn step(ms: f64, what: &'static str, far: Far) -> Stamped {
    at(ms, RunEvent::Step(Step { what, far }))
}

pub fn interrupted(ms: f64) -> Stamped {
    at(ms, RunEvent::Interrupted)
}

/// A broker falls silent.
pub fn silent(ms: f64, broker: i32) -> Stamped {
    changes(ms, broker, false)
}

/// A broker begins or stops answering.
pub fn changes(ms: f64, broker: i32, answers: bool) -> Stamped {
    let view = BrokerView { at_us: ((ms + ZERO_MS) * 1e3) as u64, broker, answers };
    at(ms, RunEvent::Observed(Observation::Broker(view)))
}

fn fault(ms: f64, step: FaultStep) -> Stamped {
    at(ms, RunEvent::Fault { index: 0, what: WHAT.to_owned(), step })
}

fn leads(ms: f64, topic: usize, partition: i32, leader: i32, epoch: i32, isr: &[i32]) -> Stamped {
    let (topic, isr, asked) = (format!("chaos-minisr2-{topic}"), isr.to_vec(), leader);
    let at_us = ((ms + ZERO_MS) * 1e3) as u64;
    let view = PartitionView { at_us, asked, topic, partition, leader, epoch, isr };
    at(ms, RunEvent::Observed(Observation::Partition(view)))
}

/// Names of this many cells.
pub fn cells(count: usize) -> Vec<String> {
    match count {
        1 => vec!["main".to_owned()],
        _ => (0..count).map(|i| format!("acks=all,linger.ms={i}")).collect(),
    }
}

/// Until 9 s, in the middle of the first of two faults. Each cell has three partitions.
pub fn until_the_fault(cells: &[String]) -> Vec<Stamped> {
    let mut events = vec![started(cells), phase(-2_900.0, "cluster", None)];
    events.push(note(-2_800.0, "class data archive: used"));
    let (at_us, asked, leader, epoch) = (1, 1, 1, 3);
    let controller = ControllerView { at_us, asked, leader, epoch };
    events.push(at(-1_000.0, RunEvent::Observed(Observation::Controller(controller))));
    for topic in 0..cells.len() {
        events.extend((0..3).map(|p| leads(-900.0, topic, p, p, 0, &[0, 1, 2])));
    }
    events.push(at(0.0, RunEvent::Zero));
    events.push(phase(0.0, "faults", Some(53_000)));
    events.extend((0..25).map(|tick| progress(tick, cells)));
    let nodes = vec!["broker-0".into()];
    events.push(fault(5_001.0, FaultStep::Injected { nodes, called_at_ms: 5_000.0 }));
    let text = "process 17154: all 78 threads in state T".to_owned();
    let evidence = Evidence { at_ms: 5_002.0, text, proves: true };
    events.push(fault(5_002.0, FaultStep::Effective(evidence)));
    let view = BrokerView { at_us: 8_600_000, broker: 0, answers: false };
    events.push(at(5_600.0, RunEvent::Observed(Observation::Broker(view))));
    for topic in 0..cells.len() {
        events.push(leads(8_900.0, topic, 0, 1, 1, &[1, 2]));
    }
    events.extend((25..=45).map(|tick| progress(tick, cells)));
    events
}

/// The rest of it.
pub fn after_the_fault(cells: &[String]) -> Vec<Stamped> {
    let mut events = vec![fault(23_001.0, FaultStep::Healed)];
    events.extend((115..120).map(|tick| progress(tick, cells)));
    events.push(phase(24_000.0, "read back", None));
    events
}

fn started(cells: &[String]) -> Stamped {
    let topic = |i| TopicShape { name: format!("chaos-minisr2-{i}"), partitions: 3, replicas: 3 };
    let times = [(5_000, Some(23_000)), (35_000, Some(53_000))];
    at(
        -3_000.0,
        RunEvent::Started {
            scenario: "minisr2".into(),
            summary: "RF 3, min.insync.replicas 2: one broker may go.".into(),
            about: vec!["runtime  local".into()],
            cells: cells.to_vec(),
            faults: vec![
                WHAT.to_owned(),
                "network_partition [[leader], [followers]] at 35 s for 18 s".to_owned(),
            ],
            times: times.map(|(at_ms, until_ms)| FaultTime { at_ms, until_ms }).to_vec(),
            topics: (0..cells.len()).map(topic).collect(),
        },
    )
}

/// 1000 messages per second in each cell.
pub fn progress(tick: u64, cells: &[String]) -> Stamped {
    let acked = tick * 200;
    let progress = Progress { sent: acked + 120, acked, rejected: 0 };
    let cells = cells.iter().map(|id| (id.clone(), progress)).collect();
    at(tick as f64 * 200.0, RunEvent::Progress { cells })
}
