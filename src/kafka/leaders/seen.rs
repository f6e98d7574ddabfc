//! [`Leaders`]: who leads a partition, who led in which epoch, and who may have acknowledged at a
//! time, from all observations.

use super::claim::{Claim, Leadership, leading};
use super::silence::Silences;
use crate::event::Observation;
use std::collections::{BTreeMap, BTreeSet};

/// A change may be seen this long after it happened: brokers are asked five times per second, and
/// an answer may take most of a second. A busy client may record an acknowledgement as late.
pub(crate) const SIGHTING_US: u64 = 1_000_000;

/// All observations about one partition's leaders.
pub(crate) struct Leaders<'a> {
    /// In the order of time.
    pub(super) claims: Vec<Claim<'a>>,
    silences: Silences<'a>,
    /// By epoch.
    leaders: BTreeMap<i32, i32>,
}

impl<'a> Leaders<'a> {
    /// From the watcher's observations, which are in the order of time.
    pub(crate) fn new(observations: &'a [Observation], topic: &str, partition: i32) -> Self {
        let (mut claims, mut brokers, mut leaders) = (Vec::new(), Vec::new(), BTreeMap::new());
        for observation in observations {
            match observation {
                Observation::Partition(view)
                    if view.topic == topic && view.partition == partition =>
                {
                    // Kafka has at most one leader per epoch; -1 means none.
                    if view.leader >= 0 {
                        leaders.entry(view.epoch).or_insert(view.leader);
                    }
                    claims.push(Claim::from(view));
                }
                Observation::Broker(view) => brokers.push(view),
                Observation::Partition(_) | Observation::Controller(_) => {}
            }
        }
        Leaders { claims, silences: Silences(brokers), leaders }
    }

    /// The claim that holds after all observations.
    pub(crate) fn now(&self) -> Option<Claim<'a>> {
        leading(self.claims.iter().copied())
    }

    /// The claims that held, each from its own time on, without those of zombies.
    pub(crate) fn course(&self) -> Vec<Claim<'a>> {
        let mut course: Vec<Claim<'a>> = Vec::new();
        for claim in &self.claims {
            if claim.replaces(course.last()) {
                course.push(*claim);
            }
        }
        course
    }

    /// Who led in an epoch, if seen.
    pub(crate) fn leader_of(&self, epoch: i32) -> Option<i32> {
        self.leaders.get(&epoch).copied()
    }

    /// The next higher epoch that had a leader.
    pub(crate) fn next_epoch(&self, epoch: i32) -> Option<i32> {
        self.leaders.range(epoch.saturating_add(1)..).next().map(|(next, _)| *next)
    }

    /// The highest epoch that had a leader.
    pub(crate) fn highest_epoch(&self) -> Option<i32> {
        self.leaders.keys().next_back().copied()
    }

    /// Who may have acknowledged something between two times, in the order of epochs.
    ///
    /// A leadership begins when any broker names it, at most [`SIGHTING_US`] after it really began.
    /// It does not end when others name another leader: a zombie acknowledges until it learns of
    /// its end. So only its own claim with a higher epoch ends it, for what is recorded
    /// [`SIGHTING_US`] later or more. A broker that gave no answer from [`SIGHTING_US`] before the
    /// first acknowledgement until as long after the last was stopped or dead, and acknowledged
    /// nothing.
    pub(crate) fn candidates(&self, from_us: u64, to_us: u64) -> Vec<Leadership> {
        let may = |leadership: &Leadership| {
            let Leadership { broker, epoch } = *leadership;
            let seen =
                self.claims.iter().find(|claim| claim.leader == broker && claim.epoch == epoch);
            let deposed =
                self.claims.iter().find(|claim| claim.asked == broker && claim.epoch > epoch);
            seen.is_some_and(|claim| claim.at_us <= to_us.saturating_add(SIGHTING_US))
                && deposed.is_none_or(|claim| claim.at_us.saturating_add(SIGHTING_US) > from_us)
                && !self.silences.lasted(
                    broker,
                    from_us.saturating_sub(SIGHTING_US),
                    to_us.saturating_add(SIGHTING_US),
                )
        };
        let all = self.leaders.iter().map(|(epoch, broker)| (*epoch, *broker));
        all.map(|(epoch, broker)| Leadership { epoch, broker }).filter(may).collect()
    }

    /// When an epoch was first seen to be over, with or without a new leader.
    pub(crate) fn deposed_us(&self, epoch: i32) -> Option<u64> {
        self.claims.iter().find(|claim| claim.epoch > epoch).map(|claim| claim.at_us)
    }

    /// When the leader of an epoch was first seen.
    pub(crate) fn elected_us(&self, epoch: i32) -> Option<u64> {
        let elected = self.claims.iter().find(|claim| claim.epoch == epoch && claim.leader >= 0);
        elected.map(|claim| claim.at_us)
    }

    /// The epochs after `behind`, up to `to`, that had a leader.
    pub(crate) fn epochs_led(&self, behind: i32, to: i32) -> Vec<i32> {
        let range = behind.saturating_add(1)..=to;
        self.leaders.keys().copied().filter(|epoch| range.contains(epoch)).collect()
    }

    /// Whether every epoch after `behind`, up to `to`, was seen, and led by one of these or nobody.
    pub(crate) fn only_led_by(&self, brokers: &BTreeSet<i32>, behind: i32, to: i32) -> bool {
        (behind.saturating_add(1)..=to).all(|epoch| match self.leader_of(epoch) {
            Some(leader) => brokers.contains(&leader),
            None => self.claims.iter().any(|claim| claim.epoch == epoch),
        })
    }

    /// Every broker that was ever seen to lead or to be in sync.
    pub(crate) fn replicas(&self) -> BTreeSet<i32> {
        let in_sync = self.claims.iter().flat_map(|claim| claim.isr.iter().copied());
        in_sync.chain(self.leaders.values().copied()).collect()
    }

    /// The replicas that every broker considered in sync in an epoch, whenever asked between two
    /// times, and for [`SIGHTING_US`] before and after.
    pub(crate) fn in_sync(&self, epoch: i32, from_us: u64, to_us: u64) -> BTreeSet<i32> {
        let since_us = from_us.saturating_sub(SIGHTING_US);
        let until_us = to_us.saturating_add(SIGHTING_US);
        // An earlier claim counts until the same broker replaces it.
        let mut last_us = BTreeMap::new();
        for claim in self.claims.iter().filter(|claim| claim.at_us <= since_us) {
            let last_us = last_us.entry(claim.asked).or_insert(claim.at_us);
            *last_us = claim.at_us.max(*last_us);
        }
        let said = self.claims.iter().filter(|claim| {
            claim.epoch == epoch
                && claim.at_us <= until_us
                && last_us.get(&claim.asked).is_none_or(|last_us| claim.at_us >= *last_us)
        });
        let in_sync = said.map(|claim| claim.isr.iter().copied().collect::<BTreeSet<i32>>());
        in_sync.reduce(|all, one| &all & &one).unwrap_or_default()
    }

    /// Whether somebody was asked up to a time who would have reported a change in an epoch: it was
    /// not over yet, and not all replicas were silent.
    pub(crate) fn was_seen_until(&self, epoch: i32, until_us: u64) -> bool {
        self.deposed_us(epoch).is_none_or(|at_us| at_us >= until_us)
            && self.silences_of_all(&self.replicas()).iter().all(|(from_us, _)| *from_us > until_us)
    }

    /// When none of these brokers answered: from when the last of them fell silent until the first
    /// answered again.
    pub(crate) fn silences_of_all(&self, brokers: &BTreeSet<i32>) -> Vec<(u64, u64)> {
        self.silences.of_all(brokers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(at_us: u64, asked: i32, epoch: i32, isr: &[i32]) -> Observation {
        Observation::said(at_us, asked, 0, epoch, isr)
    }

    // Broker 0 considered 2 in sync until 2 s. Broker 1 said at 1 s that all three are, and nothing
    // since: that counts, and of broker 0 only its claim of 2 s.
    #[test]
    fn a_broker_s_last_word_before_the_time_replaces_its_earlier_ones() {
        let said = [
            view(500_000, 0, 1, &[0, 2]),
            view(1_000_000, 1, 1, &[0, 1, 2]),
            view(2_000_000, 0, 1, &[0, 1]),
            view(9_000_000, 1, 2, &[1]),
        ];
        let leaders = Leaders::new(&said, "t", 0);
        assert_eq!(leaders.in_sync(1, 5_000_000, 6_000_000), [0, 1].into());
        // For 2.5 s, broker 0's claims from 1.5 s on and right before count: only 0 is in all.
        assert_eq!(leaders.in_sync(1, 2_500_000, 2_500_000), [0].into());
        assert_eq!(leaders.in_sync(3, 5_000_000, 6_000_000), [].into());
    }

    // An hour of elections and shrunken ISRs, all within reach of one range of acknowledgements.
    // Comparing each of 60000 views with every other takes minutes.
    #[test]
    fn many_views_are_looked_at_once_each() {
        let said: Vec<Observation> =
            (0..60_000).map(|i| view(2_000_000 + i, (i % 3) as i32, 1, &[0, 1])).collect();
        let leaders = Leaders::new(&said, "t", 0);
        let begun = std::time::Instant::now();
        assert_eq!(leaders.in_sync(1, 2_000_000, 3_000_000), [0, 1].into());
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
