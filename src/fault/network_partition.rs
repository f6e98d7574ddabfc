//! `network_partition`: nodes of different groups do not hear each other, as Trogdor's
//! NetworkPartitionFault does. Proved by the packets that the drop rules counted, for each pair
//! of groups.

use super::{Fault, FaultError};
use crate::netfilter::{DropPoint, DropRule, Dropped};
use crate::plan::Ports;
use crate::runtime::{Node, port};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Groups of nodes that are cut from each other.
pub struct NetworkPartition {
    points: Vec<Arc<DropPoint>>,
    table: String,
    groups: Vec<Vec<Node>>,
    cuts: Vec<Cut>,
}

/// Packets dropped between each pair of groups, in both directions: (lower to higher, back).
type Packets = BTreeMap<(usize, usize), (u64, u64)>;

/// One drop rule and the groups that it keeps apart.
struct Cut {
    rule: DropRule,
    from_group: usize,
    to_group: usize,
}

impl NetworkPartition {
    /// To be injected at these points, under this table's name.
    pub fn new(
        points: Vec<Arc<DropPoint>>,
        table: String,
        groups: Vec<Vec<Node>>,
        ports: Ports,
    ) -> Self {
        let cuts = cuts(&groups, ports);
        NetworkPartition { points, table, groups, cuts }
    }

    /// Packets dropped so far, by rule, over all points.
    fn dropped(&self) -> Result<Vec<Dropped>, FaultError> {
        let mut sum = vec![Dropped::default(); self.cuts.len()];
        for point in &self.points {
            let counts = point
                .dropped(&self.table)
                .map_err(|e| FaultError::system("reading the drop rules' counters", e))?;
            for (total, count) in sum.iter_mut().zip(counts) {
                total.packets += count.packets;
                total.bytes += count.bytes;
            }
        }
        Ok(sum)
    }

    fn by_groups(&self) -> Result<Packets, FaultError> {
        let mut sums = BTreeMap::new();
        for (cut, dropped) in self.cuts.iter().zip(self.dropped()?) {
            let pair = (cut.from_group.min(cut.to_group), cut.from_group.max(cut.to_group));
            let sum: &mut (u64, u64) = sums.entry(pair).or_default();
            if cut.from_group < cut.to_group {
                sum.0 += dropped.packets;
            } else {
                sum.1 += dropped.packets;
            }
        }
        Ok(sums)
    }

    fn in_words(&self, sums: &Packets) -> String {
        let name = |g: usize| {
            let names: Vec<&str> = self.groups[g].iter().map(|n| n.name.as_str()).collect();
            names.join("+")
        };
        let pairs: Vec<String> = sums
            .iter()
            .map(|((a, b), (there, back))| {
                format!("{there} packets {} -> {} and {back} back", name(*a), name(*b))
            })
            .collect();
        format!("dropped {}", pairs.join("; "))
    }
}

/// Every directed pair of addresses in different groups.
fn cuts(groups: &[Vec<Node>], ports: Ports) -> Vec<Cut> {
    let port = match ports {
        Ports::All => None,
        Ports::Replication => Some(port::REPLICATION),
        Ports::Controller => Some(port::CONTROLLER),
        Ports::Client => Some(port::CLIENT),
    };
    let mut cuts = Vec::new();
    for (from_group, from) in groups.iter().enumerate() {
        for (to_group, to) in groups.iter().enumerate() {
            if from_group == to_group {
                continue;
            }
            for source in from {
                for target in to {
                    let rule = DropRule { src: source.address, dst: target.address, port };
                    cuts.push(Cut { rule, from_group, to_group });
                }
            }
        }
    }
    cuts
}

impl Fault for NetworkPartition {
    fn nodes(&self) -> Vec<String> {
        self.groups.iter().flatten().map(|n| n.name.clone()).collect()
    }

    fn remedy(&self) -> String {
        let points: Vec<&str> = self.points.iter().map(|p| p.name()).collect();
        format!("delete nftables table {} in {}", self.table, points.join(", "))
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        if self.cuts.is_empty() {
            return Err(FaultError::NoEffect(
                "its members are all in one group: there is no traffic to cut".to_owned(),
            ));
        }
        let rules: Vec<DropRule> = self.cuts.iter().map(|c| c.rule).collect();
        for point in &self.points {
            point
                .install(&self.table, &rules)
                .map_err(|e| FaultError::system("installing the drop rules", e))?;
        }
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        let sums = self.by_groups()?;
        let all = sums.values().all(|(there, back)| there + back > 0);
        Ok(all.then(|| self.in_words(&sums)))
    }

    fn heal(&mut self) -> Result<(), FaultError> {
        let results: Vec<_> = self
            .points
            .iter()
            .map(|p| p.remove(&self.table))
            .map(|r| r.map_err(|e| FaultError::system("removing the drop rules", e)))
            .collect();
        results.into_iter().collect()
    }

    fn last_words(&mut self) -> Option<String> {
        let sums = self.by_groups().ok()?;
        let silent: Vec<String> = sums
            .iter()
            .filter(|(_, (there, back))| there + back == 0)
            .map(|((a, b), _)| format!("groups {} and {}", a + 1, b + 1))
            .collect();
        if silent.is_empty() {
            return Some(format!("in all, {}", self.in_words(&sums)));
        }
        Some(format!("no packet was dropped between {}", silent.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Role;
    use std::net::Ipv4Addr;

    fn node(id: i32) -> Node {
        let address = Ipv4Addr::new(10, 88, 0, 11 + id as u8);
        let name = format!("broker-{id}");
        Node { id, name, role: Role::Combined, pids: vec![1], address, netns: None }
    }

    #[test]
    fn every_directed_pair_across_groups_is_cut_and_none_within() {
        let groups = [vec![node(0)], vec![node(1), node(2)]];
        let rules: Vec<(u8, u8)> = cuts(&groups, Ports::All)
            .iter()
            .map(|c| (c.rule.src.octets()[3] - 11, c.rule.dst.octets()[3] - 11))
            .collect();
        assert_eq!(rules, [(0, 1), (0, 2), (1, 0), (2, 0)]);
    }

    #[test]
    fn three_groups_are_cut_pairwise() {
        let groups = [vec![node(0)], vec![node(1)], vec![node(2)]];
        assert_eq!(cuts(&groups, Ports::All).len(), 6);
    }

    #[test]
    fn a_port_is_the_listener_it_names() {
        let groups = [vec![node(0)], vec![node(1)]];
        let port = |ports| cuts(&groups, ports)[0].rule.port;
        assert_eq!(port(Ports::All), None);
        assert_eq!(port(Ports::Replication), Some(9091));
        assert_eq!(port(Ports::Client), Some(9092));
        assert_eq!(port(Ports::Controller), Some(9093));
    }

    #[test]
    fn one_group_cuts_nothing_and_says_so() {
        let mut fault =
            NetworkPartition::new(vec![], "t".into(), vec![vec![node(0), node(1)]], Ports::All);
        let error = fault.inject().unwrap_err().to_string();
        assert!(error.contains("all in one group"), "{error}");
    }
}
