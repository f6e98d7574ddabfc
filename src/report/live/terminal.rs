//! [`Terminal`]: draws the block under the printed lines.
//!
//! The cursor rests on the block's first column, not after its end. So the block is replaced by
//! clearing from the cursor on, printed lines go where the block was, and no row is ever counted
//! upwards over a resize: if a terminal rewraps what was drawn, its cursor stays with the text.

use console::Term;
use std::io::{self, Write};

/// The size of a terminal that reports none.
const ROWS_AND_COLUMNS: (u16, u16) = (24, 80);

/// A terminal with a block at its end.
#[derive(Debug)]
pub(super) struct Terminal {
    term: Term,
}

impl Terminal {
    pub(super) fn new(term: Term) -> Self {
        Terminal { term }
    }

    /// The current size.
    pub(super) fn size(&self) -> (usize, usize) {
        let (rows, columns) = self.term.size_checked().unwrap_or(ROWS_AND_COLUMNS);
        (usize::from(rows), usize::from(columns))
    }

    /// Prints lines permanently and draws the block under them, in one write.
    pub(super) fn draw(&mut self, printed: &[String], block: &[String]) -> io::Result<()> {
        self.term.write_all(drawing(printed, block).as_bytes())
    }
}

fn drawing(printed: &[String], block: &[String]) -> String {
    let mut out = "\r".to_owned();
    if !printed.is_empty() || block.is_empty() {
        out += CLEAR_REST;
    }
    for line in printed {
        out += &format!("{}\r\n", line.replace('\n', "\r\n"));
    }
    // Terminals differ about the width of some characters: what is too wide is cut, not wrapped.
    out += "\u{1b}[?7l";
    for (i, line) in block.iter().enumerate() {
        // The last line also clears everything below. Before the text: after a full line the cursor
        // is still on its last character.
        let clear = if i + 1 == block.len() { CLEAR_REST } else { "\u{1b}[K" };
        let begin = if i == 0 { "" } else { "\r\n" };
        out += &format!("{begin}{clear}{line}");
    }
    out += "\u{1b}[?7h\r";
    if block.len() > 1 {
        out += &format!("\u{1b}[{}A", block.len() - 1);
    }
    out
}

/// From the cursor to the end of the screen.
const CLEAR_REST: &str = "\u{1b}[J";
