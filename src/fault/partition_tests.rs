//! Partitions at nodes that come and go, on a cluster whose packet filters only remember.

use super::network_partition::NetworkPartition;
use super::{Cancel, Fault, Journal, Site, Situation, live};
use crate::clock::Epoch;
use crate::netfilter::{DropRule, Dropped, Filter};
use crate::plan::{FaultAction, FaultPlan, Ports, Target};
use crate::runtime::{Cluster, DropSite, Listeners, Node, Passes, Role, RuntimeError, Vantage};
use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

/// One network namespace: its tables, and how many packets each rule has seen.
#[derive(Default)]
struct Namespace {
    tables: Mutex<BTreeMap<String, Vec<DropRule>>>,
    packets: Mutex<u64>,
}

impl Filter for Namespace {
    fn name(&self) -> &str {
        "a namespace"
    }

    fn means(&self) -> &str {
        "by heart"
    }

    fn install(&self, table: &str, rules: &[DropRule]) -> io::Result<()> {
        match self.tables.lock().unwrap().insert(table.to_owned(), rules.to_vec()) {
            None => Ok(()),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    fn dropped(&self, table: &str) -> io::Result<Vec<Dropped>> {
        let tables = self.tables.lock().unwrap();
        let rules = tables.get(table).ok_or(io::ErrorKind::NotFound)?;
        let dropped = Dropped { packets: *self.packets.lock().unwrap(), bytes: 0 };
        Ok(vec![dropped; rules.len()])
    }

    fn remove(&self, table: &str) -> io::Result<()> {
        self.tables.lock().unwrap().remove(table);
        Ok(())
    }
}

/// Brokers 0 and 1; each start gives a new process and a new namespace.
struct Containers {
    nodes: Mutex<Vec<(Node, Arc<Namespace>)>>,
    /// Asked for a place, it refuses.
    refuses: Mutex<bool>,
}

impl Containers {
    fn new() -> Arc<Self> {
        let ports = (Some(9092), Some(9094), Some(9093));
        let (replication, client, controller) = ports;
        let node = |id: i32| Node {
            id,
            name: format!("kafka-broker-0{}", id + 1),
            role: Role::Combined,
            pids: vec![100 + id],
            address: Some(Ipv4Addr::new(172, 18, 0, 2 + id as u8)),
            listeners: Listeners { replication, client, controller },
            netns: None,
        };
        let nodes = (0..2).map(|id| (node(id), Arc::default())).collect();
        Arc::new(Containers { nodes: Mutex::new(nodes), refuses: Mutex::new(false) })
    }

    fn namespace(&self, id: usize) -> Arc<Namespace> {
        Arc::clone(&self.nodes.lock().unwrap()[id].1)
    }

    fn stop(&self, id: usize) {
        let mut nodes = self.nodes.lock().unwrap();
        nodes[id].0.pids.clear();
        nodes[id].0.address = None;
    }

    fn start(&self, id: usize, pid: i32, last: u8) {
        let mut nodes = self.nodes.lock().unwrap();
        nodes[id].0.pids = vec![pid];
        nodes[id].0.address = Some(Ipv4Addr::new(172, 18, 0, last));
        nodes[id].1 = Arc::default();
    }

    /// `Input 172.18.0.2` of every rule of a broker's namespace, in order of the tables.
    fn rules(&self, id: usize) -> Vec<String> {
        let namespace = self.namespace(id);
        let tables = namespace.tables.lock().unwrap();
        let rules = tables.values().flatten();
        rules.map(|r| format!("{:?} {}", r.hook, r.src.unwrap())).collect()
    }

    fn packets(&self, id: usize, packets: u64) {
        *self.namespace(id).packets.lock().unwrap() = packets;
    }

    fn partition(self: &Arc<Self>) -> NetworkPartition {
        let groups = self.nodes().into_iter().map(|n| vec![n]).collect();
        let cluster = Arc::clone(self) as Arc<dyn Cluster>;
        NetworkPartition::new(cluster, "fault_0".to_owned(), groups, Ports::All).unwrap()
    }
}

impl Cluster for Containers {
    fn nodes(&self) -> Vec<Node> {
        self.nodes.lock().unwrap().iter().map(|(node, _)| node.clone()).collect()
    }

    fn drop_sites(&self, wanted: &[Node]) -> Result<Vec<DropSite>, RuntimeError> {
        if *self.refuses.lock().unwrap() {
            return Err(RuntimeError::new("no place"));
        }
        let nodes = self.nodes.lock().unwrap();
        let living = nodes.iter().filter(|(n, _)| !n.pids.is_empty());
        let meant = living.filter(|(n, _)| wanted.iter().any(|w| w.id == n.id));
        let site = |(node, namespace): &(Node, Arc<Namespace>)| DropSite {
            filter: Arc::clone(namespace) as Arc<dyn Filter>,
            passes: Passes::Nodes(node.id),
        };
        Ok(meant.map(site).collect())
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

    fn describe(&self) -> String {
        "containers".to_owned()
    }

    fn destroy(&self) -> Result<(), RuntimeError> {
        Ok(())
    }
}

#[test]
fn both_ends_drop_what_arrives_and_the_counters_of_both_prove_it() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    assert_eq!(fault.remedy(), "delete nftables table chaos_fault_0 in a namespace, a namespace");
    fault.inject().unwrap();
    assert_eq!(containers.rules(0), ["Input 172.18.0.3"]);
    assert_eq!(containers.rules(1), ["Input 172.18.0.2"]);
    assert_eq!(fault.prove().unwrap(), None);
    containers.packets(0, 5);
    containers.packets(1, 12);
    assert_eq!(
        fault.prove().unwrap().unwrap(),
        "dropped 12 packets kafka-broker-01 -> kafka-broker-02 and 5 back (by heart)"
    );
    assert_eq!(fault.tend().unwrap(), None, "all is as it was");
    fault.heal().unwrap();
    assert_eq!((containers.rules(0), containers.rules(1)), (vec![], vec![]));
}

#[test]
fn a_restarted_node_gets_its_rules_back_and_what_was_counted_stays_counted() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    fault.inject().unwrap();
    containers.packets(1, 12);
    fault.prove().unwrap();
    containers.stop(1);
    assert_eq!(fault.tend().unwrap(), None, "a dead node hears nobody");
    containers.start(1, 201, 3);
    assert_eq!(containers.rules(1), [""; 0]);
    let words = fault.tend().unwrap().unwrap();
    let head = "kafka-broker-02 was restarted: its rules were put back ";
    assert!(words.starts_with(head), "{words}");
    assert!(words.ends_with(" ms after its new process was seen"), "{words}");
    assert_eq!(containers.rules(1), ["Input 172.18.0.2"]);
    assert_eq!(containers.rules(0), ["Input 172.18.0.3"], "the other end has lost nothing");
    containers.packets(1, 30);
    let words = fault.last_words().unwrap();
    assert!(words.contains("dropped 42 packets kafka-broker-01"), "{words}");
    fault.heal().unwrap();
    assert_eq!(containers.rules(1), [""; 0]);
}

#[test]
fn a_node_that_comes_back_at_another_address_is_cut_off_there_too() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    fault.inject().unwrap();
    containers.start(1, 201, 9);
    let words = fault.tend().unwrap().unwrap();
    assert!(words.contains("a namespace got rules for new addresses"), "{words}");
    assert_eq!(containers.rules(0), ["Input 172.18.0.3", "Input 172.18.0.9"]);
    assert_eq!(fault.tend().unwrap(), None);
    fault.heal().unwrap();
    assert_eq!((containers.rules(0), containers.rules(1)), (vec![], vec![]));
}

#[test]
fn a_node_that_is_dead_at_injection_is_cut_off_as_soon_as_it_lives() {
    let containers = Containers::new();
    containers.stop(1);
    let mut fault = containers.partition();
    fault.inject().unwrap();
    assert_eq!(fault.tend().unwrap(), None);
    assert_eq!(containers.rules(0), [""; 0], "nobody knows the other's address yet");
    containers.start(1, 201, 3);
    let words = fault.tend().unwrap().unwrap();
    assert!(words.contains("kafka-broker-02 came up: it was cut off "), "{words}");
    assert_eq!(containers.rules(0), ["Input 172.18.0.3"]);
    assert_eq!(containers.rules(1), ["Input 172.18.0.2"]);
    assert_eq!(fault.prove().unwrap(), None, "and must still show packets");
}

#[test]
fn rules_that_somebody_else_removed_are_put_back_and_told() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    fault.inject().unwrap();
    containers.namespace(0).remove("fault_0").unwrap();
    let words = fault.tend().unwrap().unwrap();
    assert!(words.starts_with("the rules at kafka-broker-01 had gone ("), "{words}");
    assert_eq!(containers.rules(0), ["Input 172.18.0.3"]);
}

#[test]
fn rules_that_cannot_be_put_back_are_tried_again_and_then_the_fault_has_failed() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    fault.inject().unwrap();
    *containers.refuses.lock().unwrap() = true;
    containers.start(1, 201, 3);
    assert_eq!(fault.tend().unwrap(), None, "not at once");
    *containers.refuses.lock().unwrap() = false;
    assert!(fault.tend().unwrap().unwrap().contains("was restarted"));
    *containers.refuses.lock().unwrap() = true;
    containers.start(1, 202, 3);
    assert_eq!(fault.tend().unwrap(), None);
    fault.forget_patience();
    assert_eq!(fault.tend().unwrap_err().to_string(), "no place");
    fault.heal().unwrap();
    assert_eq!(containers.rules(0), [""; 0]);
}

#[test]
fn one_group_cuts_nothing_and_says_so() {
    let containers = Containers::new();
    let cluster = Arc::clone(&containers) as Arc<dyn Cluster>;
    let groups = vec![containers.nodes()];
    let mut fault = NetworkPartition::new(cluster, "t".into(), groups, Ports::All).unwrap();
    let error = fault.inject().unwrap_err().to_string();
    assert!(error.contains("all in one group"), "{error}");
}

/// Walks a partition through its life while the second broker is restarted.
#[test]
fn what_tending_says_is_evidence_that_proves_nothing() {
    let containers = Containers::new();
    let folder = tempfile::tempdir().unwrap();
    let seen = Arc::clone(&containers);
    let site = Site {
        cluster: Arc::clone(&containers) as Arc<dyn Cluster>,
        situation: Box::new(move || Situation {
            nodes: seen.nodes(),
            leader: Some(0),
            replicas: vec![0, 1],
            controller: Some(0),
        }),
        history: Arc::default(),
        environment: Box::new(Vec::new),
        journal: Journal::create(&folder.path().join("journal.jsonl")).unwrap(),
        epoch: Epoch::now(),
        zero_us: 0,
        cancel: Cancel::default(),
        folder: folder.path().to_owned(),
        tell: Box::new(|_, _| {}),
    };
    let groups = vec![vec![Target::Leader], vec![Target::Followers]];
    let action = FaultAction::NetworkPartition { groups, ports: Ports::All };
    let plan = FaultPlan { index: 0, action, at_ms: 0, for_ms: 1_000 };
    let record = std::thread::scope(|scope| {
        let living = scope.spawn(|| live(&plan, &site));
        while containers.rules(1).is_empty() {
            std::thread::yield_now();
        }
        containers.start(1, 201, 3);
        while containers.rules(1).is_empty() {
            std::thread::yield_now();
        }
        containers.packets(1, 7);
        living.join().unwrap()
    });
    assert!(record.effective, "{record:?}");
    let told = record.evidence.iter().find(|e| e.text.contains("was restarted")).unwrap();
    assert!(!told.proves && told.at_ms < record.effective_at_ms.unwrap(), "{record:?}");
    let proof = record.evidence.iter().find(|e| e.proves).unwrap();
    assert!(proof.text.contains("dropped 7 packets"), "{record:?}");
    assert_eq!((containers.rules(0), containers.rules(1)), (vec![], vec![]), "healed");
}
