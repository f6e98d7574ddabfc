//! Packets dropped between containers: by root in their namespaces, by a user of the docker group
//! through helper containers. The containers echo; no Kafka is needed.

use crate::small::{CLIENTS, PEERS, Small, Tool, User, docker, wait_until};
use kafka_chaos::testing::netfilter::{DropPoint, DropRule, Filter, Hook};
use kafka_chaos::testing::runtime::docker::{Engine, Place, Threads, drop_sites};
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(600);
/// A helper notices the end of its tool at once, but Docker takes time to remove it.
const HEALED_WITHIN: Duration = Duration::from_secs(10);

fn engine() -> Arc<Engine> {
    Arc::new(Engine::connect(Threads::One).unwrap())
}

/// Our tables in the container's namespace, if we may look.
fn tables(small: &Small, id: usize) -> Vec<String> {
    if !nix::unistd::geteuid().is_root() {
        return Vec::new();
    }
    let netns = File::open(format!("/proc/{}/ns/net", small.places()[id].pid)).unwrap();
    DropPoint::open_in(&netns, "a look", "nftables").unwrap().tables().unwrap()
}

fn rule(hook: Hook) -> DropRule {
    DropRule { hook, src: None, dst: None, port: None }
}

/// Cuts a listener off, for everybody and both ways, and heals; what others made stays: another
/// tool's table, and, where we may make one, a rule that has nothing to do with chaos.
fn a_listener_is_cut(small: &Small, filter: &dyn Filter) {
    let is_root = nix::unistd::geteuid().is_root();
    if is_root {
        small.iptables(0, &["-A", "INPUT", "-s", "203.0.113.9", "-j", "DROP"]);
    }
    let engine = engine();
    let others = drop_sites(&engine, &small.places()[..1], &small.helper_spec(LONG)).unwrap();
    others[0].filter.install("others", &[DropRule { port: Some(1), ..rule(Hook::Input) }]).unwrap();
    let listener = |hook| DropRule { port: Some(CLIENTS), ..rule(hook) };
    assert!(small.is_reached_by_the_host(0, CLIENTS));
    filter.install("listener", &[listener(Hook::Input), listener(Hook::Output)]).unwrap();
    assert!(!small.is_reached_by_the_host(0, CLIENTS));
    assert!(!small.reaches(1, 0, CLIENTS) && !small.reaches(0, 1, CLIENTS));
    assert!(small.reaches(1, 0, PEERS) && small.reaches(0, 1, PEERS), "peers are unaffected");
    let dropped = filter.dropped("listener").unwrap();
    assert!(dropped.len() == 2 && dropped.iter().all(|d| d.packets > 0), "{dropped:?}");

    let again = filter.install("listener", &[]).unwrap_err();
    assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists, "{again}");
    let missing = filter.dropped("none").unwrap_err();
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound, "{missing}");
    filter.remove("listener").unwrap();
    filter.remove("listener").expect("removing is idempotent");
    assert!(small.is_reached_by_the_host(0, CLIENTS) && small.reaches(1, 0, CLIENTS));
    assert_eq!(others[0].filter.dropped("others").unwrap().len(), 1);
    let refused = filter.remove("others").unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied, "{refused}");
    if is_root {
        let rules = small.iptables(0, &["-S", "INPUT"]);
        assert!(rules.contains("203.0.113.9"), "a foreign rule stays: {rules}");
    }
}

#[test]
fn a_listener_is_cut_for_everybody_and_nothing_else_is() {
    let small = Small::start(2);
    let engine = engine();
    let sites = drop_sites(&engine, &small.places(), &small.helper_spec(LONG)).unwrap();
    assert_eq!(sites[0].filter.means(), User::Current.means());
    assert_eq!(sites[0].filter.name(), "broker-0");
    a_listener_is_cut(&small, sites[0].filter.as_ref());
    drop(sites);
    assert_eq!((tables(&small, 0), small.helpers()), (vec![], vec![]));
}

#[test]
fn a_helper_container_cuts_as_well_and_goes_with_its_filter() {
    let small = Small::start(2);
    let engine = engine();
    let mut places = small.places();
    // No such process is visible here, as if the daemon's were not.
    places.iter_mut().for_each(|p| p.pid = i32::MAX);
    let sites = drop_sites(&engine, &places, &small.helper_spec(LONG)).unwrap();
    assert_eq!(sites[0].filter.means(), "nftables by a helper container");
    assert_eq!(small.helpers().len(), 2);
    a_listener_is_cut(&small, sites[0].filter.as_ref());
    sites[1].filter.install("left", &[rule(Hook::Input)]).unwrap();
    assert!(!small.reaches(0, 1, PEERS));
    drop(sites);
    assert!(small.reaches(0, 1, PEERS), "it takes its rules along");
    assert_eq!(tables(&small, 1), [""; 0]);
    wait_until("no helper is left", || small.helpers().is_empty());
}

#[test]
fn a_helper_that_lives_too_long_ends_by_itself() {
    let small = Small::start(2);
    let engine = engine();
    let mut places = small.places();
    places.iter_mut().for_each(|p| p.pid = i32::MAX);
    let begun = Instant::now();
    let spec = small.helper_spec(Duration::from_secs(4));
    let sites = drop_sites(&engine, &places[..1], &spec).unwrap();
    sites[0].filter.install("cut", &[rule(Hook::Input)]).unwrap();
    assert!(!small.reaches(1, 0, PEERS));
    wait_until("its time is over", || small.reaches(1, 0, PEERS));
    assert!(begun.elapsed() >= Duration::from_secs(4));
    let error = sites[0].filter.dropped("cut").unwrap_err().to_string();
    assert!(error.contains("broker-0") && error.contains("has ended"), "{error}");
    wait_until("no helper is left", || small.helpers().is_empty());
}

/// Container 0 hears nobody for a while, and everybody afterwards.
fn partition(user: User) {
    let small = Small::start(3);
    let mut tool = Tool::start(&small, user, Duration::from_secs(4));
    tool.until("INJECTED ");
    assert!(!small.reaches(0, 1, PEERS) && !small.reaches(2, 0, PEERS));
    assert!(small.reaches(1, 2, PEERS));
    let helpers = if user.means().contains("helper") { 3 } else { 0 };
    assert_eq!(small.helpers().len(), helpers);
    let proof = tool.until("EFFECTIVE ");
    assert!(proof.contains("broker-0 -> broker-1+broker-2"), "{proof}");
    assert!(proof.ends_with(&format!(" back ({})", user.means())), "{proof}");
    let record = tool.record();
    assert!(record.effective, "{record:?}");
    assert!(small.reaches(0, 1, PEERS) && small.reaches(2, 0, PEERS));
    wait_until("no helper is left", || small.helpers().is_empty());
    (0..3).for_each(|id| assert_eq!(tables(&small, id), [""; 0]));
}

#[test]
fn whoever_runs_the_tests_partitions() {
    partition(User::Current);
}

#[test]
fn a_user_of_the_docker_group_partitions() {
    partition(User::Ordinary);
}

/// The tool is killed in mid-partition: nobody heals, and all is healed.
fn killed_in_a_partition(user: User) {
    let small = Small::start(3);
    let mut tool = Tool::start(&small, user, LONG);
    tool.until("INJECTED ");
    assert!(!small.reaches(0, 1, PEERS));
    tool.child.kill().unwrap();
    tool.child.wait().unwrap();
    let begun = Instant::now();
    wait_until("the cut is gone", || small.reaches(0, 1, PEERS) && small.reaches(2, 0, PEERS));
    wait_until("no table is left", || (0..3).all(|id| tables(&small, id).is_empty()));
    wait_until("no helper is left", || small.helpers().is_empty());
    let took = begun.elapsed();
    println!("{user:?}: healed {took:?} after SIGKILL");
    assert!(took < HEALED_WITHIN, "{took:?}");
}

#[test]
fn a_killed_tool_leaves_no_rule_in_the_namespaces() {
    killed_in_a_partition(User::Current);
}

#[test]
fn a_killed_tool_leaves_no_rule_and_no_helper() {
    killed_in_a_partition(User::Ordinary);
}

/// A restart gives a container a new namespace, without rules.
fn restarted_in_a_partition(user: User) {
    let small = Small::start(3);
    let mut tool = Tool::start_with_touch(&small, user, Duration::from_secs(10));
    tool.until("INJECTED ");
    assert!(!small.reaches(0, 1, PEERS));
    tool.until("EFFECTIVE ");
    small.restart(0);
    small.wait_until_it_echoes(0);
    // At both ends the other is cut: that 1 drops packets from 0 is not enough to tell.
    let by_the_host = || small.is_reached_by_the_host(0, PEERS);
    assert!(by_the_host(), "the host is in no group");
    wait_until("0 is cut off again", || !small.reaches(1, 0, PEERS));
    let record = tool.record();
    assert!(record.effective, "{record:?}");
    let texts: Vec<&str> = record.evidence.iter().map(|e| e.text.as_str()).collect();
    let told = texts.iter().find(|t| t.contains("broker-0 was restarted")).unwrap();
    println!("{user:?}: {told}");
    assert!(small.reaches(1, 0, PEERS));
}

#[test]
fn a_restarted_container_gets_its_rules_back() {
    restarted_in_a_partition(User::Current);
}

#[test]
fn a_restarted_container_gets_a_new_helper() {
    restarted_in_a_partition(User::Ordinary);
}

/// Nobody in the plan may restart it.
#[test]
fn a_container_restarted_from_outside_has_undone_the_partition() {
    let small = Small::start(3);
    let mut tool = Tool::start(&small, User::Current, Duration::from_secs(20));
    tool.until("INJECTED ");
    assert!(!small.reaches(0, 1, PEERS));
    tool.until("EFFECTIVE ");
    small.restart(0);
    let record = tool.record();
    let undone = record.undone.expect("it is undone");
    assert_eq!(undone.node, "broker-0");
    assert!(undone.how.contains("was restarted, and no fault restarted it"), "{}", undone.how);
    assert!(!record.effective);
}

#[test]
fn what_is_not_running_or_has_no_network_of_its_own_is_refused_and_nothing_is_left() {
    let small = Small::start(1);
    let engine = engine();
    let spec = small.helper_spec(LONG);
    let running = small.places();
    let mut hosts = running.clone();
    hosts[0].pid = std::process::id() as i32;
    docker(&["kill", &small.container(0)]);
    wait_until("it is dead", || small.places()[0].pid == 0);
    let refused = |places: &[Place]| match drop_sites(&engine, places, &spec) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    };
    let error = refused(&small.places());
    assert!(error.contains("broker-0") && error.contains("not running"), "{error}");
    let error = refused(&hosts);
    assert!(error.contains("not running"), "another's process is not taken for it: {error}");
    assert_eq!(small.helpers(), [""; 0]);

    let name = format!("{}-host", small.run);
    let sleep = ["--entrypoint", "/bin/busybox", "chaos-kafka:3.8.1", "sleep", "1000"];
    let id = docker(&[&["run", "-d", "--name", &name, "--network", "host"], &sleep[..]].concat());
    let mut place = running[0].clone();
    place.container = id;
    place.pid = docker(&["inspect", "-f", "{{.State.Pid}}", &name]).parse().unwrap();
    let by_us = refused(std::slice::from_ref(&place));
    place.pid = i32::MAX;
    let by_a_helper = refused(&[place]);
    docker(&["rm", "-f", "-v", &name]);
    for error in [by_us, by_a_helper] {
        assert!(error.contains("shares the host's network"), "{error}");
    }
    assert_eq!(small.helpers(), [""; 0]);
}
