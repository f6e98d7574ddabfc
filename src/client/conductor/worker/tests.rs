//! The conductor against workers that are shell scripts which speak, or break, the protocol.

use super::*;
use crate::client::errors::Errors;
use crate::client::producer::{Ended, Summary};
use crate::client::wire::WorkerEvent;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const LIMIT: Duration = Duration::from_secs(10);
const READY: &str = r#"echo '{"event":"ready"}'; "#;

fn summary() -> Summary {
    Summary {
        sent: 10,
        acked: 9,
        rejected: 0,
        unknown: 1,
        unreported: 0,
        purged: 0,
        skipped: 0,
        queue_full: 0,
        started_us: 1,
        ended_us: 2,
        flushed_us: 3,
        rate_per_s: 10.0,
        ended: Ended::Stopped,
        fatal: None,
        errors: Errors::default(),
        max_resident_kib: 100,
    }
}

fn account() -> Box<Account> {
    Box::new(Account::Producer(summary()))
}

/// A shell command that tells `account()`.
fn finished() -> String {
    let event = WorkerEvent::Finished { account: account() };
    format!("echo '{}'; ", serde_json::to_string(&event).expect("it is plain data"))
}

fn worker(dir: &Path, script: &str) -> Worker {
    let spawn = |mut command: Command| {
        command.spawn().map_err(|error| RuntimeError::io("sh can't be started", error))
    };
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    Worker::spawn_command(&spawn, command, dir).expect("sh is everywhere")
}

/// How long an unfinished worker was waited for.
fn waited(error: &WorkerError) -> Duration {
    match error {
        WorkerError::Silent { what: "finish", waited, .. } => *waited,
        other => panic!("{other}"),
    }
}

#[test]
fn a_worker_that_keeps_to_the_protocol_gives_its_summary() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = format!("{READY} read a; read b; [ $a$b = startstop ] && {}", finished());
    let mut worker = worker(dir.path(), &script);
    worker.wait_ready(LIMIT).expect("it says so");
    worker.start().expect("it lives");
    worker.stop().expect("it lives");
    let ending = worker.finish(LIMIT).expect("it finishes");
    assert_eq!(ending, Ending::Finished(account()));
}

#[test]
fn what_it_tells_on_the_way_is_known_and_noise_goes_to_its_log() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = format!(
        "{READY} echo noise; echo to-stderr >&2; \
         echo '{{\"event\":\"fatal\",\"at_us\":6,\"text\":\"out of order\"}}'; read a"
    );
    let mut worker = worker(dir.path(), &script);
    worker.wait_ready(LIMIT).expect("it says so");
    worker.received.wait(LIMIT, |lines| lines.failed);
    assert!(worker.has_ended());
    let log = std::fs::read_to_string(dir.path().join("worker.log")).expect("it has a log");
    assert!(log.contains("to-stderr") && log.contains("noise"), "{log}");
}

#[test]
fn a_worker_that_dies_before_it_is_ready_is_an_error_with_its_log() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), "echo no such topic >&2; exit 4");
    let error = worker.wait_ready(LIMIT).expect_err("it died").to_string();
    assert!(error.contains("exit status: 4") && error.contains("no such topic"), "{error}");
}

#[test]
fn a_worker_that_never_gets_ready_is_given_up() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), "read a");
    let error = worker.wait_ready(Duration::from_millis(100)).expect_err("it waits").to_string();
    assert!(error.contains("did not get ready within 0.1 s"), "{error}");
}

#[test]
fn an_unexpected_kill_is_an_error_and_one_by_a_fault_is_not() {
    for excused in [false, true] {
        let dir = tempfile::tempdir().expect("a folder");
        let mut worker = worker(dir.path(), &format!("{READY} read a; read b"));
        worker.wait_ready(LIMIT).expect("it says so");
        worker.start().expect("it lives");
        if excused {
            worker.excuse_death();
        }
        kill(Pid::from_raw(worker.pid() as i32), Signal::SIGKILL).expect("it is ours");
        let ending = worker.finish(LIMIT);
        match excused {
            true => assert_eq!(ending.expect("a fault did it"), Ending::KilledByFault),
            false => {
                let error = ending.expect_err("nobody asked for it").to_string();
                assert!(error.contains("signal: 9"), "{error}");
            }
        }
    }
}

#[test]
fn an_excuse_covers_signals_only() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), &format!("{READY} exit 1"));
    worker.excuse_death();
    let error = worker.finish(LIMIT).expect_err("it failed by itself").to_string();
    assert!(error.contains("exit status: 1"), "{error}");
}

#[test]
fn a_worker_that_does_not_finish_is_killed() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), &format!("{READY} read a; read b; read c"));
    worker.wait_ready(LIMIT).expect("it says so");
    worker.start().expect("it lives");
    worker.stop().expect("it lives");
    let limit = Duration::from_millis(100);
    let waited = waited(&worker.finish(limit).expect_err("it waits"));
    assert!((limit..LIMIT).contains(&waited), "{waited:?}");
    assert!(worker.try_wait().expect("it is ours").is_some());
}

#[test]
fn a_stopped_worker_is_called_stopped() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), &format!("{READY} read a; read b; read c"));
    worker.wait_ready(LIMIT).expect("it says so");
    kill(Pid::from_raw(worker.pid() as i32), Signal::SIGSTOP).expect("it is ours");
    while !worker.is_stopped() {
        thread::yield_now();
    }
    worker.stop().expect("its pipe takes a line");
    let error = worker.finish(Duration::ZERO).expect_err("it waits").to_string();
    assert!(error.contains("is stopped by a signal, so it could not finish"), "{error}");
}

#[test]
fn how_long_a_worker_was_waited_for_counts_from_the_word_to_stop() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), &format!("{READY} read a; read b; read c"));
    worker.wait_ready(LIMIT).expect("it says so");
    worker.stop().expect("it lives");
    thread::sleep(Duration::from_millis(300));
    let error = worker.finish(Duration::ZERO).expect_err("it waits");
    let waited = waited(&error);
    assert!((Duration::from_millis(300)..LIMIT).contains(&waited), "{waited:?}");
    let words = format!("did not finish within {:.1} s", waited.as_secs_f64());
    assert!(error.to_string().contains(&words), "{error}");
}

#[test]
fn the_word_to_a_dead_worker_says_how_it_died() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), &format!("{READY} exec 0<&-; exit 3"));
    worker.wait_exit(LIMIT).expect("it is ours");
    let error = worker.start().expect_err("it is dead").to_string();
    assert!(error.contains("exit status: 3"), "{error}");
}

#[test]
fn a_dropped_worker_is_killed() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), &format!("{READY} read a"));
    worker.wait_ready(LIMIT).expect("it says so");
    let pid = Pid::from_raw(worker.pid() as i32);
    drop(worker);
    assert!(kill(pid, None).is_err(), "it is gone");
}

#[test]
fn the_word_to_stop_is_no_error_for_a_worker_that_finished_by_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut worker = worker(dir.path(), &format!("{READY} {} exec 0<&-", finished()));
    worker.wait_exit(LIMIT).expect("it is ours");
    worker.stop().expect("it has finished");
    assert!(matches!(worker.finish(LIMIT), Ok(Ending::Finished(_))));
}
