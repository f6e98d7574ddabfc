//! [`LocalCluster`]: real brokers as JVM processes, each in its own network namespace.

use super::broker::{self, Ids, JVM_ENVIRONMENT};
use super::host::{Host, Isolation};
use super::namespace_members::{Kind, living_in};
use super::process::{NodeProcess, is_alive};
use super::scratch;
use super::spawner::Spawner;
use super::spec::{CLIENTS_ADDRESS, ClusterSpec, KafkaNode, OBSERVER_ADDRESS, kafka_nodes};
use super::topology::{Spoke, Topology};
use crate::netfilter::{DropPoint, Filter};
use crate::runtime::process::innermost_pid;
use crate::runtime::{
    Cluster, DropSite, Listeners, Node, Passes, Role, RuntimeError, Vantage, port,
};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use parking_lot::Mutex;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A killed process is gone within milliseconds; a gigabyte of heap takes a little longer.
const DEATH_WITHIN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(2);

/// A cluster on this machine. Dropping it destroys it.
#[derive(Debug)]
pub struct LocalCluster {
    spec: ClusterSpec,
    isolation: Isolation,
    spawner: Spawner,
    /// Data, properties and what Java unpacks; `<name>/` for each node.
    folder: PathBuf,
    hub: Arc<DropPoint>,
    /// Of the Kafka nodes, in order.
    nodes_netns: Vec<Arc<File>>,
    clients_netns: Arc<File>,
    observer_netns: Arc<File>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    nodes: Vec<NodeProcess>,
    /// Process ids of clients that were alive at the last look.
    clients: Vec<i32>,
    destroyed: bool,
}

impl LocalCluster {
    /// Makes the namespaces and starts every node; waits for none. Leaves nothing behind if it
    /// fails.
    pub fn start(host: &Host, spec: ClusterSpec) -> Result<LocalCluster, RuntimeError> {
        let nodes = kafka_nodes(&spec)?;
        let spawner = host.spawner()?;
        let folder = host.next_cluster_folder();
        make_folder(&spec.log_dir)?;
        let spoke = |name: &str, address| Spoke { name: name.to_owned(), address };
        let mut spokes: Vec<Spoke> = nodes.iter().map(|n| spoke(&n.name, n.address)).collect();
        spokes.push(spoke("clients", CLIENTS_ADDRESS));
        spokes.push(spoke("observer", OBSERVER_ADDRESS));
        let Topology { hub, mut netns } = Topology::build(spokes)?;
        let observer_netns = netns.pop().expect("a namespace for each spoke");
        let clients_netns = netns.pop().expect("a namespace for each spoke");
        let log_dir = spec.log_dir.clone();
        let process = |node: &KafkaNode| {
            NodeProcess::new(node.clone(), log_dir.join(format!("{}.log", node.name)))
        };
        let processes = nodes.iter().map(process).collect();
        let state = State { nodes: processes, clients: Vec::new(), destroyed: false };
        let cluster = LocalCluster {
            spec,
            isolation: host.isolation(),
            spawner,
            folder,
            hub,
            nodes_netns: netns,
            clients_netns,
            observer_netns,
            state: Mutex::new(state),
        };
        // From here on, dropping it cleans up.
        cluster.format(&nodes)?;
        for node in &nodes {
            cluster.start_node(node.id)?;
        }
        Ok(cluster)
    }

    /// The place that all packets between nodes pass.
    pub fn hub(&self) -> Arc<DropPoint> {
        Arc::clone(&self.hub)
    }

    /// Kafka's listeners for clients outside the namespaces, in the order of the brokers; reachable
    /// from the [`Vantage`] only.
    pub fn external_listeners(&self) -> Vec<(u16, SocketAddr)> {
        let state = self.state.lock();
        let external = |n: &NodeProcess| {
            Some((n.node.external_port?, SocketAddr::from((n.node.address, port::EXTERNAL))))
        };
        state.nodes.iter().filter_map(external).collect()
    }

    /// Writes the files that each node is started from.
    fn format(&self, nodes: &[KafkaNode]) -> Result<(), RuntimeError> {
        let mut ids = Ids::new(self.spec.id_seed);
        let cluster_id = ids.next();
        for node in nodes {
            let data = self.node_folder(node).join("data");
            make_folder(&data)?;
            make_folder(&self.node_folder(node).join("tmp"))?;
            let meta = broker::meta_properties(&cluster_id, node.id, &ids.next());
            write(&data.join("meta.properties"), meta.as_bytes())?;
            if let Some(template) = &self.spec.storage_template {
                template
                    .copy_to(&data, node.is_controller())
                    .map_err(|e| RuntimeError::io(format!("formatting {}", data.display()), e))?;
            }
            let properties = broker::properties(&self.spec, nodes, node, &data)?;
            write(&self.properties_file(node), broker::to_file(&properties).as_bytes())?;
        }
        Ok(())
    }

    fn node_folder(&self, node: &KafkaNode) -> PathBuf {
        self.folder.join(&node.name)
    }

    fn properties_file(&self, node: &KafkaNode) -> PathBuf {
        self.node_folder(node).join("server.properties")
    }

    fn jvm(&self, node: &KafkaNode, log: &Path) -> Result<Command, RuntimeError> {
        let opening = |e| RuntimeError::io(format!("opening {}", log.display()), e);
        let out = File::options().create(true).append(true).open(log).map_err(opening)?;
        let err = out.try_clone().map_err(opening)?;
        let folder = self.node_folder(node);
        let arguments =
            broker::arguments(&self.spec, &folder.join("tmp"), &self.properties_file(node))?;
        let mut command = Command::new(&self.spec.java);
        command.args(arguments).current_dir(folder);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        for variable in JVM_ENVIRONMENT {
            command.env_remove(variable);
        }
        Ok(command)
    }

    /// Kills every process in a namespace of this cluster, and waits until they are gone.
    fn kill_everybody(&self) -> Result<(), RuntimeError> {
        let own = self.nodes_netns.iter().chain([&self.clients_netns, &self.observer_netns]);
        let namespaces: Vec<&File> = own.map(AsRef::as_ref).collect();
        let start = Instant::now();
        loop {
            let inside = living_in(Kind::Network, &namespaces)
                .map_err(|e| RuntimeError::io("looking for the cluster's processes", e))?;
            if inside.is_empty() {
                return Ok(());
            }
            if start.elapsed() > DEATH_WITHIN {
                return Err(RuntimeError::new(format!("these processes do not die: {inside:?}")));
            }
            for pid in inside {
                match kill(pid, Signal::SIGKILL) {
                    // It has just ended.
                    Ok(()) | Err(Errno::ESRCH) => {}
                    Err(errno) => {
                        return Err(RuntimeError::io(format!("killing {pid}"), errno.into()));
                    }
                }
            }
            std::thread::sleep(POLL);
        }
    }

    /// Where it runs, Kafka and Java, in a line.
    pub fn describe(&self) -> String {
        let rights = match self.isolation {
            Isolation::UserNamespace => "a user namespace",
            Isolation::Root => "root's own rights",
        };
        let (kafka, java) = (&self.spec.cluster.kafka, self.spec.java.display());
        format!("local runtime in namespaces by {rights}, Kafka {kafka}, Java {java}")
    }
}

impl Cluster for LocalCluster {
    fn nodes(&self) -> Vec<Node> {
        let mut state = self.state.lock();
        state.clients.retain(|pid| is_alive(*pid));
        let clients = Node {
            id: -1,
            name: "clients".to_owned(),
            role: Role::Clients,
            life: state.clients.clone().into(),
            address: Some(CLIENTS_ADDRESS),
            listeners: Listeners::default(),
            netns: Some(Arc::clone(&self.clients_netns)),
        };
        let mut nodes = vec![clients];
        for (process, netns) in state.nodes.iter_mut().zip(&self.nodes_netns) {
            let life = process.pid().into_iter().collect::<Vec<_>>().into();
            let listeners = listeners(&process.node);
            let KafkaNode { id, name, role, address, .. } = process.node.clone();
            let (address, netns) = (Some(address), Some(Arc::clone(netns)));
            nodes.push(Node { id, name, role, life, address, listeners, netns });
        }
        nodes
    }

    fn start_node(&self, id: i32) -> Result<(), RuntimeError> {
        let mut state = self.state.lock();
        check_not_destroyed(&state)?;
        let index = state
            .nodes
            .iter()
            .position(|n| n.node.id == id)
            .ok_or_else(|| RuntimeError::new(format!("there is no node {id}")))?;
        let process = &mut state.nodes[index];
        if process.pid().is_some() {
            return Ok(());
        }
        let command = self.jvm(&process.node, &process.log)?;
        let child = self.spawner.spawn(command, Some(&self.nodes_netns[index])).map_err(|e| {
            let what = format!("starting {} with {}", process.node.name, self.spec.java.display());
            RuntimeError::io(what, e)
        })?;
        process.started(child);
        Ok(())
    }

    fn spawn_client(&self, command: Command) -> Result<Child, RuntimeError> {
        let program = command.get_program().to_owned();
        let mut state = self.state.lock();
        check_not_destroyed(&state)?;
        let child = self.spawner.spawn(command, Some(&self.clients_netns)).map_err(|e| {
            RuntimeError::io(format!("starting {} among the clients", program.display()), e)
        })?;
        state.clients.push(child.id() as i32);
        Ok(child)
    }

    fn pid_for_clients(&self, pid: i32) -> Option<i32> {
        innermost_pid(pid)
    }

    fn client_bootstrap_servers(&self) -> String {
        self.vantage().bootstrap_servers()
    }

    fn vantage(&self) -> Vantage {
        let state = self.state.lock();
        let brokers = state.nodes.iter().filter(|n| n.node.is_broker());
        let listener = |address: Ipv4Addr| SocketAddr::from((address, port::CLIENT));
        Vantage {
            netns: Some(Arc::clone(&self.observer_netns)),
            brokers: brokers.map(|n| (n.node.id, listener(n.node.address))).collect(),
            bootstrap: Vec::new(),
        }
    }

    fn drop_sites(&self, _nodes: &[Node]) -> Result<Vec<DropSite>, RuntimeError> {
        let filter: Arc<dyn Filter> = Arc::clone(&self.hub) as Arc<dyn Filter>;
        Ok(vec![DropSite { filter, passes: Passes::Everybodys }])
    }

    fn post_mortem(&self, id: i32) -> Option<String> {
        self.state.lock().nodes.iter_mut().find(|n| n.node.id == id)?.post_mortem()
    }

    /// The namespaces go when the cluster and everything obtained from it are dropped.
    fn destroy(&self) -> Result<(), RuntimeError> {
        let mut state = self.state.lock();
        state.destroyed = true;
        self.kill_everybody()?;
        let start = Instant::now();
        for process in &mut state.nodes {
            while process.pid().is_some() {
                if start.elapsed() > DEATH_WITHIN {
                    return Err(RuntimeError::new(format!("{} does not die", process.node.name)));
                }
                std::thread::sleep(POLL);
            }
        }
        scratch::remove(&self.folder)
            .map_err(|e| RuntimeError::io(format!("removing {}", self.folder.display()), e))
    }
}

impl Drop for LocalCluster {
    fn drop(&mut self) {
        // Callers that need the result call destroy(); init does it again when the tool ends.
        drop(self.destroy());
    }
}

fn listeners(node: &KafkaNode) -> Listeners {
    Listeners {
        replication: node.is_broker().then_some(port::REPLICATION),
        client: node.is_broker().then_some(port::CLIENT),
        controller: node.is_controller().then_some(port::CONTROLLER),
    }
}

fn check_not_destroyed(state: &State) -> Result<(), RuntimeError> {
    if state.destroyed {
        return Err(RuntimeError::new("the cluster was destroyed"));
    }
    Ok(())
}

fn make_folder(path: &Path) -> Result<(), RuntimeError> {
    fs::create_dir_all(path)
        .map_err(|e| RuntimeError::io(format!("making the folder {}", path.display()), e))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), RuntimeError> {
    let written: io::Result<()> = fs::write(path, bytes);
    written.map_err(|e| RuntimeError::io(format!("writing {}", path.display()), e))
}
