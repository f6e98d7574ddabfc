//! `network_partition`: nodes of different groups do not hear each other; healed by removing the
//! rules that drop their packets.

use super::kind::one_of;
use super::read::apart;
use super::{
    Act, FaultKind, FaultSpec, Form, Item, Key, Layout, Places, Problem, Target, Written, target,
};
use crate::model::Controllers;
use crate::yaml::{At, Kind, Node, Place, Reader};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;

/// A cut between groups of nodes. Nodes in no group are untouched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkPartition {
    pub groups: Vec<Vec<Target>>,
    pub ports: Ports,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ports {
    #[default]
    All,
    /// The listener on which followers fetch from leaders (port 9091).
    Replication,
    /// The controllers' listener: quorum, heartbeats, ISR changes (port 9093).
    Controller,
    /// The listener of producers and consumers (port 9092).
    Client,
}

const PORTS: &[(&str, Ports)] = &[
    ("all", Ports::All),
    ("replication", Ports::Replication),
    ("controller", Ports::Controller),
    ("client", Ports::Client),
];

impl NetworkPartition {
    pub const KIND: FaultKind = FaultKind {
        name: "network_partition",
        form: Form {
            placeholder: "[GROUP, GROUP…]",
            words: "groups, each a target or a list of targets",
            schema: || json!({ "type": "array", "minItems": 2, "items": target::schema() }),
        },
        does: "nodes of different groups do not hear each other; nodes in no group are untouched",
        healed_by: Some("removing the rules"),
        keys: &[Key {
            name: "ports",
            about: "the traffic that a `network_partition` cuts: `all`, `replication`, \
                    `controller` or `client`",
            default: Some("all"),
            only: "only `network_partition` cuts single ports",
            is_sound: |reader, node| read_ports(reader, node).is_some(),
            schema: || one_of(PORTS),
        }],
        most_ms: None,
        needs: None,
        examples: &["network_partition: [leader, [followers, clients]]\n\
                  ports: replication\nat: 90s\nfor: 1 lag"],
        read,
        rehearsal: |first, others| {
            let groups = vec![vec![first], others.to_vec()];
            let cut = NetworkPartition { groups, ports: Ports::All };
            (!others.is_empty()).then(|| cut.into())
        },
    };

    /// Each target with its group's number and its place.
    fn members(&self, places: &Places) -> Vec<(usize, At<Target>)> {
        let numbered = self.groups.iter().enumerate();
        let members = numbered.flat_map(|(i, group)| group.iter().map(move |target| (i, *target)));
        let placed = members.zip(&places.targets);
        placed.map(|((group, target), place)| (group, At::new(target, *place))).collect()
    }

    /// A cut needs traffic of its kind between two of its groups.
    fn without_traffic(&self, place: Place, controllers: Controllers) -> Option<Problem> {
        let (ports, groups) = (self.ports, &self.groups);
        let pairs = groups.iter().enumerate().flat_map(|(i, a)| {
            groups[i + 1..].iter().flat_map(|b| a.iter().flat_map(|x| b.iter().map(|y| (*x, *y))))
        });
        if pairs.into_iter().any(|(a, b)| ports.carry(a, b, controllers)) {
            return None;
        }
        let message = format!("no `{ports}` traffic goes between these groups");
        let help = "`client` is between `clients` and brokers, `replication` between brokers, \
                    `controller` between brokers and controllers; leave `ports` out to cut all";
        Some(Problem::new(place, message, help).resting_on(&["controllers"]))
    }

    /// If every broker has a replica, the leader and its followers are all brokers, so a broker by
    /// number in a third group is certainly one of them.
    fn no_broker_left(&self, places: &Places, layout: &Layout<'_>) -> Option<Problem> {
        if layout.topics.is_empty() || layout.replicas().len() != layout.brokers.len() {
            return None;
        }
        let members = self.members(places);
        let group_of = |wanted: Target| {
            members.iter().find(|(_, target)| target.value == wanted).map(|(group, _)| *group)
        };
        let (leader, followers) = (group_of(Target::Leader)?, group_of(Target::Followers)?);
        let is_one = |target: Target| match target {
            Target::Broker(_) => true,
            Target::Controller => layout.controllers == Controllers::Combined,
            _ => false,
        };
        let (_, third) = members.iter().find(|(group, target)| {
            *group != leader && *group != followers && is_one(target.value)
        })?;
        let message = format!(
            "`{}` is in a third group, but every broker is the leader or a follower",
            third.value
        );
        let rests_on = &["replication.factor", "brokers", "controllers"];
        Some(Problem::new(third.place, message, ONE_SIDE).resting_on(rests_on))
    }
}

const ONE_SIDE: &str = "a node can be on one side of a cut only";

impl FaultSpec for NetworkPartition {
    fn groups(&self) -> Vec<&[Target]> {
        self.groups.iter().map(Vec::as_slice).collect()
    }

    /// A leader is deposed only if the controllers do not hear it: a cut from clients alone, or of
    /// other traffic, does not do that.
    fn act(&self) -> Act {
        let has_nodes =
            |group: &&Vec<Target>| group.iter().any(|target| *target != Target::Clients);
        let between_nodes = self.groups.iter().filter(has_nodes).count() > 1;
        match self.ports {
            Ports::All | Ports::Controller if between_nodes => Act::Cut,
            _ => Act::Other,
        }
    }

    fn words(&self) -> String {
        let sides = self.sides_in_words();
        match self.ports {
            Ports::All => sides,
            ports => format!("{sides} (ports: {ports})"),
        }
    }

    fn problems(&self, places: &Places, layout: &Layout<'_>) -> Vec<Problem> {
        let mut found = Vec::from_iter(self.without_traffic(places.fault, layout.controllers));
        let members = self.members(places);
        for (i, (group, target)) in members.iter().enumerate() {
            let clash = members[..i].iter().find(|(other_group, other)| {
                other_group != group && other.value.always_overlaps(target.value)
            });
            if let Some((_, other)) = clash {
                let (a, b) = (other.value, target.value);
                let message = format!("`{a}` and `{b}` share a node, but are in two groups");
                found.push(Problem::new(target.place, message, ONE_SIDE));
            }
        }
        found.extend(self.no_broker_left(places, layout));
        found
    }
}

impl Ports {
    fn carry(self, a: Target, b: Target, controllers: Controllers) -> bool {
        let is_broker =
            |target| target != Target::Controller || controllers == Controllers::Combined;
        match (a == Target::Clients, b == Target::Clients) {
            (true, true) => false,
            (true, false) | (false, true) => matches!(self, Ports::All | Ports::Client),
            (false, false) => match self {
                Ports::All | Ports::Controller => true,
                Ports::Replication => is_broker(a) && is_broker(b),
                Ports::Client => false,
            },
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ports::All => "all",
            Ports::Replication => "replication",
            Ports::Controller => "controller",
            Ports::Client => "client",
        })
    }
}

fn read(reader: &mut Reader, item: &Item<'_>) -> Option<Written> {
    let groups = read_groups(reader, item.value);
    let ports = item.own("ports").map(|node| read_ports(reader, node));
    let (groups, places): (Vec<_>, Vec<_>) = groups?.into_iter().map(apart).unzip();
    let ports = ports.unwrap_or_else(|| Some(Ports::default()))?;
    let action = NetworkPartition { groups, ports }.into();
    Some(Written { action, targets: places.concat() })
}

fn read_ports(reader: &mut Reader, node: &Node) -> Option<Ports> {
    reader.choice(node, "ports", PORTS)
}

fn read_groups(reader: &mut Reader, node: &Node) -> Option<Vec<Vec<At<Target>>>> {
    let help = "write the sides of the cut, as in `network_partition: [[leader], [followers]]`";
    let Kind::List(items) = &node.kind else {
        let message = format!("`network_partition` must be a list of groups, not {}", node.noun());
        reader.report(node.place, message, help);
        return None;
    };
    let too_few = match items.as_slice() {
        [] => Some("`network_partition` has no groups"),
        [_] => Some("`network_partition` has one group, and nothing to cut it off from"),
        _ => None,
    };
    if let Some(message) = too_few {
        reader.report(node.place, message, help);
        return None;
    }
    let read = |group| target::read(reader, group, NetworkPartition::KIND.name);
    Some(items.iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cut_that_the_controllers_may_notice_moves_a_leader() {
        let cut = |groups: &[&[Target]], ports| {
            let groups = groups.iter().map(|group| group.to_vec()).collect();
            NetworkPartition { groups, ports }.act()
        };
        let clients_alone: [&[Target]; 2] = [&[Target::Clients], &[Target::Leader]];
        assert_eq!(cut(&clients_alone, Ports::All), Act::Other);
        let with_clients: [&[Target]; 2] =
            [&[Target::Leader, Target::Clients], &[Target::Followers]];
        assert_eq!(cut(&with_clients, Ports::All), Act::Cut);
        assert_eq!(cut(&with_clients, Ports::Controller), Act::Cut);
        assert_eq!(cut(&with_clients, Ports::Client), Act::Other);
        assert_eq!(cut(&with_clients, Ports::Replication), Act::Other);
    }
}
