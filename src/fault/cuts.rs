//! Which packets a partition drops at which place, as a pure function of its groups: [`cuts`].

use super::FaultError;
use super::custody::Severed;
use crate::netfilter::{DropRule, Hook};
use crate::runtime::{Node, Passes, Role};
use crate::timeline::Ports;
use std::collections::BTreeSet;

/// One drop rule and the groups that it separates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) rule: DropRule,
    /// The group that sends.
    pub(super) from_group: usize,
    pub(super) to_group: usize,
    /// The two nodes.
    pub(super) between: Severed,
}

/// Two groups, the lower number first.
pub(super) type Pair = (usize, usize);

impl Cut {
    pub(super) fn pair(&self) -> Pair {
        (self.from_group.min(self.to_group), self.from_group.max(self.to_group))
    }
}

/// The rules for a place. Where everybody's packets pass, each directed pair of addresses is cut. A
/// node drops what arrives from the others, as in Trogdor; since the others do the same, both
/// directions are cut. Clients drop nothing themselves, so nodes drop what they send to clients,
/// too.
pub(super) fn cuts(groups: &[Vec<Node>], ports: Ports, passes: Passes) -> Vec<Cut> {
    let mut cuts = Vec::new();
    for (from_group, from) in members(groups) {
        for (to_group, to) in members(groups).filter(|(group, _)| *group != from_group) {
            for port in traffic(from, to, ports) {
                if let Some(rule) = rule(from, to, port, passes) {
                    let between = Severed { from: from.id, to: to.id, port };
                    cuts.push(Cut { rule, from_group, to_group, between });
                }
            }
        }
    }
    cuts
}

/// The pairs of groups with traffic of this kind between them: each must show dropped packets.
///
/// # Errors
/// `NoEffect` if there is none, if it cannot be distinguished from other traffic, or if a whole
/// group is dead.
pub(super) fn pairs(groups: &[Vec<Node>], ports: Ports) -> Result<BTreeSet<Pair>, FaultError> {
    let mut pairs = BTreeSet::new();
    let is_dead = |group: &&Vec<Node>| group.iter().all(Node::is_dead);
    if let Some(dead) = groups.iter().filter(|group| !group.is_empty()).find(is_dead) {
        let names: Vec<&str> = dead.iter().map(|node| node.name.as_str()).collect();
        let are =
            if let ([_], false) = (names.as_slice(), is_client(&dead[0])) { "is" } else { "are" };
        let what = format!("{} {are} dead: there is nothing to cut", names.join(" and "));
        return Err(FaultError::NoEffect(what));
    }
    for (a_group, a) in members(groups) {
        for (b_group, b) in members(groups).filter(|(group, _)| *group > a_group) {
            if !traffic(a, b, ports).is_empty() {
                distinguish(a, b)?;
                distinguish(b, a)?;
                pairs.insert((a_group, b_group));
            }
        }
    }
    if !pairs.is_empty() {
        return Ok(pairs);
    }
    let populated = groups.iter().filter(|g| !g.is_empty()).count();
    Err(FaultError::NoEffect(match (populated, kind(ports)) {
        (0 | 1, _) => "its members are all in one group: there is no traffic to cut".to_owned(),
        (_, kind) => format!("there is no {kind}traffic between its groups that could be cut"),
    }))
}

/// Clients outside containers are identified by their listener only: nobody else may use it.
fn distinguish(client: &Node, broker: &Node) -> Result<(), FaultError> {
    let shared = |port| {
        let listeners = broker.listeners;
        listeners.client == port && (listeners.replication == port || listeners.controller == port)
    };
    if !is_on_the_host(client) || !shared(broker.listeners.client) {
        return Ok(());
    }
    Err(FaultError::NoEffect(format!(
        "clients cannot be cut from {} alone: its peers use the clients' listener, port {}, as well",
        broker.name,
        broker.listeners.client.unwrap_or_default()
    )))
}

fn kind(ports: Ports) -> &'static str {
    match ports {
        Ports::All => "",
        Ports::Replication => "replication ",
        Ports::Controller => "controller ",
        Ports::Client => "client ",
    }
}

fn members(groups: &[Vec<Node>]) -> impl Iterator<Item = (usize, &Node)> {
    groups.iter().enumerate().flat_map(|(group, nodes)| nodes.iter().map(move |n| (group, n)))
}

fn is_client(node: &Node) -> bool {
    node.role == Role::Clients
}

fn is_on_the_host(node: &Node) -> bool {
    is_client(node) && node.address.is_none()
}

/// The ports of this kind of traffic between two nodes, in either direction: empty if there is
/// none, `None` for all ports.
fn traffic(a: &Node, b: &Node, ports: Ports) -> Vec<Option<u16>> {
    let of_client = match (is_client(a), is_client(b)) {
        (true, true) => return Vec::new(),
        (true, false) => Some(b.listeners.client),
        (false, true) => Some(a.listeners.client),
        (false, false) => None,
    };
    let both = |a: Option<u16>, b: Option<u16>| {
        let distinct: BTreeSet<u16> = a.into_iter().chain(b).collect();
        distinct.into_iter().map(Some).collect()
    };
    match (ports, of_client) {
        (Ports::All, _) if !is_on_the_host(a) && !is_on_the_host(b) => vec![None],
        (Ports::All | Ports::Client, Some(port)) => both(port, None),
        // Replication needs two brokers.
        (Ports::Replication, None) if a.is_broker() && b.is_broker() => {
            both(a.listeners.replication, b.listeners.replication)
        }
        (Ports::Controller, None) => both(a.listeners.controller, b.listeners.controller),
        _ => Vec::new(),
    }
}

fn rule(from: &Node, to: &Node, port: Option<u16>, passes: Passes) -> Option<DropRule> {
    // A Kafka node without an address is dead and sends nothing.
    let known = |node: &Node| node.address.is_some() || is_client(node);
    if !known(from) || !known(to) {
        return None;
    }
    let rule = |hook, src, dst| Some(DropRule { hook, src, dst, port });
    match passes {
        Passes::Everybodys => {
            let (src, dst) = (from.address?, to.address?);
            rule(Hook::Forward, Some(src), Some(dst))
        }
        Passes::Nodes(id) if id == to.id => rule(Hook::Input, from.address, None),
        Passes::Nodes(id) if id == from.id && is_client(to) => rule(Hook::Output, None, to.address),
        Passes::Nodes(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::fake::node;
    use crate::runtime::{Listeners, Liveness};
    use std::net::Ipv4Addr;

    fn broker(id: i32) -> Node {
        node(id, Role::Combined)
    }

    fn with_ports(id: i32, replication: u16, client: u16, controller: u16) -> Node {
        let (replication, client, controller) = (Some(replication), Some(client), Some(controller));
        Node { listeners: Listeners { replication, client, controller }, ..broker(id) }
    }

    fn clients() -> Node {
        node(-1, Role::Clients)
    }

    fn host_clients() -> Node {
        Node { address: None, ..clients() }
    }

    /// `Input 10->* :9092` of each rule, with the groups.
    fn in_words(groups: &[Vec<Node>], ports: Ports, passes: Passes) -> Vec<String> {
        let last = |a: Option<Ipv4Addr>| {
            a.map_or("*".to_owned(), |a| (i32::from(a.octets()[3]) - 2).to_string())
        };
        let one = |cut: Cut| {
            let DropRule { hook, src, dst, port } = cut.rule;
            let port = port.map_or(String::new(), |p| format!(" :{p}"));
            let groups = (cut.from_group, cut.to_group);
            format!("{hook:?} {}->{}{port} {groups:?}", last(src), last(dst))
        };
        cuts(groups, ports, passes).into_iter().map(one).collect()
    }

    fn refusal(groups: &[Vec<Node>], ports: Ports) -> String {
        match pairs(groups, ports).unwrap_err() {
            FaultError::NoEffect(words) => words,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn in_the_hub_every_directed_pair_across_groups_is_cut_and_none_within() {
        let groups = [vec![broker(0)], vec![broker(1), broker(2)]];
        let rules = in_words(&groups, Ports::All, Passes::Everybodys);
        assert_eq!(
            rules,
            [
                "Forward 0->1 (0, 1)",
                "Forward 0->2 (0, 1)",
                "Forward 1->0 (1, 0)",
                "Forward 2->0 (1, 0)"
            ]
        );
        let three = [vec![broker(0)], vec![broker(1)], vec![broker(2)]];
        assert_eq!(cuts(&three, Ports::All, Passes::Everybodys).len(), 6);
        assert_eq!(pairs(&three, Ports::All).unwrap(), [(0, 1), (0, 2), (1, 2)].into());
    }

    #[test]
    fn at_a_node_what_arrives_from_the_other_groups_is_dropped() {
        let groups = [vec![broker(0)], vec![broker(1), broker(2)]];
        let at = |id| in_words(&groups, Ports::All, Passes::Nodes(id));
        assert_eq!(at(0), ["Input 1->* (1, 0)", "Input 2->* (1, 0)"]);
        assert_eq!(at(1), ["Input 0->* (0, 1)"]);
        assert_eq!(at(2), ["Input 0->* (0, 1)"]);
        assert_eq!(at(7), [""; 0], "a node in no group is untouched");
    }

    #[test]
    fn clients_on_the_host_are_cut_by_their_listener_both_ways() {
        let mut other = broker(1);
        other.listeners.client = Some(9094);
        let groups = [vec![host_clients()], vec![broker(0), other], vec![broker(2)]];
        let at = |id| in_words(&groups[..2], Ports::All, Passes::Nodes(id));
        assert_eq!(at(0), ["Input *->* :9092 (0, 1)", "Output *->* :9092 (1, 0)"]);
        assert_eq!(at(1), ["Input *->* :9094 (0, 1)", "Output *->* :9094 (1, 0)"]);
        assert_eq!(
            at(0),
            in_words(&groups[..2], Ports::Client, Passes::Nodes(0)),
            "it is all they use"
        );
        // Brokers of different groups are cut by address all the same.
        let all = in_words(&groups, Ports::All, Passes::Nodes(2));
        assert!(all.contains(&"Input 0->* (1, 2)".to_owned()), "{all:?}");
    }

    #[test]
    fn clients_with_an_address_are_cut_by_it() {
        let groups = [vec![clients()], vec![broker(0)]];
        let forth_and_back = ["Forward -1->0 (0, 1)", "Forward 0->-1 (1, 0)"];
        assert_eq!(in_words(&groups, Ports::All, Passes::Everybodys), forth_and_back);
        let at_the_broker = ["Input -1->* :9092 (0, 1)", "Output *->-1 :9092 (1, 0)"];
        assert_eq!(in_words(&groups, Ports::Client, Passes::Nodes(0)), at_the_broker);
    }

    #[test]
    fn a_listener_that_peers_share_does_not_tell_clients_from_them() {
        let shared = with_ports(0, 9092, 9092, 9093);
        let words = refusal(&[vec![host_clients()], vec![shared.clone()]], Ports::Client);
        assert!(words.contains("broker-0") && words.contains("9092"), "{words}");
        assert!(pairs(&[vec![clients()], vec![shared]], Ports::Client).is_ok());
    }

    #[test]
    fn ports_are_each_nodes_own() {
        let (a, b) = (broker(0), with_ports(1, 19_091, 19_092, 19_093));
        let groups = [vec![a], vec![b]];
        let at = |ports| in_words(&groups, ports, Passes::Nodes(0));
        assert_eq!(at(Ports::Replication), ["Input 1->* :9091 (1, 0)", "Input 1->* :19091 (1, 0)"]);
        assert_eq!(at(Ports::Controller), ["Input 1->* :9093 (1, 0)", "Input 1->* :19093 (1, 0)"]);
        assert_eq!(at(Ports::All), ["Input 1->* (1, 0)"]);
        let equal = [vec![broker(0)], vec![broker(1)]];
        let hub = in_words(&equal, Ports::Replication, Passes::Everybodys);
        assert_eq!(hub, ["Forward 0->1 :9091 (0, 1)", "Forward 1->0 :9091 (1, 0)"]);
    }

    #[test]
    fn a_pair_without_traffic_of_that_kind_has_no_rule_and_no_rule_at_all_is_no_effect() {
        let controller = node(100, Role::Controller);
        let only_broker = |id| node(id, Role::Broker);
        let groups = [vec![only_broker(0), controller.clone()], vec![only_broker(1)]];
        let at = |ports| in_words(&groups, ports, Passes::Nodes(1));
        assert_eq!(at(Ports::Replication), ["Input 0->* :9091 (0, 1)"]);
        assert_eq!(at(Ports::Controller), ["Input 100->* :9093 (0, 1)"]);

        let refused = |a: Node, b: Node, ports| refusal(&[vec![a], vec![b]], ports);
        let words = refused(only_broker(0), only_broker(1), Ports::Controller);
        assert_eq!(words, "there is no controller traffic between its groups that could be cut");
        let words = refused(broker(0), broker(1), Ports::Client);
        assert!(words.contains("no client traffic"), "{words}");
        let words = refused(host_clients(), broker(1), Ports::Replication);
        assert!(words.contains("no replication traffic"), "{words}");
        let words = refused(only_broker(0), controller.clone(), Ports::Replication);
        assert!(words.contains("no replication traffic"), "{words}");
        let words = refused(host_clients(), controller, Ports::All);
        assert!(words.contains("no traffic"), "{words}");
        let words = refusal(&[vec![broker(0), broker(1)]], Ports::All);
        assert!(words.contains("all in one group"), "{words}");
    }

    #[test]
    fn the_dead_without_an_address_have_no_rule_yet() {
        let dead = Node { address: None, life: Liveness::Dead, ..broker(1) };
        let groups = [vec![broker(0)], vec![dead, broker(2)]];
        assert_eq!(in_words(&groups, Ports::All, Passes::Nodes(0)), ["Input 2->* (1, 0)"]);
        assert_eq!(pairs(&groups, Ports::All).unwrap(), [(0, 1)].into());
    }

    #[test]
    fn from_a_group_that_is_dead_there_is_nothing_to_cut() {
        let dead = |id| Node { life: Liveness::Dead, ..broker(id) };
        let words = refusal(&[vec![dead(2)], vec![broker(0), broker(1)]], Ports::All);
        assert_eq!(words, "broker-2 is dead: there is nothing to cut");
        let words = refusal(&[vec![broker(0)], vec![dead(1), dead(2)]], Ports::All);
        assert_eq!(words, "broker-1 and broker-2 are dead: there is nothing to cut");
        assert!(pairs(&[vec![dead(2), broker(1)], vec![broker(0)]], Ports::All).is_ok());
    }
}
