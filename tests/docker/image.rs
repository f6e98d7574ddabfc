//! `chaos image build`: what it builds, when it has nothing to do, and what it leaves behind.

use crate::imaging::{Place, expect_code, must};
use kafka_chaos::testing::image::{RECIPE_LABEL, VERSION_LABEL};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Starts a build and waits until it prints this.
fn start_until(place: &Place, arguments: &[&str], text: &str) -> Child {
    let mut child = place.chaos(arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines().map(Result::unwrap);
    let said = lines.any(|line| line.contains(text));
    drop(lines);
    if !said {
        panic!("{:?} without {text:?}", child.wait());
    }
    child
}

/// Processes that name this test's folder, except the test's own.
fn processes_of(place: &Place) -> Vec<String> {
    let name = place.path().display().to_string();
    let commands = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&command).replace('\0', " "))
    });
    commands.filter(|command| command.contains(&name)).collect()
}

fn containers_of(place: &Place) -> usize {
    let options =
        bollard::query_parameters::ListContainersOptionsBuilder::default().all(true).build();
    let all = place.engine.ask("list", place.engine.docker().list_containers(Some(options)));
    let of_build =
        |command: &str| command.contains("warm-up.sh") || command.contains("-Xshare:dump");
    all.unwrap().iter().filter(|c| c.command.as_deref().is_some_and(of_build)).count()
}

#[test]
fn an_image_is_built_once_and_told_to_be_up_to_date_afterwards() {
    let mut place = Place::new();
    let image = place.image("3.8.1");
    let build = ["image", "build", "3.8.1", "--tag", &image];
    let said = must(&mut place.chaos(&[&build[..], &["--force", "--quiet"]].concat()));
    assert!(said.starts_with(&format!("{image} is built: Kafka 3.8.1, ")), "{said}");
    // Both programs, with both sets of options.
    let findings: Vec<&str> = said.lines().skip(1).collect();
    assert_eq!(findings.len(), 4, "{said}");
    assert!(findings.iter().all(|finding| finding.contains(" is taken with ")), "{said}");

    let found = place.engine.ask("inspect", place.engine.docker().inspect_image(&image)).unwrap();
    let config = found.config.clone().unwrap();
    let labels = config.labels.unwrap();
    assert_eq!(labels[VERSION_LABEL], "3.8.1");
    assert_eq!(labels[RECIPE_LABEL].len(), 64);
    assert_eq!(config.user.as_deref(), Some("1001"));
    let volumes = config.volumes.unwrap_or_default();
    assert!(volumes.is_empty(), "a helper container would leave one behind");

    let begun = Instant::now();
    let again = must(&mut place.chaos(&build));
    assert!(again.starts_with(&format!("{image} is up to date: Kafka 3.8.1, ")), "{again}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    let same = place.engine.ask("inspect", place.engine.docker().inspect_image(&image)).unwrap();
    assert_eq!(same.id, found.id);
    assert_eq!(fs::read_dir(place.tmp()).unwrap().count(), 0);
}

#[test]
fn an_ordinary_user_of_the_sockets_group_builds_too() {
    let mut place = Place::new();
    let image = place.image("ordinary");
    let build = ["image", "build", "--tag", &image];
    let said = if nix::unistd::geteuid().is_root() {
        // The ordinary user gets a copy of the cache.
        place.fill_cache();
        must(&mut place.chaos_as_member_of_the_group(&[&build[..], &["--force"]].concat()))
    } else {
        must(&mut place.chaos(&build))
    };
    assert!(said.starts_with(&format!("{image} is built")), "{said}");
}

#[test]
fn an_interrupt_ends_a_build_wherever_it_is_and_nothing_is_left() {
    let mut place = Place::new();
    let image = place.image("interrupted");
    for moment in ["-- files of the image", "warm-up.sh"] {
        let build = ["image", "build", "--force", "--tag", &image];
        let child = start_until(&place, &build, moment);
        kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
        let begun = Instant::now();
        expect_code(&child.wait_with_output().unwrap(), 130);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert_eq!(fs::read_dir(place.tmp()).unwrap().count(), 0, "after {moment}");
        let deadline = Instant::now() + Duration::from_secs(30);
        while containers_of(&place) > 0 {
            assert!(Instant::now() < deadline, "the daemon builds on after {moment}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn what_a_killed_build_left_is_removed_by_the_next() {
    let mut place = Place::new();
    let image = place.image("killed");
    let build = ["image", "build", "--tag", &image];
    let mut child =
        start_until(&place, &[&build[..], &["--force"]].concat(), "-- files of the image");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !processes_of(&place).iter().any(|command| command.contains("jlink")) {
        assert!(Instant::now() < deadline, "no jlink among {:?}", processes_of(&place));
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    while !processes_of(&place).is_empty() {
        assert!(Instant::now() < deadline, "left: {:?}", processes_of(&place));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(fs::read_dir(place.tmp()).unwrap().count(), 1, "killed too late");
    // It is told before anything is built, which is not in question here.
    let next = start_until(&place, &build, "left behind by a run that was killed");
    kill(Pid::from_raw(next.id() as i32), Signal::SIGINT).unwrap();
    expect_code(&next.wait_with_output().unwrap(), 130);
    assert_eq!(fs::read_dir(place.tmp()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_built_is_refused_with_what_to_do() {
    let place = Place::new();
    let refused = |arguments: &[&str], host: Option<&str>, code: i32, text: &str| {
        let mut chaos = place.chaos(&[&["image", "build"], arguments].concat());
        let output = chaos.envs(host.map(|host| ("DOCKER_HOST", host))).output().unwrap();
        expect_code(&output, code);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(text), "{arguments:?}: {told}");
    };
    refused(&["3.3.3"], None, 2, "known versions are 3.8.1, 4.4.0");
    refused(&["--tag", "Kafka"], None, 2, "it has no tag");
    refused(&["--kafka-home", "/nowhere"], None, 4, "not an unpacked Kafka release");
    let away = Some("unix:///nowhere.sock");
    refused(&[], away, 4, "no Docker daemon answers at unix:///nowhere.sock");
    refused(&[], away, 4, "help: start the daemon");
}
