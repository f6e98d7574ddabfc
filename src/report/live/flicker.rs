//! [`Flicker`]: a broker that falls silent and answers in quick succession gets one line with a
//! count, not one per change. `events.jsonl` has each change.

use crate::event::Stamped;
use crate::report::lines;
use std::collections::BTreeMap;

/// Changes that follow each other faster than this are one spell, in milliseconds.
const CALM_MS: f64 = 2_000.0;
/// How many changes of a spell are reported as they come: a short silence is no flicker.
const LISTED_MAX: u32 = 2;
/// How often a long spell is reported, in milliseconds.
const LONG_MS: f64 = 10_000.0;

/// The latest changes of each broker.
#[derive(Debug, Default)]
pub(super) struct Flicker {
    spells: BTreeMap<i32, Spell>,
}

#[derive(Debug)]
struct Spell {
    told: u32,
    /// Changes that were not reported.
    held: u32,
    /// Time of the first of them, in milliseconds of the run's clock.
    since_ms: f64,
    last: Stamped,
    answers: bool,
}

impl Flicker {
    /// A broker began or stopped answering. Returns whether to report it by itself.
    pub(super) fn changed(&mut self, broker: i32, answers: bool, at: &Stamped) -> bool {
        let now_ms = at.since_start_ms;
        let known = self.spells.get_mut(&broker);
        match known.filter(|spell| now_ms - spell.last.since_start_ms < CALM_MS) {
            Some(spell) => {
                (spell.last, spell.answers) = (at.clone(), answers);
                if spell.told < LISTED_MAX {
                    spell.told += 1;
                    return true;
                }
                if spell.held == 0 {
                    spell.since_ms = now_ms;
                }
                spell.held += 1;
                false
            }
            None => {
                let spell = Spell { told: 1, held: 0, since_ms: now_ms, last: at.clone(), answers };
                self.spells.insert(broker, spell);
                true
            }
        }
    }

    /// Reports about changes that were held back; all of them when the run is `over`. Call it
    /// before recording the next change.
    pub(super) fn lines(&mut self, now_ms: f64, over: bool) -> Vec<String> {
        let mut told = Vec::new();
        for (broker, spell) in &mut self.spells {
            let calm = now_ms - spell.last.since_start_ms >= CALM_MS;
            let due = over || calm || now_ms - spell.since_ms >= LONG_MS;
            if spell.held == 0 || !due {
                continue;
            }
            let seconds = (spell.last.since_start_ms - spell.since_ms) / 1e3;
            let now = if spell.answers { "answers" } else { "is silent" };
            let text = match spell.held {
                1 => format!("broker {broker} {now}"),
                n => format!(
                    "broker {broker} flickers between silent and answering: {n} changes within \
                     {seconds:.1} s; now it {now}"
                ),
            };
            told.push(lines::with_time(&spell.last, &text));
            spell.held = 0;
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{BrokerView, Observation, RunEvent};

    fn change(ms: f64, answers: bool) -> Stamped {
        let view = BrokerView { at_us: 0, broker: 1, answers };
        let event = RunEvent::Observed(Observation::Broker(view));
        Stamped { since_start_ms: ms, at_ms: Some(ms), event }
    }

    /// How many of these changes are reported one by one, and what is reported besides.
    fn told(times: &[f64], calm_at: f64) -> (usize, Vec<String>) {
        let mut flicker = Flicker::default();
        let mut lines = Vec::new();
        let mut single = 0;
        for (i, ms) in times.iter().enumerate() {
            lines.extend(flicker.lines(*ms, false));
            let answers = i % 2 == 1;
            single += usize::from(flicker.changed(1, answers, &change(*ms, answers)));
        }
        lines.extend(flicker.lines(calm_at, false));
        (single, lines)
    }

    #[test]
    fn an_outage_is_told_in_two_lines_as_they_come_however_short() {
        assert_eq!(told(&[1_000.0, 1_500.0], 9_000.0), (2, vec![]));
        assert_eq!(told(&[1_000.0, 9_000.0, 20_000.0, 20_500.0], 40_000.0), (4, vec![]));
    }

    #[test]
    fn many_changes_in_a_row_are_one_line_with_a_count_when_it_is_calm() {
        let times: Vec<f64> = (0..9).map(|i| 5_000.0 + 600.0 * f64::from(i)).collect();
        assert_eq!(told(&times, 10_000.0), (2, vec![]), "it may go on");
        let line = "[    9.800 s] broker 1 flickers between silent and answering: 7 changes within 3.6 s; \
                    now it is silent";
        assert_eq!(told(&times, 11_900.0), (2, vec![line.to_owned()]));
        // The last change is reported in any case.
        let third = "[    2.000 s] broker 1 is silent";
        assert_eq!(told(&[1_000.0, 1_500.0, 2_000.0], 4_000.0), (2, vec![third.to_owned()]));
    }

    #[test]
    fn a_spell_without_an_end_is_told_of_now_and_then_and_nothing_is_lost_at_the_end() {
        let times: Vec<f64> = (0..60).map(|i| 1_000.0 * f64::from(i)).collect();
        let (single, lines) = told(&times, 59_100.0);
        assert!(single == 2 && (4..7).contains(&lines.len()), "{lines:#?}");
        let mut flicker = Flicker::default();
        for ms in [0.0, 100.0, 200.0, 300.0] {
            flicker.changed(1, false, &change(ms, false));
        }
        assert_eq!(flicker.lines(310.0, false), [""; 0]);
        assert_eq!(flicker.lines(310.0, true).len(), 1);
    }
}
