//! [`Leaderships`]: who led a partition in which epoch, and who may have acknowledged at a time.

use super::types::Leadership;
use crate::event::{BrokerView, Observation, PartitionView};
use std::collections::BTreeMap;

/// A change may be seen this long after it happened: brokers are asked five times a second, and
/// an answer may take most of a second. An acknowledgement may be noted as late, by a busy client.
pub(super) const SIGHTING_US: u64 = 1_000_000;

/// All that was observed of one partition's leaders.
pub(super) struct Leaderships<'a> {
    views: Vec<&'a PartitionView>,
    brokers: Vec<&'a BrokerView>,
    leaders: BTreeMap<i32, i32>,
}

impl<'a> Leaderships<'a> {
    /// From the watcher's observations, which are in the order of time.
    pub(super) fn new(observations: &'a [Observation], topic: &str, partition: u32) -> Self {
        let (mut views, mut brokers, mut leaders) = (Vec::new(), Vec::new(), BTreeMap::new());
        for observation in observations {
            match observation {
                Observation::Partition(view)
                    if view.topic == topic && i64::from(view.partition) == i64::from(partition) =>
                {
                    // Kafka has one leader an epoch at most; -1 says that there is none.
                    if view.leader >= 0 {
                        leaders.entry(view.epoch).or_insert(view.leader);
                    }
                    views.push(view);
                }
                Observation::Broker(view) => brokers.push(view),
                Observation::Partition(_) | Observation::Controller(_) => {}
            }
        }
        Leaderships { views, brokers, leaders }
    }

    /// Who led in an epoch, if anyone was seen to.
    pub(super) fn leader_of(&self, epoch: i32) -> Option<i32> {
        self.leaders.get(&epoch).copied()
    }

    /// The first epoch above this one that had a leader.
    pub(super) fn next_epoch(&self, epoch: i32) -> Option<i32> {
        self.leaders.range(epoch.saturating_add(1)..).next().map(|(next, _)| *next)
    }

    /// The highest epoch that had a leader.
    pub(super) fn highest_epoch(&self) -> Option<i32> {
        self.leaders.keys().next_back().copied()
    }

    /// Who may have acknowledged something between two times, in the order of epochs.
    ///
    /// A leadership begins for us when anyone names it, at latest [`SIGHTING_US`] after it
    /// began. It does not end when others name another leader: a zombie acknowledges until it
    /// learns of its end itself, so only its own word of a higher epoch ends it, and that for
    /// what is noted from [`SIGHTING_US`] later on. A broker that gave no answer from
    /// [`SIGHTING_US`] before the first acknowledgement until as long after the last was stopped
    /// or dead, and acknowledged nothing.
    pub(super) fn candidates(&self, from_us: u64, to_us: u64) -> Vec<Leadership> {
        let may = |leadership: &Leadership| {
            let Leadership { broker, epoch } = *leadership;
            let seen = self.views.iter().find(|view| view.leader == broker && view.epoch == epoch);
            let deposed = self.views.iter().find(|view| view.asked == broker && view.epoch > epoch);
            seen.is_some_and(|view| view.at_us <= to_us.saturating_add(SIGHTING_US))
                && deposed.is_none_or(|view| view.at_us.saturating_add(SIGHTING_US) > from_us)
                && !self.silent(broker, from_us, to_us)
        };
        let all = self.leaders.iter().map(|(epoch, broker)| (*epoch, *broker));
        all.map(|(epoch, broker)| Leadership { epoch, broker }).filter(may).collect()
    }

    fn silent(&self, broker: i32, from_us: u64, to_us: u64) -> bool {
        let since = from_us.saturating_sub(SIGHTING_US);
        let until = to_us.saturating_add(SIGHTING_US);
        let of = self.brokers.iter().filter(|view| view.broker == broker);
        let before = of.clone().rfind(|view| view.at_us <= since);
        let woke = of.clone().any(|view| view.answers && (since..=until).contains(&view.at_us));
        before.is_some_and(|view| !view.answers) && !woke
    }
}
