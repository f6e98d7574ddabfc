//! What a person sees of a real run: in a terminal of 80 columns, in one of 200, and piped.

use crate::elections::{PREFERRED, Preferred};
use crate::harness::Place;
use crate::pty::Pty;
use serde_json::Value;
use std::io::Read;
use std::process::{Child, Stdio};
use std::time::Duration;

/// The leader of partition 0 sleeps for three sessions, so another one is elected meanwhile; a
/// second fault is still to come.
const SCENARIO: &str = "\
name: seen
summary: A stopped leader.
cluster: {timing: fast}
topic: {partitions: 3, replication.factor: 3, min.insync.replicas: 2}
producer: {acks: all, rate: 300}
faults:
  - {process_stop: leader, at: 2s, for: 3 session}
  - {process_stop: follower, at: 9s, for: 500ms}
expect: {lost: 0, duplicated: 0}
";

const START: Duration = Duration::from_secs(120);

/// A run whose standard error is a terminal. Killed when dropped.
struct Seen {
    child: Child,
    pty: Pty,
}

impl Seen {
    fn start(place: &Place, columns: u16) -> Self {
        let pty = Pty::new(24, columns);
        let scenario = place.scenario(SCENARIO).display().to_string();
        let out = place.out().display().to_string();
        place.clear();
        let child = place
            .chaos(&["run", &scenario, "--runtime", "local", "--out", &out])
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .stdout(Stdio::piped())
            .stderr(pty.slave())
            .spawn()
            .unwrap();
        Seen { child, pty }
    }

    /// Waits for its end; returns its status and standard output.
    fn finish(&mut self) -> (Option<i32>, String) {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        (self.child.wait().unwrap().code(), stdout)
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        // It has ended, unless the test failed before.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The begins of the block's rows: the first word, or those of a continuation row.
fn keys(block: &[String]) -> Vec<&str> {
    block.iter().map(|row| row.get(..8).unwrap_or(row).trim_end()).collect()
}

/// Where the block begins, when there is one.
fn block(rows: &[String]) -> &[String] {
    let status = rows.iter().rposition(|row| row.starts_with("seen: faults for "));
    &rows[status.unwrap_or(rows.len())..]
}

#[test]
fn a_terminal_shows_the_middle_of_a_fault_at_80_and_at_200_columns() {
    let place = Place::new();
    let mut seen = Seen::start(&place, 80);
    // Each row is where it belongs, so nothing wraps and nothing is left over from before.
    let narrow = ["seen: fa", "next", "fault", "", "leader", "", "nodes", "cell", "main"];
    let wide = ["seen: fa", "next", "fault", "leader", "nodes", "cell", "main"];
    for (columns, expected) in [(80, &narrow[..]), (200, &wide)] {
        seen.pty.resize(24, columns);
        // Proved, and fenced: another leader elected, the sleeper out of sync everywhere.
        let is_it = |rows: &[String]| {
            let text = rows.join("\n");
            let fenced = text.matches("isr 1,2 of 3").count() == 3 && !text.contains("(silent)");
            let proved = text.contains("proved at 2.") && text.contains(" is silent");
            fenced && proved && keys(block(rows)) == expected
        };
        let rows = seen.pty.wait_until(START, is_it);
        let block = block(&rows);
        assert!(block[0].ends_with(" s to go"), "{rows:#?}");
        assert!(block[1].contains(": process_stop follower at 9 s for 0.5 s"), "{rows:#?}");
        assert!(block[2].starts_with("fault   process_stop leader at 2 s for "), "{rows:#?}");
        let text = block.join("\n");
        assert!(
            text.contains("on broker-0 since 2.") && text.contains(" s, proved at 2."),
            "{rows:#?}"
        );
        for partition in ["p0: ", "p1: ", "p2: "] {
            assert!(text.contains(partition), "{rows:#?}");
        }
        let figures: Vec<&str> = block.last().unwrap().split_whitespace().collect();
        let acked: u64 = figures[3].parse().unwrap();
        assert!(acked > 300, "what was acknowledged before the fault: {rows:#?}");
        assert!(seen.pty.is_colourful());
    }

    let (code, stdout) = seen.finish();
    assert_eq!(code, Some(0), "{stdout}\n{:#?}", seen.pty.history());
    // The terminal keeps the lines, each once, and nothing of the block.
    let history = seen.pty.history();
    let count = |end: &str| history.iter().filter(|row| row.ends_with(end)).count();
    assert_eq!(count("leader at 2 s for 6 s: injected on broker-0"), 1, "{history:#?}");
    assert_eq!(count("] -- verify"), 1, "{history:#?}");
    let left = history.iter().find(|row| row.starts_with("nodes ") || row.starts_with("next "));
    assert_eq!(left, None, "{history:#?}");
    assert!(!stdout.contains('\u{1b}'), "a pipe has no colours: {stdout}");
}

#[test]
fn without_a_terminal_there_is_a_line_an_event_and_json_on_request() {
    let Preferred { ran, events: file, wrote } = &*PREFERRED;
    ran.expect_code(0);
    assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    for said in [
        "] -- faults",
        ": injected on broker-0",
        ": proved, process ",
        ": healed",
        " says: broker ",
    ] {
        assert!(ran.stderr.contains(said), "{said}\n{}", ran.stderr);
    }
    // Text for people went to standard error, with the verdict as the last line.
    assert!(ran.stderr.lines().last().unwrap().starts_with("PASS preferred"), "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let (last, events) = lines.split_last().unwrap();
    assert_eq!(events, file.lines().collect::<Vec<_>>());
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!((&last["event"], &last["verdict"]), (&"finished".into(), &"pass".into()));
    assert_eq!(last["exit_code"], 0);
    assert!(wrote.iter().any(|file| last["report"] == *file), "{last} {wrote:?}");
}

#[test]
fn a_reader_that_goes_away_ends_nothing() {
    let place = Place::new();
    let scenario = "name: unseen\ncluster: {timing: fast}\nduration: 2s\nexpect: {lost: 0}\n";
    let scenario = place.scenario(scenario).display().to_string();
    let out = place.out().display().to_string();
    let mut child = place
        .chaos(&["run", &scenario, "--runtime", "local", "--out", &out, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Both pipes break while the cluster starts.
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let report = std::fs::read_to_string(place.out().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["verdict"], "pass", "{}", report["reasons"]);
}
