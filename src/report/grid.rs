//! The content of a run's tables, whoever draws them: one row per cell, one column per varying
//! axis, then the counts.

use super::lines::printable;
use super::{Sort, rate};
use crate::ledger::LatencyPhase;
use crate::model::Metric;
use crate::plan::makes_plans;
use crate::result::{CellReport, CellTrials, Report, Tally};
use crate::stats::Share;
use crate::verify::{Bounds, Verdict};
use std::ops::Range;

/// A table without its looks. No text in it can control a terminal.
#[derive(Debug)]
pub(super) struct Grid {
    /// One heading per column.
    pub headings: Vec<String>,
    /// Each as long as the headings.
    pub rows: Vec<Vec<Field>>,
    /// The columns that are figures.
    pub figures: Range<usize>,
    /// The columns before which a table that must be parted is parted best: times, and the shares of
    /// the next anomaly.
    pub breaks: Vec<usize>,
}

/// The cells of one plan.
#[derive(Debug)]
pub(super) struct Group {
    /// The values of the axes that make plans; empty if there is one plan.
    pub title: String,
    /// Cell ids, in the order of the rows.
    pub cells: Vec<String>,
    /// What every cell has: counts, the longest outage, latencies, the verdict.
    pub counted: Grid,
    /// For several trials: in how many there was loss and duplication, and how much.
    pub shares: Option<Grid>,
}

/// A field of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub text: String,
    /// Its meaning, for a look.
    pub tone: Tone,
}

impl Field {
    /// Without a special meaning.
    pub(super) fn plain(text: String) -> Self {
        Field { text, tone: Tone::Plain }
    }

    /// A count of something bad, unless a control demands it.
    fn bad(cell: &CellReport, metric: Metric, text: String) -> Self {
        let tone = match cell.counts[metric].settled() {
            Some(0) => Tone::Plain,
            _ if cell.is_expected(metric) => Tone::Expected,
            _ => Tone::Bad,
        };
        Field { text, tone }
    }

    /// The text with its meaning, where there is room for words: `995 (expected)`.
    pub(super) fn in_words(&self) -> String {
        match self.tone {
            Tone::Expected => format!("{} (expected)", self.text),
            Tone::Plain | Tone::Bad | Tone::Verdict(_) => self.text.clone(),
        }
    }
}

/// The meaning of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing special.
    Plain,
    /// Messages went wrong.
    Bad,
    /// A control demands it.
    Expected,
    Verdict(Verdict),
}

/// The tables of these cells of a report, one group per plan.
pub(super) fn groups<'a>(
    report: &Report,
    cells: impl IntoIterator<Item = &'a CellReport>,
    sort: &Sort,
) -> Vec<Group> {
    let varying = varying(report);
    let (outer, inner): (Vec<&str>, Vec<&str>) = varying.iter().partition(|axis| makes_plans(axis));
    let mut groups: Vec<(String, Vec<&CellReport>)> = Vec::new();
    for cell in cells {
        let title = printable(&pairs(cell, &outer));
        match groups.iter_mut().find(|(known, _)| *known == title) {
            Some((_, cells)) => cells.push(cell),
            None => groups.push((title, vec![cell])),
        }
    }
    let group = |(title, mut cells): (String, Vec<&CellReport>)| {
        cells.sort_by(|a, b| sort.compare(a, b));
        Group {
            title,
            cells: cells.iter().map(|cell| cell.id.clone()).collect(),
            counted: counted(&cells, &inner),
            shares: has_shares(&cells).then(|| shares(&cells, &inner)),
        }
    };
    groups.into_iter().map(group).collect()
}

/// A verdict at the begin of the last line.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Measured => "MEASURED",
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
    }
}

/// The axes that have more than one value.
pub(super) fn varying(report: &Report) -> Vec<&str> {
    let has_two = |axis: &&str| {
        let first = report.cells.first().and_then(|cell| cell.axes.get(*axis));
        report.cells.iter().any(|cell| cell.axes.get(*axis) != first)
    };
    report.axes.iter().map(String::as_str).filter(has_two).collect()
}

/// A cell's values of these axes, `acks=1, min.insync.replicas=2`.
pub(super) fn pairs(cell: &CellReport, axes: &[&str]) -> String {
    let value = |axis: &&str| cell.axes.get(*axis).map(|value| format!("{axis}={value}"));
    axes.iter().filter_map(value).collect::<Vec<_>>().join(", ")
}

/// A cell's name within its report: what it does not share with all others.
pub(super) fn name(report: &Report, cell: &CellReport) -> String {
    let varying = varying(report);
    printable(&if varying.is_empty() { cell.id.clone() } else { pairs(cell, &varying) })
}

/// One cell's row as a line, `acked 13011, lost 990, …`.
pub(super) fn figures(cell: &CellReport) -> String {
    let grid = counted(&[cell], &[]);
    let row = grid.rows.into_iter().flatten();
    let named = grid.headings.iter().zip(row).skip(1);
    let said = named.map(|(name, field)| format!("{name} {}", field.in_words()));
    said.collect::<Vec<_>>().join(", ")
}

fn counted(cells: &[&CellReport], axes: &[&str]) -> Grid {
    // Rare counts have a column only if there are some.
    let seen = |metric: Metric| cells.iter().any(|cell| cell.counts[metric].settled() != Some(0));
    let shown = |metric: &Metric| metric.is_always_shown() || seen(*metric);
    let metrics: Vec<Metric> = Metric::counts().filter(shown).collect();
    let mut headings = axis_names(axes);
    let last = ["p99 ms before", "p99 ms during", "verdict"];
    let counted = metrics.iter().chain([&Metric::Unavailable]).map(|metric| metric.about().column);
    headings.extend(counted.chain(last).map(str::to_owned));
    let row = |cell: &&CellReport| {
        let mut row = axis_values(cell, axes);
        row.extend(metrics.iter().map(|metric| field(cell, *metric)));
        let unavailable = cell.unavailable_ms.map_or("-".to_owned(), seconds);
        let tone = expected(cell, Metric::Unavailable);
        row.push(Field { text: unavailable, tone });
        let p99 = [LatencyPhase::Before, LatencyPhase::During]
            .map(|phase| milliseconds(cell.p99_us(phase)));
        row.extend(p99.map(Field::plain));
        let mark = if rate::mark(cell).is_some() { "*" } else { "" };
        let text = format!("{}{mark}", word(cell.verdict).to_lowercase());
        row.push(Field { text, tone: Tone::Verdict(cell.verdict) });
        row
    };
    let labels = axes.len().max(1);
    let rows = cells.iter().map(row).collect();
    let times = labels + metrics.len();
    Grid { headings, rows, figures: labels..times + 3, breaks: vec![times] }
}

/// A count with its meaning.
fn field(cell: &CellReport, metric: Metric) -> Field {
    if metric.is_anomaly() {
        return Field::bad(cell, metric, count(cell, metric));
    }
    let count = cell.counts.of(metric);
    let unconfirmed = metric == Metric::Acked && !cell.confirmed;
    let tone = if count > 0 { expected(cell, metric) } else { Tone::Plain };
    Field { text: millions(count) + if unconfirmed { "~" } else { "" }, tone }
}

fn expected(cell: &CellReport, metric: Metric) -> Tone {
    if cell.is_expected(metric) { Tone::Expected } else { Tone::Plain }
}

/// Whether any cell has more than one trial: once is no share.
fn has_shares(cells: &[&CellReport]) -> bool {
    cells.iter().any(|cell| cell.trials.as_ref().is_some_and(|trials| trials.each.len() > 1))
}

fn shares(cells: &[&CellReport], axes: &[&str]) -> Grid {
    let mut headings = axis_names(axes);
    let metrics = || Metric::anomalies().filter(|metric| metric.is_always_shown());
    headings.extend(metrics().map(|metric| metric.about().column).flat_map(|column| {
        [format!("{column} in"), "95 %".to_owned(), format!("{column}, median (min-max)")]
    }));
    let figures = headings.len();
    let row = |cell: &&CellReport| {
        let CellTrials { tallies, .. } = cell.trials.as_ref()?;
        let mut row = axis_values(cell, axes);
        for metric in metrics() {
            let tally = &tallies[metric];
            let Share { hits, of, .. } = tally.share;
            let tone = if hits > 0 { expected(cell, metric) } else { Tone::Plain };
            row.push(Field { text: format!("{hits}/{of}"), tone });
            row.push(Field::plain(interval(&tally.share)));
            row.push(Field::plain(amount(tally)));
        }
        Some(row)
    };
    let labels = axes.len().max(1);
    let rows = cells.iter().filter_map(row).collect();
    let breaks = (labels + 3..figures).step_by(3).collect();
    Grid { headings, rows, figures: labels..figures, breaks }
}

/// A share's interval in percent, `84-100 %`; empty for a single settled trial.
fn interval(share: &Share) -> String {
    if share.of < 2 {
        return "-".to_owned();
    }
    format!("{:.0}-{:.0} %", share.low * 100.0, share.high * 100.0)
}

fn amount(tally: &Tally) -> String {
    match tally.count {
        None => "?".to_owned(),
        Some(c) if c.min >= c.max => format!("{:.0}", c.median),
        Some(c) => format!("{:.0} ({:.0}-{:.0})", c.median, c.min, c.max),
    }
}

fn axis_names(axes: &[&str]) -> Vec<String> {
    if axes.is_empty() {
        return vec!["cell".to_owned()];
    }
    axes.iter().map(|axis| printable(axis)).collect()
}

fn axis_values(cell: &CellReport, axes: &[&str]) -> Vec<Field> {
    if axes.is_empty() {
        return vec![Field::plain(printable(&cell.id))];
    }
    let value =
        |axis: &&str| Field::plain(cell.axes.get(*axis).map_or("-".to_owned(), |v| printable(v)));
    axes.iter().map(value).collect()
}

/// `12.4 s`.
pub(super) fn seconds(ms: f64) -> String {
    format!("{:.1} s", ms / 1e3)
}

/// A count, or its bounds if the log as read does not settle it.
fn count(cell: &CellReport, metric: Metric) -> String {
    match cell.counts[metric] {
        Bounds { least, most: None } => format!(">= {least}"),
        Bounds { least, most: Some(most) } if most == least => least.to_string(),
        Bounds { least, most: Some(most) } => format!("{least}..{most}"),
    }
}

/// A count of messages, shortened; report.json has all digits.
fn millions(count: u64) -> String {
    if count < 1_000_000 { count.to_string() } else { format!("{:.2}M", count as f64 / 1e6) }
}

fn milliseconds(us: Option<u64>) -> String {
    let ms = us.map(|us| us as f64 / 1e3);
    ms.map_or("-".to_owned(), |ms| if ms < 100.0 { format!("{ms:.1}") } else { format!("{ms:.0}") })
}

/// The legend of the marks that occur, one line each.
pub(super) fn legend<'a>(cells: impl IntoIterator<Item = &'a CellReport>) -> Vec<String> {
    let cells: Vec<&CellReport> = cells.into_iter().collect();
    let mut lines = Vec::new();
    if cells.iter().any(|cell| !cell.confirmed) {
        lines.push(
            "~ unconfirmed: with acks=0 nobody acknowledges; the client only reports what it sent"
                .to_owned(),
        );
    }
    let marked = cells.iter().filter(|cell| rate::mark(cell).is_some());
    let shares: Vec<f64> = marked.filter_map(|cell| Some(cell.rate?.share() * 100.0)).collect();
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    let most = shares.iter().copied().fold(0.0, f64::max);
    match shares.len() {
        0 => {}
        1 => lines.push(format!("* sent {least:.0} % of its rate")),
        n => lines.push(format!("* {n} cells sent {least:.0} to {most:.0} % of their rates")),
    }
    lines
}
