//! A cell's part of the page.

use super::chart::Axis;
use super::config::{self, Block};
use super::lanes::{Lanes, lanes};
use crate::model::{Metric, more};
use crate::report::headline::Headline;
use crate::report::prose::Prose;
use crate::report::{client_errors, grid, rate};
use crate::result::{CellReport, Report};
use crate::verify::{Timeline, Verdict};

/// How many ranges of a cell are listed; `report.json` has more.
const WITNESSES_MAX: usize = 10;

/// A verdict as shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    /// In words.
    pub word: &'static str,
    /// The class of its look.
    pub class: &'static str,
}

impl Mark {
    pub(super) fn of(verdict: Verdict) -> Self {
        let class = match verdict {
            Verdict::Measured => "measured",
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
        };
        Mark { word: grid::word(verdict), class }
    }

    /// For a run with this headline.
    pub(super) fn of_run(headline: Headline) -> Self {
        Mark { word: headline.word(), ..Mark::of(headline.look()) }
    }
}

#[derive(Debug)]
pub(super) struct Part {
    /// Its position among all cells, for the charts.
    pub index: usize,
    /// The anchor of this part.
    pub anchor: String,
    /// The cell's id.
    pub cell: String,
    /// The id, safe to be shown.
    pub title: String,
    pub verdict: Mark,
    /// The result of each expectation: its look, and the reason.
    pub expectations: Vec<(Mark, Prose)>,
    /// What the charts show, in words.
    pub in_words: Option<String>,
    /// The curves of the charts.
    pub key: Vec<Curve>,
    pub lanes: Vec<Lanes>,
    /// Partitions without lanes, `1 more partition`.
    pub lanes_left_out: Option<String>,
    /// What happened, range by range.
    pub witnesses: Vec<Prose>,
    /// Omitted ranges, `1 more range`.
    pub witnesses_left_out: Option<String>,
    pub notes: Vec<Prose>,
    /// Its own configuration.
    pub config: Vec<Block>,
}

/// The part of a cell; `None` if there is nothing to show.
pub(super) fn part(report: &Report, index: usize, axis: &Axis) -> Option<Part> {
    let cell = &report.cells[index];
    if !has_part(cell) {
        return None;
    }
    let topic = report.plan.cells.iter().find(|plan| plan.id == cell.id).map(|plan| &plan.topic);
    let (lanes, lanes_left_out) = match topic.filter(|_| cell.timeline.is_some()) {
        Some(topic) => lanes(topic, &report.leaders, report.zero_ms.unwrap_or(0.0), axis),
        None => (Vec::new(), 0),
    };
    let marks = rate::mark(cell).map(|mark| format!("sent {mark}"));
    let errors =
        (!cell.client_errors.is_empty()).then(|| client_errors::words(&cell.client_errors));
    Some(Part {
        index,
        anchor: anchor(index),
        cell: cell.id.clone(),
        title: grid::name(report, cell),
        verdict: Mark::of(cell.verdict),
        expectations: cell
            .expectations
            .iter()
            .map(|e| (Mark::of(e.verdict), Prose::new(&e.reason)))
            .collect(),
        in_words: cell.timeline.as_ref().map(|_| in_words(cell)),
        key: key(cell),
        lanes,
        lanes_left_out: more(lanes_left_out, "partition"),
        witnesses: cell.witnesses.iter().take(WITNESSES_MAX).map(|w| Prose::new(&w.text)).collect(),
        witnesses_left_out: more(cell.witnesses.len().saturating_sub(WITNESSES_MAX), "range"),
        notes: errors
            .into_iter()
            .chain(cell.notes.iter().cloned())
            .chain(marks)
            .map(Prose::new)
            .collect(),
        config: config::own(report, index),
    })
}

fn has_part(cell: &CellReport) -> bool {
    cell.timeline.is_some() || !cell.witnesses.is_empty() || !cell.verdict.is_green()
}

/// The anchor of the cell at this position.
fn anchor(index: usize) -> String {
    format!("cell-{index}")
}

/// A curve of a cell's charts, and its sum.
#[derive(Debug)]
pub(super) struct Curve {
    /// Its name in the script, and the class of its look.
    pub of: &'static str,
    /// In words.
    pub name: &'static str,
    /// Of the whole run.
    pub sum: String,
}

fn key(cell: &CellReport) -> Vec<Curve> {
    let Some(timeline) = &cell.timeline else { return Vec::new() };
    let acked = if cell.confirmed { "acknowledged" } else { "unconfirmed" };
    let sum = |counts: &[u64]| counts.iter().sum::<u64>().to_string();
    let mut key = vec![
        Curve { of: "sent", name: "sent", sum: cell.counts.sent.to_string() },
        Curve { of: "acked", name: acked, sum: cell.counts.of(Metric::Acked).to_string() },
    ];
    // The script draws what is in the lists, and nothing for empty ones.
    let rare = placed(timeline).into_iter().filter(|(_, counts)| counts.iter().any(|n| *n > 0));
    key.extend(rare.map(|(metric, counts)| {
        let word = metric.word();
        Curve { of: word, name: word, sum: sum(counts) }
    }));
    let highest = timeline.latency_max_us.iter().flatten().max();
    let sum = highest.map_or("none".to_owned(), |us| latency(*us));
    key.push(Curve { of: "latency", name: "highest latency", sum });
    key
}

/// The anomalies that the charts draw, step by step.
fn placed(timeline: &Timeline) -> [(Metric, &[u64]); 2] {
    [(Metric::Lost, &timeline.lost), (Metric::Duplicated, &timeline.duplicated)]
}

/// Three digits of a latency.
fn latency(us: u64) -> String {
    let ms = us as f64 / 1e3;
    if ms >= 1e3 { format!("{:.2} s", ms / 1e3) } else { format!("{ms:.1} ms") }
}

/// What a person who does not see the charts must know.
fn in_words(cell: &CellReport) -> String {
    let acked = if cell.confirmed { "acknowledged" } else { "reported as sent, unconfirmed" };
    let mut text =
        format!("{} of {} messages {acked}", cell.counts.of(Metric::Acked), cell.counts.sent);
    if let Some(outage) = &cell.outage {
        text += &format!(
            "; the longest silence lasted {:.1} s, from {:.1} s to {:.1} s on partition {}",
            outage.ms / 1e3,
            outage.from_ms / 1e3,
            outage.to_ms / 1e3,
            outage.partition
        );
    }
    let those = if cell.confirmed { "acknowledged" } else { "reported as sent" };
    let timeline = cell.timeline.iter();
    let placed = timeline.flat_map(|t| placed(t).map(|(metric, counts)| (metric, counts, t)));
    for (metric, counts, timeline) in placed {
        let Some(first) = counts.iter().position(|n| *n > 0) else { continue };
        let last = counts.iter().rposition(|n| *n > 0).unwrap_or(first);
        let at = |step: usize| (timeline.from_ms + (step as u64 * timeline.step_ms) as f64) / 1e3;
        let sum: u64 = counts.iter().sum();
        text += &format!(
            "; {sum} {}{} of those {those} between {:.1} s and {:.1} s",
            metric.word(),
            if cell.is_expected(metric) { " (expected)" } else { "" },
            at(first),
            at(last + 1)
        );
    }
    text
}
