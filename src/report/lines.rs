//! Events as lines of text, for people.

use super::Paint;
use super::headline::Headline;
use crate::event::{FaultStep, Observation, Progress, RunEvent, Stamped};
use crate::kafka::leaders::Claim;
use crate::model::Metric;
use crate::result::{CellReport, Report};
use std::collections::BTreeMap;

/// The event as a line, if it is worth one. `everything`: what each single broker says is, too.
pub(super) fn line(stamped: &Stamped, everything: bool) -> Option<String> {
    let text = match &stamped.event {
        RunEvent::Started { scenario, summary, about, cells, faults, .. } => {
            // The runtime and the reason for it matter most and come first.
            let (runtime, rest) = about.split_at(about.len().min(1));
            let mut lines: Vec<String> = runtime.to_vec();
            lines.push(format!("{}: {}", printable(scenario), printable(summary)));
            lines.extend(rest.iter().map(|a| format!("  {a}")));
            let cells: Vec<String> = cells.iter().map(|c| printable(c)).collect();
            lines.push(format!("  cells    {}", cells.join("  ")));
            lines.extend(faults.iter().map(|f| format!("  fault    {}", printable(f))));
            return Some(lines.join("\n"));
        }
        RunEvent::Phase { name, .. } => format!("-- {name}"),
        RunEvent::Zero => "every partition is acknowledged: the clock starts".to_owned(),
        RunEvent::Progress { .. } | RunEvent::Step(_) => return None,
        RunEvent::Fault { what, step, .. } => fault(what, step),
        RunEvent::Observed(observation) => observed(observation, everything)?,
        RunEvent::Interrupted => INTERRUPTED.to_owned(),
        RunEvent::Note { text } => format!("note: {}", printable(text)),
    };
    Some(with_time(stamped, &text))
}

/// A text after the time of an event.
pub(super) fn with_time(stamped: &Stamped, text: &str) -> String {
    format!("{} {text}", time(stamped))
}

/// Printed at once when a run is interrupted.
pub(crate) const INTERRUPTED: &str =
    "interrupted: healing, then reporting; Ctrl-C again ends it at once";

/// Live counts of all cells together.
pub(super) fn totals(cells: &BTreeMap<String, Progress>) -> String {
    let sum = cells.values().fold(Progress::default(), |a, b| Progress {
        sent: a.sent + b.sent,
        acked: a.acked + b.acked,
        rejected: a.rejected + b.rejected,
    });
    let open = sum.sent.saturating_sub(sum.acked + sum.rejected);
    format!("{} sent, {} acknowledged, {open} open, {} rejected", sum.sent, sum.acked, sum.rejected)
}

/// A finished run as a line: verdict, time, what was lost and duplicated if that was checked.
pub fn in_a_line(report: &Report, paint: Paint) -> String {
    let seconds: f64 = report.phases.iter().map(|phase| phase.ms).sum::<f64>() / 1e3;
    let headline = Headline::of(report);
    let word = paint.verdict(headline.look(), headline.word().to_lowercase());
    let mut text = format!("{word} in {seconds:.1} s");
    let is_told = |metric: &Metric| metric.is_always_shown() && !report.exit().is_cut();
    for metric in Metric::anomalies().filter(is_told) {
        text += &format!("; {}", count_in_words(report, metric, paint));
    }
    if !report.verdict.is_green() {
        let reason = report.reasons.first().map_or("", |reason| first_line(reason));
        text += &format!("; {}", printable(reason));
    }
    text
}

/// `none lost`, `995 lost in 1 of 2 cells`; if the logs as read do not settle it, what is certain.
fn count_in_words(report: &Report, metric: Metric, paint: Paint) -> String {
    let word = metric.word();
    let least = |cell: &CellReport| cell.counts[metric].least;
    let is_open = report.cells.iter().any(|cell| cell.counts[metric].settled().is_none());
    let having: Vec<&CellReport> = report.cells.iter().filter(|cell| least(cell) > 0).collect();
    let sum: u64 = having.iter().map(|cell| least(cell)).sum();
    let at_least = if is_open { "at least " } else { "" };
    let place = format!("in {} of {} cells", having.len(), report.cells.len());
    match (having.is_empty(), having.iter().all(|cell| cell.is_expected(metric))) {
        (true, _) if is_open => format!("{word}: not known"),
        (true, _) => format!("none {word}"),
        (false, true) => format!("{at_least}{sum} {word} (expected) {place}"),
        (false, false) => format!("{} {place}", paint.bad(format!("{at_least}{sum} {word}"))),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The user's text without terminal control.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The text in one line: help is on a line of its own.
pub(super) fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// At most this many characters of a text, the last of them a mark if there were more.
pub(super) fn short(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(characters_max.saturating_sub(1)).chain(['…']).collect(),
    }
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
        FaultStep::Injected { nodes, .. } => {
            format!("fault: {what}: injected on {}", nodes.join(", "))
        }
        FaultStep::Effective(evidence) => {
            format!("fault: {what}: proved, {}", printable(&evidence.text))
        }
        FaultStep::Healed => format!("fault: {what}: healed"),
        FaultStep::Failed { reason } | FaultStep::Undone { reason } => {
            format!("fault: {what}: {}", printable(reason))
        }
    }
}

fn observed(observation: &Observation, everything: bool) -> Option<String> {
    match observation {
        Observation::Partition(v) => {
            let leader =
                if v.leader < 0 { "nobody".to_owned() } else { format!("broker {}", v.leader) };
            let says = says(&v.into(), everything)?;
            Some(format!(
                "{says}{leader} leads {}-{} in epoch {}, in-sync replicas {:?}",
                v.topic, v.partition, v.epoch, v.isr
            ))
        }
        Observation::Controller(v) => {
            let leader =
                if v.leader < 0 { "nobody".to_owned() } else { format!("node {}", v.leader) };
            let says = says(&v.into(), everything)?;
            Some(format!("{says}{leader} is the active controller in epoch {}", v.epoch))
        }
        Observation::Broker(v) => {
            Some(format!("broker {} {}", v.broker, if v.answers { "answers" } else { "is silent" }))
        }
    }
}

/// Who says it. Every broker says the same; only the leader's claim gets a line.
fn says(claim: &Claim<'_>, everything: bool) -> Option<String> {
    if claim.is_own() {
        return Some(String::new());
    }
    everything.then(|| format!("broker {} says: ", claim.asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: Option<f64>, event: RunEvent) -> Stamped {
        Stamped { since_start_ms: 1500.0, at_ms: ms, event }
    }

    #[test]
    fn times_count_from_the_command_until_the_scenario_s_clock_starts() {
        let phase = RunEvent::Phase { name: "cluster".into(), expected_ms: None };
        assert_eq!(line(&at(None, phase.clone()), false).unwrap(), "[+   1.500 s] -- cluster");
        assert_eq!(line(&at(Some(20.0), phase), false).unwrap(), "[    0.020 s] -- cluster");
    }

    #[test]
    fn only_the_leader_s_own_word_is_worth_a_line() {
        let view = |asked| RunEvent::Observed(Observation::said(1, asked, 1, 3, &[1, 2]));
        let told = |asked, everything| line(&at(Some(0.0), view(asked)), everything);
        assert_eq!(told(2, false), None);
        assert!(told(1, false).unwrap().contains("] broker 1 leads t-0 in epoch 3"));
        assert!(told(2, true).unwrap().contains("] broker 2 says: broker 1 leads t-0 in epoch 3"));
    }

    #[test]
    fn short_texts_stay_and_long_ones_are_marked() {
        assert_eq!((short("äöü", 3).as_str(), short("äöüß", 3).as_str()), ("äöü", "äö…"));
        assert_eq!(short("", 0), "");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let note = RunEvent::Note { text: "a\u{1b}[2Jb".into() };
        assert!(!line(&at(None, note), false).unwrap().contains('\u{1b}'));
    }
}
