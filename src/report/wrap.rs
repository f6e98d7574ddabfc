//! Lines broken between words: a terminal by itself breaks words.

use super::prose::pieces;
use console::{Term, measure_text_width};
use std::io::{self, Write};
use textwrap::core::Word;
use textwrap::wrap_algorithms::wrap_first_fit;

/// Longer lines are hard to read; also the width of tables if no terminal reports its own.
pub(crate) const COLUMNS: usize = 100;
/// The minimum width.
pub(crate) const COLUMNS_MIN: usize = 40;

/// Writes text: wrapped on a terminal of this many columns, elsewhere as it is, for scripts.
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

/// Says something on standard error, wrapped where that is a terminal. That nobody reads it any
/// more is no reason to end a run.
pub(crate) fn tell(text: &str) {
    let columns = Term::stderr().size_checked().map(|(_, columns)| usize::from(columns));
    for line in text.lines() {
        let line = columns.map_or_else(|| line.to_owned(), |columns| wrapped(line, columns));
        drop(writeln!(io::stderr(), "{line}"));
    }
}

/// A line of at most so many columns, what does not fit below it and indented further. Names are
/// broken behind their dots and commas where they must be. A single word may stay too long, and a
/// path always does.
pub(crate) fn wrapped(line: &str, columns: usize) -> String {
    if measure_text_width(line) <= columns {
        return line.to_owned();
    }
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let below = indent + 2;
    let is_long = |word: &str| measure_text_width(word.trim_end()) + below > columns;
    let words = text.split_inclusive(' ').flat_map(|word| match is_long(word) {
        true if !word.contains('/') => pieces(word),
        _ => vec![word],
    });
    let words: Vec<Word<'_>> = words.map(Word::from).collect();
    let widths = [indent, below].map(|indent| columns.saturating_sub(indent) as f64);
    let lines = wrap_first_fit(&words, &widths).into_iter().map(|words| {
        let line: String = words.iter().flat_map(|word| [word.word, word.whitespace]).collect();
        line.trim_end().to_owned()
    });
    let below = format!("\n{}", " ".repeat(below));
    " ".repeat(indent) + &lines.collect::<Vec<_>>().join(&below)
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
        // A path is copied whole.
        assert_eq!(wrapped("in chaos-out/a.b/report.json", 20), "in\n  chaos-out/a.b/report.json");
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(
            wrapped("\u{1b}[31mred\u{1b}[0m and blue", 12),
            "\u{1b}[31mred\u{1b}[0m and blue"
        );
    }
}
