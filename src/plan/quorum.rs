//! When faults certainly leave the controllers without a majority. The plan notes it, because a
//! cluster that can elect nobody is a different experiment than most people intend.
//!
//! Only what is certain counts. A broker by number is; so are `leader` and the like in the first
//! faults, since nothing has moved them yet. Of later ones the number is known.

use super::compose::Composed;
use super::types::{ClusterPlan, Plan};
use crate::model::Controllers;
use crate::timeline::{Act, FaultPlan, Target};
use std::collections::BTreeSet;

/// The tool's own isolated controllers.
const ISOLATED: [i32; 3] = [100, 101, 102];

type Ids = BTreeSet<i32>;

/// The `node.id` of every controller.
pub(super) fn voters(cluster: &ClusterPlan, composed: Option<&Composed>) -> BTreeSet<i32> {
    match (composed, cluster.controllers) {
        (Some(composed), _) => composed.cluster.controllers().map(|node| node.id).collect(),
        (None, Controllers::Combined) => cluster.broker_ids.iter().copied().collect(),
        (None, Controllers::Isolated) => ISOLATED.into(),
    }
}

/// A sentence for each period in which no controller can have a majority.
pub(super) fn notes(plan: &Plan, voters: &BTreeSet<i32>) -> Vec<String> {
    let replicas = plan.cells.first().and_then(|cell| cell.topic.placement.first());
    let view = View {
        voters,
        replicas: replicas.map_or(&[], Vec::as_slice),
        brokers: &plan.cluster.broker_ids,
        first_ms: plan.faults.iter().map(|fault| fault.at_ms).min().unwrap_or(0),
    };
    let mut ends: Vec<u64> = plan.faults.iter().flat_map(|f| [f.at_ms, f.end_ms()]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut stretches: Vec<(u64, u64, String)> = Vec::new();
    for pair in ends.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let in_force = plan.faults.iter().filter(|f| f.at_ms <= from && to <= f.end_ms());
        let Some(text) = view.lost(&in_force.collect::<Vec<_>>()) else { continue };
        match stretches.last_mut() {
            Some((_, end, known)) if *end == from => {
                *end = to;
                if *known != text {
                    *known = format!("no majority of the {} controllers is left", voters.len());
                }
            }
            _ => stretches.push((from, to, text)),
        }
    }
    let seconds = |ms: u64| ms as f64 / 1e3;
    let told = |(from, to, text): (u64, u64, String)| {
        let (from, to) = (seconds(from), seconds(to));
        format!("{text} from {from} s to {to} s: no leader is elected meanwhile")
    };
    stretches.into_iter().map(told).collect()
}

/// What is known of the nodes before anything runs.
struct View<'a> {
    voters: &'a Ids,
    /// Of partition 0 of the first cell, the preferred leader first.
    replicas: &'a [i32],
    brokers: &'a [i32],
    /// When the first faults begin.
    first_ms: u64,
}

impl View<'_> {
    /// Says that no controller has a majority under these faults; `None` if one may.
    fn lost(&self, faults: &[&FaultPlan]) -> Option<String> {
        let down: Vec<&FaultPlan> = faults.iter().copied().filter(|f| act(f).silences()).collect();
        let majority = self.voters.len() / 2 + 1;
        let count = self.voters.len();
        let (gone, is_exact) = self.gone(&down);
        if count - gone < majority {
            let kills = down.iter().filter(|f| act(f) == Act::Kill).count();
            let state = match kills {
                0 => "stand still",
                kills if kills == down.len() => "are dead",
                _ => "stand still or are dead",
            };
            let least = if is_exact { "" } else { "at least " };
            return Some(format!("{least}{gone} of {count} controllers {state}"));
        }
        let dead: Ids = down.iter().flat_map(|fault| self.known(fault)).collect();
        let alive: Vec<i32> = self.voters.difference(&dead).copied().collect();
        let cuts: Vec<Vec<Ids>> = faults.iter().filter_map(|fault| self.cut(fault)).collect();
        let apart = |a: i32, b: i32| cuts.iter().any(|groups| are_apart(groups, a, b));
        let heard = |a: i32| alive.iter().filter(|b| !apart(a, **b)).count();
        let most = alive.iter().map(|voter| heard(*voter)).max().unwrap_or(0);
        (most < majority).then(|| format!("no controller hears a majority of the {count}"))
    }

    /// How many controllers these faults take down at least, and whether that is exact.
    fn gone(&self, faults: &[&FaultPlan]) -> (usize, bool) {
        let known: Ids = faults.iter().flat_map(|fault| self.known(fault)).collect();
        let known: Ids = known.intersection(self.voters).copied().collect();
        let mut best = known.len();
        let mut is_exact = true;
        for fault in faults {
            for (number, among) in self.counted(fault) {
                let others = among.difference(self.voters).count();
                let beside = known.difference(&among).count();
                best = best.max(number.saturating_sub(others) + beside);
                is_exact &= faults.len() == 1 && others == 0;
            }
        }
        (best.min(self.voters.len()), is_exact)
    }

    /// The nodes that a fault certainly takes down.
    fn known(&self, fault: &FaultPlan) -> Ids {
        let targets = downed(fault).into_iter();
        targets.filter_map(|target| self.nodes(fault, target)).flatten().collect()
    }

    /// How many nodes a fault takes down beside the known ones, and of which.
    fn counted(&self, fault: &FaultPlan) -> Vec<(usize, Ids)> {
        let targets = downed(fault);
        let open = |target| targets.contains(&target) && self.nodes(fault, target).is_none();
        let followers = match (open(Target::Followers), open(Target::Follower)) {
            (true, _) => self.replicas.len().saturating_sub(1),
            (false, is_one) => usize::from(is_one && self.replicas.len() > 1),
        };
        let replicas = usize::from(open(Target::Leader)) + followers;
        [
            (replicas, self.replicas.iter().copied().collect()),
            (usize::from(open(Target::Controller)), self.voters.clone()),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .collect()
    }

    /// The groups of a cut between controllers, if all members are known.
    fn cut(&self, fault: &FaultPlan) -> Option<Vec<Ids>> {
        if act(fault) != Act::Cut {
            return None;
        }
        let nodes = |group: &[Target]| -> Option<Ids> {
            let nodes: Option<Vec<Ids>> = group.iter().map(|t| self.nodes(fault, *t)).collect();
            Some(nodes?.into_iter().flatten().collect())
        };
        fault.action.spec().groups().into_iter().map(nodes).collect()
    }

    /// The nodes of a target; `None` if only the run can tell.
    fn nodes(&self, fault: &FaultPlan, target: Target) -> Option<Ids> {
        let is_first = fault.at_ms == self.first_ms;
        let replicas = |nodes: Option<&[i32]>| {
            is_first.then(|| nodes.unwrap_or_default().iter().copied().collect())
        };
        match target {
            Target::Broker(id) => Some([id].into()),
            Target::All => Some(self.voters.iter().chain(self.brokers).copied().collect()),
            Target::Clients => Some(Ids::new()),
            Target::Controller => None,
            Target::Leader => replicas(self.replicas.get(..1)),
            Target::Follower => replicas(self.replicas.get(1..2)),
            Target::Followers => replicas(self.replicas.get(1..)),
        }
    }
}

fn act(fault: &FaultPlan) -> Act {
    fault.action.spec().act()
}

/// The targets that a fault silences.
fn downed(fault: &FaultPlan) -> Vec<Target> {
    if act(fault).silences() { fault.action.spec().groups().concat() } else { Vec::new() }
}

fn are_apart(groups: &[Ids], a: i32, b: i32) -> bool {
    let of = |id: i32| groups.iter().position(|group| group.contains(&id));
    matches!((of(a), of(b)), (Some(a), Some(b)) if a != b)
}

#[cfg(test)]
mod tests {
    use super::super::{Asked, study_from_text};

    /// The notes on the quorum of a scenario with these faults.
    fn told(cluster: &str, faults: &str) -> Vec<String> {
        let text = format!(
            "name: x\ncluster: {{{cluster}}}\nduration: 200s\nexpect: {{lost: 0}}\nfaults: [{faults}]\n"
        );
        let study = study_from_text("t", &text, &Asked::default());
        let notes = study.unwrap_or_else(|problems| panic!("{problems}")).notes();
        notes.into_iter().filter(|note| note.contains("no leader is elected")).collect()
    }

    #[test]
    fn faults_that_take_the_majority_of_controllers_away_are_told_with_their_time() {
        const END: &str = ": no leader is elected meanwhile";
        for (cluster, faults, expected) in [
            (
                "",
                "{process_stop: followers, at: 5s, for: 2 session}",
                "2 of 3 controllers stand still from 5 s to 23 s",
            ),
            (
                "",
                "{kill: [leader, follower], at: 5s, for: 1s}",
                "2 of 3 controllers are dead from 5 s to 6 s",
            ),
            // Two faults that overlap: only while both are in force.
            (
                "",
                "{kill: 'broker:1', at: 5s, for: 10s}, {process_stop: 'broker:2', at: 10s, for: 20s}",
                "2 of 3 controllers stand still or are dead from 10 s to 15 s",
            ),
            // Other nodes later, but nobody could lead in between.
            (
                "",
                "{kill: followers, at: 5s, for: 2s}, {kill: leader, at: 6s, for: 1s}, \
                 {kill: all, at: 7s, for: 1s}",
                "no majority of the 3 controllers is left from 5 s to 8 s",
            ),
            // An election may have moved the leader by then, but not the number of followers.
            (
                "",
                "{kill: leader, at: 1s, for: 1s}, {kill: followers, at: 50s, for: 1s}",
                "2 of 3 controllers are dead from 50 s to 51 s",
            ),
            (
                "brokers: 5",
                "{exec: x, at: 1s}, {kill: followers, at: 9s, for: 9s}, {kill: ['broker:3'], at: 9s, for: 9s}",
                "at least 3 of 5 controllers are dead from 9 s to 18 s",
            ),
            (
                "controllers: isolated",
                "{kill: all, at: 1s, for: 1s}",
                "3 of 3 controllers are dead from 1 s to 2 s",
            ),
            (
                "",
                "{network_partition: [leader, 'broker:1', 'broker:2'], at: 1s, for: 1s}",
                "no controller hears a majority of the 3 from 1 s to 2 s",
            ),
            // Broker 0 stands still, and the other two are separated.
            (
                "",
                "{process_stop: 'broker:0', at: 1s, for: 9s}, {network_partition: ['broker:1', 'broker:2'], at: 2s, for: 1s}",
                "no controller hears a majority of the 3 from 2 s to 3 s",
            ),
        ] {
            assert_eq!(told(cluster, faults), [format!("{expected}{END}")], "{faults}");
        }
    }

    #[test]
    fn what_is_not_certain_is_not_told() {
        for (cluster, faults) in [
            ("", "{process_stop: leader, at: 5s, for: 9s}"),
            ("controllers: isolated", "{kill: [followers, controller], at: 5s, for: 9s}"),
            ("brokers: 5", "{kill: followers, at: 5s, for: 9s}"),
            // The controller may be the leader's own broker; the second leader may be the first.
            ("", "{kill: [leader, controller], at: 5s, for: 9s}"),
            ("", "{kill: leader, at: 5s, for: 9s}, {kill: leader, at: 6s, for: 9s}"),
            ("", "{kill: 'broker:0', at: 5s, for: 5s}, {kill: 'broker:1', at: 10s, for: 5s}"),
            ("", "{network_partition: [leader, followers], at: 5s, for: 5s}"),
            ("", "{network_partition: ['broker:0', 'broker:1'], at: 5s, for: 5s}"),
            (
                "",
                "{network_partition: [leader, 'broker:1', 'broker:2'], ports: replication, at: 5s, for: 5s}",
            ),
        ] {
            assert_eq!(told(cluster, faults), [""; 0], "{faults}");
        }
    }
}
