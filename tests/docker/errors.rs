//! If something of Docker is missing or in the way: one clear error, and nothing is left.

use crate::harness::Place;
use crate::runs::AUTO;
use crate::world::{Ports, docker, on_docker, small_scenario};
use nix::sys::signal::Signal;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn short() -> String {
    small_scenario("short", "duration: 1s")
}

#[test]
fn without_a_daemon_docker_is_an_error_and_auto_is_local() {
    let place = Place::new().with("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    let scenario = place.scenario(&short());
    let place = place.on(&["--runtime", "docker"]);
    let ran = place.run(&scenario, &[]);
    ran.expect_code(4);
    assert!(ran.stderr.contains("/nonexistent/docker.sock"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: "), "{}", ran.stderr);
    let place = place.on(&["--runtime", "auto"]);
    let one = ["--set", "cluster.brokers=1", "--set", "topic.replication.factor=1"];
    let more = ["--set", "topic.min.insync.replicas=1"];
    let ran = place.run(&scenario, &[&one[..], &more].concat());
    ran.expect_code(0);
    assert!(
        ran.stderr.contains("runtime  local (auto: no Docker daemon answers"),
        "{}",
        ran.stderr
    );
}

#[test]
fn with_a_daemon_and_an_image_auto_is_docker() {
    let ran = &*AUTO;
    ran.expect_code(0);
    assert!(ran.stderr.contains("runtime  docker "), "{}", ran.stderr);
    assert!(ran.stderr.contains("auto: "), "{}", ran.stderr);
    let why = "image chaos-kafka:4.4.0, because bitnami/kafka:4.4.0 is not there";
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
}

#[test]
fn an_image_that_is_not_there_is_named() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let ran = place.run(&place.scenario(&short()), &["--image", "chaos-test-nowhere:1"]);
    ran.expect_code(4);
    assert!(ran.stdout.contains("chaos-test-nowhere:1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("chaos image build"), "{}", ran.stdout);
    docker::expect_nothing_of(&place);
}

#[test]
fn a_taken_port_is_named_with_its_holder_before_anything_is_made() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let scenario = place.scenario(&short());
    let listener = TcpListener::bind(("127.0.0.1", ports.base() + 1)).unwrap();
    let ran = place.run(&scenario, &[]);
    ran.expect_code(4);
    let port = (ports.base() + 1).to_string();
    assert!(ran.stdout.contains(&port) && ran.stdout.contains("--port-base"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&std::process::id().to_string()), "the holder: {}", ran.stdout);
    docker::expect_nothing_of(&place);
    drop(listener);
}

#[test]
fn a_broken_compose_file_is_a_usage_error_with_its_place() {
    let place = Place::new().on(&["--runtime", "docker"]);
    std::fs::write(place.path().join("broken.yml"), "services:\n  a:\n    imagee: x\n").unwrap();
    let text = short().replace("cluster: {", "cluster: {compose: broken.yml, ");
    let ran = place.run(&place.scenario(&text), &[]);
    ran.expect_code(2);
    assert!(ran.stderr.contains("broken.yml:3:5"), "{}", ran.stderr);
    assert!(ran.stderr.contains("image"), "{}", ran.stderr);
}

/// A socket in front of the daemon's, which can be closed as if the daemon had ended.
struct Front {
    path: std::path::PathBuf,
    open: Arc<AtomicBool>,
}

impl Front {
    fn new(folder: &Path) -> Front {
        let path = folder.join("docker.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let open = Arc::new(AtomicBool::new(true));
        let is_open = Arc::clone(&open);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(daemon) = UnixStream::connect("/var/run/docker.sock") else { continue };
                pipe(client.try_clone().unwrap(), daemon.try_clone().unwrap(), &is_open);
                pipe(daemon, client, &is_open);
            }
        });
        Front { path, open }
    }

    fn close(&self) {
        self.open.store(false, Ordering::Release);
        std::fs::remove_file(&self.path).unwrap();
    }
}

fn pipe(mut from: UnixStream, mut to: UnixStream, open: &Arc<AtomicBool>) {
    let open = Arc::clone(open);
    from.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    std::thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while open.load(Ordering::Acquire) {
            match from.read(&mut bytes) {
                Ok(0) => break,
                Ok(n) if to.write_all(&bytes[..n]).is_ok() => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                _ => break,
            }
        }
        drop(to.shutdown(std::net::Shutdown::Both));
    });
}

/// The output if the daemon goes in the middle of a fault, with `last` right after; the next
/// daemon's `chaos heal` removes the rest.
fn said_without_a_daemon(fault: &str, last: impl FnOnce(&Place)) -> String {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let front = Front::new(place.path());
    let host = format!("unix://{}", front.path.display());
    let place = place.with("DOCKER_HOST", &host);
    let faults = format!("faults:\n- {{{fault}, at: 500ms, for: 4s}}");
    let scenario = place.scenario(&small_scenario("daemonless", &faults));
    let mut running = place.start(&scenario, &[]);
    running.wait_for(": proved, ");
    front.close();
    last(&place);
    let (code, said) = running.finish();
    assert_eq!(code, 4, "{said}");
    let place = place.with("DOCKER_HOST", "unix:///var/run/docker.sock");
    let output = place.chaos(&["heal"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    docker::expect_nothing_of(&place);
    place.expect_nothing_left(Duration::from_secs(5));
    said
}

#[test]
fn a_daemon_that_goes_during_the_run_is_one_error_and_heal_takes_the_rest() {
    let said = said_without_a_daemon("pause: leader", |_| ());
    assert!(said.to_lowercase().contains("docker") || said.contains("daemon"), "{said}");
}

/// As when a daemon is asked to end: the first visible thing is a broker's death.
#[test]
fn a_daemon_that_takes_its_containers_along_is_one_error_with_what_to_do() {
    let said = said_without_a_daemon("process_stop: leader", |place| {
        let objects = docker::objects_of(place);
        let containers = objects.iter().filter_map(|o| o.split_once(" container ").map(|(_, n)| n));
        docker::say(&["kill"].into_iter().chain(containers).collect::<Vec<_>>());
    });
    let reason = said.lines().find(|line| line.contains("no fault killed it")).unwrap();
    assert!(reason.contains(": the Docker daemon at unix://"), "{said}");
    assert!(reason.ends_with("`chaos heal` then removes what is left of the run"), "{said}");
}

#[test]
fn a_second_ctrl_c_is_not_needed_while_the_cluster_starts() {
    let ports = Ports::take();
    let place = on_docker(Place::new(), &ports);
    let mut running = place.start(&place.scenario(&short()), &[]);
    running.wait_for("cluster");
    std::thread::sleep(Duration::from_millis(500));
    running.signal(Signal::SIGINT);
    let (code, said) = running.finish();
    assert_eq!(code, 130, "{said}");
    docker::expect_nothing_of(&place);
    place.expect_nothing_left(Duration::from_secs(3));
}
