//! [`History`]: what the watcher has seen so far of a plan's partitions, for the faults whose proof
//! it is.

use crate::event::Observation;
use crate::kafka::TopicPartition;
use crate::kafka::leaders::{Leaders, Succession};
use crate::plan::{Plan, TopicPlan};
use crate::timeline::Election;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Grows during the run.
#[derive(Debug, Default)]
pub struct History {
    topics: Vec<TopicPlan>,
    /// Whether the cluster keeps eligible leader replicas (KIP-966).
    keeps_eligible: bool,
    seen: Arc<Mutex<Vec<Observation>>>,
    /// Elections that have proved a fault, by epoch: none proves another one, too.
    taken: Mutex<BTreeSet<(TopicPartition, i32)>>,
}

impl History {
    /// Of this plan's topics, from observations that others collect.
    pub fn new(plan: &Plan, keeps_eligible: bool, seen: Arc<Mutex<Vec<Observation>>>) -> History {
        History {
            topics: plan.cells.iter().map(|cell| cell.topic.clone()).collect(),
            keeps_eligible,
            seen,
            taken: Mutex::default(),
        }
    }

    /// The partitions that an election applies to.
    pub(super) fn partitions(&self, election: Election) -> Vec<TopicPartition> {
        let topics = self.topics.iter().filter(|topic| election.is_for(&topic.config));
        topics
            .flat_map(|topic| {
                (0..topic.placement.len() as i32).map(|partition| (topic.name.clone(), partition))
            })
            .collect()
    }

    pub(super) fn preferred(&self, (name, partition): &TopicPartition) -> Option<i32> {
        let topic = self.topics.iter().find(|topic| topic.name == *name)?;
        topic.placement.get(*partition as usize)?.first().copied()
    }

    /// The leader of a partition in the highest epoch that anyone named; -1 for none.
    pub(super) fn leader(&self, of: &TopicPartition) -> Option<i32> {
        self.with(of, |leaders| leaders.now().map(|claim| claim.leader))
    }

    /// How a partition's present leader came to lead, unless that has proved another fault.
    pub(super) fn succession(&self, of: &TopicPartition) -> Option<Succession> {
        let topic = self.topics.iter().find(|topic| topic.name == of.0)?;
        let min_isr = topic.config.get("min.insync.replicas").and_then(|v| v.parse().ok());
        let floor = min_isr.filter(|_| self.keeps_eligible).unwrap_or(1);
        let taken = self.taken.lock();
        self.with(of, |leaders| leaders.succession(floor))
            .filter(|found| !taken.contains(&(of.clone(), found.epoch)))
    }

    /// Takes an election as a proof; false if it is another fault's already.
    pub(super) fn take(&self, of: &TopicPartition, epoch: i32) -> bool {
        let mut taken = self.taken.lock();
        taken.insert((of.clone(), epoch))
    }

    fn with<T>(
        &self,
        (topic, partition): &TopicPartition,
        look: impl FnOnce(&Leaders<'_>) -> T,
    ) -> T {
        let seen = self.seen.lock();
        look(&Leaders::new(&seen, topic, *partition))
    }
}
