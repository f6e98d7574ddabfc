//! [`Claim`]: what one broker says about who leads, and which of several claims holds.

use crate::event::{ControllerView, PartitionView};
use serde::{Deserialize, Serialize};

/// A broker that led a partition in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Leadership {
    /// Leader epoch; an epoch has one leader.
    pub epoch: i32,
    pub broker: i32,
}

/// What one broker says about a partition, or about the controllers' quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim<'a> {
    /// `node.id` of the broker that says it.
    pub asked: i32,
    /// `node.id` of the leader, -1 for none.
    pub leader: i32,
    /// The leader's epoch.
    pub epoch: i32,
    /// In-sync replicas, sorted; empty for a quorum.
    pub isr: &'a [i32],
    /// When it was said: of two equal claims, the latest holds.
    pub at_us: u64,
}

impl<'a> From<&'a PartitionView> for Claim<'a> {
    fn from(view: &'a PartitionView) -> Self {
        let PartitionView { at_us, asked, leader, epoch, .. } = *view;
        Claim { asked, leader, epoch, isr: &view.isr, at_us }
    }
}

impl From<&ControllerView> for Claim<'_> {
    fn from(view: &ControllerView) -> Self {
        let ControllerView { at_us, asked, leader, epoch } = *view;
        Claim { asked, leader, epoch, isr: &[], at_us }
    }
}

impl Claim<'_> {
    /// Whether the leader itself says it.
    pub(crate) fn is_own(&self) -> bool {
        self.asked == self.leader
    }

    /// Who leads according to this claim.
    pub(crate) fn led(&self) -> Option<Leadership> {
        (self.leader >= 0).then_some(Leadership { epoch: self.epoch, broker: self.leader })
    }

    /// Whether it replaces the claim that held before. Within an epoch that has a leader only the
    /// leader's own claim does: only it changes the ISR.
    pub(crate) fn replaces(&self, held: Option<&Claim<'_>>) -> bool {
        held.is_none_or(|held| {
            self.epoch > held.epoch
                || (self.epoch == held.epoch && (self.is_own() || held.leader < 0))
        })
    }
}

/// The claim that holds: its leader leads, or nobody if it names none.
pub(crate) fn leading<'a>(claims: impl Iterator<Item = Claim<'a>>) -> Option<Claim<'a>> {
    claims.max_by_key(|claim| (claim.epoch, claim.is_own(), claim.leader >= 0, claim.at_us))
}

/// The in-sync replicas, by the last claims of brokers, answering or silent.
pub(crate) fn in_sync<'a>(
    claims: impl Iterator<Item = Claim<'a>> + Clone,
    answers: impl Fn(i32) -> bool,
) -> Option<&'a [i32]> {
    let best = leading(claims.clone())?;
    let same = claims.filter(|claim| (claim.epoch, claim.leader) == (best.epoch, best.leader));
    same.max_by_key(|claim| (claim.is_own() && answers(claim.asked), claim.at_us)).map(|c| c.isr)
}

/// Brokers that answer and consider themselves the leader in an epoch that is over.
pub(crate) fn zombies<'a>(
    claims: impl Iterator<Item = Claim<'a>> + Clone,
    answers: impl Fn(i32) -> bool,
) -> Vec<i32> {
    let highest = claims.clone().map(|claim| claim.epoch).max();
    let old = claims.filter(|claim| claim.is_own() && Some(claim.epoch) < highest);
    old.map(|claim| claim.asked).filter(|asked| answers(*asked)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Leaders;
    use super::*;
    use crate::event::Observation;
    use std::collections::BTreeMap;

    /// (asked, leader, epoch, ISR), a second apart.
    type Word<'a> = (i32, i32, i32, &'a [i32]);

    fn observed(words: &[Word<'_>]) -> Vec<Observation> {
        let view = |(s, &(asked, leader, epoch, isr)): (u64, &Word<'_>)| {
            Observation::said(s * 1_000_000, asked, leader, epoch, isr)
        };
        (1..).zip(words).map(view).collect()
    }

    // The last claim of each broker, all claims, and claims applied one by one must give the same
    // answer.
    #[test]
    fn now_is_the_same_by_the_last_claims_by_all_and_as_time_goes_on() {
        let all: &[i32] = &[0, 1, 2];
        let histories: [(&[Word<'_>], (i32, i32)); 5] = [
            (&[(0, 0, 4, all), (1, 0, 4, all)], (0, 4)),
            // Broker 1 was elected, and 0 is a zombie.
            (&[(0, 0, 4, all), (2, 1, 5, &[1, 2]), (1, 1, 5, &[1, 2]), (0, 0, 4, &[0])], (1, 5)),
            // Broker 2 knows of the election, but not yet where 1 is.
            (&[(0, 0, 4, all), (1, 1, 5, &[1, 2]), (2, -1, 5, &[1, 2])], (1, 5)),
            (&[(0, 0, 4, all), (2, -1, 5, &[1, 2]), (0, 1, 5, &[1, 2])], (1, 5)),
            // Nobody is left who may lead.
            (&[(0, 0, 4, &[0]), (1, -1, 5, &[0]), (0, 0, 4, &[0])], (-1, 5)),
        ];
        for (words, expected) in histories {
            let observed = observed(words);
            let leaders = Leaders::new(&observed, "t", 0);
            let last: BTreeMap<i32, Claim<'_>> = (1..)
                .zip(words)
                .map(|(at_us, &(asked, leader, epoch, isr))| {
                    (asked, Claim { asked, leader, epoch, isr, at_us })
                })
                .collect();
            let course = leaders.course();
            let answers = [leading(last.values().copied()), leaders.now(), course.last().copied()];
            for claim in answers {
                assert_eq!(claim.map(|c| (c.leader, c.epoch)), Some(expected), "{words:?}");
            }
        }
    }

    #[test]
    fn a_zombie_is_one_that_answers_and_leads_in_an_epoch_that_is_over() {
        let observed = observed(&[(0, 0, 4, &[0]), (1, 1, 5, &[1]), (2, 0, 4, &[0])]);
        let claims = observed.iter().filter_map(|observation| match observation {
            Observation::Partition(view) => Some(Claim::from(view)),
            Observation::Controller(_) | Observation::Broker(_) => None,
        });
        assert_eq!(zombies(claims.clone(), |_| true), [0]);
        assert_eq!(zombies(claims, |broker| broker != 0), [0; 0]);
    }
}
