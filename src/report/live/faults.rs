//! [`Faults`]: those in force with their proofs, and the next one.

use super::view::{Room, cut, seconds};
use crate::event::{FaultStep, FaultTime};
use crate::report::printable;
use std::collections::{BTreeMap, BTreeSet};

/// What is known about the plan's faults. Times are milliseconds of the scenario's clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    planned: Vec<Planned>,
    begun: BTreeSet<u16>,
    active: BTreeMap<u16, Active>,
}

#[derive(Clone, Debug)]
struct Planned {
    what: String,
    time: FaultTime,
}

/// A fault that was injected and is not healed.
#[derive(Clone, Debug)]
struct Active {
    what: String,
    nodes: Vec<String>,
    since_ms: f64,
    proof: Option<(f64, String)>,
    failed: Option<String>,
}

impl Faults {
    /// The plan's faults.
    pub(super) fn planned(what: &[String], times: &[FaultTime]) -> Self {
        let planned = what.iter().zip(times);
        let planned = planned.map(|(what, time)| Planned { what: printable(what), time: *time });
        Faults { planned: planned.collect(), ..Faults::default() }
    }

    /// Records a fault's step.
    pub(super) fn step(&mut self, index: u16, what: &str, step: &FaultStep, at_ms: f64) {
        self.begun.insert(index);
        let active = self.active.get_mut(&index);
        match (step, active) {
            (FaultStep::Injected { nodes, .. }, _) => {
                let nodes = nodes.iter().map(|node| printable(node)).collect();
                let (what, since_ms) = (printable(what), at_ms);
                let active = Active { what, nodes, since_ms, proof: None, failed: None };
                self.active.insert(index, active);
            }
            (FaultStep::Effective(evidence), Some(active)) => {
                active.proof = Some((evidence.at_ms, printable(&evidence.text)));
            }
            (FaultStep::Failed { reason } | FaultStep::Undone { reason }, Some(active)) => {
                active.failed = Some(printable(reason));
            }
            (FaultStep::Healed, _) => drop(self.active.remove(&index)),
            // It was never in force.
            (
                FaultStep::Effective(_) | FaultStep::Undone { .. } | FaultStep::Failed { .. },
                None,
            ) => {}
        }
    }

    /// The next fault, if there is one.
    pub(super) fn next_line(&self, at_ms: f64, room: Room) -> Option<String> {
        let waiting =
            self.planned.iter().enumerate().filter(|(i, _)| !self.begun.contains(&(*i as u16)));
        let (_, next) = waiting.min_by_key(|(_, planned)| planned.time.at_ms)?;
        let left_ms = (next.time.at_ms as f64 - at_ms).max(0.0);
        Some(format!("{}in {}: {}", room.key("next"), seconds(left_ms), next.what))
    }

    /// Those in force, at most `height` lines.
    pub(super) fn lines(&self, at_ms: f64, height: usize, room: Room) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (told, (index, active)) in self.active.iter().enumerate() {
            let until_ms = self.planned.get(usize::from(*index)).and_then(|p| p.time.until_ms);
            let entry = active.lines(until_ms, at_ms, room);
            let rest = self.active.len() - told;
            // The last line is for those that do not fit.
            let reserved = usize::from(rest > 1);
            if lines.len() + entry.len() + reserved > height {
                lines.push(format!("{}and {rest} more in force", room.key("faults")));
                break;
            }
            lines.extend(entry);
        }
        lines
    }
}

impl Active {
    /// One line if it fits, else two.
    fn lines(&self, until_ms: Option<u64>, at_ms: f64, room: Room) -> Vec<String> {
        let left = match until_ms.map(|until_ms| until_ms as f64 - at_ms) {
            None => ", until it is done".to_owned(),
            Some(left_ms) if left_ms >= 0.0 => format!(", {} to go", seconds(left_ms)),
            Some(over_ms) => format!(", {} overdue", seconds(-over_ms)),
        };
        let key = room.key("fault");
        let what = cut(&self.what, room.width.saturating_sub(Room::KEY + left.len()));
        let what = format!("{key}{}{left}", room.paint.warn(what));
        let nodes = if self.nodes.is_empty() { "nobody" } else { &self.nodes.join(", ") };
        let since = format!("on {nodes} since {}", seconds(self.since_ms));
        let proof = match (&self.failed, &self.proof) {
            (Some(reason), _) => format!("{}: {reason}", room.paint.bad("FAILED")),
            (None, Some((at_ms, text))) => {
                format!("{} at {}: {text}", room.paint.good("proved"), seconds(*at_ms))
            }
            (None, None) => room.paint.warn("not proved yet"),
        };
        let one = format!("{what}; {since}, {proof}");
        if console::measure_text_width(&one) <= room.width {
            vec![one]
        } else {
            vec![what, format!("{}{since}, {proof}", room.key(""))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Evidence;

    fn faults() -> Faults {
        let what = ["kill leader at 5 s for 3 s", "exec ls at 6 s"].map(str::to_owned);
        let time = |at_ms, until_ms| FaultTime { at_ms, until_ms };
        Faults::planned(&what, &[time(5_000, Some(8_000)), time(6_000, None)])
    }

    fn injected(faults: &mut Faults, index: u16, at_ms: f64) {
        let step = FaultStep::Injected { nodes: vec!["broker-0".into()], called_at_ms: 0.0 };
        faults.step(index, "kill leader at 5 s for 3 s", &step, at_ms);
    }

    const ROOM: Room = Room::plain(80, 24);

    #[test]
    fn the_next_one_is_counted_down_to_and_is_none_when_all_have_begun() {
        let mut faults = faults();
        let next = |faults: &Faults, at_ms| faults.next_line(at_ms, ROOM);
        assert_eq!(next(&faults, 800.0).unwrap(), "next    in 4.2 s: kill leader at 5 s for 3 s");
        injected(&mut faults, 0, 5_000.0);
        assert_eq!(next(&faults, 5_000.0).unwrap(), "next    in 1.0 s: exec ls at 6 s");
        // It could not be injected: it will not come again.
        let step = FaultStep::Failed { reason: "no such program".into() };
        faults.step(1, "exec ls", &step, 6_000.0);
        assert_eq!(next(&faults, 6_000.0), None);
    }

    #[test]
    fn a_fault_is_in_force_from_its_injection_to_its_heal() {
        let mut faults = faults();
        assert_eq!(faults.lines(0.0, 9, ROOM), [""; 0]);
        injected(&mut faults, 0, 5_000.0);
        let unproved = faults.lines(5_500.0, 9, ROOM);
        assert_eq!(unproved[0], "fault   kill leader at 5 s for 3 s, 2.5 s to go");
        assert_eq!(unproved[1], "        on broker-0 since 5.0 s, not proved yet");
        let evidence = Evidence { at_ms: 5_600.0, text: "it is dead".into(), proves: true };
        faults.step(0, "kill", &FaultStep::Effective(evidence), 5_600.0);
        let wide = faults.lines(8_500.0, 9, Room::plain(200, 24));
        assert_eq!(
            wide,
            ["fault   kill leader at 5 s for 3 s, 0.5 s overdue; on broker-0 since 5.0 s, \
              proved at 5.6 s: it is dead"]
        );
        faults.step(0, "kill", &FaultStep::Healed, 8_600.0);
        assert_eq!(faults.lines(8_600.0, 9, ROOM), [""; 0]);
    }

    #[test]
    fn a_fault_that_cannot_be_healed_stays_and_says_so() {
        let mut faults = faults();
        injected(&mut faults, 0, 5_000.0);
        let step = FaultStep::Failed { reason: "not healed:\nno right".into() };
        faults.step(0, "kill", &step, 8_000.0);
        let lines = faults.lines(8_000.0, 9, ROOM);
        assert!(lines[1].contains("FAILED: not healed:\u{fffd}no right"), "{lines:?}");
    }

    #[test]
    fn many_faults_are_summed_up() {
        let what = vec!["kill leader at 5 s for 3 s".to_owned(); 9];
        let time = FaultTime { at_ms: 5_000, until_ms: Some(8_000) };
        let mut faults = Faults::planned(&what, &[time; 9]);
        (0..9).for_each(|index| injected(&mut faults, index, 5_000.0));
        let lines = faults.lines(5_000.0, 5, ROOM);
        // Two with two lines each, then the other seven.
        assert_eq!((lines.len(), lines[4].as_str()), (5, "faults  and 7 more in force"));
        // If all but one fit exactly, the last one is not left out.
        assert_eq!(faults.lines(5_000.0, 18, ROOM).len(), 18);
        assert_eq!(faults.lines(5_000.0, 17, ROOM).last().unwrap(), "faults  and 1 more in force");
    }
}
