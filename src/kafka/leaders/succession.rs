//! [`Succession`]: how a partition's present leader came to lead, and who could have been elected
//! without loss.

use super::claim::Claim;
use super::seen::Leaders;
use std::collections::BTreeSet;

/// The latest change of a partition's leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Succession {
    /// Who led before, by `node.id`.
    pub from: i32,
    /// Who leads now; the same one, if nobody led in between.
    pub to: i32,
    /// The first epoch of its leadership.
    pub epoch: i32,
    /// The in-sync replicas before, as last seen.
    pub isr: Vec<i32>,
    /// Whether the elected replica may lack acknowledged messages.
    pub unclean: bool,
}

impl Leaders<'_> {
    /// How the present leader came to lead. `None`: nobody leads in the highest epoch, or nobody
    /// was seen to lead before.
    ///
    /// A zombie goes on naming itself in an older epoch, and claims about older epochs that come
    /// after a newer one was seen do not count. Every member of the last in-sync replicas could be
    /// elected cleanly, by any broker's last claim and by that of the leader, who changes them.
    /// Since KIP-966 (`floor` is `min.insync.replicas`, otherwise 1) so could those who left after
    /// the in-sync replicas were last that many: they are eligible leader replicas.
    pub(crate) fn succession(&self, floor: usize) -> Option<Succession> {
        let mut claims = self.claims.clone();
        claims.sort_by_key(|claim| claim.epoch);
        let mut epoch = claims.last()?.epoch;
        let to = self.leader_of(epoch)?;
        for claim in claims.iter().rev() {
            if self.leader_of(claim.epoch) != Some(to) {
                break;
            }
            epoch = claim.epoch;
        }
        let since_us = claims.iter().filter(|c| c.epoch == epoch).map(|c| c.at_us).min()?;
        claims.retain(|claim| claim.epoch < epoch && claim.at_us <= since_us);
        let before = claims.iter().rev();
        let from = before.clone().find_map(Claim::led)?.broker;
        let mut safe: BTreeSet<i32> = BTreeSet::new();
        for claim in before.clone() {
            safe.extend(claim.isr);
            if claim.isr.len() >= floor {
                break;
            }
        }
        let own = before.clone().find(|claim| claim.leader == from && claim.is_own());
        safe.extend(own.into_iter().flat_map(|claim| claim.isr));
        let isr = before.map(|claim| claim.isr).find(|isr| !isr.is_empty())?.to_vec();
        Some(Succession { from, to, epoch, isr, unclean: !safe.contains(&to) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Observation;

    /// (asked, leader, epoch, ISR), a millisecond apart.
    type Word<'a> = (i32, i32, i32, &'a [i32]);

    fn of(words: &[Word<'_>], floor: usize) -> Option<Succession> {
        let seen: Vec<Observation> = (1..)
            .zip(words)
            .map(|(ms, &(asked, leader, epoch, isr))| {
                Observation::said(ms * 1_000, asked, leader, epoch, isr)
            })
            .collect();
        Leaders::new(&seen, "t", 0).succession(floor)
    }

    fn is_unclean(words: &[Word<'_>], floor: usize) -> bool {
        of(words, floor).unwrap().unclean
    }

    const ALL: Word<'static> = (0, 0, 4, &[0, 1, 2]);

    #[test]
    fn a_leader_from_outside_the_last_isr_is_unclean() {
        // 3.8.1: nobody leads in between, and the ISR stays as it was.
        let words = [ALL, (0, 0, 4, &[0]), (1, -1, 5, &[0]), (2, 1, 6, &[1])];
        let expected = Succession { from: 0, to: 1, epoch: 6, isr: vec![0], unclean: true };
        assert_eq!(of(&words, 1), Some(expected));
        // 4.x: nobody is left in it, or the controller elects at once.
        assert!(is_unclean(&[ALL, (0, 0, 4, &[0]), (1, -1, 5, &[]), (2, 1, 6, &[1])], 1));
        assert!(is_unclean(&[ALL, (0, 0, 4, &[0]), (1, 1, 5, &[1])], 1));
    }

    #[test]
    fn a_leader_from_the_last_isr_is_clean_by_anyones_word() {
        assert!(!is_unclean(&[ALL, (1, 1, 5, &[1, 2])], 1));
        // The leader was killed before it was asked again, but others knew of its ISR's change.
        assert!(!is_unclean(&[ALL, (0, 0, 4, &[0]), (2, 0, 4, &[0, 1]), (1, 1, 5, &[1])], 1));
        assert!(!is_unclean(&[ALL, (0, 0, 4, &[0, 1]), (2, 0, 4, &[0]), (1, 1, 5, &[1])], 1));
        // The last one in sync comes back.
        let back = [ALL, (0, 0, 4, &[0]), (1, -1, 5, &[0]), (0, 0, 6, &[0])];
        assert_eq!(of(&back, 1).map(|s| (s.from, s.to, s.unclean)), Some((0, 0, false)));
    }

    #[test]
    fn what_a_zombie_says_after_the_election_changes_nothing() {
        let mut words = vec![ALL, (0, 0, 4, &[0]), (1, -1, 5, &[0]), (1, 1, 6, &[1])];
        words.extend([(0, 0, 4, &[0, 1, 2][..]), (2, -1, 5, &[0]), (2, 1, 6, &[1])]);
        assert!(is_unclean(&words, 1));
        // Later epochs of the same leader: its ISR grew.
        words.extend([(1, 1, 7, &[1, 2][..]), (2, 1, 7, &[1, 2])]);
        assert_eq!(of(&words, 1).map(|s| (s.epoch, s.unclean)), Some((6, true)));
    }

    #[test]
    fn an_eligible_leader_replica_is_clean_and_without_them_it_is_not() {
        let words = [ALL, (0, 0, 4, &[0]), (1, -1, 5, &[]), (1, 1, 6, &[1])];
        assert!(!is_unclean(&words, 2), "1 left when fewer than two were in sync");
        assert!(is_unclean(&words, 1));
    }

    #[test]
    fn without_a_leader_now_or_before_there_is_nothing_to_tell() {
        assert_eq!(of(&[], 1), None);
        assert_eq!(of(&[ALL], 1), None);
        assert_eq!(of(&[ALL, (0, 0, 4, &[0]), (1, -1, 5, &[0])], 1), None);
    }
}
