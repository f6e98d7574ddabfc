//! Partitions at nodes that come and go, on a cluster whose packet filters only record.

use super::super::custody::{Custody, Holder};
use super::super::holds::Way;
use super::super::tests::site;
use super::super::{Cancel, Fault, live};
use super::NetworkPartition;
use super::upkeep::without_rules;
use crate::event::FaultStep;
use crate::netfilter::Filter;
use crate::runtime::fake::FakeCluster;
use crate::runtime::{Cluster, Liveness, Node};
use crate::timeline::{self, FaultPlan, Ports, Target};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Cuts each node of a cluster from all others.
fn partition(cluster: &Arc<FakeCluster>) -> NetworkPartition {
    partition_of(cluster, &Arc::default(), 0, each_alone(cluster))
}

fn each_alone(cluster: &FakeCluster) -> Vec<Vec<Node>> {
    cluster.nodes().into_iter().map(|node| vec![node]).collect()
}

fn partition_of(
    cluster: &Arc<FakeCluster>,
    custody: &Arc<Custody>,
    fault: u16,
    groups: Vec<Vec<Node>>,
) -> NetworkPartition {
    let holder = holder(cluster, custody, fault);
    NetworkPartition::new(holder, format!("fault_{fault}"), groups, Ports::All).unwrap()
}

fn holder(cluster: &Arc<FakeCluster>, custody: &Arc<Custody>, fault: u16) -> Holder {
    let (cluster, custody) = (Arc::clone(cluster) as Arc<dyn Cluster>, Arc::clone(custody));
    Holder { cluster, custody, fault }
}

/// A partition, and a command that may restart the second broker.
fn partition_with_touch(cluster: &Arc<FakeCluster>) -> NetworkPartition {
    let custody = Arc::default();
    holder(cluster, &custody, 1).take(&cluster.nodes()[1], Way::Touched, &[]);
    partition_of(cluster, &custody, 0, each_alone(cluster))
}

#[test]
fn both_ends_drop_what_arrives_and_the_counters_of_both_prove_it() {
    let cluster = FakeCluster::of(2);
    let mut fault = partition(&cluster);
    assert_eq!(fault.remedy(), "delete nftables table chaos_fault_0 in a namespace, a namespace");
    fault.inject().unwrap();
    assert_eq!(cluster.rules(0), ["Input 172.18.0.3"]);
    assert_eq!(cluster.rules(1), ["Input 172.18.0.2"]);
    assert_eq!(fault.prove().unwrap(), None);
    cluster.dropped(1, 1);
    let one = "dropped 1 packet broker-0 -> broker-1 and 0 back (by heart)";
    assert_eq!(fault.prove().unwrap().unwrap(), one);
    cluster.dropped(0, 5);
    cluster.dropped(1, 12);
    assert_eq!(
        fault.prove().unwrap().unwrap(),
        "dropped 12 packets broker-0 -> broker-1 and 5 back (by heart)"
    );
    assert_eq!(fault.tend().unwrap(), None, "all is as it was");
    fault.heal().unwrap();
    assert_eq!((cluster.rules(0), cluster.rules(1)), (vec![], vec![]));
}

#[test]
fn a_restarted_node_gets_its_rules_back_and_what_was_counted_stays_counted() {
    let cluster = FakeCluster::of(2);
    let mut fault = partition_with_touch(&cluster);
    fault.inject().unwrap();
    cluster.dropped(1, 12);
    fault.prove().unwrap();
    cluster.stop(1);
    assert_eq!(fault.tend().unwrap(), None, "a dead node hears nobody");
    cluster.start(1, 201, 3);
    assert_eq!(cluster.rules(1), [""; 0]);
    let words = fault.tend().unwrap().unwrap();
    let head = "broker-1 was restarted: its rules were put back ";
    assert!(words.starts_with(head), "{words}");
    assert!(words.ends_with(" ms after its new process was seen"), "{words}");
    assert_eq!(fault.undone(), None, "a fault of the plan restarted it");
    assert_eq!(cluster.rules(1), ["Input 172.18.0.2"]);
    assert_eq!(cluster.rules(0), ["Input 172.18.0.3"], "the other end has lost nothing");
    cluster.dropped(1, 30);
    let words = fault.last_words().unwrap();
    assert!(words.contains("dropped 42 packets broker-0"), "{words}");
    fault.heal().unwrap();
    assert_eq!(cluster.rules(1), [""; 0]);
}

#[test]
fn a_node_that_comes_back_at_another_address_is_cut_off_there_too() {
    let cluster = FakeCluster::of(2);
    let mut fault = partition(&cluster);
    fault.inject().unwrap();
    cluster.start(1, 201, 9);
    let words = fault.tend().unwrap().unwrap();
    assert!(words.contains("a namespace got rules for new addresses"), "{words}");
    assert_eq!(cluster.rules(0), ["Input 172.18.0.3", "Input 172.18.0.9"]);
    assert_eq!(fault.tend().unwrap(), None);
    fault.heal().unwrap();
    assert_eq!((cluster.rules(0), cluster.rules(1)), (vec![], vec![]));
}

#[test]
fn a_node_that_is_dead_at_injection_is_cut_off_as_soon_as_it_lives() {
    let cluster = FakeCluster::of(3);
    cluster.stop(1);
    let mut nodes = cluster.nodes();
    let alone = nodes.remove(0);
    let mut fault = partition_of(&cluster, &Arc::default(), 0, vec![vec![alone], nodes]);
    fault.inject().unwrap();
    assert_eq!(fault.tend().unwrap(), None);
    assert_eq!(cluster.rules(0), ["Input 172.18.0.4"], "nobody knows the other's address yet");
    cluster.start(1, 201, 3);
    let words = fault.tend().unwrap().unwrap();
    assert!(words.contains("broker-1 came up: it was cut off "), "{words}");
    assert_eq!(cluster.rules(0), ["Input 172.18.0.4", "Input 172.18.0.3"]);
    assert_eq!(cluster.rules(1), ["Input 172.18.0.2"]);
    assert_eq!(fault.undone(), None);
    assert_eq!(fault.prove().unwrap(), None, "and must still show packets");
}

#[test]
fn a_group_that_is_dead_is_cut_off_from_nobody() {
    let cluster = FakeCluster::of(2);
    cluster.stop(1);
    let mut fault = partition(&cluster);
    let error = fault.inject().unwrap_err().to_string();
    assert_eq!(error, "broker-1 is dead: there is nothing to cut");
}

#[test]
fn packets_that_only_fly_towards_the_dead_prove_nothing() {
    let cluster = FakeCluster::of(3);
    let mut nodes = cluster.nodes();
    let alone = nodes.remove(0);
    // Their addresses stay, as in the local runtime.
    nodes[0].life = Liveness::Dead;
    let mut fault = partition_of(&cluster, &Arc::default(), 0, vec![vec![alone], nodes]);
    fault.inject().unwrap();
    cluster.dropped(1, 9);
    assert_eq!(fault.prove().unwrap(), None, "9 packets towards the dead second broker");
    let words = fault.last_words().unwrap();
    assert!(words.contains("no packet that a living node would have received"), "{words}");
    cluster.dropped(2, 1);
    let proof = fault.prove().unwrap().unwrap();
    assert!(proof.contains("dropped 10 packets broker-0 -> "), "{proof}");
}

#[test]
fn a_node_that_dies_after_the_injection_has_been_cut_off_all_the_same() {
    let cluster = FakeCluster::of(2);
    let mut fault = partition(&cluster);
    fault.inject().unwrap();
    cluster.dropped(1, 3);
    cluster.stop(1);
    assert_eq!(fault.tend().unwrap(), None);
    assert!(fault.prove().unwrap().unwrap().contains("dropped 3 packets"));
    assert_eq!(fault.undone(), None);
}

#[test]
fn rules_that_somebody_else_removed_have_undone_the_fault() {
    let cluster = FakeCluster::of(2);
    let mut fault = partition(&cluster);
    fault.inject().unwrap();
    cluster.filter(0).remove("fault_0").unwrap();
    assert_eq!(fault.tend().unwrap(), None);
    let found = fault.undone().unwrap();
    assert_eq!(found.node, "broker-0");
    let head = "the drop rules at broker-0 are gone, and no fault removed them (";
    assert!(found.how.starts_with(head), "{}", found.how);
    fault.heal().unwrap();
    assert_eq!(cluster.rules(1), [""; 0]);
}

#[test]
fn a_node_that_somebody_else_restarted_has_undone_the_fault() {
    let cluster = FakeCluster::of(2);
    let mut fault = partition(&cluster);
    fault.inject().unwrap();
    cluster.start(1, 201, 3);
    drop(fault.tend().unwrap());
    let found = fault.undone().unwrap();
    let how = "broker-1 was restarted, and no fault restarted it: its rules are gone";
    assert_eq!((found.node.as_str(), found.how.as_str()), ("broker-1", how));
}

/// The command has long ended when the node that it restarted is up again.
#[test]
fn a_node_that_comes_back_long_after_the_command_that_stopped_it_has_undone_nothing() {
    let cluster = FakeCluster::of(2);
    let custody: Arc<Custody> = Arc::default();
    let groups = each_alone(&cluster);
    let mut fault = partition_of(&cluster, &custody, 0, groups);
    fault.inject().unwrap();
    custody.take(1, 1, Way::Touched, &[]);
    cluster.stop(1);
    custody.let_go(1, 1, Way::Touched);
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(fault.tend().unwrap(), None, "it is dead");
    cluster.start(1, 201, 3);
    assert!(fault.tend().unwrap().unwrap().contains("was restarted"));
    assert_eq!(fault.undone(), None);
}

#[test]
fn rules_that_were_removed_right_before_the_end_are_missed() {
    let cluster = FakeCluster::of(2);
    let mut fault = partition(&cluster);
    fault.inject().unwrap();
    cluster.filter(1).remove("fault_0").unwrap();
    fault.look_for_the_last_time();
    assert_eq!(fault.undone().unwrap().node, "broker-1");
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
    let cluster = FakeCluster::of(2);
    *cluster.hub.lock() = Some(Arc::default());
    let mut fault = partition(&cluster);
    fault.inject().unwrap();
    assert_eq!(fault.undone(), None);
    let hub = cluster.hub.lock().clone().unwrap();
    hub.remove("fault_0").unwrap();
    let found = fault.undone().unwrap();
    assert_eq!(found.node, "a namespace");
    assert!(found.how.contains("are gone, and no fault removed them"), "{}", found.how);
}

/// The second of two equal cuts does nothing; healing one leaves what the other made.
#[test]
fn what_is_cut_already_cannot_be_cut_and_a_wider_cut_is_proved_by_what_is_new() {
    let cluster = FakeCluster::of(3);
    let custody = Arc::default();
    let nodes = cluster.nodes();
    let pair = vec![vec![nodes[0].clone()], vec![nodes[1].clone()]];
    let each = nodes.iter().map(|node| vec![node.clone()]).collect();
    let mut first = partition_of(&cluster, &custody, 0, pair.clone());
    first.inject().unwrap();
    let mut same = partition_of(&cluster, &custody, 1, pair);
    let error = same.inject().unwrap_err().to_string();
    assert_eq!(error, "its groups are cut off from each other already, by another fault");
    same.heal().unwrap();
    let mut wider = partition_of(&cluster, &custody, 2, each);
    wider.inject().unwrap();
    assert_eq!(wider.prove().unwrap(), None);
    cluster.dropped(2, 1);
    assert!(wider.prove().unwrap().is_some(), "0 | 1 is the other fault's to prove");
    first.heal().unwrap();
    assert_eq!(cluster.rules(1), ["Input 172.18.0.2", "Input 172.18.0.4"], "0 | 1 stays cut");
}

#[test]
fn rules_that_cannot_be_put_back_are_tried_again_and_then_the_fault_has_failed() {
    let cluster = FakeCluster::of(2);
    let mut fault = partition(&cluster);
    fault.inject().unwrap();
    *cluster.refuses.lock() = true;
    cluster.start(1, 201, 3);
    assert_eq!(fault.tend().unwrap(), None, "not at once");
    *cluster.refuses.lock() = false;
    assert!(fault.tend().unwrap().unwrap().contains("was restarted"));
    *cluster.refuses.lock() = true;
    cluster.start(1, 202, 3);
    assert_eq!(fault.tend().unwrap(), None);
    fault.forget_patience();
    assert_eq!(fault.tend().unwrap_err().to_string(), "no place");
    fault.heal().unwrap();
    assert_eq!(cluster.rules(0), [""; 0]);
}

#[test]
fn one_group_cuts_nothing_and_says_so() {
    let cluster = FakeCluster::of(2);
    let groups = vec![cluster.nodes()];
    let mut fault = partition_of(&cluster, &Arc::default(), 0, groups);
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
    let cluster = FakeCluster::of(2);
    let folder = tempfile::tempdir().unwrap();
    let is_proved = Arc::new(AtomicBool::new(false));
    let proved = Arc::clone(&is_proved);
    let site = site(&cluster, folder.path(), move |step| {
        proved.fetch_or(matches!(step, FaultStep::Effective(_)), Ordering::Relaxed);
    });
    let groups = vec![vec![Target::Leader], vec![Target::Followers]];
    let action = timeline::NetworkPartition { groups, ports: Ports::All }.into();
    let plan = FaultPlan { index: 0, action, at_ms: 0, for_ms: 60_000 };
    // Another fault of the plan may restart it.
    holder(&cluster, &site.custody, 1).take(&cluster.nodes()[1], Way::Touched, &[]);
    let record = std::thread::scope(|scope| {
        let living = scope.spawn(|| live(&plan, &site));
        wait_for("the rules", &site.cancel, || !cluster.rules(1).is_empty());
        cluster.start(1, 201, 3);
        wait_for("the rules again", &site.cancel, || !cluster.rules(1).is_empty());
        cluster.dropped(1, 7);
        wait_for("a proof", &site.cancel, || is_proved.load(Ordering::Relaxed));
        site.cancel.call();
        living.join().unwrap()
    });
    assert!(record.effective, "{record:?}");
    let told = record.evidence.iter().find(|e| e.text.contains("was restarted")).unwrap();
    assert!(!told.proves && told.at_ms < record.effective_at_ms.unwrap(), "{record:?}");
    let proof = record.evidence.iter().find(|e| e.proves).unwrap();
    assert!(proof.text.contains("dropped 7 packets"), "{record:?}");
    assert_eq!((cluster.rules(0), cluster.rules(1)), (vec![], vec![]), "healed");
}
