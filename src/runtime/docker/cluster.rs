//! [`DockerCluster`]: Kafka nodes in containers of a Docker daemon on this machine.

use super::engine::{Engine, failed, status, within};
use super::filter::drop_sites;
use super::freezer;
use super::helper::{HelperSpec, Place};
use super::labels::Belonging;
use super::logs;
use super::node::{ANSWER_WITHIN, NodeContainer, is_gone};
use super::process_state::Live;
use super::spec::DockerSpec;
use super::start;
use super::sweep::sweep;
use crate::model::MadeOf;
use crate::runtime::local::{Spawner, is_alive, tail};
use crate::runtime::{
    Cluster, DropSite, KILL, Listeners, Liveness, Node, Role, RuntimeError, Vantage,
};
use bollard::query_parameters::KillContainerOptions;
use futures_util::future::join_all;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use parking_lot::Mutex;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

/// A helper container ends with the tool; should that ever fail, it ends after this.
const HELPER_TTL: Duration = Duration::from_secs(6 * 3_600);

/// The clients' `node.id`.
const CLIENTS: i32 = -1;

/// A cluster in containers. Dropping it destroys it.
#[derive(Debug)]
pub struct DockerCluster {
    engine: Arc<Engine>,
    belonging: Belonging,
    made_of: MadeOf,
    log_dir: PathBuf,
    /// In order of their ids.
    nodes: Vec<NodeContainer>,
    /// The clients' lives are tied to its thread.
    spawner: Spawner,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Process ids of clients that were alive at the last look.
    clients: Vec<i32>,
    /// Nothing may be started any more.
    ended: bool,
    /// Everything is removed.
    gone: bool,
}

impl DockerCluster {
    /// Creates networks, volumes and containers and starts all containers at once; waits for none.
    /// Leaves nothing behind if it fails.
    pub fn start(engine: Arc<Engine>, spec: DockerSpec) -> Result<DockerCluster, RuntimeError> {
        let checked = start::check(&engine, &spec)?;
        let belonging = Belonging::own(&spec.project, &spec.run, &spec.folder)?;
        fs::create_dir_all(&spec.log_dir).map_err(|e| {
            RuntimeError::io(format!("making the folder {}", spec.log_dir.display()), e)
        })?;
        let spawner = Spawner::start(None)
            .map_err(|e| RuntimeError::io("starting the thread that starts processes", e))?;
        let nodes = start::start(&engine, &belonging, &checked).map_err(|mut error| {
            if let Err(left) = sweep(&engine, &belonging.filters()) {
                error.what.push_str("; then ");
                error.what.push_str(&left.what);
            }
            error
        })?;
        let made_of = MadeOf::Containers {
            docker: engine.version().to_owned(),
            project: spec.project,
            file: spec.file,
            images: checked.images,
        };
        Ok(DockerCluster {
            engine,
            belonging,
            made_of,
            log_dir: spec.log_dir,
            nodes,
            spawner,
            state: Mutex::default(),
        })
    }

    /// For the report.
    pub fn made_of(&self) -> &MadeOf {
        &self.made_of
    }

    fn node(&self, id: i32) -> Result<&NodeContainer, RuntimeError> {
        let node = self.nodes.iter().find(|node| node.service.id == id);
        node.ok_or_else(|| RuntimeError::new(format!("there is no container of node {id}")))
    }

    fn external(&self) -> Vec<(i32, SocketAddr)> {
        let external = |node: &NodeContainer| {
            let port = node.service.external?.host;
            Some((node.service.id, SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
        };
        self.nodes.iter().filter_map(external).collect()
    }

    fn clients(&self) -> Node {
        let mut state = self.state.lock();
        state.clients.retain(|pid| is_alive(*pid));
        Node {
            id: CLIENTS,
            name: "clients".to_owned(),
            role: Role::Clients,
            life: state.clients.clone().into(),
            address: None,
            listeners: Listeners::default(),
            netns: None,
        }
    }

    fn log_of(&self, node: &NodeContainer) -> PathBuf {
        self.log_dir.join(format!("{}.log", node.name()))
    }

    /// Sends a signal to a container's first process through the daemon.
    fn signal_by_engine(&self, node: &NodeContainer, signal: Signal) -> Result<(), RuntimeError> {
        let options = KillContainerOptions { signal: signal.as_str().to_owned() };
        let asked = self.engine.docker().kill_container(&node.container, Some(options));
        match self.engine.wait(within(ANSWER_WITHIN, asked)) {
            Ok(()) => Ok(()),
            Err(e) if is_gone(&e) => Ok(()),
            Err(e) => Err(failed(&format!("{signal} to container {}", node.name()), &e)),
        }
    }

    /// Kills the clients and whatever they have started in their sessions.
    fn kill_clients(&self) -> Result<(), RuntimeError> {
        let mut state = self.state.lock();
        state.ended = true;
        for client in state.clients.iter().filter(|pid| is_alive(**pid)) {
            let pid = Pid::from_raw(*client);
            // Each leads its own session; until it does, it is alone.
            match killpg(pid, Signal::SIGKILL).or_else(|_| kill(pid, Signal::SIGKILL)) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(e) => return Err(RuntimeError::io(format!("killing client {pid}"), e.into())),
            }
        }
        Ok(())
    }

    fn keep_logs(&self) -> Result<(), RuntimeError> {
        let docker = self.engine.docker();
        let files: Vec<PathBuf> = self.nodes.iter().map(|node| self.log_of(node)).collect();
        let kept = self.nodes.iter().zip(&files);
        let kept = kept.map(|(node, file)| logs::keep(docker, &node.container, file));
        self.engine.wait(join_all(kept)).into_iter().collect()
    }
}

impl State {
    fn check_not_ended(&self) -> Result<(), RuntimeError> {
        if self.ended {
            return Err(RuntimeError::new("the cluster was destroyed"));
        }
        Ok(())
    }
}

impl Cluster for DockerCluster {
    fn nodes(&self) -> Vec<Node> {
        let containers = self.nodes.iter().map(|node| node.now(&self.engine));
        [self.clients()].into_iter().chain(containers).collect()
    }

    fn start_node(&self, id: i32) -> Result<(), RuntimeError> {
        self.state.lock().check_not_ended()?;
        self.node(id)?.start(&self.engine)
    }

    fn spawn_client(&self, command: Command) -> Result<Child, RuntimeError> {
        let mut state = self.state.lock();
        state.check_not_ended()?;
        let program = command.get_program().to_owned();
        let child = self.spawner.spawn(command, None).map_err(|e| {
            RuntimeError::io(format!("starting {} among the clients", program.display()), e)
        })?;
        state.clients.push(child.id() as i32);
        Ok(child)
    }

    fn client_bootstrap_servers(&self) -> String {
        let external = self.external();
        Vantage { netns: None, brokers: external, bootstrap: Vec::new() }.bootstrap_servers()
    }

    /// At the containers' own addresses: a fault that cuts the clients' port leaves them alone.
    fn vantage(&self) -> Vantage {
        let broker = |node: &NodeContainer| {
            let port = node.service.replication?;
            Some((node.service.id, SocketAddr::from((node.address, port))))
        };
        Vantage {
            netns: None,
            brokers: self.nodes.iter().filter_map(broker).collect(),
            bootstrap: self.external().into_iter().map(|(_, address)| address).collect(),
        }
    }

    fn entrances(&self) -> Vec<Vantage> {
        let external = Vantage { netns: None, brokers: self.external(), bootstrap: Vec::new() };
        vec![external, self.vantage()]
    }

    fn drop_sites(&self, nodes: &[Node]) -> Result<Vec<DropSite>, RuntimeError> {
        let mut places = Vec::new();
        for node in nodes.iter().filter(|node| node.id != CLIENTS) {
            let container = self.node(node.id)?;
            if let Liveness::Alive(live) = container.life(&self.engine) {
                places.push(Place {
                    node: node.id,
                    name: node.name.clone(),
                    container: container.container.clone(),
                    pid: live.process.pid,
                });
            }
        }
        let helpers = HelperSpec {
            prefix: self.belonging.project.clone(),
            labels: self.belonging.labels(),
            ttl: HELPER_TTL,
            program: None,
        };
        drop_sites(&self.engine, &places, &helpers)
    }

    fn signal(&self, node: &Node, pid: i32, signal: Signal) -> Result<&'static str, RuntimeError> {
        match kill(Pid::from_raw(pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => return Ok(KILL),
            Err(Errno::EPERM) if node.id != CLIENTS => {}
            Err(errno) => {
                let what = format!("{signal} to process {pid} of {}", node.name);
                return Err(RuntimeError::io(what, errno.into()));
            }
        }
        let container = self.node(node.id)?;
        match container.life(&self.engine) {
            Liveness::Alive(live) if live.process.pid == pid => {
                self.signal_by_engine(container, signal)?;
                Ok("the Engine API")
            }
            // The process is gone, and another one has its id.
            Liveness::Alive(_) | Liveness::Dead => Ok(KILL),
            Liveness::Unknown => {
                let what = format!("nobody can tell whether {} lives: no {signal}", node.name);
                Err(RuntimeError::new(what))
            }
        }
    }

    fn freeze(&self, node: &Node) -> Result<&'static str, RuntimeError> {
        if node.id == CLIENTS {
            let what = "the clients cannot be paused: they do not run in a container";
            return Err(RuntimeError::new(what).advise("stop them by process_stop"));
        }
        let container = self.node(node.id)?;
        let asked = self.engine.docker().pause_container(&container.container);
        self.engine
            .wait(within(ANSWER_WITHIN, asked))
            .map_err(|e| failed(&format!("pausing container {}", node.name), &e))?;
        Ok("the Engine API")
    }

    fn thaw(&self, node: &Node) -> Result<(), RuntimeError> {
        if node.id == CLIENTS {
            return Ok(());
        }
        let container = self.node(node.id)?;
        let asked = self.engine.docker().unpause_container(&container.container);
        match self.engine.wait(within(ANSWER_WITHIN, asked)) {
            Ok(()) => Ok(()),
            Err(e) if is_gone(&e) => Ok(()),
            Err(e) if status(&e).is_some() && e.to_string().contains("is not paused") => Ok(()),
            Err(e) => Err(failed(&format!("unpausing container {}", node.name), &e)),
        }
    }

    fn frozen(&self, node: &Node) -> Result<Option<String>, RuntimeError> {
        if node.id == CLIENTS {
            return Ok(None);
        }
        let container = self.node(node.id)?;
        let process = match container.life(&self.engine) {
            Liveness::Alive(Live { process, .. }) => process,
            Liveness::Dead => return Ok(None),
            Liveness::Unknown => {
                let what = format!("nobody can tell whether {} runs", node.name);
                return Err(RuntimeError::new(what));
            }
        };
        if let Ok(seen) = freezer::frozen(process.pid) {
            return Ok(seen);
        }
        // The control group is not visible: the daemon's answer, and the threads' own state.
        let paused = container.inspect(&self.engine, ANSWER_WITHIN)?.paused == Some(true);
        let words = |all| format!("process {}: paused, all {all} threads in state D", process.pid);
        Ok(process.all_in('D').filter(|_| paused).map(words))
    }

    fn post_mortem(&self, id: i32) -> Option<String> {
        let node = self.node(id).ok()?;
        if let Liveness::Alive(_) = node.life(&self.engine) {
            return None;
        }
        let how = match node.ended(&self.engine) {
            Ok(state) => {
                let code = state.exit_code.unwrap_or_default();
                let memory = if state.oom_killed == Some(true) { ", out of memory" } else { "" };
                let error = state.error.filter(|e| !e.is_empty()).map(|e| format!(", {e}"));
                format!("exit status: {code}{memory}{}", error.unwrap_or_default())
            }
            // The daemon is gone: it would not return a log either, and there is something to do
            // about it.
            Err(RuntimeError { what, advice: Some(advice), .. }) => {
                return Some(format!("{what}; {advice}"));
            }
            Err(e) => format!("its exit status is unknown: {}", e.what),
        };
        let file = self.log_of(node);
        let log = file.display();
        let kept = self.engine.wait(logs::keep(self.engine.docker(), &node.container, &file));
        let last = match (kept, tail(&file)) {
            (Err(e), _) => e.what,
            (_, Ok(tail)) if tail.is_empty() => format!("{log} is empty"),
            (_, Ok(tail)) => format!("{log} ends with:\n{tail}"),
            (_, Err(e)) => format!("{log} cannot be read: {e}"),
        };
        Some(format!("{} ended ({how}); {last}", node.name()))
    }

    fn destroy(&self) -> Result<(), RuntimeError> {
        let killed = self.kill_clients();
        if self.state.lock().gone {
            return killed;
        }
        let kept = self.keep_logs();
        let swept = sweep(&self.engine, &self.belonging.filters()).map_err(|mut e| {
            let project = &self.belonging.project;
            let left = "containers, networks and volumes may be left";
            e.what = format!("{left} of project {project}: {}", e.what);
            e
        });
        self.state.lock().gone = swept.is_ok();
        // Leftovers matter more than a log that was not kept.
        swept.and(killed).and(kept)
    }
}

impl Drop for DockerCluster {
    fn drop(&mut self) {
        // Callers that need the result call destroy(); `chaos heal` finds what may be left.
        drop(self.destroy());
    }
}
