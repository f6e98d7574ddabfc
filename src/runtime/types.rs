//! The seam between runtimes and everything else: [`Cluster`], [`Node`], [`Vantage`].

use crate::netfilter::DropPoint;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command};
use std::sync::Arc;
use std::thread::JoinHandle;

/// What a node is.
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
    /// What it is.
    pub role: Role,
    /// Its processes, as this process sees their ids; empty when it is dead. One for a Kafka
    /// node, the living workers for the clients.
    pub pids: Vec<i32>,
    /// Where its packets come from and go to.
    pub address: Ipv4Addr,
    /// Its network namespace, where the runtime has one per node.
    pub netns: Option<Arc<File>>,
}

impl Node {
    /// Whether it leads partitions and takes messages.
    pub fn is_broker(&self) -> bool {
        matches!(self.role, Role::Broker | Role::Combined)
    }
}

/// Ports of the listeners on every node.
pub mod port {
    /// Followers fetch from leaders here (`inter.broker.listener.name`).
    pub const REPLICATION: u16 = 9091;
    /// Producers and consumers.
    pub const CLIENT: u16 = 9092;
    /// Controllers: quorum, heartbeats, ISR changes.
    pub const CONTROLLER: u16 = 9093;
    /// Clients outside of the namespaces (`chaos cluster up`).
    pub const EXTERNAL: u16 = 9094;
}

/// A place from which the operator talks to each broker; never cut by a fault.
#[derive(Clone, Debug)]
pub struct Vantage {
    /// The network namespace to be in when a socket is made; `None`: the caller's own.
    pub netns: Option<Arc<File>>,
    /// Every broker's client listener, by `node.id`.
    pub brokers: Vec<(i32, SocketAddr)>,
}

impl Vantage {
    /// `bootstrap.servers` as a client at this place writes it.
    pub fn bootstrap_servers(&self) -> String {
        let mut list: Vec<String> = self.brokers.iter().map(|(_, a)| a.to_string()).collect();
        list.sort();
        list.join(",")
    }

    /// Runs `work` on a thread of its own inside this place's network namespace. Sockets and
    /// threads (librdkafka's too) that `work` makes stay there.
    ///
    /// # Errors
    /// When the thread cannot be made; when the namespace cannot be entered, the join says so.
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

    /// As [`Vantage::spawn`], and waits for the result.
    ///
    /// # Errors
    /// When the thread cannot be made or the namespace cannot be entered.
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

/// A running cluster, however it was made. All methods may be called from any thread.
pub trait Cluster: Send + Sync {
    /// Every Kafka node and the clients' host, as they are now, in order of their ids.
    fn nodes(&self) -> Vec<Node>;

    /// Starts a dead Kafka node again on its old data. Nothing is done to one that lives.
    ///
    /// # Errors
    /// When the process cannot be made.
    fn start_node(&self, id: i32) -> Result<(), RuntimeError>;

    /// Starts a command among the clients: in their network namespace, dying with this process.
    ///
    /// # Errors
    /// When the process cannot be made.
    fn spawn_client(&self, command: Command) -> Result<Child, RuntimeError>;

    /// `bootstrap.servers` as the clients must write it.
    fn client_bootstrap_servers(&self) -> String;

    /// Where the operator's own connections are made from.
    fn vantage(&self) -> Vantage;

    /// Where packets between nodes can be dropped and counted.
    fn drop_points(&self) -> Vec<Arc<DropPoint>>;

    /// One line on what this is: runtime, Kafka, Java.
    fn describe(&self) -> String;

    /// Kills every process of the cluster and removes what it made, but for logs. Idempotent.
    ///
    /// # Errors
    /// When something could not be removed; it says what.
    fn destroy(&self) -> Result<(), RuntimeError>;
}

/// The environment failed (exit code 4).
#[derive(Debug, thiserror::Error)]
#[error("{what}{}", .advice.as_deref().map(|a| format!("\n  help: {a}")).unwrap_or_default())]
pub struct RuntimeError {
    /// What failed, and the reason.
    pub what: String,
    /// What a person can do.
    pub advice: Option<String>,
    /// The error below, if any.
    #[source]
    pub source: Option<io::Error>,
}

impl RuntimeError {
    /// An error with nothing to advise.
    pub fn new(what: impl Into<String>) -> Self {
        RuntimeError { what: what.into(), advice: None, source: None }
    }

    /// What failed and the operating system's reason, as one line.
    pub fn io(what: impl std::fmt::Display, source: io::Error) -> Self {
        RuntimeError { what: format!("{what}: {source}"), advice: None, source: Some(source) }
    }

    /// With what a person can do about it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}
