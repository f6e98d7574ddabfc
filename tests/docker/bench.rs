//! Small clusters on the library's own seam: containers that sleep, or Kafka, without a scenario.

pub use crate::world::docker::say as docker;
use kafka_chaos::testing::compose::{
    KafkaCluster, KafkaService, Mount, Published, Service, builtin, kafka,
};
use kafka_chaos::testing::model::{Controllers, Flavour};
use kafka_chaos::testing::runtime::docker::{DockerCluster, DockerSpec, Engine, Threads};
use kafka_chaos::testing::runtime::{Cluster, Node};
use nix::sys::signal::Signal;
use parking_lot::{Mutex, MutexGuard};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// Our own image, or one that is named.
pub fn image() -> String {
    std::env::var("KAFKA_IMAGE").unwrap_or_else(|_| crate::world::docker::image().to_owned())
}

/// Nobody wonders about a wait that is shorter.
const TEARDOWN_MAX: Duration = Duration::from_secs(3);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
static NEXT: AtomicU16 = AtomicU16::new(0);

/// A place for one cluster: its own folder, name and ports.
pub struct Bench {
    pub engine: Arc<Engine>,
    pub folder: tempfile::TempDir,
    pub project: String,
    pub port: u16,
    _turn: MutexGuard<'static, ()>,
}

impl Bench {
    pub fn new() -> Bench {
        let turn = ONE_AT_A_TIME.lock();
        let engine = Engine::connect(Threads::One).unwrap_or_else(|e| {
            panic!("{e}\n\nThese tests need a Docker daemon: start one, or run ./script/test.\n")
        });
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::Builder::new().prefix("kafka-chaos-bench-").tempdir().unwrap();
        Bench {
            engine: Arc::new(engine),
            folder,
            project: format!("chaos-test-{}-{number}", std::process::id()),
            port: 21_200 + 10 * (number % 10),
            _turn: turn,
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Containers of nodes 0, 1, … that sleep; the first process is a shell that does not survive
    /// signals.
    pub fn sleepers(&self, count: u16) -> DockerSpec {
        self.spec((0..count).map(|id| self.sleeper(id)).collect())
    }

    fn sleeper(&self, id: u16) -> KafkaService {
        let name = format!("sleeper-{id}");
        let external = Published { host: self.port + id, container: 9094 };
        let volume = Mount::Volume {
            name: format!("data-{id}"),
            target: "/bitnami/kafka".to_owned(),
            read_only: false,
        };
        let words = format!("echo sleeper {id} says hello; exec sleep 600");
        KafkaService {
            service: Service {
                name: name.clone(),
                image: image(),
                hostname: None,
                user: None,
                entrypoint: Some(["sh", "-c"].map(str::to_owned).to_vec()),
                command: Some(vec![words]),
                environment: [].into(),
                ports: vec![external],
                networks: [("net".to_owned(), Vec::new())].into(),
                mounts: vec![volume],
                tmpfs: Vec::new(),
                memory_bytes: None,
                labels: [].into(),
                extra_hosts: Vec::new(),
            },
            flavour: Flavour::Bitnami,
            id: id.into(),
            is_broker: true,
            is_controller: true,
            replication: Some(9092),
            controller: Some(9093),
            external: Some(external),
        }
    }

    /// The three brokers of the shipped compose file.
    pub fn brokers(&self) -> DockerSpec {
        let compose = builtin(Controllers::Combined, &|_| None).unwrap();
        let mut cluster: KafkaCluster = kafka(&compose, None).unwrap();
        cluster.set_image(&image());
        cluster.heap(256);
        cluster.move_ports(self.port).unwrap();
        let file = cluster.file.clone();
        DockerSpec { file, ..self.spec(cluster.nodes) }
    }

    fn spec(&self, nodes: Vec<KafkaService>) -> DockerSpec {
        DockerSpec {
            project: self.project.clone(),
            run: format!("{}-run", self.project),
            file: "bench".to_owned(),
            nodes,
            properties: [].into(),
            folder: self.path().to_owned(),
            log_dir: self.path().join("nodes"),
        }
    }

    pub fn start(&self, spec: DockerSpec) -> DockerCluster {
        DockerCluster::start(Arc::clone(&self.engine), spec).unwrap_or_else(|e| panic!("{e}"))
    }

    /// What Docker has of this project, according to its own client.
    pub fn objects(&self) -> Vec<String> {
        let label = format!("label=chaos.project={}", self.project);
        let lists: [&[&str]; 3] = [
            &["ps", "-a", "--format", "container {{.Names}}", "--filter"],
            &["network", "ls", "--format", "network {{.Name}}", "--filter"],
            &["volume", "ls", "--format", "volume {{.Name}}", "--filter"],
        ];
        let said = lists.map(|list| docker(&[list, &[&label]].concat()));
        said.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
    }

    pub fn container(&self, service: &str) -> String {
        format!("{}-{service}-1", self.project)
    }
}

/// Removes the cluster, which leaves nothing.
pub fn destroy_in_time(cluster: &DockerCluster, bench: &Bench) {
    let begun = Instant::now();
    cluster.destroy().unwrap();
    let took = begun.elapsed();
    println!("teardown of {} took {took:?}", bench.project);
    assert!(took < TEARDOWN_MAX, "teardown took {took:?}");
    assert_eq!(bench.objects(), Vec::<String>::new());
}

/// The node with this id, as it is now.
pub fn node(cluster: &dyn Cluster, id: i32) -> Node {
    cluster.nodes().into_iter().find(|node| node.id == id).unwrap()
}

/// In a cluster of three, stops the first node, pauses the second, kills the third.
pub fn stop_pause_kill(cluster: &dyn Cluster) {
    let [stopped, paused, killed] = [0, 1, 2].map(|id| node(cluster, id));
    cluster.signal(&stopped, stopped.pids()[0], Signal::SIGSTOP).unwrap();
    cluster.freeze(&paused).unwrap();
    cluster.signal(&killed, killed.pids()[0], Signal::SIGKILL).unwrap();
}

/// Runs one test of this binary again as an ordinary user of the socket's group. Does nothing
/// unless the tests run as root: otherwise the test itself was that already.
pub fn again_without_root(test: &str) {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let socket = std::fs::metadata("/var/run/docker.sock").unwrap();
    let group = std::os::unix::fs::MetadataExt::gid(&socket);
    // Where everybody may read it, and with its own folder.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("test");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let own = Command::new("chown").args(["-R", "65534:65534"]).arg(folder.path()).status();
    assert!(own.unwrap().success());
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", &format!("--groups={group}")])
        .arg(&program)
        .args(["--exact", test, "--nocapture"])
        .env("TMPDIR", folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let more = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{more}");
}
