//! However the tool dies, nothing of it is left; asked to end, it heals and reports.

use crate::harness::{Place, User, shipped};
use crate::series::LOSS;
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

const FAST: [&str; 2] = ["--set", "cluster.timing=fast"];

/// What the tool says when it is in the middle of something, with so many brokers and this happening.
const MOMENTS: [(&str, &str, u16, &str); 5] = [
    ("starting", "-- cluster", 3, "duration: 1s"),
    ("sending", "the clock starts", 1, "duration: 1s"),
    (
        "a broker stopped",
        "process_stop leader at 0.2 s for 4 s: proved",
        1,
        "faults: [{process_stop: leader, at: 200ms, for: 4s}]",
    ),
    (
        "partitioned",
        "network_partition leader | followers at 0.2 s for 4 s: injected",
        3,
        "faults: [{network_partition: [[leader], [followers]], at: 200ms, for: 4s}]",
    ),
    ("reading", "-- read back", 1, "duration: 1s"),
];

/// Kills the tool at each moment.
fn killed_at_every_moment(user: User) {
    for (moment, said, brokers, what) in MOMENTS {
        let place = Place::of(user);
        let scenario = place.scenario(&format!(
            "name: killed\n\
             cluster: {{timing: fast, brokers: {brokers}}}\n\
             topic: {{partitions: 3, replication.factor: {brokers}}}\n\
             {what}\nexpect: {{lost: 0}}\n"
        ));
        let mut running = place.start(&scenario, &[]);
        running.wait_for(said);
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
    let asked = Instant::now();
    running.wait_for("interrupted: healing, then reporting; ");
    assert!(asked.elapsed() < Duration::from_secs(5), "answered after {:?}", asked.elapsed());
    let (code, stdout) = running.finish();
    assert_eq!(code, 130, "{stdout}");
    assert!(stdout.lines().count() <= 3, "a few lines: {stdout}");
    let last = "INTERRUPTED minisr2: interrupted before the log was read back";
    assert_eq!(stdout.lines().last(), Some(last));
    let said = std::fs::read_to_string(place.path().join("stderr.log")).unwrap();
    let after = said.split_once("interrupted: ").unwrap().1.lines().skip(1);
    let after: Vec<&str> = after.collect();
    assert!(after.len() == 1 && after[0].ends_with("for 4 s: healed"), "{after:#?}");
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
fn an_environment_that_fails_is_told_as_an_error_with_what_to_do() {
    let place = Place::new();
    for more in [&["-q"][..], &["--repeat", "2"]] {
        let mut arguments = vec!["--kafka-home", "/nope"];
        arguments.extend(more);
        let ran = place.run(&shipped("minisr2"), &arguments);
        ran.expect_code(4);
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert_eq!(lines.len(), 2, "no table: {}", ran.stdout);
        assert!(lines[0].starts_with("ERROR minisr2: ") && lines[0].contains("/nope"), "{lines:?}");
        assert_eq!(lines[1], "  help: give the folder that holds bin, config and libs");
        assert!(!ran.stderr.contains("inconclusive"), "{}", ran.stderr);
        assert_eq!(ran.stderr.is_empty(), more[0] == "-q", "{}", ran.stderr);
        if more[0] != "-q" {
            let first = ran.stderr.lines().next().unwrap();
            assert_eq!(first, "runtime  local (as asked)", "{}", ran.stderr);
        }
    }
}

#[test]
fn two_runs_side_by_side_are_both_right() {
    let place = Place::new();
    let scenario = place.scenario(LOSS);
    let first = place.path().join("cwd/first").display().to_string();
    let second = place.path().join("cwd/second").display().to_string();
    let start = |out: &str| {
        let file = scenario.display().to_string();
        let arguments = ["run", &file, "--runtime", "local", "--out", out, "-q"];
        place.chaos(&arguments).stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let both = [start(&first), start(&second)];
    for child in both {
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{stdout}");
        // The table of two cells, and a line.
        let lines: Vec<&str> = stdout.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines.len() == 5 && lines[4].starts_with("PASS repeated"), "{stdout}");
    }
    place.expect_nothing_left(Duration::from_secs(3));
}
