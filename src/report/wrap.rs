//! Lines broken between words: a terminal by itself breaks them in the middle of one.

use super::prose::pieces;
use console::measure_text_width;
use std::io::{self, Write};

/// Longer lines are hard to read, and columns of tables where no terminal says how wide it is.
pub(crate) const COLUMNS: usize = 100;
/// Nothing can be set in fewer.
pub(crate) const COLUMNS_MIN: usize = 40;

/// Writes text: on a terminal of so many columns wrapped, elsewhere as it is, for scripts.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn write_wrapped(
    text: &[u8],
    columns: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(columns) = columns else { return out.write_all(text) };
    for line in String::from_utf8_lossy(text).lines() {
        writeln!(out, "{}", wrapped(line, columns.min(COLUMNS)))?;
    }
    Ok(())
}

/// A line of at most so many columns, what does not fit below it and indented further. Names are
/// broken behind their dots and commas where they must be. A single word may stay too long.
pub(crate) fn wrapped(line: &str, columns: usize) -> String {
    if measure_text_width(line) <= columns {
        return line.to_owned();
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    let below = indent + 2;
    let mut text = " ".repeat(indent);
    let mut column = indent;
    for word in line[indent..].split(' ') {
        let length = measure_text_width(word);
        let is_short = column + 1 + length <= columns || below + length <= columns;
        let parts = if is_short { vec![word] } else { pieces(word) };
        for (i, part) in parts.into_iter().enumerate() {
            let length = measure_text_width(part);
            let space = usize::from(i == 0 && column > indent);
            if column > indent && column + space + length > columns {
                text += &format!("\n{}", " ".repeat(below));
                column = below;
            } else {
                text += &" ".repeat(space);
                column += space;
            }
            text += part;
            column += length;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_names_behind_their_dots() {
        assert_eq!(wrapped("a line that fits", 16), "a line that fits");
        assert_eq!(wrapped("a line that fits", 15), "a line that\n  fits");
        assert_eq!(wrapped("  acks=1: is lost", 12), "  acks=1: is\n    lost");
        let id = "min.insync.replicas=1,acks=0,enable.idempotence=false: lost";
        let expected = "min.insync.\n  replicas=1,acks=0,\n  enable.\n  idempotence=false:\n  lost";
        assert_eq!(wrapped(id, 20), expected);
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(
            wrapped("\u{1b}[31mred\u{1b}[0m and blue", 12),
            "\u{1b}[31mred\u{1b}[0m and blue"
        );
    }
}
