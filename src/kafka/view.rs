//! [`ClusterView`]: what each broker said last, and what follows from it. Pure: it knows no sockets
//! and no clock. It keeps what zombies said; [`super::leaders`] chooses.

use super::error::list;
use super::leaders::{self, Claim, Leadership};
use super::metadata::{Metadata, PartitionState};
use super::quorum::Quorum;
use crate::event::{BrokerView, ControllerView, Observation, PartitionView};
use std::collections::BTreeMap;

/// How long DescribeQuorum may go unanswered by a broker that answers otherwise, before it counts
/// as knowing no active controller. An ordinary controller election takes less than that.
pub(crate) const QUORUM_SILENCE_US: u64 = 1_000_000;

/// Kafka's UNKNOWN_TOPIC_OR_PARTITION.
const UNKNOWN_TOPIC: i16 = 3;

/// What all brokers said last. Times are microseconds of the caller's clock.
#[derive(Clone, Debug, Default)]
pub struct ClusterView {
    brokers: BTreeMap<i32, BrokerSays>,
}

/// What one broker said last.
#[derive(Clone, Debug, Default)]
pub struct BrokerSays {
    /// Whether it answers; `None` before the first try has ended.
    pub answers: Option<bool>,
    /// Since when.
    pub answers_since_us: u64,
    /// Why the last try failed; `None` while it answers.
    pub problem: Option<String>,
    /// By topic and partition. What it no longer mentions stays, with its old times.
    pub partitions: BTreeMap<String, BTreeMap<i32, PartitionClaim>>,
    /// The topics that it last reported as unknown, and when it was asked.
    pub unknown: BTreeMap<String, u64>,
    pub quorum: Option<QuorumClaim>,
}

/// What one broker says about one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionClaim {
    pub state: PartitionState,
    /// When it was asked: the answer may have been true at any time from then on.
    pub asked_us: u64,
    /// When its answer was there.
    pub said_us: u64,
}

/// What one broker says about the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumClaim {
    pub quorum: Quorum,
    pub asked_us: u64,
    /// When its answer was there.
    pub said_us: u64,
    /// Whether it has since failed to name an active controller.
    pub lost: bool,
}

/// Recording answers. Each method returns what changed.
impl ClusterView {
    /// A broker answered a Metadata request.
    pub fn heard(
        &mut self,
        broker: i32,
        metadata: &Metadata,
        asked_us: u64,
        said_us: u64,
    ) -> Vec<Observation> {
        let mut changes: Vec<_> = self.answers(broker, true, said_us).into_iter().collect();
        let says = self.brokers.entry(broker).or_default();
        says.problem = None;
        says.unknown.retain(|topic, _| !metadata.topics.contains_key(topic));
        let unknown = metadata.refused.iter().filter(|(_, code)| **code == UNKNOWN_TOPIC);
        says.unknown.extend(unknown.map(|(topic, _)| (topic.clone(), asked_us)));
        for (topic, partitions) in &metadata.topics {
            if !says.partitions.contains_key(topic) {
                says.partitions.insert(topic.clone(), BTreeMap::new());
            }
            let Some(known) = says.partitions.get_mut(topic) else { continue };
            for (&partition, state) in partitions {
                let claim = PartitionClaim { state: state.clone(), asked_us, said_us };
                let before = known.insert(partition, claim);
                // The replicas' order is the placement, which does not change here.
                let same = before.is_some_and(|before| {
                    let before = before.state;
                    (before.leader, before.epoch) == (state.leader, state.epoch)
                        && before.isr == state.isr
                });
                if !same {
                    changes.push(Observation::Partition(PartitionView {
                        at_us: said_us,
                        asked: broker,
                        topic: topic.clone(),
                        partition,
                        leader: state.leader,
                        epoch: state.epoch,
                        isr: state.isr.clone(),
                    }));
                }
            }
        }
        changes
    }

    /// A broker did not answer a Metadata request in time, or was unreachable: `why`.
    pub fn silent(&mut self, broker: i32, at_us: u64, why: &str) -> Option<Observation> {
        self.brokers.entry(broker).or_default().problem = Some(why.to_owned());
        self.answers(broker, false, at_us)
    }

    fn answers(&mut self, broker: i32, answers: bool, at_us: u64) -> Option<Observation> {
        let says = self.brokers.entry(broker).or_default();
        if says.answers == Some(answers) {
            return None;
        }
        says.answers = Some(answers);
        says.answers_since_us = at_us;
        Some(Observation::Broker(BrokerView { at_us, broker, answers }))
    }

    /// A broker forwarded the active controller's description of the quorum.
    pub fn heard_quorum(
        &mut self,
        broker: i32,
        quorum: Quorum,
        asked_us: u64,
        said_us: u64,
    ) -> Option<Observation> {
        let says = self.brokers.entry(broker).or_default();
        let now = (quorum.leader, quorum.epoch);
        let same = (says.quorum.as_ref())
            .is_some_and(|claim| !claim.lost && (claim.quorum.leader, claim.quorum.epoch) == now);
        says.quorum = Some(QuorumClaim { quorum, asked_us, said_us, lost: false });
        let (leader, epoch) = now;
        let view = ControllerView { at_us: said_us, asked: broker, leader, epoch };
        (!same).then_some(Observation::Controller(view))
    }

    /// A broker asked for DescribeQuorum at `asked_us` has not answered by `at_us`. That matters
    /// only while the broker answers otherwise, and after a while: then it knows no active
    /// controller, which is reported once (leader -1 in the last known epoch).
    pub fn quorum_unanswered(
        &mut self,
        broker: i32,
        asked_us: u64,
        at_us: u64,
    ) -> Option<Observation> {
        let says = self.brokers.get(&broker).filter(|says| says.answers == Some(true))?;
        let since_us = asked_us.max(says.answers_since_us);
        (at_us.saturating_sub(since_us) >= QUORUM_SILENCE_US).then_some(())?;
        self.quorum_lost(broker, at_us)
    }

    /// A broker answered DescribeQuorum with an error: it reaches no active controller.
    pub fn quorum_lost(&mut self, broker: i32, at_us: u64) -> Option<Observation> {
        let claim = self.brokers.get_mut(&broker)?.quorum.as_mut()?;
        if std::mem::replace(&mut claim.lost, true) {
            return None;
        }
        let epoch = claim.quorum.epoch;
        Some(Observation::Controller(ControllerView { at_us, asked: broker, leader: -1, epoch }))
    }
}

/// Conclusions.
impl ClusterView {
    /// What one broker said last; `None` if it was never asked to the end.
    pub fn broker(&self, broker: i32) -> Option<&BrokerSays> {
        self.brokers.get(&broker)
    }

    /// Whether this broker answered the latest request, as far as that is decided.
    pub fn is_answering(&self, broker: i32) -> bool {
        self.brokers.get(&broker).is_some_and(|says| says.answers == Some(true))
    }

    /// Every broker's claim about one partition, by broker, zombies included.
    pub fn claims<'view, 'topic>(
        &'view self,
        topic: &'topic str,
        partition: i32,
    ) -> impl Iterator<Item = (i32, &'view PartitionClaim)> + Clone + use<'view, 'topic> {
        self.brokers.iter().filter_map(move |(&broker, says)| {
            Some((broker, says.partitions.get(topic)?.get(&partition)?))
        })
    }

    /// The same, for the rules that choose: the latest is what was asked last.
    fn said_of<'view, 'topic>(
        &'view self,
        topic: &'topic str,
        partition: i32,
    ) -> impl Iterator<Item = Claim<'view>> + Clone + use<'view, 'topic> {
        self.claims(topic, partition).map(|(asked, PartitionClaim { state, asked_us, .. })| {
            let PartitionState { leader, epoch, ref isr, .. } = *state;
            Claim { asked, leader, epoch, isr, at_us: *asked_us }
        })
    }

    /// The leader of a partition; `None` if nobody has said anything yet, or the highest epoch has
    /// no leader.
    pub fn leader(&self, topic: &str, partition: i32) -> Option<Leadership> {
        leaders::leading(self.said_of(topic, partition))?.led()
    }

    /// Whether more than half of the brokers, asked at `asked_since_us` or later, do not know a
    /// topic: then it was deleted.
    pub fn is_unknown(&self, topic: &str, asked_since_us: u64) -> bool {
        let unknown = |says: &&BrokerSays| {
            says.unknown.get(topic).is_some_and(|asked_us| *asked_us >= asked_since_us)
        };
        self.brokers.values().filter(unknown).count() > self.brokers.len() / 2
    }

    /// Whether more than half of the brokers, asked at `asked_since_us` or later, know the topic
    /// without this partition: then it was recreated with fewer.
    pub fn is_gone(&self, topic: &str, partition: i32, asked_since_us: u64) -> bool {
        // An answer names all existing partitions.
        let is_without = |says: &&BrokerSays| {
            let Some(claims) = says.partitions.get(topic) else { return false };
            let asked_us = claims.values().map(|claim| claim.asked_us).max();
            let here_us = claims.get(&partition).map(|claim| claim.asked_us);
            asked_us.is_some_and(|asked_us| asked_us >= asked_since_us) && here_us < asked_us
        };
        self.brokers.values().filter(is_without).count() > self.brokers.len() / 2
    }

    /// All replicas of a partition, according to its leader or the best source; `None` if nobody
    /// has said anything yet.
    pub fn replicas(&self, topic: &str, partition: i32) -> Option<&[i32]> {
        let best = leaders::leading(self.said_of(topic, partition))?;
        let claims = &self.brokers.get(&best.asked)?.partitions;
        Some(&claims.get(topic)?.get(&partition)?.state.replicas)
    }

    /// The in-sync replicas of a partition, sorted; `None` if nobody has said anything yet.
    pub fn isr(&self, topic: &str, partition: i32) -> Option<&[i32]> {
        leaders::in_sync(self.said_of(topic, partition), |broker| self.is_answering(broker))
    }

    /// The active controller and the quorum's epoch; `None` if nobody ever named one. After it
    /// fails it stays until another is named.
    pub fn controller(&self) -> Option<(i32, i32)> {
        let said = self.brokers.iter().filter_map(|(&asked, says)| {
            let QuorumClaim { quorum, asked_us, .. } = says.quorum.as_ref()?;
            let Quorum { leader, epoch, .. } = *quorum;
            Some(Claim { asked, leader, epoch, isr: &[], at_us: *asked_us })
        });
        let controller = leaders::leading(said)?.led()?;
        Some((controller.broker, controller.epoch))
    }

    /// Whether a partition has recovered according to its replicas: each of them, asked at
    /// `asked_since_us` or later, names the same leader in the highest known epoch, and an ISR of
    /// all of them. A zombie disagrees, so it holds this up until it steps down. The error is what
    /// is missing, in words.
    pub fn recovered(
        &self,
        topic: &str,
        partition: i32,
        replicas: &[i32],
        asked_since_us: u64,
    ) -> Result<(), String> {
        let of = format!("{topic}-{partition}");
        let Leadership { broker: leader, epoch } = (self.leader(topic, partition))
            .ok_or_else(|| format!("{of} has no leader that anybody knows"))?;
        let mut all = replicas.to_vec();
        all.sort_unstable();
        for &broker in replicas {
            let claim = self.claims(topic, partition).find(|&(asked, _)| asked == broker);
            let claim = claim.map(|(_, claim)| claim);
            let Some(claim) = claim.filter(|claim| claim.asked_us >= asked_since_us) else {
                return Err(format!("broker {broker} has not answered for {of} yet"));
            };
            let state = &claim.state;
            if (state.leader, state.epoch) != (leader, epoch) {
                return Err(format!(
                    "broker {broker} takes {} for the leader of {of} in epoch {}, not {leader} in \
                     epoch {epoch}",
                    state.leader, state.epoch
                ));
            }
            if state.isr != all {
                let isr = list(state.isr.iter().copied());
                return Err(format!("broker {broker} sees the ISR {isr} for {of}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
