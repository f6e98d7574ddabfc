//! What the cases share: a host, a cluster of fake nodes, and connections between them.

use kafka_chaos::testing::distribution::StorageTemplate;
use kafka_chaos::testing::model::{Clocks, Controllers, Timing};
use kafka_chaos::testing::plan::ClusterPlan;
use kafka_chaos::testing::runtime::local::{ClusterSpec, Host, HostOptions, LocalCluster};
use kafka_chaos::testing::runtime::{Cluster, Node, Vantage, port};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// If nothing comes back within this time, it was dropped. Everything takes well below a
/// millisecond.
pub const SILENCE: Duration = Duration::from_millis(400);
/// Everything must happen within this time.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub fn enter() -> Host {
    Host::enter(&HostOptions::from_env()).expect("this machine allows namespaces")
}

/// For node logs; not in the scratch folder.
pub fn log_dir() -> PathBuf {
    std::env::temp_dir().join("logs")
}

/// A formatted log folder with one file.
fn storage_template() -> StorageTemplate {
    let folder = std::env::temp_dir().join("template");
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
    std::fs::write(folder.join("bootstrap.checkpoint"), "checkpoint").expect("as above");
    StorageTemplate::open(&folder).expect("it was just made")
}

pub fn spec(brokers: u16, controllers: Controllers) -> ClusterSpec {
    ClusterSpec {
        cluster: ClusterPlan {
            kafka: "3.8.1".to_owned(),
            brokers,
            broker_ids: (0..i32::from(brokers)).collect(),
            controllers,
            timing: Timing::Stock,
            clocks: Clocks { session_ms: 9_000, lag_ms: 30_000 },
            config: [].into(),
            compose: None,
            flavour: None,
        },
        java: std::env::current_exe().expect("this program has a path"),
        jars: vec!["/no.jar".into()],
        jvm_options: Vec::new(),
        storage_template: Some(storage_template()),
        log_config_args: Vec::new(),
        log_dir: log_dir(),
        heap_mib: 64,
        external: Some((0..brokers).map(|i| 19_092 + i).collect()),
        id_seed: 42,
    }
}

/// Three fake brokers that listen.
pub fn cluster(host: &Host) -> LocalCluster {
    let cluster = LocalCluster::start(host, spec(3, Controllers::Combined)).expect("it starts");
    wait_until_listening(&cluster);
    cluster
}

/// Waits until each fake broker listens on its last port.
pub fn wait_until_listening(cluster: &LocalCluster) {
    for (_, mut to) in cluster.vantage().brokers {
        to.set_port(port::CONTROLLER);
        wait_until("every fake broker listens", || {
            connect(cluster.vantage().netns.as_ref(), to).is_ok()
        });
    }
}

pub fn node(cluster: &LocalCluster, id: i32) -> Node {
    cluster.nodes().into_iter().find(|n| n.id == id).expect("there is such a node")
}

pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Connects from inside a network namespace, giving up after [`SILENCE`].
pub fn connect(netns: Option<&Arc<File>>, to: SocketAddr) -> io::Result<TcpStream> {
    let place = Vantage { netns: netns.cloned(), brokers: Vec::new(), bootstrap: Vec::new() };
    place.run("connect", move || TcpStream::connect_timeout(&to, SILENCE))?
}

/// Connects from one node to another's port.
pub fn between(from: &Node, to: &Node, port: u16) -> io::Result<TcpStream> {
    connect(from.netns.as_ref(), SocketAddr::from((to.address.unwrap(), port)))
}

/// Whether a byte comes back within `patience`.
pub fn echoes(mut stream: &TcpStream, patience: Duration) -> io::Result<bool> {
    stream.write_all(b"x")?;
    stream.set_read_timeout(Some(patience))?;
    match stream.read(&mut [0]) {
        Ok(n) => Ok(n == 1),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(e) => Err(e),
    }
}

/// Whether a new connection between the nodes works now; `Err` only if it was refused.
pub fn reaches(from: &Node, to: &Node, port: u16) -> io::Result<bool> {
    match between(from, to, port) {
        Ok(stream) => echoes(&stream, SILENCE),
        Err(e) if e.kind() == io::ErrorKind::TimedOut => Ok(false),
        Err(e) => Err(e),
    }
}

pub const PORTS: [u16; 3] = [port::REPLICATION, port::CLIENT, port::CONTROLLER];

pub fn addresses(nodes: &[Node]) -> Vec<Ipv4Addr> {
    nodes.iter().filter_map(|n| n.address).collect()
}
