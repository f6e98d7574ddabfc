//! Partitions at nodes that come and go, on a cluster whose packet filters only remember.

use super::custody::{Custody, Holder};
use super::holds::Way;
use super::network_partition::{NetworkPartition, without_rules};
use super::{Cancel, Fault, Journal, Site, Situation, live};
use crate::clock::Epoch;
use crate::event::FaultStep;
use crate::netfilter::{DropRule, Dropped, Filter};
use crate::runtime::{Cluster, DropSite, Listeners, Node, Passes, Role, RuntimeError, Vantage};
use crate::timeline::{self, FaultPlan, Ports, Target};
use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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

/// Brokers; each start gives a new process and a new namespace.
struct Containers {
    nodes: Mutex<Vec<(Node, Arc<Namespace>)>>,
    /// Where everybody's packets pass, if there is such a place.
    hub: Mutex<Option<Arc<Namespace>>>,
    /// Asked for a place, it refuses.
    refuses: Mutex<bool>,
}

impl Containers {
    /// Brokers 0 and 1.
    fn new() -> Arc<Self> {
        Containers::of(2)
    }

    fn of(size: i32) -> Arc<Self> {
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
        let nodes = Mutex::new((0..size).map(|id| (node(id), Arc::default())).collect());
        Arc::new(Containers { nodes, hub: Mutex::default(), refuses: Mutex::new(false) })
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
        self.partition_of(&Arc::default(), 0, self.nodes().into_iter().map(|n| vec![n]).collect())
    }

    fn partition_of(
        self: &Arc<Self>,
        custody: &Arc<Custody>,
        fault: u16,
        groups: Vec<Vec<Node>>,
    ) -> NetworkPartition {
        let holder = self.holder(custody, fault);
        NetworkPartition::new(holder, format!("fault_{fault}"), groups, Ports::All).unwrap()
    }

    fn holder(self: &Arc<Self>, custody: &Arc<Custody>, fault: u16) -> Holder {
        let (cluster, custody) = (Arc::clone(self) as Arc<dyn Cluster>, Arc::clone(custody));
        Holder { cluster, custody, fault }
    }

    /// A partition, and a command that may restart the second broker.
    fn partition_with_touch(self: &Arc<Self>) -> NetworkPartition {
        let custody = Arc::default();
        self.holder(&custody, 1).take(&self.nodes()[1], Way::Touched, &[]);
        self.partition_of(&custody, 0, self.nodes().into_iter().map(|n| vec![n]).collect())
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
        if let Some(hub) = self.hub.lock().unwrap().clone() {
            return Ok(vec![DropSite { filter: hub, passes: Passes::Everybodys }]);
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
    containers.packets(1, 1);
    let one = "dropped 1 packet kafka-broker-01 -> kafka-broker-02 and 0 back (by heart)";
    assert_eq!(fault.prove().unwrap().unwrap(), one);
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
    let mut fault = containers.partition_with_touch();
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
    assert_eq!(fault.undone(), None, "a fault of the plan restarted it");
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
    let containers = Containers::of(3);
    containers.stop(1);
    let mut nodes = containers.nodes();
    let alone = nodes.remove(0);
    let mut fault = containers.partition_of(&Arc::default(), 0, vec![vec![alone], nodes]);
    fault.inject().unwrap();
    assert_eq!(fault.tend().unwrap(), None);
    assert_eq!(containers.rules(0), ["Input 172.18.0.4"], "nobody knows the other's address yet");
    containers.start(1, 201, 3);
    let words = fault.tend().unwrap().unwrap();
    assert!(words.contains("kafka-broker-02 came up: it was cut off "), "{words}");
    assert_eq!(containers.rules(0), ["Input 172.18.0.4", "Input 172.18.0.3"]);
    assert_eq!(containers.rules(1), ["Input 172.18.0.2"]);
    assert_eq!(fault.undone(), None);
    assert_eq!(fault.prove().unwrap(), None, "and must still show packets");
}

#[test]
fn a_group_that_is_dead_is_cut_off_from_nobody() {
    let containers = Containers::new();
    containers.stop(1);
    let mut fault = containers.partition();
    let error = fault.inject().unwrap_err().to_string();
    assert_eq!(error, "kafka-broker-02 is dead: there is nothing to cut");
}

#[test]
fn packets_that_only_fly_towards_the_dead_prove_nothing() {
    let containers = Containers::of(3);
    let mut nodes = containers.nodes();
    let alone = nodes.remove(0);
    // Their addresses stay, as in the local runtime.
    nodes[0].pids.clear();
    let mut fault = containers.partition_of(&Arc::default(), 0, vec![vec![alone], nodes]);
    fault.inject().unwrap();
    containers.packets(1, 9);
    assert_eq!(fault.prove().unwrap(), None, "9 packets towards the dead second broker");
    let words = fault.last_words().unwrap();
    assert!(words.contains("no packet that a living node would have received"), "{words}");
    containers.packets(2, 1);
    let proof = fault.prove().unwrap().unwrap();
    assert!(proof.contains("dropped 10 packets kafka-broker-01 -> "), "{proof}");
}

#[test]
fn a_node_that_dies_after_the_injection_has_been_cut_off_all_the_same() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    fault.inject().unwrap();
    containers.packets(1, 3);
    containers.stop(1);
    assert_eq!(fault.tend().unwrap(), None);
    assert!(fault.prove().unwrap().unwrap().contains("dropped 3 packets"));
    assert_eq!(fault.undone(), None);
}

#[test]
fn rules_that_somebody_else_removed_have_undone_the_fault() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    fault.inject().unwrap();
    containers.namespace(0).remove("fault_0").unwrap();
    assert_eq!(fault.tend().unwrap(), None);
    let found = fault.undone().unwrap();
    assert_eq!(found.node, "kafka-broker-01");
    let head = "the drop rules at kafka-broker-01 are gone, and no fault removed them (";
    assert!(found.how.starts_with(head), "{}", found.how);
    fault.heal().unwrap();
    assert_eq!(containers.rules(1), [""; 0]);
}

#[test]
fn a_node_that_somebody_else_restarted_has_undone_the_fault() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    fault.inject().unwrap();
    containers.start(1, 201, 3);
    drop(fault.tend().unwrap());
    let found = fault.undone().unwrap();
    let how = "kafka-broker-02 was restarted, and no fault restarted it: its rules are gone";
    assert_eq!((found.node.as_str(), found.how.as_str()), ("kafka-broker-02", how));
}

/// The command has long ended when the node that it restarted is up again.
#[test]
fn a_node_that_comes_back_long_after_the_command_that_stopped_it_has_undone_nothing() {
    let containers = Containers::new();
    let custody: Arc<Custody> = Arc::default();
    let groups = containers.nodes().into_iter().map(|node| vec![node]).collect();
    let mut fault = containers.partition_of(&custody, 0, groups);
    fault.inject().unwrap();
    custody.take(1, 1, Way::Touched, &[]);
    containers.stop(1);
    custody.let_go(1, 1, Way::Touched);
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(fault.tend().unwrap(), None, "it is dead");
    containers.start(1, 201, 3);
    assert!(fault.tend().unwrap().unwrap().contains("was restarted"));
    assert_eq!(fault.undone(), None);
}

#[test]
fn rules_that_were_removed_right_before_the_end_are_missed() {
    let containers = Containers::new();
    let mut fault = containers.partition();
    fault.inject().unwrap();
    containers.namespace(1).remove("fault_0").unwrap();
    fault.look_for_the_last_time();
    assert_eq!(fault.undone().unwrap().node, "kafka-broker-02");
}

#[test]
fn rules_that_cannot_be_read_are_not_called_gone() {
    let late = without_rules("at", "broker-1", &io::ErrorKind::TimedOut.into());
    assert!(late.starts_with("the drop rules at broker-1 cannot be read, so "), "{late}");
    let gone = without_rules("at", "broker-1", &io::ErrorKind::BrokenPipe.into());
    assert!(gone.contains(" are gone, and no fault removed them ("), "{gone}");
}

#[test]
fn rules_that_vanish_from_everybodys_place_have_undone_the_fault() {
    let containers = Containers::new();
    *containers.hub.lock().unwrap() = Some(Arc::default());
    let mut fault = containers.partition();
    fault.inject().unwrap();
    assert_eq!(fault.undone(), None);
    let hub = containers.hub.lock().unwrap().clone().unwrap();
    hub.remove("fault_0").unwrap();
    let found = fault.undone().unwrap();
    assert_eq!(found.node, "a namespace");
    assert!(found.how.contains("are gone, and no fault removed them"), "{}", found.how);
}

/// The second of two equal cuts does nothing; the first that is healed leaves what the other made.
#[test]
fn what_is_cut_already_cannot_be_cut_and_a_wider_cut_is_proved_by_what_is_new() {
    let containers = Containers::of(3);
    let custody = Arc::default();
    let nodes = containers.nodes();
    let pair = vec![vec![nodes[0].clone()], vec![nodes[1].clone()]];
    let each = nodes.iter().map(|node| vec![node.clone()]).collect();
    let mut first = containers.partition_of(&custody, 0, pair.clone());
    first.inject().unwrap();
    let mut same = containers.partition_of(&custody, 1, pair);
    let error = same.inject().unwrap_err().to_string();
    assert_eq!(error, "its groups are cut off from each other already, by another fault");
    same.heal().unwrap();
    let mut wider = containers.partition_of(&custody, 2, each);
    wider.inject().unwrap();
    assert_eq!(wider.prove().unwrap(), None);
    containers.packets(2, 1);
    assert!(wider.prove().unwrap().is_some(), "0 | 1 is the other fault's to prove");
    first.heal().unwrap();
    assert_eq!(containers.rules(1), ["Input 172.18.0.2", "Input 172.18.0.4"], "0 | 1 stays cut");
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
    let groups = vec![containers.nodes()];
    let mut fault = containers.partition_of(&Arc::default(), 0, groups);
    let error = fault.inject().unwrap_err().to_string();
    assert!(error.contains("all in one group"), "{error}");
}

/// Waits until it is so, or calls the faults off and fails.
fn wait_for(what: &str, cancel: &Cancel, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        if begun.elapsed() > Duration::from_secs(20) {
            cancel.call();
            panic!("never: {what}");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Walks a partition through its life while the second broker is restarted.
#[test]
fn what_tending_says_is_evidence_that_proves_nothing() {
    let containers = Containers::new();
    let folder = tempfile::tempdir().unwrap();
    let (seen, is_proved) = (Arc::clone(&containers), Arc::new(AtomicBool::new(false)));
    let proved = Arc::clone(&is_proved);
    let site = Site {
        cluster: Arc::clone(&containers) as Arc<dyn Cluster>,
        situation: Box::new(move || Situation {
            nodes: seen.nodes(),
            leader: Some(0),
            replicas: vec![0, 1],
            controller: Some(0),
        }),
        custody: Arc::default(),
        history: Arc::default(),
        environment: Box::new(Vec::new),
        journal: Journal::create(&folder.path().join("journal.jsonl")).unwrap(),
        epoch: Epoch::now(),
        zero_us: 0,
        cancel: Cancel::default(),
        folder: folder.path().to_owned(),
        called: Box::new(|_, _| {}),
        tell: Box::new(move |_, step| {
            proved.fetch_or(matches!(step, FaultStep::Effective(_)), Ordering::Relaxed);
        }),
    };
    let groups = vec![vec![Target::Leader], vec![Target::Followers]];
    let action = timeline::NetworkPartition { groups, ports: Ports::All }.into();
    let plan = FaultPlan { index: 0, action, at_ms: 0, for_ms: 60_000 };
    // Another fault of the plan may restart it.
    containers.holder(&site.custody, 1).take(&containers.nodes()[1], Way::Touched, &[]);
    let record = std::thread::scope(|scope| {
        let living = scope.spawn(|| live(&plan, &site));
        wait_for("the rules", &site.cancel, || !containers.rules(1).is_empty());
        containers.start(1, 201, 3);
        wait_for("the rules again", &site.cancel, || !containers.rules(1).is_empty());
        containers.packets(1, 7);
        wait_for("a proof", &site.cancel, || is_proved.load(Ordering::Relaxed));
        site.cancel.call();
        living.join().unwrap()
    });
    assert!(record.effective, "{record:?}");
    let told = record.evidence.iter().find(|e| e.text.contains("was restarted")).unwrap();
    assert!(!told.proves && told.at_ms < record.effective_at_ms.unwrap(), "{record:?}");
    let proof = record.evidence.iter().find(|e| e.proves).unwrap();
    assert!(proof.text.contains("dropped 7 packets"), "{record:?}");
    assert_eq!((containers.rules(0), containers.rules(1)), (vec![], vec![]), "healed");
}
