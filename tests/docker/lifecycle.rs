//! A cluster of containers by itself: created, found in `/proc`, signalled, frozen, killed, started
//! again, removed.

use crate::bench::{Bench, again_without_root, destroy_in_time, docker, node, stop_pause_kill};
use kafka_chaos::testing::runtime::docker::{
    DockerCluster, Obtainable, Pull, is_obtainable, resolve,
};
use kafka_chaos::testing::runtime::{Cluster, Process};
use nix::sys::signal::Signal;
use std::cell::RefCell;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not so that {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How a signal reaches a container's process: this user may send it, or the daemon does.
fn means() -> &'static str {
    if nix::unistd::geteuid().is_root() { "kill(2)" } else { "the Engine API" }
}

#[test]
fn a_node_is_stopped_frozen_killed_and_started_again() {
    let bench = Bench::new();
    let cluster = bench.start(bench.sleepers(3));
    let first = node(&cluster, 0);
    let process = Process::find(first.pids()[0]).unwrap();

    assert_eq!(cluster.signal(&first, process.pid, Signal::SIGSTOP).unwrap(), means());
    wait_until("it is stopped", || process.is_all_in('T'));
    assert_eq!(cluster.frozen(&first).unwrap(), None, "stopped is not frozen");
    cluster.signal(&first, process.pid, Signal::SIGCONT).unwrap();
    wait_until("it runs again", || !process.is_all_in('T'));

    assert_eq!(cluster.freeze(&first).unwrap(), "the Engine API");
    let words = cluster.frozen(&first).unwrap().expect("it is frozen").to_lowercase();
    assert!(words.contains("frozen") && words.contains(&process.pid.to_string()), "{words}");
    assert!(cluster.freeze(&first).is_err(), "nobody can tell whose pause it is");
    cluster.thaw(&first).unwrap();
    assert_eq!(cluster.frozen(&first).unwrap(), None);
    cluster.thaw(&first).unwrap();

    assert_eq!(cluster.post_mortem(0), None, "it lives");
    cluster.start_node(0).unwrap();
    assert_eq!(node(&cluster, 0).pids(), first.pids(), "nothing is done to one that lives");
    cluster.signal(&first, process.pid, Signal::SIGKILL).unwrap();
    wait_until("it is dead", || node(&cluster, 0).pids().is_empty());
    assert!(!process.lives());
    let words = cluster.post_mortem(0).unwrap();
    assert!(words.contains("sleeper-0 ended (exit status: 137)"), "{words}");
    assert!(words.ends_with("sleeper 0 says hello"), "{words}");
    assert_eq!(cluster.signal(&first, process.pid, Signal::SIGCONT).unwrap(), "kill(2)");
    cluster.thaw(&first).unwrap();
    cluster.start_node(0).unwrap();
    let again = node(&cluster, 0);
    assert_ne!(again.pids(), first.pids());
    assert_eq!(again.address, first.address);
    assert_eq!(cluster.post_mortem(7), None, "there is no such node");
    assert!(cluster.start_node(7).is_err());
    destroy_in_time(&cluster, &bench);
}

#[test]
fn a_node_is_stopped_frozen_killed_and_started_again_without_root() {
    again_without_root("lifecycle::a_node_is_stopped_frozen_killed_and_started_again");
}

/// Docker gives the lowest free address to whoever starts first; ours are kept for their nodes.
#[test]
fn nodes_killed_together_come_back_at_their_own_addresses() {
    let bench = Bench::new();
    let cluster = bench.start(bench.sleepers(3));
    let before: Vec<_> = cluster.nodes().iter().map(|n| n.address).collect();
    for id in [1, 2] {
        let node = node(&cluster, id);
        let process = Process::find(node.pids()[0]).unwrap();
        cluster.signal(&node, process.pid, Signal::SIGKILL).unwrap();
        wait_until("it is dead", || !process.lives());
    }
    // At once: the daemon may not even know yet that they are dead.
    cluster.start_node(2).unwrap();
    cluster.start_node(1).unwrap();
    assert_eq!(cluster.nodes().iter().map(|n| n.address).collect::<Vec<_>>(), before);
    for (id, address) in [(1, before[2]), (2, before[3])] {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let container = bench.container(&format!("sleeper-{id}"));
        let known: Ipv4Addr = docker(&["inspect", "-f", format, &container]).parse().unwrap();
        assert_eq!(Some(known), address);
        assert_eq!(node(&cluster, id).pids().len(), 1);
    }
    destroy_in_time(&cluster, &bench);
}

#[test]
fn a_node_that_somebody_else_restarts_is_found_again() {
    let bench = Bench::new();
    let cluster = bench.start(bench.sleepers(1));
    let before = node(&cluster, 0);
    docker(&["restart", "-t", "0", &bench.container("sleeper-0")]);
    wait_until("it is found", || !node(&cluster, 0).pids().is_empty());
    assert_ne!(node(&cluster, 0).pids(), before.pids());
    destroy_in_time(&cluster, &bench);
}

#[test]
fn a_cluster_goes_in_whatever_state_it_is() {
    let bench = Bench::new();
    let cluster = bench.start(bench.sleepers(3));
    for id in 0..3 {
        let name = format!("/proc/{}/comm", node(&cluster, id).pids()[0]);
        // It sleeps once it has said hello.
        wait_until("it sleeps", || std::fs::read_to_string(&name).is_ok_and(|n| n == "sleep\n"));
    }
    stop_pause_kill(&cluster);
    destroy_in_time(&cluster, &bench);
    for id in 0..3 {
        let log = bench.path().join(format!("nodes/sleeper-{id}.log"));
        let log = std::fs::read_to_string(log).unwrap();
        assert_eq!(log, format!("sleeper {id} says hello\n"));
    }
    cluster.destroy().unwrap();
    assert!(cluster.start_node(0).is_err(), "nothing is started any more");
    assert!(cluster.nodes().iter().all(|node| node.pids().is_empty()));
}

#[test]
fn clients_are_known_while_they_live_and_go_with_the_cluster() {
    let bench = Bench::new();
    let cluster = bench.start(bench.sleepers(1));
    assert!(node(&cluster, -1).pids().is_empty());
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 600 & echo $!; wait"]).stdout(Stdio::piped());
    let mut child = cluster.spawn_client(command).unwrap();
    let clients = node(&cluster, -1);
    assert_eq!(clients.pids(), [child.id() as i32]);
    assert_eq!((clients.address, clients.netns.is_none()), (None, true));
    let mut below = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut below).unwrap();
    let below = Process::find(below.trim().parse().unwrap()).unwrap();
    let error = cluster.freeze(&clients).unwrap_err().to_string();
    assert!(error.contains("clients"), "{error}");
    let process = Process::find(clients.pids()[0]).unwrap();
    cluster.signal(&clients, process.pid, Signal::SIGSTOP).unwrap();
    wait_until("it is stopped", || process.is_all_in('T'));
    destroy_in_time(&cluster, &bench);
    wait_until("it is gone, and what it started", || !process.lives() && !below.lives());
    child.wait().unwrap();
    assert!(node(&cluster, -1).pids().is_empty());
}

#[test]
fn a_node_that_ends_at_once_is_dead_and_says_why() {
    let bench = Bench::new();
    let mut spec = bench.sleepers(1);
    spec.nodes[0].service.command = Some(vec!["echo no such option; exit 3".to_owned()]);
    let cluster = bench.start(spec);
    wait_until("it is dead", || node(&cluster, 0).pids().is_empty());
    let words = cluster.post_mortem(0).unwrap();
    assert!(words.contains("exit status: 3"), "{words}");
    assert!(words.ends_with("no such option"), "{words}");
    destroy_in_time(&cluster, &bench);
}

/// The first words of the error, if nothing could be started; nothing is left then.
fn refused(bench: &Bench, spec: kafka_chaos::testing::runtime::docker::DockerSpec) -> String {
    let error = DockerCluster::start(Arc::clone(&bench.engine), spec).unwrap_err();
    assert_eq!(bench.objects(), Vec::<String>::new());
    error.to_string()
}

#[test]
fn a_taken_port_is_named_with_its_holder_be_it_a_process() {
    let bench = Bench::new();
    let held = TcpListener::bind((Ipv4Addr::UNSPECIFIED, bench.port + 1)).unwrap();
    let error = refused(&bench, bench.sleepers(3));
    let own = format!("process {} (", std::process::id());
    assert!(error.contains(&own) && error.contains("--port-base"), "{error}");
    assert!(error.contains(&format!("port {}", bench.port + 1)), "{error}");
    drop(held);
}

#[test]
fn a_taken_port_is_named_with_its_holder_be_it_a_container() {
    let (bench, name) = (Bench::new(), format!("chaos-test-foreign-{}", std::process::id()));
    let publish = format!("127.0.0.1:{}:80", bench.port);
    let labels = ["--label", "com.docker.compose.project=shop"];
    let image = crate::bench::image();
    let what = ["-p", &publish, "--network", &name, "--entrypoint", "sleep", &image, "600"];
    docker(&["network", "create", &name]);
    docker(&[&["run", "-d", "--name", &name], &labels[..], &what[..]].concat());
    let error = refused(&bench, bench.sleepers(2));
    docker(&["rm", "-f", "-v", &name]);
    docker(&["network", "rm", &name]);
    assert!(error.contains(&format!("container {name}")), "{error}");
    assert!(error.contains("compose project shop"), "{error}");
}

#[test]
fn a_port_that_another_run_has_is_said_to_be_its() {
    let bench = Bench::new();
    let cluster = bench.start(bench.sleepers(1));
    let mut other = bench.sleepers(1);
    (other.project, other.run) = (format!("{}-b", bench.project), "another".to_owned());
    let error = DockerCluster::start(Arc::clone(&bench.engine), other).unwrap_err().to_string();
    assert!(error.contains("of the chaos run in "), "{error}");
    assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
    destroy_in_time(&cluster, &bench);
}

#[test]
fn an_image_that_is_not_there_is_named() {
    let bench = Bench::new();
    let mut spec = bench.sleepers(1);
    spec.nodes[0].service.image = "chaos-test-nowhere:1".to_owned();
    let error = refused(&bench, spec);
    assert!(error.contains("chaos-test-nowhere:1"), "{error}");
    assert!(error.contains("chaos image build"), "{error}");
}

#[test]
fn what_was_made_before_an_error_is_removed_again() {
    let bench = Bench::new();
    let mut spec = bench.sleepers(3);
    spec.nodes[1].service.entrypoint = Some(vec!["/no/such/program".to_owned()]);
    let error = refused(&bench, spec);
    assert!(error.contains("sleeper-1") && error.contains("/no/such/program"), "{error}");
}

#[test]
fn a_volume_of_somebody_else_is_not_taken() {
    let bench = Bench::new();
    let volume = format!("{}_data-0", bench.project);
    docker(&["volume", "create", &volume]);
    let error = refused(&bench, bench.sleepers(1));
    docker(&["volume", "rm", &volume]);
    assert!(error.contains(&volume), "{error}");
}

#[test]
fn docker_compose_knows_the_project() {
    let bench = Bench::new();
    let cluster = bench.start(bench.sleepers(2));
    let label = format!("label=com.docker.compose.project={}", bench.project);
    let format = r#"{{.Label "com.docker.compose.service"}}"#;
    let said = docker(&["ps", "--filter", &label, "--format", format]);
    let mut services: Vec<&str> = said.lines().collect();
    services.sort_unstable();
    assert_eq!(services, ["sleeper-0", "sleeper-1"]);
    let restart = "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.Privileged}}";
    let container = bench.container("sleeper-0");
    assert_eq!(docker(&["inspect", "-f", restart, &container]), "no false");
    destroy_in_time(&cluster, &bench);
}

/// A registry that refuses at once: nobody listens there.
const NOWHERE: &str = "127.0.0.1:1/chaos-test-nowhere:1";

#[test]
fn an_image_is_taken_instead_of_one_that_cannot_be_pulled_and_that_is_said() {
    let bench = Bench::new();
    let own = crate::bench::image();
    let told = RefCell::new(None);
    let note = |text: String| drop(told.replace(Some(text)));
    for (pull, why) in [(Pull::Never, "is not there"), (Pull::Missing, "cannot be pulled")] {
        let taken = resolve(&bench.engine, NOWHERE, Some(&own), pull, &note, &|_, _| ()).unwrap();
        assert_eq!(taken.name, own);
        assert!(taken.id.starts_with("sha256:"), "{}", taken.id);
        let said = told.take().unwrap();
        assert!(said.contains(NOWHERE) && said.contains(&own) && said.contains(why), "{said}");
        assert!(!said.contains('\n'), "{said}");
        let found = is_obtainable(&bench.engine, NOWHERE, Some(&own), pull).unwrap();
        assert!(matches!(&found, Obtainable::Yes(image) if image.name == own), "{found:?}");

        let error =
            resolve(&bench.engine, NOWHERE, None, pull, &note, &|_, _| ()).unwrap_err().to_string();
        assert!(error.contains(NOWHERE) && error.contains("chaos image build"), "{error}");
        let found = is_obtainable(&bench.engine, NOWHERE, None, pull).unwrap();
        assert!(matches!(&found, Obtainable::No(words) if words.contains(why)), "{found:?}");
    }
    let there = resolve(&bench.engine, &own, None, Pull::Missing, &note, &|_, _| ()).unwrap();
    assert_eq!((there.name, told.take()), (own, None));
}
