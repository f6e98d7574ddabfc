//! [`FakeCluster`]: brokers for unit tests, as `sleep`s or as mere process ids, with a freezer and
//! packet filters that only record.

use super::{
    Cluster, DropSite, Listeners, Liveness, Node, Passes, Process, Role, RuntimeError, Vantage,
};
use crate::netfilter::{DropRule, Dropped, Filter};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::Arc;

/// A living node with the listeners of its role.
pub(crate) fn node(id: i32, role: Role) -> Node {
    let (is_broker, is_controller) = match role {
        Role::Broker => (true, false),
        Role::Controller => (false, true),
        Role::Combined => (true, true),
        Role::Clients => (false, false),
    };
    let name = match role {
        Role::Broker | Role::Combined => format!("broker-{id}"),
        Role::Controller => format!("controller-{id}"),
        Role::Clients => "clients".to_owned(),
    };
    let listeners = Listeners {
        replication: is_broker.then_some(9091),
        client: is_broker.then_some(9092),
        controller: is_controller.then_some(9093),
    };
    let address = Some(address(2 + id));
    Node { id, name, role, life: vec![100 + id].into(), address, listeners, netns: None }
}

fn address(last: i32) -> Ipv4Addr {
    Ipv4Addr::new(172, 18, 0, last as u8)
}

/// What the freezer does.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Freezer {
    Missing,
    Works,
    /// It accepts the request and does nothing.
    Broken,
}

/// Combined nodes with the ids 0, 1, 2 ….
pub(crate) struct FakeCluster {
    nodes: Mutex<Vec<FakeNode>>,
    are_sleeps: bool,
    pub(crate) freezer: Mutex<Freezer>,
    pub(crate) frozen: Mutex<BTreeSet<i32>>,
    /// Where everybody's packets pass, if there is such a place.
    pub(crate) hub: Mutex<Option<Arc<FakeFilter>>>,
    /// Refuses to give places to drop packets at.
    pub(crate) refuses: Mutex<bool>,
}

struct FakeNode {
    node: Node,
    sleep: Option<Child>,
    filter: Arc<FakeFilter>,
}

impl FakeCluster {
    /// With real processes.
    pub(crate) fn of_sleeps(size: i32) -> Arc<Self> {
        let cluster = Self::new(size, true);
        (0..size).for_each(|id| cluster.start_node(id).unwrap());
        cluster
    }

    /// With processes that nobody may signal.
    pub(crate) fn of(size: i32) -> Arc<Self> {
        Self::new(size, false)
    }

    fn new(size: i32, are_sleeps: bool) -> Arc<Self> {
        let node =
            |id| FakeNode { node: node(id, Role::Combined), sleep: None, filter: Arc::default() };
        Arc::new(FakeCluster {
            nodes: Mutex::new((0..size).map(node).collect()),
            are_sleeps,
            freezer: Mutex::new(Freezer::Works),
            frozen: Mutex::default(),
            hub: Mutex::default(),
            refuses: Mutex::default(),
        })
    }

    /// The process of a `sleep`, while it lives.
    pub(crate) fn pid(&self, id: usize) -> Option<i32> {
        self.nodes.lock()[id].living_sleep()
    }

    pub(crate) fn send(&self, id: usize, signal: Signal) {
        kill(Pid::from_raw(self.pid(id).unwrap()), signal).unwrap();
    }

    pub(crate) fn is_stopped(&self, id: usize) -> bool {
        Process::find(self.pid(id).unwrap()).unwrap().is_all_in('T')
    }

    /// Whether a `sleep` lives, and neither is stopped nor frozen.
    pub(crate) fn runs(&self, id: usize) -> bool {
        let process = self.pid(id).and_then(Process::find);
        process.is_some_and(|p| !p.is_all_in('T')) && !self.frozen.lock().contains(&(id as i32))
    }

    /// Removes a node's process and address.
    pub(crate) fn stop(&self, id: usize) {
        let node = &mut self.nodes.lock()[id].node;
        node.life = Liveness::Dead;
        node.address = None;
    }

    /// Makes a node another process, at this address and in its own namespace.
    pub(crate) fn start(&self, id: usize, pid: i32, last: u8) {
        let fake = &mut self.nodes.lock()[id];
        fake.node.life = vec![pid].into();
        fake.node.address = Some(address(last.into()));
        fake.filter = Arc::default();
    }

    pub(crate) fn filter(&self, id: usize) -> Arc<FakeFilter> {
        Arc::clone(&self.nodes.lock()[id].filter)
    }

    /// `Input 172.18.0.2` of every rule at a node, in order of the tables.
    pub(crate) fn rules(&self, id: usize) -> Vec<String> {
        let filter = self.filter(id);
        let tables = filter.tables.lock();
        let rules = tables.values().flatten();
        rules.map(|r| format!("{:?} {}", r.hook, r.src.unwrap())).collect()
    }

    /// Makes each rule at a node have dropped this many packets.
    pub(crate) fn dropped(&self, id: usize, packets: u64) {
        *self.filter(id).packets.lock() = packets;
    }
}

impl FakeNode {
    fn living_sleep(&mut self) -> Option<i32> {
        let child = self.sleep.as_mut()?;
        child.try_wait().unwrap().is_none().then(|| child.id() as i32)
    }
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        if let Some(child) = &mut self.sleep {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Cluster for FakeCluster {
    fn nodes(&self) -> Vec<Node> {
        let now = |fake: &mut FakeNode| match self.are_sleeps {
            true => Node {
                life: fake.living_sleep().into_iter().collect::<Vec<_>>().into(),
                ..fake.node.clone()
            },
            false => fake.node.clone(),
        };
        self.nodes.lock().iter_mut().map(now).collect()
    }

    fn start_node(&self, id: i32) -> Result<(), RuntimeError> {
        if self.are_sleeps && self.pid(id as usize).is_none() {
            self.frozen.lock().remove(&id);
            let child = Command::new("sleep").arg("60").spawn().unwrap();
            self.nodes.lock()[id as usize].sleep = Some(child);
        }
        Ok(())
    }

    fn spawn_client(&self, mut command: Command) -> Result<Child, RuntimeError> {
        command.process_group(0).spawn().map_err(|e| RuntimeError::io("spawn", e))
    }

    fn client_bootstrap_servers(&self) -> String {
        String::new()
    }

    fn vantage(&self) -> Vantage {
        Vantage { netns: None, brokers: vec![], bootstrap: vec![] }
    }

    fn drop_sites(&self, wanted: &[Node]) -> Result<Vec<DropSite>, RuntimeError> {
        if *self.refuses.lock() {
            return Err(RuntimeError::new("no place"));
        }
        if let Some(hub) = self.hub.lock().clone() {
            return Ok(vec![DropSite { filter: hub, passes: Passes::Everybodys }]);
        }
        let nodes = self.nodes.lock();
        let living = nodes.iter().filter(|fake| !fake.node.is_dead());
        let meant = living.filter(|fake| wanted.iter().any(|w| w.id == fake.node.id));
        let site = |fake: &FakeNode| DropSite {
            filter: Arc::clone(&fake.filter) as Arc<dyn Filter>,
            passes: Passes::Nodes(fake.node.id),
        };
        Ok(meant.map(site).collect())
    }

    fn freeze(&self, node: &Node) -> Result<&'static str, RuntimeError> {
        match *self.freezer.lock() {
            Freezer::Missing => Err(RuntimeError::new(format!("{}: no freezer", node.name))),
            Freezer::Works => {
                assert!(self.frozen.lock().insert(node.id), "frozen twice");
                Ok("a wish")
            }
            Freezer::Broken => Ok("a wish"),
        }
    }

    fn thaw(&self, node: &Node) -> Result<(), RuntimeError> {
        self.frozen.lock().remove(&node.id);
        Ok(())
    }

    fn frozen(&self, node: &Node) -> Result<Option<String>, RuntimeError> {
        Ok(self.frozen.lock().contains(&node.id).then(|| "it is frozen".to_owned()))
    }

    fn post_mortem(&self, _: i32) -> Option<String> {
        None
    }

    fn destroy(&self) -> Result<(), RuntimeError> {
        Ok(())
    }
}

/// The packet filter of one network namespace: its tables, and how many packets each rule has
/// dropped.
#[derive(Default)]
pub(crate) struct FakeFilter {
    tables: Mutex<BTreeMap<String, Vec<DropRule>>>,
    packets: Mutex<u64>,
}

impl Filter for FakeFilter {
    fn name(&self) -> &str {
        "a namespace"
    }

    fn means(&self) -> &str {
        "by heart"
    }

    fn install(&self, table: &str, rules: &[DropRule]) -> io::Result<()> {
        match self.tables.lock().insert(table.to_owned(), rules.to_vec()) {
            None => Ok(()),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    fn dropped(&self, table: &str) -> io::Result<Vec<Dropped>> {
        let tables = self.tables.lock();
        let rules = tables.get(table).ok_or(io::ErrorKind::NotFound)?;
        let dropped = Dropped { packets: *self.packets.lock(), bytes: 0 };
        Ok(vec![dropped; rules.len()])
    }

    fn remove(&self, table: &str) -> io::Result<()> {
        self.tables.lock().remove(table);
        Ok(())
    }
}
