//! However the tool dies, nothing of it is left; asked to end, it heals and reports.

use crate::harness::{Place, User, shipped};
use nix::sys::signal::Signal;
use std::time::Duration;

const FAST: [&str; 2] = ["--set", "cluster.timing=fast"];

/// What the tool says when it is in the middle of something.
const MOMENTS: [(&str, &str); 5] = [
    ("starting", "-- cluster"),
    ("sending", "the clock starts"),
    ("a broker stopped", "process_stop leader at 5 s for 4 s: proved"),
    ("partitioned", "network_partition leader | followers at 35 s for 4 s: injected"),
    ("reading", "-- read back"),
];

/// Kills the tool at each moment.
fn killed_at_every_moment(user: User) {
    for (moment, said) in MOMENTS {
        let place = Place::of(user);
        // One run gets to all of the moments, so the faults come one soon after the other.
        let text = std::fs::read_to_string(shipped("minisr2")).unwrap();
        let scenario = place.scenario(&text.replace("at: 35s", "at: 10s"));
        let said = said.replace("35 s", "10 s");
        let mut running = place.start(&scenario, &FAST);
        running.wait_for(&said);
        running.signal(Signal::SIGKILL);
        drop(running);
        eprintln!("killed while {moment}");
        place.expect_nothing_left(Duration::from_secs(3));
    }
}

#[test]
fn nothing_is_left_after_sigkill() {
    killed_at_every_moment(User::Current);
}

#[test]
fn nothing_is_left_after_sigkill_of_an_ordinary_user_s_run() {
    killed_at_every_moment(User::Ordinary);
}

#[test]
fn ctrl_c_in_a_fault_heals_reports_and_exits_with_130() {
    let place = Place::new();
    let mut running = place.start(&shipped("minisr2"), &FAST);
    running.wait_for("process_stop leader at 5 s for 4 s: proved");
    running.signal(Signal::SIGINT);
    let (code, stdout) = running.finish();
    assert_eq!(code, 130, "{stdout}");
    let report = std::fs::read_to_string(place.out().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["exit_code"], 130);
    assert_eq!(report["verdict"], "inconclusive");
    assert!(report["faults"][0]["healed_at_ms"].is_number(), "{}", report["faults"]);
    assert!(report["cells"][0]["counts"]["acked"].as_u64().unwrap() > 1_000);
    assert!(report["cells"][0]["counts"]["lost"].is_null(), "the log was not read");
    place.expect_nothing_left(Duration::from_secs(3));
}

#[test]
fn two_runs_side_by_side_are_both_right() {
    let place = Place::new();
    let scenario = shipped("acks1-leader-loss");
    let first = place.path().join("cwd/first").display().to_string();
    let second = place.path().join("cwd/second").display().to_string();
    let start = |out: &str| {
        let file = scenario.display().to_string();
        let mut arguments = vec!["run", &file, "--out", out, "-q"];
        arguments.extend(FAST);
        place.chaos(&arguments).stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let both = [start(&first), start(&second)];
    for child in both {
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{stdout}");
    }
    place.expect_nothing_left(Duration::from_secs(3));
}
