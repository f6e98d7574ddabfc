//! The block as a whole: its content, and that it never outgrows its terminal.

use super::super::state::State;
use super::{Room, block, width};
use crate::event::{
    BrokerView, Evidence, FaultStep, FaultTime, Observation, PartitionView, Progress, RunEvent,
    Stamped, TopicShape,
};
use crate::report::Paint;

const WHAT: &str = "process_stop leader at 5 s for 18 s";
const PROOF: &str = "process 17154: all 78 threads in state T";

/// Folds an event at a time of the run's clock; the scenario's begins 3 s later.
fn fold(state: &mut State, ms: f64, event: RunEvent) {
    let at_ms = (ms >= 3_000.0).then_some(ms - 3_000.0);
    state.fold(&Stamped { since_start_ms: ms, at_ms, event });
}

fn started(cells: &[String], what: &str) -> RunEvent {
    let topic = |i| TopicShape { name: format!("t-{i}"), partitions: 1, replicas: 3 };
    let times = [(5_000, Some(23_000)), (35_000, Some(53_000))];
    RunEvent::Started {
        scenario: "minisr2".into(),
        summary: "A test.".into(),
        about: vec![],
        cells: cells.to_vec(),
        faults: vec![what.to_owned(), "network_partition [[leader], [followers]] at 35 s".into()],
        times: times.map(|(at_ms, until_ms)| FaultTime { at_ms, until_ms }).to_vec(),
        topics: (0..cells.len()).map(topic).collect(),
    }
}

/// In the middle of the first fault, 9 s after the scenario's zero: the leader is stopped, others
/// have taken over, messages flow.
fn in_the_fault(cells: &[String], what: &str, proof: &str) -> State {
    let mut state = State::default();
    fold(&mut state, 0.0, started(cells, what));
    fold(&mut state, 3_000.0, RunEvent::Zero);
    let phase = RunEvent::Phase { name: "faults".into(), expected_ms: Some(53_000) };
    fold(&mut state, 3_000.0, phase);
    let fault = |step| RunEvent::Fault { index: 0, what: what.to_owned(), step };
    let nodes = vec!["broker-0".into()];
    let injected = FaultStep::Injected { nodes, called_at_ms: 7_999.0 };
    fold(&mut state, 8_000.0, fault(injected));
    let evidence = Evidence { at_ms: 5_002.0, text: proof.to_owned(), proves: true };
    fold(&mut state, 8_002.0, fault(FaultStep::Effective(evidence)));
    let silent = BrokerView { at_us: 9_000_000, broker: 0, answers: false };
    fold(&mut state, 9_000.0, RunEvent::Observed(Observation::Broker(silent)));
    for cell in 0..cells.len() {
        let (topic, isr) = (format!("t-{cell}"), vec![1, 2]);
        let (partition, leader, epoch) = (0, 1, 1);
        let view = PartitionView { at_us: 10, asked: 1, topic, partition, leader, epoch, isr };
        fold(&mut state, 10_000.0, RunEvent::Observed(Observation::Partition(view)));
    }
    for tick in 0..=5_u64 {
        let acked = 5_000 + tick * 200;
        let progress = Progress { sent: acked + 120, acked, rejected: 0 };
        let cells = cells.iter().map(|id| (id.clone(), progress)).collect();
        fold(&mut state, 11_000.0 + tick as f64 * 200.0, RunEvent::Progress { cells });
    }
    state
}

fn cells(count: usize) -> Vec<String> {
    match count {
        1 => vec!["main".to_owned()],
        _ => (0..count).map(|i| format!("acks=all,min.insync.replicas={i}")).collect(),
    }
}

#[test]
fn the_middle_of_a_fault_at_80_columns() {
    let state = in_the_fault(&cells(1), WHAT, PROOF);
    assert_eq!(
        block(&state, "", 12_000.0, Room::plain(80, 24)),
        [
            "minisr2: faults for 9.0 s, 44.0 s to go",
            "next    in 26.0 s: network_partition [[leader], [followers]] at 35 s",
            "fault   process_stop leader at 5 s for 18 s, 14.0 s to go",
            "        on broker-0 since 5.0 s, proved at 5.0 s: process 17154: all 78 threads…",
            "leader  p0: 1 in epoch 1, isr 1,2 of 3",
            "nodes   broker 0 is silent",
            "cell      acked/s     open      acked  rejected   silent",
            "main         1000      120       6000         0        -",
        ]
    );
}

#[test]
fn at_200_columns_the_room_is_used() {
    let state = in_the_fault(&cells(1), WHAT, PROOF);
    let lines = block(&state, "trial 3 of 20", 12_000.0, Room::plain(200, 24));
    assert_eq!(lines[0], "minisr2, trial 3 of 20: faults for 9.0 s, 44.0 s to go");
    let fault = "fault   process_stop leader at 5 s for 18 s, 14.0 s to go; on broker-0 since \
                 5.0 s, proved at 5.0 s: process 17154: all 78 threads in state T";
    assert_eq!(lines[2], fault);
    assert_eq!(lines.len(), 7);
}

#[test]
fn of_36_cells_some_rows_are_left_to_the_lines_above() {
    // With 50 rows, all fit side by side: a header, 18 rows of two and the sum.
    for (width, height, rows) in [(80, 24, 16), (200, 24, 16), (200, 50, 6 + 1 + 18 + 1)] {
        let state = in_the_fault(&cells(36), WHAT, PROOF);
        let lines = block(&state, "", 12_000.0, Room::plain(width, height));
        assert_eq!(lines.len(), rows, "{lines:#?}");
        let text = lines.join("\n");
        assert!(text.contains("broker 1 leads 36 of 36 partitions"), "{text}");
        assert!(text.contains("36 with isr 1,2 of 3"), "{text}");
        assert!(lines.last().unwrap().starts_with("all 36 cells"), "{text}");
        assert!(lines.last().unwrap().contains(" 36000 "), "{text}");
    }
}

#[test]
fn the_block_never_outgrows_its_terminal_whatever_it_has_to_say() {
    let hostile = "\u{1b}[2J数据中心\u{7}\u{200d}👩‍👩‍👧=\n\r\t大";
    for count in [1, 2, 12, 36] {
        let mut ids = cells(count);
        ids[0] = hostile.repeat(3);
        let state = in_the_fault(&ids, hostile, &hostile.repeat(9));
        for width_max in [1, 2, 9, 40, 79, 80, 81, 200] {
            for height in [1, 2, 5, 9, 24, 60] {
                let room = Room::plain(width_max, height);
                let lines = block(&state, hostile, 12_000.0, room);
                assert!(!lines.is_empty() && lines.len() <= height.saturating_sub(1).max(1));
                for line in &lines {
                    assert!(width(line) <= width_max, "{width_max}: {line:?}");
                    assert!(!line.contains(char::is_control), "{line:?}");
                }
            }
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let state = in_the_fault(&cells(12), WHAT, PROOF);
    for width in [40, 80, 200] {
        let plain = block(&state, "x", 12_000.0, Room::plain(width, 24));
        let room = Room { paint: Paint::new(true), ..Room::plain(width, 24) };
        let painted = block(&state, "x", 12_000.0, room);
        assert!(painted.iter().any(|line| line.contains('\u{1b}')));
        let stripped: Vec<_> =
            painted.iter().map(|line| console::strip_ansi_codes(line).into_owned()).collect();
        assert_eq!(stripped, plain);
    }
}

#[test]
fn a_phase_counts_down_and_then_says_by_how_much_it_is_late() {
    let mut state = State::default();
    assert_eq!(block(&state, "", 0.0, Room::plain(80, 24)), [""]);
    let phase = |name: &str, expected_ms| RunEvent::Phase { name: name.into(), expected_ms };
    fold(&mut state, 1_000.0, phase("read back", None));
    let shown = |state: &State, ms| block(state, "", ms, Room::plain(80, 24)).remove(0);
    assert_eq!(shown(&state, 3_500.0), "read back for 2.5 s");
    fold(&mut state, 4_000.0, phase("flush", Some(1_000)));
    assert_eq!(shown(&state, 4_400.0), "flush for 0.4 s, 0.6 s to go");
    assert_eq!(shown(&state, 6_000.0), "flush for 2.0 s, 1.0 s longer than planned");
}

#[test]
fn faults_that_will_not_come_any_more_are_not_announced() {
    let mut state = in_the_fault(&cells(1), WHAT, PROOF);
    fold(&mut state, 12_000.0, RunEvent::Phase { name: "flush".into(), expected_ms: None });
    let text = block(&state, "", 12_000.0, Room::plain(80, 24)).join("\n");
    assert!(!text.contains("next"), "{text}");
    assert!(text.contains("process_stop leader"), "it is in force until it is healed: {text}");
}
