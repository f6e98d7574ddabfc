//! Keeps a partition in force while nodes come and go: a node that another fault restarts gets its
//! rules back; if somebody else restarts it, or removes its rules, the fault is undone.

use super::{NetworkPartition, place};
use crate::fault::FaultError;
use crate::fault::cuts::cuts;
use crate::fault::installed::add;
use crate::runtime::{Node, Passes, Role};
use std::io;
use std::time::{Duration, Instant};

/// Missing rules must be back within this time; a container that has just been started may need
/// more than one look.
const PUT_BACK_WITHIN: Duration = Duration::from_secs(5);

/// Why a living node has no rules.
pub(super) enum Uncut {
    /// It was dead at the injection.
    WasDead,
    /// A fault has restarted it: it has another network namespace now.
    Restarted,
}

impl Uncut {
    fn in_words(&self, node: &str, until_cut: Duration) -> String {
        let ms = until_cut.as_millis();
        match self {
            Uncut::WasDead => {
                format!("{node} came up: it was cut off {ms} ms after its process was seen")
            }
            Uncut::Restarted => format!(
                "{node} was restarted: its rules were put back {ms} ms after its new process was \
                 seen"
            ),
        }
    }
}

/// Why rules are gone or unknown.
pub(super) fn without_rules(preposition: &str, place: &str, error: &io::Error) -> String {
    let what = match error.kind() {
        // The rules go with the helper container that holds them.
        io::ErrorKind::NotFound | io::ErrorKind::BrokenPipe => {
            "are gone, and no fault removed them"
        }
        _ => "cannot be read, so nobody knows whether they are in force",
    };
    format!("the drop rules {preposition} {place} {what} ({error})")
}

impl NetworkPartition {
    /// Installs rules for nodes that came up without them or moved, and missing rules for the
    /// others.
    pub(super) fn tend_nodes(&mut self) -> Result<Vec<String>, FaultError> {
        self.look_again();
        self.retire_lost();
        let mut parts = Vec::new();
        for (id, (since, why)) in std::mem::take(&mut self.uncut) {
            let Some(node) = self.living().into_iter().find(|n| n.id == id) else { continue };
            match self.cut_off(&node) {
                Ok(()) => parts.push(why.in_words(&node.name, since.elapsed())),
                Err(error) if since.elapsed() > PUT_BACK_WITHIN => return Err(error),
                Err(_) => drop(self.uncut.insert(id, (since, why))),
            }
        }
        let table = self.next_table();
        for placed in &mut self.placed {
            let wanted = cuts(&self.groups, self.ports, placed.site.passes);
            if placed.install(&table, &wanted)? {
                self.put_back += 1;
                parts.push(format!("{} got rules for new addresses", placed.site.filter.name()));
            }
        }
        self.register();
        Ok(parts)
    }

    /// The nodes as they are now.
    pub(super) fn look_again(&mut self) {
        self.looked_at = Instant::now();
        let now = self.holder.cluster.nodes();
        for node in self.groups.iter_mut().flatten() {
            if let Some(fresh) = now.iter().find(|n| n.id == node.id) {
                *node = fresh.clone();
            }
        }
    }

    /// Records which nodes live without rules, and gives up places that are gone. Places of dead
    /// nodes stay: only they have the counts.
    pub(super) fn retire_lost(&mut self) {
        for node in self.living() {
            let why = match self.placed.iter_mut().find(|p| p.is_at(node.id)) {
                None => Uncut::WasDead,
                Some(placed) if placed.pids != node.pids() => {
                    let custody = &self.holder.custody;
                    if !custody.owns_end(node.id, placed.process(), placed.lived_at) {
                        let how = format!(
                            "{} was restarted, and no fault restarted it: its rules are gone",
                            node.name
                        );
                        self.note(&node.name, how);
                    }
                    Uncut::Restarted
                }
                Some(placed) => {
                    placed.lived_at = self.looked_at;
                    if let Err(error) = placed.count(&self.lived) {
                        self.note(&node.name, without_rules("at", &node.name, &error));
                    }
                    continue;
                }
            };
            if let Some(index) = self.placed.iter().position(|p| p.is_at(node.id)) {
                add(&mut self.counted_before, self.placed.remove(index).counted());
            }
            self.uncut.entry(node.id).or_insert_with(|| (Instant::now(), why));
        }
    }

    /// Finds the place of a node without one, and installs its rules.
    fn cut_off(&mut self, node: &Node) -> Result<(), FaultError> {
        let table = self.next_table();
        self.put_back += 1;
        let sites = self.holder.cluster.drop_sites(std::slice::from_ref(node))?;
        let site = sites.into_iter().find(|s| s.passes == Passes::Nodes(node.id));
        let site = site.ok_or_else(|| {
            FaultError::NoEffect(format!("{} has no place to drop packets at", node.name))
        })?;
        let mut placed = place(site, std::slice::from_ref(node));
        placed.install(&table, &cuts(&self.groups, self.ports, placed.site.passes))?;
        self.placed.push(placed);
        Ok(())
    }

    /// Members that live and have their own place to drop packets at.
    fn living(&self) -> Vec<Node> {
        let members = self.groups.iter().flatten();
        members.filter(|n| n.role != Role::Clients && !n.pids().is_empty()).cloned().collect()
    }

    /// Acts as if missing rules had been missing for too long.
    #[cfg(test)]
    pub(super) fn forget_patience(&mut self) {
        let then = Instant::now() - 2 * PUT_BACK_WITHIN;
        self.uncut.values_mut().for_each(|(since, _)| *since = then);
    }

    fn next_table(&self) -> String {
        format!("{}_{}", self.table, self.put_back + 2)
    }
}
