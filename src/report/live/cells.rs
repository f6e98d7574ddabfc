//! [`Cells`]: the message flow of each cell, and its table: all cells if there is room, else the
//! worst and the sum.

use super::view::{Room, padded, seconds, width};
use crate::event::Progress;
use crate::report::printable;
use std::collections::{BTreeMap, VecDeque};

/// Rates cover about this period, in milliseconds.
const WINDOW_MS: f64 = 1_000.0;
/// A cell with open messages is silent after this many milliseconds without an acknowledgement.
const SILENT_MS: f64 = 1_000.0;
/// Counts older than this are not shown, in milliseconds: nothing is sent any more.
const STALE_MS: f64 = 3_000.0;
/// The figures' columns: their names and widths.
const FIGURES: [(&str, usize); 5] =
    [("acked/s", 9), ("open", 9), ("acked", 11), ("rejected", 10), ("silent", 9)];
/// Side by side, longer names are cut.
const NAME_BESIDE: usize = 40;
/// The minimum width of names.
const NAME_MIN: usize = 8;
/// In a narrow terminal names keep this width, and figures are cut.
const NAME_KEPT: usize = 14;
/// Between two cells side by side.
const GAP: &str = "    ";

/// What is known about all cells, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    cells: Vec<Cell>,
    told_ms: Option<f64>,
}

/// One cell. Times are milliseconds since the run began.
#[derive(Clone, Debug, Default)]
struct Cell {
    id: String,
    /// The id, safe to be shown.
    name: String,
    latest: Progress,
    /// Acknowledged by which time, within a window.
    acked: VecDeque<(f64, u64)>,
    /// When the last increase was seen.
    rose_ms: f64,
}

/// The figures of a cell, or of all together.
#[derive(Clone, Debug, PartialEq)]
struct Figures {
    /// Acknowledged per second; `None` before there is a period to measure.
    rate: Option<f64>,
    open: u64,
    acked: u64,
    rejected: u64,
    silent_ms: Option<f64>,
}

impl Cells {
    pub(super) fn of(ids: &[String]) -> Self {
        let cell = |id: &String| Cell { id: id.clone(), name: printable(id), ..Cell::default() };
        Cells { cells: ids.iter().map(cell).collect(), told_ms: None }
    }

    /// Records live counts by cell id.
    pub(super) fn progress(&mut self, now_ms: f64, counts: &BTreeMap<String, Progress>) {
        self.told_ms = Some(now_ms);
        for cell in &mut self.cells {
            if let Some(progress) = counts.get(&cell.id) {
                cell.progress(now_ms, *progress);
            }
        }
    }

    /// The table, at most `height` lines; empty while nothing is sent.
    pub(super) fn lines(&self, now_ms: f64, height: usize, room: Room) -> Vec<String> {
        if self.cells.is_empty() || self.told_ms.is_none_or(|ms| now_ms - ms > STALE_MS) {
            return Vec::new();
        }
        let count = self.cells.len();
        // The header, and the sum of several.
        let rows = height.saturating_sub(1 + usize::from(count > 1));
        let layout = Layout::of(&self.cells, rows, room);
        let mut order: Vec<(&Cell, Figures)> =
            self.cells.iter().map(|cell| (cell, cell.figures(now_ms))).collect();
        let fit = rows * layout.across;
        if count > fit {
            order.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.badness()));
            order.truncate(fit);
        }
        let mut lines = vec![layout.header(&self.cells, order.len(), room)];
        let row = |chunk: &[(&Cell, Figures)]| {
            let entry = |(cell, figures): &(&Cell, Figures)| {
                format!("{}{}", layout.name(&cell.name), figures.text(room))
            };
            chunk.iter().map(entry).collect::<Vec<_>>().join(GAP)
        };
        lines.extend(order.chunks(layout.across).map(row));
        if count > 1 {
            let all = layout.name(&format!("all {count} cells"));
            lines.push(format!("{all}{}", self.sum(now_ms).text(room)));
        }
        lines
    }

    fn sum(&self, now_ms: f64) -> Figures {
        let nothing = Figures { rate: None, open: 0, acked: 0, rejected: 0, silent_ms: None };
        let mut sum = self.cells.iter().map(|c| c.figures(now_ms)).fold(nothing, |a, b| Figures {
            rate: b.rate.map(|rate| rate + a.rate.unwrap_or(0.0)).or(a.rate),
            open: a.open + b.open,
            acked: a.acked + b.acked,
            rejected: a.rejected + b.rejected,
            silent_ms: None,
        });
        let rose_ms = self.cells.iter().map(|cell| cell.rose_ms).fold(0.0, f64::max);
        sum.silent_ms = silence(sum.open, now_ms - rose_ms);
        sum
    }
}

impl Cell {
    fn progress(&mut self, now_ms: f64, progress: Progress) {
        if self.acked.is_empty() || progress.acked > self.latest.acked {
            self.rose_ms = now_ms;
        }
        self.latest = progress;
        self.acked.push_back((now_ms, progress.acked));
        while self.acked.get(1).is_some_and(|(ms, _)| now_ms - ms >= WINDOW_MS) {
            self.acked.pop_front();
        }
    }

    fn figures(&self, now_ms: f64) -> Figures {
        let Progress { sent, acked, rejected } = self.latest;
        let rate = match (self.acked.front(), self.acked.back()) {
            (Some((from_ms, before)), Some((to_ms, after))) if to_ms > from_ms => {
                Some(after.saturating_sub(*before) as f64 / (to_ms - from_ms) * 1e3)
            }
            _ => None,
        };
        let open = sent.saturating_sub(acked + rejected);
        Figures { rate, open, acked, rejected, silent_ms: silence(open, now_ms - self.rose_ms) }
    }
}

/// Without open messages, nobody waits for an acknowledgement.
fn silence(open: u64, for_ms: f64) -> Option<f64> {
    (open > 0 && for_ms >= SILENT_MS).then_some(for_ms)
}

impl Figures {
    /// Silent ones first, then by open messages; in powers of two, so that rows stay in place.
    fn badness(&self) -> (bool, u32) {
        (self.silent_ms.is_some(), (self.open / 100).checked_ilog2().map_or(0, |log| log + 1))
    }

    fn text(&self, room: Room) -> String {
        let rate = self.rate.map_or("-".to_owned(), |rate| format!("{rate:.0}"));
        let silent = self.silent_ms.map_or("-".to_owned(), seconds);
        let texts = [rate, short(self.open), short(self.acked), short(self.rejected), silent];
        let warn =
            [self.silent_ms.is_some(), false, false, self.rejected > 0, self.silent_ms.is_some()];
        let figures = texts.iter().zip(FIGURES).zip(warn);
        let figure = |((text, (_, columns)), warn): ((&String, (&str, usize)), bool)| {
            let text = padded(text, columns, true);
            if warn { room.paint.warn(text) } else { text }
        };
        figures.map(figure).collect()
    }
}

/// All digits of ordinary counts, millions for large ones.
fn short(count: u64) -> String {
    if count < 100_000_000 { count.to_string() } else { format!("{:.1}M", count as f64 / 1e6) }
}

/// The table's layout.
struct Layout {
    /// The width of the name.
    name: usize,
    /// Cells side by side.
    across: usize,
    /// Whether names are too long, so that their axes' names are left out.
    values_only: bool,
}

impl Layout {
    fn of(cells: &[Cell], rows: usize, room: Room) -> Self {
        let figures: usize = FIGURES.iter().map(|(_, columns)| columns).sum();
        let longest = cells.iter().map(|cell| width(&cell.name)).max().unwrap_or(0).max(NAME_MIN);
        let title = if cells.len() > 1 { "worst 99 of 999".len() } else { 0 };
        let longest = longest.max(title);
        let entry = longest.min(NAME_BESIDE) + figures + GAP.len();
        let fit = ((room.width + GAP.len()) / entry).max(1);
        let across = if rows == 0 { 1 } else { cells.len().div_ceil(rows).clamp(1, fit) };
        let each = (room.width - (across - 1) * GAP.len()) / across;
        let name = each.saturating_sub(figures).clamp(NAME_KEPT.min(longest), longest);
        Layout { name, across, values_only: name < longest }
    }

    fn header(&self, cells: &[Cell], shown: usize, room: Room) -> String {
        let count = cells.len();
        let mut title = if (1..count).contains(&shown) {
            format!("worst {shown} of {count}")
        } else {
            "cell".into()
        };
        if let Some(first) = cells.first().filter(|_| self.values_only) {
            let axis = |pair: &str| pair.split_once('=').map(|(axis, _)| axis.to_owned());
            let axes: Vec<String> = first.name.split(',').filter_map(axis).collect();
            title += &format!(": {}", axes.join(","));
        }
        let names = FIGURES.iter().map(|(name, columns)| padded(name, *columns, true));
        let entry = format!("{}{}", padded(&title, self.name, false), names.collect::<String>());
        room.paint.faint(vec![entry; self.across.min(shown.max(1))].join(GAP))
    }

    /// `acks=1,min.insync.replicas=2`, or `1,2` if that is too long.
    fn name(&self, id: &str) -> String {
        if !self.values_only {
            return padded(id, self.name, false);
        }
        let value = |pair: &str| pair.split_once('=').map_or(pair, |(_, value)| value).to_owned();
        padded(&id.split(',').map(value).collect::<Vec<_>>().join(","), self.name, false)
    }
}

#[cfg(test)]
mod tests;
