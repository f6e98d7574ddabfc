//! The cases that run inside a tool's process.

use crate::outside::lives;
use crate::own_namespace;
use crate::world::{
    PATIENCE, PORTS, SILENCE, addresses, between, cluster, connect, echoes, enter, log_dir, node,
    reaches, spec, wait_until, wait_until_listening,
};
use kafka_chaos::testing::model::Controllers;
use kafka_chaos::testing::netfilter::{DropRule, Dropped, Hook};
use kafka_chaos::testing::runtime::local::{Forwarder, Isolation, LocalCluster, NO_USER_NAMESPACE};
use kafka_chaos::testing::runtime::{Cluster, Node, Role, port};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::{Pid, getsid};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Case = fn();

/// Every case that passes by ending well.
pub const ALL: [(&str, Case); 14] = [
    ("namespaces_come_up_and_all_nodes_reach_each_other", all_reach_each_other),
    ("a_cut_is_silent_both_ways_counted_and_heals", a_cut_is_silent),
    ("a_cut_by_port_leaves_other_ports_alone", a_cut_by_port),
    ("a_cut_one_way_drops_one_way_only", a_cut_one_way),
    ("faults_have_tables_of_their_own", faults_have_tables_of_their_own),
    ("a_node_is_cut_in_its_own_namespace", own_namespace::is_cut_there),
    ("a_table_goes_with_the_process_that_made_it", own_namespace::tables_go_with_their_process),
    ("clusters_in_one_tool_do_not_see_each_other", clusters_side_by_side),
    ("nodes_die_and_start_again_on_their_data", nodes_die_and_start_again),
    ("clients_are_counted_while_they_live", clients_are_counted),
    ("destroying_leaves_nothing_but_logs", destroying_leaves_nothing),
    ("programs_on_the_host_reach_a_broker", programs_on_the_host_reach_a_broker),
    ("the_tool_itself_stays_where_it_was", the_tool_stays_where_it_was),
    ("what_cannot_start_says_why_and_leaves_nothing", what_cannot_start_says_why),
];

/// Cases that need a watcher outside.
const WATCHED: [(&str, Case); 5] = [
    ("hold", hold),
    ("hold_a_table", own_namespace::hold_a_table),
    ("leave_a_folder_behind", leave_a_folder_behind),
    ("tell_notes", tell_notes),
    ("signals", signals),
];

pub fn run(name: &str) {
    let case = ALL.iter().chain(&WATCHED).find(|(case, _)| *case == name);
    case.unwrap_or_else(|| panic!("there is no case {name}")).1();
}

fn all_reach_each_other() {
    let host = enter();
    let start = Instant::now();
    let cluster = LocalCluster::start(&host, spec(3, Controllers::Isolated)).unwrap();
    let took = start.elapsed();
    println!("six nodes, clients and observer: {took:?}");
    assert!(took < Duration::from_secs(1), "starting took {took:?}");
    let nodes = cluster.nodes();
    let ids: Vec<i32> = nodes.iter().map(|n| n.id).collect();
    assert_eq!(ids, [-1, 0, 1, 2, 100, 101, 102]);
    assert_eq!(nodes[0].role, Role::Clients);
    let last_bytes: Vec<u8> = addresses(&nodes).iter().map(|a| a.octets()[3]).collect();
    assert_eq!(last_bytes, [101, 11, 12, 13, 41, 42, 43]);
    for to in &nodes[1..] {
        let port = if to.is_broker() { port::CLIENT } else { port::CONTROLLER };
        wait_until("it listens", || between(&nodes[0], to, port).is_ok());
        for from in nodes.iter().filter(|from| from.id != to.id) {
            assert!(reaches(from, to, port).unwrap(), "{} to {}", from.name, to.name);
        }
    }
    assert_eq!(
        cluster.client_bootstrap_servers(),
        "10.88.0.11:9092,10.88.0.12:9092,10.88.0.13:9092"
    );
    cluster.destroy().unwrap();
}

fn rule(from: &Node, to: &Node, port: Option<u16>) -> DropRule {
    DropRule { hook: Hook::Forward, src: from.address, dst: to.address, port }
}

fn a_cut_is_silent() {
    let host = enter();
    let cluster = cluster(&host);
    let hub = cluster.hub();
    let (a, b, c) = (node(&cluster, 0), node(&cluster, 1), node(&cluster, 2));
    let forth = between(&a, &b, port::CLIENT).unwrap();
    let back = between(&b, &a, port::CLIENT).unwrap();
    assert!(echoes(&forth, PATIENCE).unwrap() && echoes(&back, PATIENCE).unwrap());

    hub.install("cut", &[rule(&a, &b, None), rule(&b, &a, None)]).unwrap();
    assert!(!echoes(&forth, SILENCE).unwrap(), "an established connection is cut, unknowing");
    assert!(!echoes(&back, SILENCE).unwrap());
    for port in PORTS {
        assert!(!reaches(&a, &b, port).unwrap() && !reaches(&b, &a, port).unwrap());
    }
    for (from, to) in [(&a, &c), (&c, &a), (&b, &c), (&c, &b)] {
        assert!(reaches(from, to, port::CLIENT).unwrap(), "{} to {}", from.name, to.name);
    }
    for (_, broker) in cluster.vantage().brokers {
        connect(cluster.vantage().netns.as_ref(), broker).expect("the observer is never cut");
    }
    let dropped = hub.dropped("cut").unwrap();
    assert_eq!(dropped.len(), 2);
    for counted in dropped {
        assert!(counted.packets >= 4 && counted.bytes >= 40 * counted.packets, "{counted:?}");
    }

    hub.remove("cut").unwrap();
    let mut byte = [0];
    for mut stream in [&forth, &back] {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "TCP has sent it again");
    }
    assert!(reaches(&a, &b, port::CLIENT).unwrap() && reaches(&b, &a, port::CLIENT).unwrap());
}

fn a_cut_by_port() {
    let host = enter();
    let cluster = cluster(&host);
    let hub = cluster.hub();
    let (a, b) = (node(&cluster, 0), node(&cluster, 1));
    let quorum = between(&b, &a, port::CONTROLLER).unwrap();
    let rules = [rule(&a, &b, Some(port::CONTROLLER)), rule(&b, &a, Some(port::CONTROLLER))];
    hub.install("quorum", &rules).unwrap();
    assert!(!reaches(&a, &b, port::CONTROLLER).unwrap());
    let before = hub.dropped("quorum").unwrap();
    assert!(before[0].packets > 0, "requests to the port: {before:?}");
    assert_eq!(before[1], Dropped::default(), "no request came through that could be answered");
    assert!(!echoes(&quorum, SILENCE).unwrap());
    let after = hub.dropped("quorum").unwrap();
    assert!(after[1].packets > 0, "{after:?}");
    for port in [port::REPLICATION, port::CLIENT] {
        assert!(reaches(&a, &b, port).unwrap() && reaches(&b, &a, port).unwrap());
    }
    assert_eq!(hub.dropped("quorum").unwrap()[0].packets, after[0].packets);
    hub.remove("quorum").unwrap();
    assert!(reaches(&a, &b, port::CONTROLLER).unwrap());
}

fn a_cut_one_way() {
    let host = enter();
    let cluster = cluster(&host);
    let hub = cluster.hub();
    let (a, b) = (node(&cluster, 0), node(&cluster, 1));
    // Node b's answers from the port are lost, and so are its own requests to node a's port; what a
    // sends arrives.
    hub.install("one_way", &[rule(&b, &a, Some(port::CLIENT))]).unwrap();
    let open = between(&a, &b, port::CLIENT).expect_err("no answer to the first packet");
    assert_eq!(open.kind(), ErrorKind::TimedOut);
    let answers = hub.dropped("one_way").unwrap()[0].packets;
    assert!(answers > 0, "node b heard node a and answered");
    assert!(!reaches(&b, &a, port::CLIENT).unwrap());
    assert!(hub.dropped("one_way").unwrap()[0].packets > answers, "counted on the same rule");
    assert!(reaches(&b, &a, port::REPLICATION).unwrap());
    hub.remove("one_way").unwrap();
    assert!(reaches(&a, &b, port::CLIENT).unwrap());
}

fn faults_have_tables_of_their_own() {
    let host = enter();
    let cluster = cluster(&host);
    let hub = cluster.hub();
    let (a, b, c) = (node(&cluster, 0), node(&cluster, 1), node(&cluster, 2));
    assert_eq!(hub.tables().unwrap(), Vec::<String>::new());
    hub.install("first", &[rule(&a, &b, None)]).unwrap();
    hub.install("second", &[rule(&a, &c, Some(9))]).unwrap();
    hub.install("empty", &[]).unwrap();
    let again = hub.install("first", &[rule(&c, &a, None)]).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists, "{again}");
    assert!(reaches(&c, &a, port::CLIENT).unwrap(), "the refused transaction did nothing");
    let mut tables = hub.tables().unwrap();
    tables.sort();
    assert_eq!(tables, ["empty", "first", "second"]);
    assert_eq!(hub.dropped("empty").unwrap(), []);
    assert_eq!(hub.dropped("second").unwrap(), [Dropped::default()]);
    assert_eq!(hub.dropped("none").unwrap_err().kind(), ErrorKind::NotFound);

    let many: Vec<DropRule> = (0..300)
        .map(|i| {
            let dst = Some(Ipv4Addr::from(i));
            DropRule { hook: Hook::Forward, src: a.address, dst, port: Some(1) }
        })
        .collect();
    hub.install("many", &many).unwrap();
    assert_eq!(hub.dropped("many").unwrap().len(), 300);

    std::thread::scope(|scope| {
        for table in ["first", "second", "empty", "many"] {
            let hub = &hub;
            scope.spawn(move || {
                hub.remove(table).unwrap();
                hub.remove(table).expect("removing is idempotent");
            });
        }
    });
    assert_eq!(hub.tables().unwrap(), Vec::<String>::new());
    assert!(reaches(&a, &b, port::CLIENT).unwrap());
}

fn clusters_side_by_side() {
    let host = enter();
    let (one, other) = (cluster(&host), cluster(&host));
    let (a, b) = (node(&one, 0), node(&one, 1));
    one.hub().install("cut", &[rule(&a, &b, None)]).unwrap();
    assert!(!reaches(&a, &b, port::CLIENT).unwrap());
    assert!(reaches(&node(&other, 0), &node(&other, 1), port::CLIENT).unwrap());
    assert_eq!(other.hub().tables().unwrap(), Vec::<String>::new());
    one.destroy().unwrap();
    assert!(node(&one, 2).pids().is_empty());
    assert!(reaches(&node(&other, 0), &node(&other, 2), port::CLIENT).unwrap());
}

fn nodes_die_and_start_again() {
    let host = enter();
    let cluster = cluster(&host);
    let before = node(&cluster, 1).pids().to_vec();
    assert_eq!(before.len(), 1);
    assert_eq!(cluster.post_mortem(1), None);
    cluster.start_node(1).unwrap();
    assert_eq!(node(&cluster, 1).pids(), before, "a living node is left alone");

    kill(Pid::from_raw(before[0]), Signal::SIGKILL).unwrap();
    wait_until("its end is seen", || node(&cluster, 1).pids().is_empty());
    let text = cluster.post_mortem(1).unwrap();
    assert!(text.contains("signal: 9") && text.ends_with("ready"), "{text}");
    let refused = reaches(&node(&cluster, 0), &node(&cluster, 1), port::CLIENT).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    cluster.start_node(1).unwrap();
    wait_until_listening(&cluster);
    assert_ne!(node(&cluster, 1).pids(), before);
    assert_eq!(cluster.post_mortem(1), None);
    let data = host.scratch().join("cluster-0/broker-1/data");
    assert_eq!(fs::read_to_string(data.join("starts")).unwrap(), "started\nstarted\n");
    assert_eq!(fs::read(data.join("bootstrap.checkpoint")).unwrap(), b"checkpoint");
    assert!(cluster.start_node(9).unwrap_err().to_string().contains("no node 9"));
    assert_eq!(cluster.post_mortem(9), None);
}

fn clients_are_counted() {
    let host = enter();
    let cluster = cluster(&host);
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut client = cluster.spawn_client(command).unwrap();
    let pid = client.id() as i32;
    assert_eq!(node(&cluster, -1).pids(), [pid]);
    let own = fs::read_link(format!("/proc/{pid}/ns/net")).unwrap();
    assert_ne!(own, fs::read_link("/proc/self/ns/net").unwrap());
    assert_eq!(getsid(Some(Pid::from_raw(pid))).unwrap().as_raw(), pid, "a session of its own");

    let mut stdin = client.stdin.take().unwrap();
    let mut stdout = client.stdout.take().unwrap();
    stdin.write_all(b"hello").unwrap();
    drop(stdin);
    let mut text = String::new();
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    let status = std::thread::spawn(move || client.wait().unwrap()).join().unwrap();
    assert!(status.success(), "its status can be had from any thread: {status}");
    assert_eq!(node(&cluster, -1).pids(), [] as [i32; 0]);

    let missing = cluster.spawn_client(Command::new("/no/such/program")).unwrap_err();
    assert!(missing.to_string().contains("/no/such/program"), "{missing}");
}

fn destroying_leaves_nothing() {
    let host = enter();
    let cluster = cluster(&host);
    let mut shell = Command::new("sh");
    shell.args(["-c", "setsid sleep 1000 & echo $!; wait"]).stdout(Stdio::piped());
    let mut client = cluster.spawn_client(shell).unwrap();
    let mut line = [0; 1];
    client.stdout.take().unwrap().read_exact(&mut line).unwrap();
    let mut pids: Vec<i32> = cluster.nodes().iter().flat_map(|n| n.pids().to_vec()).collect();
    assert_eq!(pids.len(), 4);
    kill(Pid::from_raw(node(&cluster, 0).pids()[0]), Signal::SIGSTOP).unwrap();
    let children = format!("/proc/{0}/task/{0}/children", client.id());
    let grandchild = fs::read_to_string(children).unwrap();
    pids.extend(grandchild.split_whitespace().map(|pid| pid.parse::<i32>().unwrap()));
    assert_eq!(pids.len(), 5);

    let start = Instant::now();
    cluster.destroy().unwrap();
    println!("destroyed in {:?}", start.elapsed());
    client.wait().unwrap();
    for pid in pids {
        wait_until("the process is gone", || !lives(Path::new(&format!("/proc/{pid}"))));
    }
    assert_eq!(fs::read_dir(host.scratch()).unwrap().count(), 1, "the marker only");
    assert!(fs::read_to_string(log_dir().join("broker-0.log")).unwrap().contains("ready"));
    assert!(cluster.nodes().iter().all(|n| n.pids().is_empty()));
    assert!(cluster.start_node(0).unwrap_err().to_string().contains("destroyed"));
    assert!(cluster.spawn_client(Command::new("true")).is_err());
    cluster.destroy().expect("destroying is idempotent");

    let next = crate::world::cluster(&host);
    assert!(reaches(&node(&next, 0), &node(&next, 1), port::CLIENT).unwrap());
}

fn programs_on_the_host_reach_a_broker() {
    let host = enter();
    let cluster = cluster(&host);
    let listeners = cluster.external_listeners();
    assert_eq!(listeners.len(), 3);
    let pairs: Vec<(u16, SocketAddr)> = listeners.iter().map(|(_, to)| (0, *to)).collect();
    let forwarder = Forwarder::start(&cluster.vantage(), &pairs).unwrap();
    for address in forwarder.addresses() {
        assert!(echoes(&TcpStream::connect(address).unwrap(), PATIENCE).unwrap());
    }
    forwarder.stop();
}

fn the_tool_stays_where_it_was() {
    let net = fs::read_link("/proc/self/ns/net").unwrap();
    let (session, folder) = (getsid(None).unwrap(), std::env::current_dir().unwrap());
    let owner = |path: &str| {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    };
    let (user, others) = (nix::unistd::geteuid(), owner("/"));
    let host = enter();
    let cluster = cluster(&host);
    assert_eq!(fs::read_link("/proc/self/ns/net").unwrap(), net);
    assert_eq!((getsid(None).unwrap(), std::env::current_dir().unwrap()), (session, folder));
    assert_eq!(nix::unistd::geteuid(), user);
    if user.is_root() {
        assert_eq!(owner("/"), others, "root still knows everybody");
    }
    let without = std::env::var_os(NO_USER_NAMESPACE).is_some();
    let expected = if without { Isolation::Root } else { Isolation::UserNamespace };
    assert_eq!(host.isolation(), expected);
    println!("{}", cluster.describe());
}

fn what_cannot_start_says_why() {
    let host = enter();
    let mut missing = spec(3, Controllers::Combined);
    missing.java = "/no/such/java".into();
    let error = LocalCluster::start(&host, missing).unwrap_err().to_string();
    assert!(error.contains("broker-0") && error.contains("/no/such/java"), "{error}");
    let mut reserved = spec(3, Controllers::Combined);
    reserved.cluster.config.insert("listeners".to_owned(), "x".to_owned());
    let error = LocalCluster::start(&host, reserved).unwrap_err().to_string();
    assert!(error.contains("listeners"), "{error}");
    assert_eq!(fs::read_dir(host.scratch()).unwrap().count(), 1, "the marker only");
}

/// Starts a cluster with a stopped node and a client, prints where everything is, and waits.
fn hold() {
    let host = enter();
    let cluster = cluster(&host);
    let mut sleep = Command::new("sleep");
    sleep.arg("1000");
    let mut client = cluster.spawn_client(sleep).unwrap();
    kill(Pid::from_raw(node(&cluster, 1).pids()[0]), Signal::SIGSTOP).unwrap();
    let hub = cluster.hub();
    hub.install("cut", &[rule(&node(&cluster, 0), &node(&cluster, 2), None)]).unwrap();
    let mut pids: Vec<i32> = cluster.nodes().iter().flat_map(|n| n.pids().to_vec()).collect();
    assert!(pids.contains(&(client.id() as i32)));
    pids.push(host.init_pid());
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    println!("HOLDING {} {}", host.scratch().display(), pids.join(" "));
    // Until the tool is killed.
    client.wait().unwrap();
    unreachable!("the client sleeps for longer than any test");
}

/// Init and tool are killed together, so nobody is left to clean up.
fn leave_a_folder_behind() {
    let host = enter();
    fs::write(host.scratch().join("left"), "x").unwrap();
    kill(Pid::from_raw(host.init_pid()), Signal::SIGKILL).unwrap();
    kill(Pid::this(), Signal::SIGKILL).unwrap();
}

fn tell_notes() {
    for note in enter().notes() {
        println!("NOTE {note}");
    }
}

/// Started with signals ignored; blocks more of them; a child must know of neither.
fn signals() {
    let mut blocked = SigSet::empty();
    blocked.add(Signal::SIGUSR1);
    blocked.thread_block().unwrap();
    let before = ignored(std::process::id() as i32);
    assert_ne!(before & (1 << (libc::SIGHUP - 1)), 0, "the shell ignored SIGHUP: {before:x}");
    let host = enter();
    let cluster = cluster(&host);
    let mut sleep = Command::new("sleep");
    sleep.arg("1000");
    let mut client = cluster.spawn_client(sleep).unwrap();
    for pid in [node(&cluster, 0).pids()[0], client.id() as i32] {
        assert_eq!(status_line(pid, "SigBlk:"), 0);
        assert_eq!(ignored(pid) & !(1 << (libc::SIGPIPE - 1)), 0);
        assert_eq!(status_line(pid, "NoNewPrivs:"), 1);
    }
    assert_eq!(ignored(client.id() as i32), 0, "no Rust there that ignores SIGPIPE");
    client.kill().unwrap();
    client.wait().unwrap();
}

/// Without the two signals that libc reserves for its threads and lets nobody change.
fn ignored(pid: i32) -> u64 {
    status_line(pid, "SigIgn:") & !(0b11 << 31)
}

fn status_line(pid: i32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    u64::from_str_radix(value.trim(), 16).unwrap()
}
