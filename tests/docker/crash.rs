//! What a killed run leaves, `chaos heal` removes, and nothing else.

use crate::harness::{Place, User};
use crate::world::{Ports, docker, on_docker, small_scenario};
use nix::sys::signal::Signal;
use std::time::Duration;

/// Somebody else's things, which no heal may touch. Removed when dropped.
struct Foreign {
    name: String,
}

impl Foreign {
    fn new(name: &str) -> Foreign {
        let name = format!("chaos-test-foreign-{name}-{}", std::process::id());
        docker::say(&["network", "create", &name]);
        docker::say(&["volume", "create", &name]);
        docker::say(&[
            "run",
            "-d",
            "--name",
            &name,
            "--network",
            &name,
            "--entrypoint",
            "sleep",
            docker::image(),
            "600",
        ]);
        docker::say(&["pause", &name]);
        Foreign { name }
    }

    fn expect_untouched(&self) {
        let state = docker::say(&["inspect", "-f", "{{.State.Status}}", &self.name]);
        assert_eq!(state, "paused");
        docker::say(&["network", "inspect", &self.name]);
        docker::say(&["volume", "inspect", &self.name]);
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        for arguments in [
            ["rm", "-f", "-v", &self.name].as_slice(),
            ["network", "rm", &self.name].as_slice(),
            ["volume", "rm", &self.name].as_slice(),
        ] {
            drop(std::process::Command::new("docker").args(arguments).output());
        }
    }
}

fn heal(place: &Place, more: &[&str]) -> (i32, String) {
    let output = place.chaos(&[&["heal"], more].concat()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    (output.status.code().unwrap_or(-1), said)
}

/// Kills the tool when each of these faults is proved.
fn killed_in(user: User, faults: &[&str]) {
    let ports = Ports::take();
    let place = on_docker(Place::of(user), &ports);
    let foreign = Foreign::new("crash");
    let list: String =
        faults.iter().map(|fault| format!("\n- {{{fault}, at: 500ms, for: 60s}}")).collect();
    let scenario = place.scenario(&small_scenario("killed", &format!("faults:{list}")));
    let mut running = place.start(&scenario, &[]);
    for fault in faults {
        let name = fault.split(':').next().unwrap();
        running.wait_for_line(&[&format!("{name} "), ": proved, "]);
    }
    running.signal(Signal::SIGKILL);
    running.finish();
    assert!(!docker::objects_of(&place).is_empty(), "containers outlive the tool");
    // Helper containers end by themselves, a moment after the tool.
    let lasting = || -> Vec<String> {
        docker::objects_of(&place).into_iter().filter(|o| !o.contains("-helper-")).collect()
    };
    let before = lasting();
    let (code, said) = heal(&place, &["--dry-run"]);
    assert!(said.contains("kafka-broker-01"), "{said}");
    assert_eq!(lasting(), before, "a dry run ({code}) touches nothing: {said}");
    let (code, said) = heal(&place, &[]);
    assert_eq!(code, 0, "{said}");
    docker::expect_nothing_of(&place);
    place.expect_nothing_left(Duration::from_secs(5));
    let (code, said) = heal(&place, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("nothing to heal"), "{said}");
    foreign.expect_untouched();
}

#[test]
fn killed_in_a_stop_a_pause_and_a_kill() {
    killed_in(
        User::Current,
        &["process_stop: 'broker:0'", "pause: 'broker:1'", "kill: 'broker:2'"],
    );
}

#[test]
fn killed_in_a_partition() {
    killed_in(User::Current, &["network_partition: [[leader], [followers]]"]);
}

#[test]
fn killed_in_a_partition_by_helper_containers() {
    killed_in(User::OrdinaryWithDocker, &["network_partition: [[leader], [followers]]"]);
}

/// Nobody has to call heal: the next run reports what it found, heals it, and then has its ports.
#[test]
fn the_next_run_heals_first() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let scenario = place.scenario(&small_scenario("again", "duration: 1s"));
    let mut running = place.start(&scenario, &[]);
    running.wait_for("first acknowledgements");
    running.signal(Signal::SIGKILL);
    running.finish();
    let ran = place.run(&scenario, &[]);
    ran.expect_code(0);
    assert!(ran.stderr.contains("kafka-broker-01"), "it says what it found: {}", ran.stderr);
    docker::expect_nothing_of(&place);
}

#[test]
fn ctrl_c_in_a_fault_heals_and_leaves_nothing() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let scenario = place.scenario(&small_scenario(
        "interrupted",
        "faults:\n- {pause: leader, at: 500ms, for: 60s}",
    ));
    let mut running = place.start(&scenario, &[]);
    running.wait_for(": proved, ");
    running.signal(Signal::SIGINT);
    let (code, said) = running.finish();
    assert_eq!(code, 130, "{said}");
    docker::expect_nothing_of(&place);
    place.expect_nothing_left(Duration::from_secs(3));
}
