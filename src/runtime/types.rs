//! The seam between runtimes and everything else: [`Cluster`], [`Node`], [`Vantage`].

use super::{Liveness, RuntimeError};
use crate::netfilter::Filter;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command};
use std::sync::Arc;
use std::thread::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A broker that is no controller.
    Broker,
    /// A controller that is no broker.
    Controller,
    /// Broker and controller in one process.
    Combined,
    /// The clients' host: all worker processes share its network namespace.
    Clients,
}

/// A thing that faults act on, as it is now.
#[derive(Clone, Debug)]
pub struct Node {
    /// Kafka's `node.id`; -1 for the clients.
    pub id: i32,
    /// `broker-0`, `controller-100`, `clients`.
    pub name: String,
    pub role: Role,
    /// Its processes, as this process sees their ids: one for a Kafka node, the living workers for
    /// the clients.
    pub life: Liveness<Vec<i32>>,
    /// Source and destination of its packets. `None`: it shares the host's addresses, like clients
    /// outside containers, and is identified by the listener that it uses.
    pub address: Option<Ipv4Addr>,
    /// Its ports at that address.
    pub listeners: Listeners,
    /// Its network namespace, if the runtime has one per node.
    pub netns: Option<Arc<File>>,
}

impl Node {
    /// Its processes, if it certainly lives; else none.
    pub fn pids(&self) -> &[i32] {
        if let Liveness::Alive(pids) = &self.life { pids } else { &[] }
    }

    /// Whether it certainly has no process.
    pub fn is_dead(&self) -> bool {
        self.life == Liveness::Dead
    }

    /// Whether it leads partitions and takes messages.
    pub fn is_broker(&self) -> bool {
        matches!(self.role, Role::Broker | Role::Combined)
    }
}

/// TCP ports of a Kafka node's listeners, as its peers dial them; clients have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listeners {
    /// Followers fetch from leaders here (`inter.broker.listener.name`).
    pub replication: Option<u16>,
    /// Producers and consumers of the run.
    pub client: Option<u16>,
    /// Controllers: quorum, heartbeats, ISR changes (`controller.listener.names`).
    pub controller: Option<u16>,
}

/// Ports of the listeners on every node of the local runtime.
pub mod port {
    /// Followers fetch from leaders here (`inter.broker.listener.name`).
    pub const REPLICATION: u16 = 9091;
    /// Producers and consumers.
    pub const CLIENT: u16 = 9092;
    /// Controllers: quorum, heartbeats, ISR changes.
    pub const CONTROLLER: u16 = 9093;
    /// Clients outside the namespaces (`chaos cluster up`).
    pub const EXTERNAL: u16 = 9094;
}

/// A place from which the operator talks to each broker; never cut by a fault.
#[derive(Clone, Debug)]
pub struct Vantage {
    /// The network namespace for sockets; `None`: the caller's own.
    pub netns: Option<Arc<File>>,
    /// Where each broker answers the operator, by `node.id`.
    pub brokers: Vec<(i32, SocketAddr)>,
    /// Where librdkafka begins, which needs the advertised addresses to be reachable from here;
    /// empty: at `brokers`.
    pub bootstrap: Vec<SocketAddr>,
}

impl Vantage {
    /// `bootstrap.servers` for a client at this place.
    pub fn bootstrap_servers(&self) -> String {
        let own = self.brokers.iter().map(|(_, a)| a);
        let mut list: Vec<String> = match self.bootstrap.as_slice() {
            [] => own.map(ToString::to_string).collect(),
            given => given.iter().map(ToString::to_string).collect(),
        };
        list.sort();
        list.join(",")
    }

    /// Runs `work` on a thread inside this place's network namespace. Sockets and threads
    /// (librdkafka's too) that `work` makes stay there. If the namespace cannot be entered, the
    /// join fails.
    pub fn spawn<T, F>(&self, name: &str, work: F) -> io::Result<JoinHandle<io::Result<T>>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let netns = self.netns.clone();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            if let Some(netns) = netns {
                nix::sched::setns(&*netns, nix::sched::CloneFlags::CLONE_NEWNET)?;
            }
            Ok(work())
        })
    }

    /// Like [`Vantage::spawn`], and waits for the result.
    pub fn run<T, F>(&self, name: &str, work: F) -> io::Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        match self.spawn(name, work)?.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// A place where packets can be dropped, and which packets pass it.
#[derive(Clone)]
pub struct DropSite {
    /// The packet filter there.
    pub filter: Arc<dyn Filter>,
    pub passes: Passes,
}

/// Whose packets pass a [`DropSite`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// All packets between any two nodes.
    Everybodys,
    /// The packets that this node (`node.id`) sends and receives.
    Nodes(i32),
}

/// Returned by [`Cluster::signal`] if the caller has sent the signal itself.
pub(crate) const KILL: &str = "kill(2)";

/// A running cluster, however it was made. All methods may be called from any thread.
pub trait Cluster: Send + Sync {
    /// Every Kafka node and the clients' host, as they are now, in order of their ids.
    fn nodes(&self) -> Vec<Node>;

    /// Starts a dead Kafka node again with its old data. Does nothing to one that lives.
    fn start_node(&self, id: i32) -> Result<(), RuntimeError>;

    /// Starts a command among the clients: in their network namespace, dying with this process.
    fn spawn_client(&self, command: Command) -> Result<Child, RuntimeError>;

    /// The id of a process of this machine as a command of [`Cluster::spawn_client`] sees it, if it
    /// does: in the local runtime that command lives in a PID namespace.
    fn pid_for_clients(&self, pid: i32) -> Option<i32> {
        Some(pid)
    }

    /// `bootstrap.servers` for clients.
    fn client_bootstrap_servers(&self) -> String;

    /// Where the operator's own connections come from.
    fn vantage(&self) -> Vantage;

    /// The entrances for clients. Each must show all brokers before the cluster counts as started.
    fn entrances(&self) -> Vec<Vantage> {
        vec![self.vantage()]
    }

    /// Where packets from and to these nodes can be dropped and counted. Dead nodes have no place
    /// of their own.
    fn drop_sites(&self, nodes: &[Node]) -> Result<Vec<DropSite>, RuntimeError>;

    /// Sends a signal to one of a node's processes, and returns by what means. A process that is
    /// gone is not an error.
    fn signal(&self, node: &Node, pid: i32, signal: Signal) -> Result<&'static str, RuntimeError> {
        match kill(Pid::from_raw(pid), signal) {
            Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(KILL),
            Err(errno) => Err(RuntimeError::io(
                format!("{signal} to process {pid} of {}", node.name),
                errno.into(),
            )),
        }
    }

    /// Freezes a node as a whole, without a signal that it could see; returns by what means. Fails
    /// if this runtime has no freezer.
    fn freeze(&self, node: &Node) -> Result<&'static str, RuntimeError> {
        Err(RuntimeError::new(format!(
            "{} cannot be paused: this runtime has no freezer",
            node.name
        )))
    }

    /// Undoes [`Cluster::freeze`]; does nothing to a node that is not frozen.
    fn thaw(&self, _node: &Node) -> Result<(), RuntimeError> {
        Ok(())
    }

    /// What shows that a node is frozen, in words; `None`: it is not.
    fn frozen(&self, _node: &Node) -> Result<Option<String>, RuntimeError> {
        Ok(None)
    }

    /// How a node's process ended and what it logged last; `None` while it lives, and for an
    /// unknown id.
    fn post_mortem(&self, id: i32) -> Option<String>;

    /// Kills every process of the cluster and removes what it made, except logs. Idempotent. The
    /// error says what could not be removed.
    fn destroy(&self) -> Result<(), RuntimeError>;
}
