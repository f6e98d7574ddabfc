//! What the watcher saw while a fault was in force: new leaders, shrunken ISRs, a new active
//! controller. It explains; it proves nothing by itself.

use super::FaultRecord;
use crate::event::{Evidence, Observation};
use crate::kafka::leaders::Claim;
use std::collections::BTreeMap;

/// The most consequences listed for one fault.
const LISTED_MAX: usize = 12;

/// The changes between a fault's call and its heal, in order; times on the scenario's clock.
pub(crate) fn consequences(
    record: &FaultRecord,
    observations: &[Observation],
    zero_us: u64,
) -> Vec<Evidence> {
    let (Some(called_ms), Some(healed_ms)) = (record.called_at_ms, record.healed_at_ms) else {
        return Vec::new();
    };
    let mut leaders: BTreeMap<(&str, i32), Claim<'_>> = BTreeMap::new();
    let mut isrs: BTreeMap<(&str, i32), &[i32]> = BTreeMap::new();
    let mut controller: Option<Claim<'_>> = None;
    let mut seen = Vec::new();
    for observation in observations {
        let (at_us, text) = match observation {
            Observation::Partition(v) => {
                let (key, claim) = ((v.topic.as_str(), v.partition), Claim::from(v));
                let held = leaders.get(&key).copied();
                if !claim.replaces(held.as_ref()) {
                    continue;
                }
                leaders.insert(key, claim);
                let place = format!("{}-{}", v.topic, v.partition);
                let text = match held {
                    Some(held) if v.epoch > held.epoch => {
                        let (old, new, epoch) = (held.leader, v.leader, v.epoch);
                        Some(format!("{place}: leader {old} -> {new} (epoch {epoch})"))
                    }
                    _ if claim.is_own() => {
                        let before = isrs.insert(key, &v.isr).filter(|isr| *isr != v.isr);
                        before.map(|_| format!("{place}: in-sync replicas {:?}", v.isr))
                    }
                    _ => None,
                };
                (v.at_us, text)
            }
            Observation::Controller(v)
                if v.leader >= 0 && Claim::from(v).replaces(controller.as_ref()) =>
            {
                let held = controller.replace(Claim::from(v));
                let is_other = held.is_some_and(|held| held.leader != v.leader);
                let text = format!("active controller is now {} (epoch {})", v.leader, v.epoch);
                (v.at_us, is_other.then_some(text))
            }
            Observation::Controller(_) | Observation::Broker(_) => continue,
        };
        let at_ms = (at_us as f64 - zero_us as f64) / 1e3;
        if let Some(text) = text.filter(|_| at_ms >= called_ms && at_ms <= healed_ms) {
            seen.push(Evidence { at_ms, text, proves: false });
        }
    }
    let more = seen.len().saturating_sub(LISTED_MAX);
    seen.truncate(LISTED_MAX);
    if more > 0 {
        let text = format!("and {more} more changes, see `leaders`");
        seen.push(Evidence { at_ms: healed_ms, text, proves: false });
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ControllerView;

    fn record() -> FaultRecord {
        FaultRecord {
            called_at_ms: Some(10.0),
            effective_at_ms: Some(11.0),
            healed_at_ms: Some(20.0),
            evidence: vec![],
            ..FaultRecord::proved("kill leader")
        }
    }

    fn texts(observations: &[Observation]) -> Vec<String> {
        consequences(&record(), observations, 0).into_iter().map(|e| e.text).collect()
    }

    #[test]
    fn a_new_leader_and_a_shrunken_isr_in_the_window_are_told_once() {
        let history = [
            Observation::said(1_000, 0, 0, 4, &[0, 1, 2]),
            Observation::said(12_000, 0, 0, 4, &[0, 1]), // the leader's own word: shrunk
            Observation::said(13_000, 1, 1, 5, &[1, 2]), // a higher epoch: a new leader
            Observation::said(14_000, 2, 1, 5, &[1, 2]), // the same from another broker
            Observation::said(15_000, 0, 0, 4, &[0, 1]), // the zombie's old epoch says nothing new
        ];
        assert_eq!(
            texts(&history),
            ["t-0: in-sync replicas [0, 1]", "t-0: leader 0 -> 1 (epoch 5)"]
        );
    }

    #[test]
    fn who_led_before_is_whoever_anyone_named_in_the_old_epoch() {
        // Broker 2 was asked first, and did not know yet where the leader of epoch 4 is.
        let history = [
            Observation::said(1_000, 2, -1, 4, &[0, 1, 2]),
            Observation::said(2_000, 0, 0, 4, &[0, 1, 2]),
            Observation::said(12_000, 1, 1, 5, &[1, 2]),
        ];
        assert_eq!(texts(&history), ["t-0: leader 0 -> 1 (epoch 5)"]);
    }

    #[test]
    fn what_came_before_the_call_or_after_the_heal_is_not_its_consequence() {
        let history = [
            Observation::said(1_000, 0, 0, 4, &[0]),
            Observation::said(9_000, 1, 1, 5, &[1]),
            Observation::said(21_000, 2, 2, 6, &[2]),
        ];
        assert!(texts(&history).is_empty());
    }

    #[test]
    fn a_new_active_controller_is_told() {
        let quorum = |at_us, leader, epoch| {
            Observation::Controller(ControllerView { at_us, asked: 0, leader, epoch })
        };
        let history = [quorum(1_000, 0, 1), quorum(12_000, 2, 2), quorum(13_000, 2, 2)];
        assert_eq!(texts(&history), ["active controller is now 2 (epoch 2)"]);
    }
}
