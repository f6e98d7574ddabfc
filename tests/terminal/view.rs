//! A made-up run in real pseudo-terminals: what is seen in the middle, what stays, and what a
//! resize does.

use super::pty::Pty;
use super::story;
use console::Term;
use kafka_chaos::testing::event::{Far, Stamped};
use kafka_chaos::testing::report::{Detail, Live, Paint, Show};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

/// A live view on a pseudo-terminal.
struct Shown {
    pty: Pty,
    folder: tempfile::TempDir,
    live: Live,
    events: Sender<Stamped>,
}

fn show(rows: u16, columns: u16, detail: Detail, label: &str, paint: Paint) -> Shown {
    let pty = Pty::new(rows, columns);
    let terminal = Some(Term::read_write_pair(pty.slave(), pty.slave()));
    let show = Show { label: label.to_owned(), paint, terminal, ..Show::lines(detail) };
    let folder = tempfile::tempdir().unwrap();
    let (events, heard) = mpsc::channel();
    let live = Live::listen(heard, &folder.path().join("events.jsonl"), show).unwrap();
    Shown { pty, folder, live, events }
}

impl Shown {
    fn tell(&self, events: Vec<Stamped>) {
        events.into_iter().for_each(|event| self.events.send(event).unwrap());
    }

    /// The rows in view once one of them has this begin and this figure.
    fn wait_for(&self, start: &str, figure: &str) -> Vec<String> {
        let is_it = |row: &String| row.starts_with(start) && row.contains(figure);
        self.pty.wait_until(SOON, |rows| rows.iter().any(is_it))
    }

    /// Ends it; the terminal stays.
    fn end(self) -> (Pty, Vec<String>) {
        drop(self.events);
        self.live.finish().unwrap();
        let written = std::fs::read_to_string(self.folder.path().join("events.jsonl")).unwrap();
        (self.pty, written.lines().map(str::to_owned).collect())
    }
}

/// The block in a screen: from the row of the phase to the end.
fn block(rows: &[String]) -> &[String] {
    let status = rows.iter().rposition(|row| row.starts_with("minisr2"));
    &rows[status.unwrap_or_else(|| panic!("no block in {rows:#?}"))..]
}

/// How rows begin.
fn starts<'a>(rows: &'a [String], lengths: &[usize]) -> Vec<&'a str> {
    rows.iter().zip(lengths).map(|(row, length)| row.get(..*length).unwrap_or(row)).collect()
}

#[test]
fn the_middle_of_a_fault_is_seen_at_80_and_at_200_columns() {
    for columns in [80, 200] {
        let shown = show(24, columns, Detail::Events, "", Paint::plain());
        shown.tell(story::until_the_fault(&story::cells(1)));
        let rows = shown.wait_for("main ", " 9000 ");
        let block = block(&rows);
        assert!(block[0].starts_with("minisr2: faults for "), "{rows:#?}");
        assert!(block[0].ends_with(" s to go"), "{rows:#?}");
        assert!(block[1].starts_with("next    in 2"), "{rows:#?}");
        let expected: &[&str] = if columns == 80 {
            &[
                "fault   process_stop leader at 5 s for 18 s, 1",
                "        on broker-0 since 5.0 s, proved at 5.0 s: process 17154: all 78 threads…",
                "leader  p0: 1 in epoch 1, isr 1,2 of 3   p1: 1 in epoch 0, isr 0,1,2",
                "        p2: 2 in epoch 0, isr 0,1,2",
            ]
        } else {
            &[
                "fault   process_stop leader at 5 s for 18 s, 1",
                "leader  p0: 1 in epoch 1, isr 1,2 of 3   p1: 1 in epoch 0, isr 0,1,2      \
                 p2: 2 in epoch 0, isr 0,1,2",
            ]
        };
        let rest = &block[2..];
        let lengths: Vec<usize> = expected.iter().map(|start| start.len()).collect();
        assert_eq!(starts(rest, &lengths), expected, "{rows:#?}");
        if columns == 200 {
            assert!(rest[0].ends_with("process 17154: all 78 threads in state T"), "{rows:#?}");
        }
        let last = &rest[expected.len()..];
        assert_eq!(last.len(), 3, "nothing wraps, nothing is left over: {rows:#?}");
        let nodes = "nodes   node 1 is the active controller in epoch 3, broker 0 is silent";
        assert_eq!(last[0], nodes);
        let figures: Vec<&str> = last[2].split_whitespace().collect();
        assert_eq!(figures[..5], ["main", "1000", "120", "9000", "0"], "{rows:#?}");
        // Above it the lines, as always.
        let line = "[    5.002 s] fault: process_stop leader at 5 s for 18 s: proved, process ";
        assert!(rows.iter().any(|row| row.starts_with(line)), "{rows:#?}");
        let (_, written) = shown.end();
        assert_eq!(written.len(), story::until_the_fault(&story::cells(1)).len());
    }
}

#[test]
fn every_line_is_printed_once_and_nothing_of_the_block_stays() {
    let shown = show(24, 80, Detail::Events, "", Paint::plain());
    let cells = story::cells(1);
    for event in story::until_the_fault(&cells) {
        shown.tell(vec![event]);
        std::thread::sleep(Duration::from_millis(5));
    }
    shown.wait_for("main ", " 9000 ");
    shown.tell(story::after_the_fault(&cells));
    let rows = shown.wait_for("minisr2: read back for ", " s");
    assert!(!rows.iter().any(|row| row.starts_with("fault ")), "it is healed: {rows:#?}");
    let (pty, _) = shown.end();
    let all = pty.wait_until(SOON, |rows| !rows.iter().any(|row| row.starts_with("leader")));
    assert_eq!(all.last().unwrap(), "[   24.000 s] -- read back");
    let history = pty.history();
    for start in ["minisr2: RF 3", "[    0.000 s] every partition", "[   23.001 s] fault: process"]
    {
        let count = history.iter().filter(|row| row.starts_with(start)).count();
        assert_eq!(count, 1, "{start}\n{history:#?}");
    }
    let of_the_block = ["minisr2: faults", "next ", "fault ", "leader ", "nodes ", "main "];
    let left = history.iter().find(|row| of_the_block.iter().any(|start| row.starts_with(start)));
    assert_eq!(left, None, "{history:#?}");
}

#[test]
fn one_of_several_runs_of_many_cells_shows_the_block_alone() {
    for (rows, columns, side_by_side) in [(24, 80, 1), (24, 200, 2), (50, 200, 2)] {
        for count in [12, 36] {
            let label = "trial 3 of 20 (faults=kill)";
            let shown = show(rows, columns, Detail::Failures, label, Paint::plain());
            shown.tell(story::until_the_fault(&story::cells(count)));
            let seen =
                shown.wait_for(&format!("all {count} cells"), &format!(" {} ", count * 9_000));
            let (one, three) = (count, 3 * count);
            assert!(seen[0].starts_with("minisr2, trial 3 of 20 (faults=kill): faults for "));
            assert!(seen.len() <= usize::from(rows) * 2 / 3, "{seen:#?}");
            let text = seen.join("\n");
            let led = format!("broker 1 leads {}, broker 2 leads {one} of {three}", 2 * count);
            assert!(text.contains(&led), "{text}");
            assert!(text.contains(&format!("{one} with isr 1,2 of 3: acks=all,linger.ms=0 p0")));
            let header = seen.iter().find(|row| row.contains("acked/s")).unwrap();
            let across = if count == 12 && rows == 50 { 1 } else { side_by_side };
            assert_eq!(header.matches("acked/s").count(), across, "{text}");
            let sum: Vec<&str> = seen.last().unwrap().split_whitespace().collect();
            assert_eq!(sum[3..5], [(1_000 * count).to_string(), (120 * count).to_string()]);
            shown.end();
        }
    }
}

#[test]
fn an_interrupt_is_answered_at_once_and_then_only_what_heals_is_told() {
    for detail in [Detail::Events, Detail::Failures, Detail::Nothing] {
        let shown = show(24, 80, detail, "", Paint::plain());
        let cells = story::cells(1);
        shown.tell(story::until_the_fault(&cells));
        shown.tell(vec![story::interrupted(9_000.0)]);
        let answer =
            "[    9.000 s] interrupted: healing, then reporting; Ctrl-C again ends it at once";
        shown.pty.wait_until(SOON, |rows| rows.iter().any(|row| row.starts_with(answer)));
        shown.tell(vec![story::silent(9_001.0, 1), story::note(9_002.0, "the producer was slow")]);
        shown.tell(story::after_the_fault(&cells));
        let (pty, written) = shown.end();
        if detail != Detail::Nothing {
            pty.wait_until(SOON, |rows| rows.iter().any(|row| row.ends_with(": healed")));
        }
        let history = pty.history();
        let from = history.iter().position(|row| row.starts_with(answer)).unwrap();
        let after: Vec<&String> =
            history[from..].iter().filter(|row| row.starts_with('[')).collect();
        let heals = usize::from(detail != Detail::Nothing);
        assert_eq!(after.len(), 1 + heals, "{history:#?}");
        assert!(heals == 0 || after[1].ends_with(": healed"), "{history:#?}");
        let all = written.join("\n");
        assert!(all.contains("\"event\":\"interrupted\"") && all.contains("slow"), "{all}");
    }
}

#[test]
fn a_broker_that_flickers_is_told_in_one_line_with_a_count() {
    let shown = show(50, 120, Detail::Events, "", Paint::plain());
    shown.tell(story::until_the_fault(&story::cells(1)));
    let changes = (0..9).map(|i| story::changes(9_000.0 + 300.0 * f64::from(i), 2, i % 2 == 1));
    shown.tell(changes.collect());
    let (pty, written) = shown.end();
    // A separate thread reads the other side of the terminal.
    pty.wait_until(SOON, |rows| rows.iter().any(|row| row.contains(" flickers between ")));
    let history = pty.history();
    let said = history.iter().filter_map(|row| Some(row.split_once("] broker 2 ")?.1));
    let told: Vec<&str> = said.filter(|said| !said.starts_with("leads")).collect();
    let expected = [
        "is silent",
        "answers",
        "flickers between silent and answering: 7 changes within 1.8 s; now it is silent",
    ];
    assert_eq!(told, expected, "{history:#?}");
    let kept = written.iter().filter(|line| line.contains("\"broker\":2")).count();
    assert_eq!(kept, 9, "events.jsonl has each");
}

#[test]
fn a_terminal_that_is_resized_has_one_block_that_fits() {
    let shown = show(24, 200, Detail::Events, "", Paint::plain());
    let cells = story::cells(12);
    shown.tell(story::until_the_fault(&cells));
    shown.wait_for("all 12 cells", " 108000 ");
    let fits = |seen: &[String]| {
        let count = |start| seen.iter().filter(|row| row.starts_with(start)).count();
        count("minisr2: faults for") == 1
            && count("leader ") == 1
            && seen.last().is_some_and(|row| row.starts_with("all 12 cells"))
    };
    for (tick, (rows, columns)) in (46..).zip([(24, 80), (12, 40), (30, 120)]) {
        shown.pty.resize(rows, columns);
        shown.tell(vec![story::progress(tick, &cells)]);
        shown.pty.wait_until(SOON, fits);
        // It stays so when lines are printed, too.
        shown.tell(vec![story::note(9_300.0, &format!("{columns} columns"))]);
        let note = format!("[    9.300 s] note: {columns} columns");
        shown.pty.wait_until(SOON, |seen| fits(seen) && seen.contains(&note));
    }
    shown.end();
}

#[test]
fn a_bar_stands_below_its_phase_and_lines_go_above_it() {
    for columns in [40, 80] {
        let shown = show(24, columns, Detail::Events, "", Paint::plain());
        let started = story::until_the_fault(&story::cells(1)).remove(0);
        shown.tell(vec![started, story::phase(-2_900.0, "kafka", None)]);
        for megabyte in [1, 9, 18] {
            let far = Far::Bytes(megabyte * 1_000_000, 36_000_000);
            shown.tell(vec![story::step(-2_800.0, "fetch", far)]);
            let note = "fetching Kafka 3.8.1 with Maven, once, which takes its time here";
            shown.tell(vec![story::note(-2_800.0, note)]);
        }
        let rows = shown.wait_for("fetch ", "18.00 MB of 36.00");
        let of_the_block = block(&rows);
        assert!(of_the_block[0].starts_with("minisr2: kafka for "), "{rows:#?}");
        let bar = if columns == 80 {
            "██████████░░░░░░░░░░ "
        } else {
            "█████░░░░░ "
        };
        assert!(of_the_block[1].starts_with(&format!("fetch   {bar}18.00")), "{rows:#?}");
        assert_eq!(of_the_block.len(), 2, "{rows:#?}");
        shown.tell(vec![story::phase(-900.0, "cluster", None)]);
        shown.wait_for("minisr2: cluster for ", " s");
        let (pty, written) = shown.end();
        assert!(!written.iter().any(|line| line.contains("fetch\"")), "no bar is in a file");
        let history = pty.history();
        assert!(!history.iter().any(|row| row.starts_with("fetch ")), "{history:#?}");
        // Each note whole, on a narrow terminal broken between its words.
        let count = |start: &str| history.iter().filter(|row| row.starts_with(start)).count();
        assert_eq!(count("[+   0.200 s] note: fetching Kafka"), 3, "{history:#?}");
        assert_eq!(count("  here"), 3, "{history:#?}");
    }
}

#[test]
fn colours_are_there_when_they_are_asked_for() {
    for on in [true, false] {
        let shown = show(24, 80, Detail::Failures, "", Paint::new(on));
        shown.tell(story::until_the_fault(&story::cells(1)));
        shown.wait_for("main ", " 9000 ");
        assert_eq!(shown.pty.is_colourful(), on);
        shown.end();
    }
}

#[test]
fn the_examples_in_the_documentation_are_events() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/live.md");
    let page = std::fs::read_to_string(path).unwrap();
    let examples: Vec<&str> = page.lines().filter(|line| line.starts_with("{\"")).collect();
    let (finished, events) = examples.split_last().unwrap();
    assert!(finished.starts_with("{\"event\":\"finished\""), "{finished}");
    assert!(events.len() >= 7, "one of each: {events:#?}");
    for example in events {
        let event: Stamped = serde_json::from_str(example).unwrap_or_else(|e| {
            panic!("{e}: {example}");
        });
        assert_eq!(serde_json::to_string(&event).unwrap(), *example);
    }
}
