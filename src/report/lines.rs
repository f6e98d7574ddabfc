//! Events as lines of text, for people who read them one by one.

use crate::event::{FaultStep, Observation, Progress, RunEvent, Stamped};
use std::collections::BTreeMap;

/// The event as a line, or none where it is not worth one.
pub fn line(stamped: &Stamped) -> Option<String> {
    let text = match &stamped.event {
        RunEvent::Started { scenario, summary, about, cells, faults } => {
            let mut lines = vec![format!("{}: {}", printable(scenario), printable(summary))];
            lines.extend(about.iter().map(|a| format!("  {a}")));
            let cells: Vec<String> = cells.iter().map(|c| printable(c)).collect();
            lines.push(format!("  cells    {}", cells.join("  ")));
            lines.extend(faults.iter().map(|f| format!("  fault    {}", printable(f))));
            return Some(lines.join("\n"));
        }
        RunEvent::Phase { name, .. } => format!("-- {name}"),
        RunEvent::Zero => "every partition is acknowledged: the clock starts".to_owned(),
        RunEvent::Progress { .. } => return None,
        RunEvent::Fault { what, step, .. } => fault(what, step),
        RunEvent::Observed(observation) => observed(observation)?,
        RunEvent::Note { text } => format!("note: {}", printable(text)),
    };
    Some(format!("{} {text}", time(stamped)))
}

/// Live counts of all cells together.
pub fn totals(cells: &BTreeMap<String, Progress>) -> String {
    let sum = cells.values().fold(Progress::default(), |a, b| Progress {
        sent: a.sent + b.sent,
        acked: a.acked + b.acked,
        rejected: a.rejected + b.rejected,
    });
    let open = sum.sent.saturating_sub(sum.acked + sum.rejected);
    format!("{} sent, {} acknowledged, {open} open, {} rejected", sum.sent, sum.acked, sum.rejected)
}

/// Text of the user's without what could steer a terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn time(stamped: &Stamped) -> String {
    match stamped.at_ms {
        Some(ms) => format!("[{:9.3} s]", ms / 1e3),
        None => format!("[+{:8.3} s]", stamped.since_start_ms / 1e3),
    }
}

fn fault(what: &str, step: &FaultStep) -> String {
    let what = printable(what);
    match step {
        FaultStep::Injected { nodes } => format!("fault: {what}: injected on {}", nodes.join(", ")),
        FaultStep::Effective(evidence) => format!("fault: {what}: proved, {}", evidence.text),
        FaultStep::Healed => format!("fault: {what}: healed"),
        FaultStep::Failed { reason } => format!("fault: {what}: {}", printable(reason)),
    }
}

fn observed(observation: &Observation) -> Option<String> {
    match observation {
        Observation::Partition(v) => {
            // Every broker says the same; the one that leads is worth a line.
            (v.asked == v.leader).then(|| {
                format!(
                    "broker {} leads {}-{} in epoch {}, in-sync replicas {:?}",
                    v.leader, v.topic, v.partition, v.epoch, v.isr
                )
            })
        }
        Observation::Controller(v) => (v.asked == v.leader)
            .then(|| format!("node {} is the active controller in epoch {}", v.leader, v.epoch)),
        Observation::Broker(v) => {
            Some(format!("broker {} {}", v.broker, if v.answers { "answers" } else { "is silent" }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::PartitionView;

    fn at(ms: Option<f64>, event: RunEvent) -> Stamped {
        Stamped { since_start_ms: 1500.0, at_ms: ms, event }
    }

    #[test]
    fn times_count_from_the_command_until_the_scenario_s_clock_starts() {
        let phase = RunEvent::Phase { name: "cluster".into(), expected_ms: None };
        assert_eq!(line(&at(None, phase.clone())).unwrap(), "[+   1.500 s] -- cluster");
        assert_eq!(line(&at(Some(20.0), phase)).unwrap(), "[    0.020 s] -- cluster");
    }

    #[test]
    fn only_the_leader_s_own_word_is_worth_a_line() {
        let view = |asked| {
            RunEvent::Observed(Observation::Partition(PartitionView {
                at_us: 1,
                asked,
                topic: "t".into(),
                partition: 0,
                leader: 1,
                epoch: 3,
                isr: vec![1, 2],
            }))
        };
        assert!(line(&at(Some(0.0), view(2))).is_none());
        assert!(line(&at(Some(0.0), view(1))).unwrap().contains("broker 1 leads t-0 in epoch 3"));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let note = RunEvent::Note { text: "a\u{1b}[2Jb".into() };
        assert!(!line(&at(None, note)).unwrap().contains('\u{1b}'));
    }
}
