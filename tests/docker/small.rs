//! Small containers that echo on a few ports, in their own network, and a tool in its own process
//! that cuts them off from each other.

use crate::harness::ORDINARY_USER;
use kafka_chaos::testing::clock::Epoch;
use kafka_chaos::testing::event::FaultStep;
use kafka_chaos::testing::fault::{
    Cancel, Custody, FaultRecord, Journal, Site, Situation, Way, live,
};
use kafka_chaos::testing::runtime::docker::{Engine, HelperSpec, Place, Threads, drop_sites};
use kafka_chaos::testing::runtime::{
    Cluster, DropSite, Listeners, Liveness, Node, Role, RuntimeError, Vantage,
};
use kafka_chaos::testing::timeline::{FaultPlan, NetworkPartition, Ports, Target};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const IMAGE: &str = "chaos-kafka:3.8.1";
/// Everything must happen within this time.
const PATIENCE: Duration = Duration::from_secs(30);
/// Peers use this port.
pub const PEERS: u16 = 9092;
/// Clients use this one.
pub const CLIENTS: u16 = 9094;

static COUNT: AtomicU32 = AtomicU32::new(0);

pub use crate::world::docker::say as docker;

pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Containers in a network; all of it is removed when dropped.
pub struct Small {
    /// The prefix of all names; the run's id.
    pub run: String,
    size: usize,
}

impl Small {
    pub fn start(size: usize) -> Small {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let run = format!("chaos-filter-{}-{count}", std::process::id());
        let small = Small { run, size };
        docker(&["network", "create", "--label", "chaos.test=1", &small.run]);
        for id in 0..size {
            let echo =
                format!("nc -ll -p {PEERS} -e cat & nc -ll -p {CLIENTS} -e cat & exec sleep 1000");
            let (name, network) = (small.container(id), small.run.as_str());
            let head = ["run", "-d", "--name", &name, "--network", network, "--label"];
            let tail = ["chaos.test=1", "--entrypoint", "/bin/busybox", IMAGE, "sh", "-c", &echo];
            docker(&[&head[..], &tail[..]].concat());
        }
        for id in 0..size {
            small.wait_until_it_echoes(id);
        }
        small
    }

    pub fn container(&self, id: usize) -> String {
        format!("{}-{id}", self.run)
    }

    pub fn restart(&self, id: usize) {
        docker(&["restart", "-t", "0", &self.container(id)]);
    }

    /// To itself it is never cut off.
    pub fn wait_until_it_echoes(&self, id: usize) {
        wait_until("it listens", || {
            [PEERS, CLIENTS].iter().all(|port| self.reaches_at(id, "127.0.0.1", *port))
        });
    }

    /// Whether one of them hears another's echo now.
    pub fn reaches(&self, from: usize, to: usize, port: u16) -> bool {
        self.reaches_at(from, &address(&self.container(to)), port)
    }

    fn reaches_at(&self, from: usize, address: &str, port: u16) -> bool {
        let ask = format!("echo x | nc -w 1 {address} {port}");
        let said = Command::new("docker")
            .args(["exec", &self.container(from), "/bin/busybox", "sh", "-c", &ask])
            .output()
            .unwrap();
        said.stdout == b"x\n"
    }

    /// Whether the host hears a container's echo now.
    pub fn is_reached_by_the_host(&self, id: usize, port: u16) -> bool {
        use std::io::{Read, Write};
        let to = format!("{}:{port}", address(&self.container(id))).parse().unwrap();
        let second = Duration::from_secs(1);
        let Ok(mut stream) = std::net::TcpStream::connect_timeout(&to, second) else {
            return false;
        };
        stream.set_read_timeout(Some(second)).unwrap();
        stream.write_all(b"x").unwrap();
        stream.read(&mut [0]).is_ok_and(|n| n == 1)
    }

    /// The host's `iptables` in a container's namespace: a user that has nothing to do with chaos.
    pub fn iptables(&self, id: usize, arguments: &[&str]) -> String {
        let namespace = format!("--net=/proc/{}/ns/net", self.places()[id].pid);
        let mut command = Command::new("nsenter");
        let output = command.arg(namespace).arg("iptables").args(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "iptables {arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Helper containers, running or not.
    pub fn helpers(&self) -> Vec<String> {
        let run = format!("label=chaos.run={}", self.run);
        let filters = ["--filter", &run, "--filter", "label=chaos.managed=1"];
        let service = ["--filter", "label=chaos.service=helper", "--format", "{{.Names}}"];
        let said = docker(&[&["ps", "-a"], &filters[..], &service[..]].concat());
        said.lines().map(str::to_owned).collect()
    }

    pub fn places(&self) -> Vec<Place> {
        (0..self.size).map(|id| place(id as i32, &self.container(id))).collect()
    }

    pub fn helper_spec(&self, ttl: Duration) -> HelperSpec {
        helper_spec(&self.run, ttl, env!("CARGO_BIN_EXE_chaos").into())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let mut arguments = vec!["rm".to_owned(), "-f".to_owned(), "-v".to_owned()];
        arguments.extend((0..self.size).map(|id| self.container(id)));
        drop(Command::new("docker").args(arguments).output());
        drop(Command::new("docker").args(["network", "rm", &self.run]).output());
    }
}

fn inspected(container: &str, format: &str) -> String {
    docker(&["inspect", "--format", format, container])
}

fn address(container: &str) -> String {
    inspected(container, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")
}

fn place(node: i32, container: &str) -> Place {
    let said = inspected(container, "{{.Id}} {{.State.Pid}}");
    let (id, pid) = said.split_once(' ').unwrap();
    let (name, container, pid) = (format!("broker-{node}"), id.to_owned(), pid.parse().unwrap());
    Place { node, name, container, pid }
}

fn helper_spec(run: &str, ttl: Duration, program: PathBuf) -> HelperSpec {
    let labels = [("chaos.managed", "1"), ("chaos.project", run), ("chaos.run", run)];
    let mut labels: HashMap<String, String> =
        labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    labels.insert("com.docker.compose.project".to_owned(), run.to_owned());
    HelperSpec { prefix: run.to_owned(), labels, ttl, program: Some(program) }
}

/// Whose rights the tool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Whoever runs the tests.
    Current,
    /// A member of the docker group. The same as `Current` unless that is root.
    Ordinary,
}

impl User {
    /// How it drops packets.
    pub fn means(self) -> &'static str {
        if self == User::Current && nix::unistd::geteuid().is_root() {
            "nftables in each container's namespace"
        } else {
            "nftables by a helper container"
        }
    }
}

/// The tool's instructions, in its environment.
mod order {
    pub const RUN: &str = "CHAOS_TEST_FILTER_RUN";
    pub const SIZE: &str = "CHAOS_TEST_FILTER_SIZE";
    pub const FOR_MS: &str = "CHAOS_TEST_FILTER_FOR_MS";
    pub const FOLDER: &str = "CHAOS_TEST_FILTER_FOLDER";
    pub const TOUCHES: &str = "CHAOS_TEST_FILTER_TOUCHES";
}

/// A tool that cuts container 0 off from the others, for a while.
pub struct Tool {
    pub child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    _folder: tempfile::TempDir,
}

impl Tool {
    pub fn start(small: &Small, user: User, time: Duration) -> Tool {
        Tool::start_with(small, user, time, &[])
    }

    /// In a plan with a command that may restart container 0.
    pub fn start_with_touch(small: &Small, user: User, time: Duration) -> Tool {
        Tool::start_with(small, user, time, &[(order::TOUCHES, "1")])
    }

    fn start_with(small: &Small, user: User, time: Duration, more: &[(&str, &str)]) -> Tool {
        let folder = tempfile::Builder::new().prefix("chaos-filter-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        // The ordinary user may not see the tests' own target folder.
        let program = folder.path().join("tool");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_chaos"), folder.path().join("chaos")).unwrap();
        let mut command = Command::new(&program);
        if user == User::Ordinary && nix::unistd::geteuid().is_root() {
            command = Command::new("setpriv");
            let group = docker_group();
            let id = ORDINARY_USER;
            command.args([format!("--reuid={id}"), format!("--regid={id}")]);
            command.arg(format!("--groups={group}")).arg(&program);
        }
        let mut child = command
            .args(["--exact", "small::the_tool", "--nocapture"])
            .env(order::RUN, &small.run)
            .env(order::SIZE, small.size.to_string())
            .env(order::FOR_MS, time.as_millis().to_string())
            .env(order::FOLDER, folder.path())
            .envs(more.iter().copied())
            .env("HOME", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Tool { child, lines, _folder: folder }
    }

    /// Reads on to the line with this begin; returns the rest of it.
    pub fn until(&mut self, head: &str) -> String {
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            if let Some(at) = line.find(head) {
                return line[at + head.len()..].to_owned();
            }
            assert!(!line.contains("RECORD "), "{head} never came: {line}");
        }
        panic!("the tool ended before {head}");
    }

    /// Its report of the fault, at the end.
    pub fn record(mut self) -> FaultRecord {
        let record = serde_json::from_str(&self.until("RECORD ")).unwrap();
        assert!(self.child.wait().unwrap().success());
        record
    }
}

fn docker_group() -> u32 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/var/run/docker.sock").unwrap().gid()
}

/// The tool itself: started by [`Tool::start`], it partitions; started otherwise, it has no
/// instructions and does nothing.
#[test]
fn the_tool() {
    let Ok(run) = std::env::var(order::RUN) else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let folder = PathBuf::from(std::env::var(order::FOLDER).unwrap());
    let cluster = Arc::new(SmallCluster {
        engine: Arc::new(Engine::connect(Threads::One).unwrap()),
        containers: (0..number(order::SIZE)).map(|id| format!("{run}-{id}")).collect(),
        helpers: helper_spec(&run, Duration::from_secs(600), folder.join("chaos")),
    });
    let seen = Arc::clone(&cluster);
    let custody = Custody::default();
    if std::env::var_os(order::TOUCHES).is_some() {
        custody.take(1, 0, Way::Touched, &[]);
    }
    let site = Site {
        cluster,
        situation: Box::new(move || {
            let nodes = seen.nodes();
            let replicas = nodes.iter().map(|n| n.id).collect();
            Situation { nodes, leader: Some(0), replicas, controller: Some(0) }
        }),
        custody: Arc::new(custody),
        history: Arc::default(),
        environment: Box::new(Vec::new),
        journal: Journal::create(&folder.join("journal.jsonl")).unwrap(),
        epoch: Epoch::now(),
        zero_us: 0,
        cancel: Cancel::default(),
        folder,
        called: Box::new(|_, _| {}),
        tell: Box::new(|_, step| match step {
            FaultStep::Injected { .. } => println!("INJECTED "),
            FaultStep::Effective(evidence) => println!("EFFECTIVE {}", evidence.text),
            FaultStep::Healed => println!("HEALED "),
            FaultStep::Undone { reason } => println!("UNDONE {reason}"),
            FaultStep::Failed { reason } => println!("FAILED {reason}"),
        }),
    };
    let groups = vec![vec![Target::Leader], vec![Target::Followers]];
    let action = NetworkPartition { groups, ports: Ports::All }.into();
    let for_ms = number(order::FOR_MS);
    let record = live(&FaultPlan { index: 0, action, at_ms: 0, for_ms }, &site);
    println!("RECORD {}", serde_json::to_string(&record).unwrap());
}

struct SmallCluster {
    engine: Arc<Engine>,
    containers: Vec<String>,
    helpers: HelperSpec,
}

impl Cluster for SmallCluster {
    fn nodes(&self) -> Vec<Node> {
        let node = |(id, container): (usize, &String)| {
            let place = place(id as i32, container);
            Node {
                id: place.node,
                name: place.name,
                role: Role::Combined,
                life: match place.pid {
                    pid @ 1.. => Liveness::Alive(vec![pid]),
                    _ => Liveness::Dead,
                },
                address: address(container).parse().ok(),
                listeners: Listeners {
                    replication: Some(PEERS),
                    client: Some(CLIENTS),
                    controller: None,
                },
                netns: None,
            }
        };
        self.containers.iter().enumerate().map(node).collect()
    }

    fn drop_sites(&self, nodes: &[Node]) -> Result<Vec<DropSite>, RuntimeError> {
        let living = nodes.iter().filter(|n| !n.pids().is_empty());
        let places: Vec<Place> =
            living.map(|n| place(n.id, &self.containers[n.id as usize])).collect();
        drop_sites(&self.engine, &places, &self.helpers)
    }

    fn start_node(&self, _: i32) -> Result<(), RuntimeError> {
        Ok(())
    }

    fn spawn_client(&self, _: Command) -> Result<Child, RuntimeError> {
        Err(RuntimeError::new("there are no clients"))
    }

    fn client_bootstrap_servers(&self) -> String {
        String::new()
    }

    fn vantage(&self) -> Vantage {
        Vantage { netns: None, brokers: vec![], bootstrap: vec![] }
    }

    fn post_mortem(&self, _: i32) -> Option<String> {
        None
    }

    fn destroy(&self) -> Result<(), RuntimeError> {
        Ok(())
    }
}
