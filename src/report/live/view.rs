//! [`block`]: what the terminal shows, as lines for a given width and height. Pure.

use super::state::{Phase, State};
use crate::report::{Paint, printable};

/// The space for the block, and its colors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Of a line.
    pub width: usize,
    /// Of the whole terminal.
    pub height: usize,
    pub paint: Paint,
}

impl Room {
    /// The width of the words on the left.
    pub(super) const KEY: usize = 8;

    /// Without colors.
    #[cfg(test)]
    pub(super) const fn plain(width: usize, height: usize) -> Self {
        Room { width, height, paint: Paint::plain() }
    }

    /// A word on the left, padded.
    pub(super) fn key(self, word: &str) -> String {
        if word.is_empty() {
            return " ".repeat(Self::KEY);
        }
        let space = " ".repeat(Self::KEY.saturating_sub(word.len()).max(1));
        format!("{}{space}", self.paint.faint(word))
    }

    /// Rows that the block may take: the lines above it matter, too.
    fn rows(self) -> usize {
        let most = self.height.saturating_sub(1);
        (self.height * 2 / 3).max(8).min(most).max(1)
    }
}

/// The block: no line is wider than the room, and some rows are left to the lines above it. `label`
/// says which of several runs it is.
pub(super) fn block(state: &State, label: &str, now_ms: f64, room: Room) -> Vec<String> {
    let rows = room.rows();
    let mut lines = vec![status(state, label, now_ms, room)];
    if let Some(at_ms) = state.at_ms(now_ms) {
        if state.faults_come() {
            lines.extend(state.faults.next_line(at_ms, room));
        }
        lines.extend(state.faults.lines(at_ms, rows / 3, room));
    }
    lines.extend(state.partitions.lines(rows / 3, room));
    lines.extend(state.cells.lines(now_ms, rows.saturating_sub(lines.len()), room));
    lines.truncate(rows);
    lines.into_iter().map(|line| cut(&line, room.width)).collect()
}

/// The scenario, which of several runs, the phase and its time.
fn status(state: &State, label: &str, now_ms: f64, room: Room) -> String {
    let names = [printable(&state.scenario), printable(label)];
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    let names = names.join(", ");
    let Some(Phase { name, since_ms, expected_ms }) = &state.phase else { return names };
    let for_ms = (now_ms - since_ms).max(0.0);
    let left = match expected_ms.map(|expected_ms| expected_ms as f64 - for_ms) {
        None => String::new(),
        Some(left_ms) if left_ms >= 0.0 => format!(", {} to go", seconds(left_ms)),
        Some(over_ms) => format!(", {} longer than planned", seconds(-over_ms)),
    };
    let time = format!(" for {}{left}", seconds(for_ms));
    let names = if names.is_empty() { names } else { format!("{names}: ") };
    // The phase and its time change: names are cut first.
    let names = cut(&names, room.width.saturating_sub(width(name) + width(&time)));
    format!("{names}{}{time}", room.paint.strong(printable(name)))
}

/// `14.2 s`.
pub(super) fn seconds(ms: f64) -> String {
    format!("{:.1} s", ms / 1e3)
}

/// The columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// A text cut to this many columns, with a mark.
pub(super) fn cut(text: &str, columns: usize) -> String {
    console::truncate_str(text, columns, "…").into_owned()
}

/// A text padded on either side, or cut, to this many columns.
pub(super) fn padded(text: &str, columns: usize, right: bool) -> String {
    let side = if right { console::Alignment::Right } else { console::Alignment::Left };
    console::pad_str(text, columns, side, Some("…")).into_owned()
}

#[cfg(test)]
mod tests;
