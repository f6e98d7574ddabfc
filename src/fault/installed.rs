//! [`InstalledRules`]: drop rules at one place, and their counts.

use super::FaultError;
use super::cuts::{Cut, Pair};
use crate::runtime::{DropSite, Passes, Process};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Instant;

/// Packets dropped between two groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// From the group with the lower number to the other.
    pub(super) there: u64,
    pub(super) back: u64,
    /// In both directions, those that a living node would have received.
    pub(super) missed: u64,
}

/// Packets dropped between each pair of groups.
pub(super) type Packets = BTreeMap<Pair, Tally>;

pub(super) fn add(sums: &mut Packets, more: &Packets) {
    for (pair, tally) in more {
        let sum = sums.entry(*pair).or_default();
        sum.there += tally.there;
        sum.back += tally.back;
        sum.missed += tally.missed;
    }
}

/// The rules at one place. Later ones get their own tables, so that nothing passes while they are
/// added.
pub(super) struct InstalledRules {
    pub(super) site: DropSite,
    /// The node's processes when the place was found; others have another place.
    pub(super) pids: Vec<i32>,
    process: Option<Process>,
    /// When that node was last seen with these processes.
    pub(super) lived_at: Instant,
    tables: Vec<(String, Vec<Cut>)>,
    counted: Packets,
}

impl InstalledRules {
    pub(super) fn new(site: DropSite, pids: Vec<i32>) -> Self {
        let process = pids.first().and_then(|pid| Process::find(*pid));
        let lived_at = Instant::now();
        InstalledRules {
            site,
            pids,
            process,
            lived_at,
            tables: Vec::new(),
            counted: Packets::new(),
        }
    }

    /// The node's first process at that time, if it still lived.
    pub(super) fn process(&self) -> Option<Process> {
        self.process
    }

    /// Whether these are the rules of this node.
    pub(super) fn is_at(&self, id: i32) -> bool {
        self.site.passes == Passes::Nodes(id)
    }

    /// Installs those of the wanted rules that are missing; returns whether there were any.
    pub(super) fn install(&mut self, table: &str, wanted: &[Cut]) -> Result<bool, FaultError> {
        let known = |cut: &Cut| self.tables.iter().any(|(_, cuts)| cuts.contains(cut));
        let missing: Vec<Cut> = wanted.iter().filter(|cut| !known(cut)).copied().collect();
        if missing.is_empty() {
            return Ok(false);
        }
        let rules: Vec<_> = missing.iter().map(|cut| cut.rule).collect();
        // Recorded first: a partial installation must be removed too.
        self.tables.push((table.to_owned(), missing));
        let what = || format!("installing the drop rules at {}", self.site.filter.name());
        self.site.filter.install(table, &rules).map_err(|e| FaultError::system(what(), e))?;
        Ok(true)
    }

    /// Reads the counters; [`InstalledRules::counted`] returns them. `living` are the live nodes:
    /// nobody receives packets for others.
    pub(super) fn count(&mut self, living: &BTreeSet<i32>) -> io::Result<()> {
        let mut sums = Packets::new();
        for (table, cuts) in &self.tables {
            let dropped = self.site.filter.dropped(table)?;
            if dropped.len() != cuts.len() {
                let (there, all) = (dropped.len(), cuts.len());
                let what = format!("{there} of {all} rules are left in the table {table}");
                return Err(io::Error::new(io::ErrorKind::NotFound, what));
            }
            for (cut, dropped) in cuts.iter().zip(dropped) {
                let sum = sums.entry(cut.pair()).or_default();
                let is_there = cut.from_group < cut.to_group;
                *(if is_there { &mut sum.there } else { &mut sum.back }) += dropped.packets;
                if living.contains(&cut.between.to) {
                    sum.missed += dropped.packets;
                }
            }
        }
        self.counted = sums;
        Ok(())
    }

    /// The counts of the last reading.
    pub(super) fn counted(&self) -> &Packets {
        &self.counted
    }

    pub(super) fn remove(&self) -> Result<(), FaultError> {
        let what = || format!("removing the drop rules at {}", self.site.filter.name());
        let removed = self.tables.iter().map(|(table, _)| {
            self.site.filter.remove(table).map_err(|e| FaultError::system(what(), e))
        });
        // Every table is tried, whatever the result for the others.
        removed.collect::<Vec<_>>().into_iter().collect()
    }
}
