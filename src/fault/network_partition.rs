//! `network_partition`: nodes of different groups do not hear each other, as in Trogdor's
//! NetworkPartitionFault. Proved, for each pair of groups, by packets to a living node that the
//! drop rules counted.

mod upkeep;

use super::custody::Holder;
use super::cuts::{Cut, Pair, cuts, pairs};
use super::installed::{InstalledRules, Packets, Tally, add};
use super::prepare::{Prepare, Stage};
use super::undone::Interference;
use super::{Fault, FaultError};
use crate::model::counted;
use crate::runtime::{DropSite, Node, Passes};
use crate::timeline::{self, Ports};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use upkeep::{Uncut, without_rules};

/// Groups of nodes that are cut from each other.
pub(super) struct NetworkPartition {
    holder: Holder,
    table: String,
    groups: Vec<Vec<Node>>,
    ports: Ports,
    /// Pairs of groups between which packets must be dropped; known once injected.
    pairs: BTreeSet<Pair>,
    /// Those of them that another fault has cut already: its rules drop their packets.
    joined: BTreeSet<Pair>,
    /// Members that lived at the injection, by `node.id`.
    lived: BTreeSet<i32>,
    placed: Vec<InstalledRules>,
    /// The counts of rules that are gone.
    counted_before: Packets,
    /// Living nodes without rules: since when, and why.
    uncut: BTreeMap<i32, (Instant, Uncut)>,
    /// How often rules were installed again: each time needs a table name.
    put_back: usize,
    /// When the last look at the nodes began.
    looked_at: Instant,
    interference: Option<Interference>,
}

impl NetworkPartition {
    /// Finds the places where packets are dropped now, so that all of them are ready when the cut
    /// begins. `table` names the rules' table.
    pub(super) fn new(
        holder: Holder,
        table: String,
        groups: Vec<Vec<Node>>,
        ports: Ports,
    ) -> Result<Self, FaultError> {
        let nodes: Vec<Node> = groups.iter().flatten().cloned().collect();
        let sites = match pairs(&groups, ports) {
            Ok(_) => holder.cluster.drop_sites(&nodes)?,
            // Injecting reports it.
            Err(_) => Vec::new(),
        };
        let placed = sites.into_iter().map(|site| place(site, &nodes)).collect();
        Ok(NetworkPartition {
            holder,
            table,
            groups,
            ports,
            pairs: BTreeSet::new(),
            joined: BTreeSet::new(),
            lived: BTreeSet::new(),
            placed,
            counted_before: Packets::new(),
            uncut: BTreeMap::new(),
            put_back: 0,
            looked_at: Instant::now(),
            interference: None,
        })
    }

    /// Packets dropped so far, over all places, for each pair of groups that must show some.
    fn dropped(&mut self) -> Result<Packets, FaultError> {
        let mut sums: Packets = self.pairs.iter().map(|p| (*p, Tally::default())).collect();
        add(&mut sums, &self.counted_before);
        for placed in &mut self.placed {
            match (placed.count(&self.lived), placed.site.passes) {
                (Err(e), Passes::Everybodys) => {
                    return Err(FaultError::system("reading the drop rules' counters", e));
                }
                // A node's rules may be gone with its namespace: `tend` handles that, and the last
                // counts still hold.
                (Ok(()) | Err(_), _) => add(&mut sums, placed.counted()),
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
            .map(|((a, b), Tally { there, back, .. })| {
                let there = counted(*there, "packet");
                format!("{there} {} -> {} and {back} back", name(*a), name(*b))
            })
            .collect();
        let means: BTreeSet<&str> = self.placed.iter().map(|p| p.site.filter.means()).collect();
        let means: Vec<&str> = means.into_iter().collect();
        format!("dropped {} ({})", pairs.join("; "), means.join("; "))
    }

    /// Keeps the first interference.
    fn note(&mut self, node: &str, how: String) {
        self.interference.get_or_insert_with(|| Interference { node: node.to_owned(), how });
    }

    /// What to drop, at all places.
    fn wanted(&self) -> Vec<Cut> {
        let of = |p: &InstalledRules| cuts(&self.groups, self.ports, p.site.passes);
        self.placed.iter().flat_map(of).collect()
    }

    /// Tells the other faults what this one cuts; returns the pairs that they have cut already.
    fn register(&self) -> BTreeSet<Pair> {
        let wanted = self.wanted();
        let already = self.holder.cut(wanted.iter().map(|cut| cut.between).collect());
        let is_joined = |pair: &&Pair| {
            let mut own = wanted.iter().filter(|cut| cut.pair() == **pair).peekable();
            own.peek().is_some() && own.all(|cut| already.contains(&cut.between))
        };
        self.pairs.iter().filter(is_joined).copied().collect()
    }
}

fn place(site: DropSite, nodes: &[Node]) -> InstalledRules {
    let node = nodes.iter().find(|n| site.passes == Passes::Nodes(n.id));
    InstalledRules::new(site, node.map(|n| n.pids().to_vec()).unwrap_or_default())
}

impl Prepare for timeline::NetworkPartition {
    fn prepare(&self, stage: &Stage<'_>) -> Result<Box<dyn Fault>, FaultError> {
        let (table, groups) = (format!("fault_{}", stage.fault), stage.groups(&self.groups)?);
        Ok(Box::new(NetworkPartition::new(stage.holder(), table, groups, self.ports)?))
    }
}

impl Fault for NetworkPartition {
    fn nodes(&self) -> Vec<String> {
        self.groups.iter().flatten().map(|n| n.name.clone()).collect()
    }

    fn remedy(&self) -> String {
        let places: Vec<&str> = self.placed.iter().map(|p| p.site.filter.name()).collect();
        format!("delete nftables table chaos_{} in {}", self.table, places.join(", "))
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        self.pairs = pairs(&self.groups, self.ports)?;
        let alive = self.groups.iter().flatten().filter(|node| !node.pids().is_empty());
        self.lived = alive.map(|node| node.id).collect();
        self.joined = self.register();
        if self.joined == self.pairs {
            let what = "its groups are cut off from each other already, by another fault";
            return Err(FaultError::NoEffect(what.to_owned()));
        }
        let (groups, ports, table) = (&self.groups, self.ports, &self.table);
        // All at once, so that the cut is nearly one moment.
        let results: Vec<_> = std::thread::scope(|scope| {
            let install = |placed: &mut InstalledRules| {
                let wanted = cuts(groups, ports, placed.site.passes);
                placed.install(table, &wanted).map(drop)
            };
            let all: Vec<_> =
                self.placed.iter_mut().map(|p| scope.spawn(move || install(p))).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            all.into_iter().map(join).collect()
        });
        results.into_iter().collect()
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        let sums = self.dropped()?;
        let is_shown =
            |(pair, tally): (&Pair, &Tally)| tally.missed > 0 || self.joined.contains(pair);
        Ok(sums.iter().all(is_shown).then(|| self.in_words(&sums)))
    }

    fn tend(&mut self) -> Result<Option<String>, FaultError> {
        if self.placed.iter().any(|p| p.site.passes == Passes::Everybodys) {
            return Ok(None);
        }
        let parts = self.tend_nodes()?;
        Ok((!parts.is_empty()).then(|| parts.join("; ")))
    }

    fn look_for_the_last_time(&mut self) {
        if !self.placed.iter().any(|p| p.site.passes == Passes::Everybodys) {
            self.look_again();
            self.retire_lost();
        }
    }

    fn undone(&mut self) -> Option<Interference> {
        // `tend` checks rules at the nodes themselves.
        let shared = |p: &&mut InstalledRules| p.site.passes == Passes::Everybodys;
        let counted = self.placed.iter_mut().find(shared).map(|p| (p.count(&self.lived), p));
        if let Some((Err(error), placed)) = counted {
            let place = placed.site.filter.name().to_owned();
            self.note(&place, without_rules("in", &place, &error));
        }
        self.interference.take()
    }

    fn heal(&mut self) -> Result<Option<String>, FaultError> {
        let results: Vec<_> = self.placed.iter().map(InstalledRules::remove).collect();
        results.into_iter().collect::<Result<(), _>>()?;
        self.holder.uncut();
        Ok(None)
    }

    fn last_words(&mut self) -> Option<String> {
        if let Some(interference) = &self.interference {
            return Some(interference.how.clone());
        }
        let sums = self.dropped().ok()?;
        let silent: Vec<String> = sums
            .iter()
            .filter(|(pair, tally)| tally.missed == 0 && !self.joined.contains(pair))
            .map(|((a, b), _)| format!("groups {} and {}", a + 1, b + 1))
            .collect();
        if silent.is_empty() {
            return Some(format!("in all, {}", self.in_words(&sums)));
        }
        Some(format!(
            "no packet that a living node would have received was dropped between {}",
            silent.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests;
