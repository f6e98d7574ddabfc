//! The end of a run on a terminal: the tables, what happened in words, the verdict.

use super::grid::word;
use super::lines::printable;
use super::table::tables;
use super::{Paint, Report, Sort, advice, lead, told};
use std::io::{self, Write};

/// At most so many further reasons are told; `report.json` has all.
const REASONS_MAX: usize = 6;
/// Columns of the sentences under the table.
const WIDTH: usize = 100;

/// Writes what a person wants to know at the end. The verdict is the last line.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_end(
    report: &Report,
    sort: &Sort,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    for line in tables(report, sort, paint).lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    let (cells, more) = told::cells(report);
    for cell in cells {
        writeln!(out, "{}:", printable(&cell.cell))?;
        for line in &cell.lines {
            writeln!(out, "  {}", printable(line))?;
        }
    }
    if more > 0 {
        writeln!(out, "and {more} more cells in report.json")?;
    }
    for line in advice::lines(report) {
        writeln!(out, "{}", wrapped(&line))?;
    }
    for fault in told::faults(report) {
        let painted = paint.bad(told::NOT_EFFECTIVE);
        writeln!(out, "{}", printable(&fault).replace(told::NOT_EFFECTIVE, &painted))?;
    }
    for note in &report.notes {
        writeln!(out, "note: {}", printable(note))?;
    }
    writeln!(out, "{}", printable(&told::phases(report)))?;
    for reason in report.reasons.iter().skip(1).take(REASONS_MAX) {
        writeln!(out, "also: {}", lines_of(reason).join("\n      "))?;
    }
    let more = report.reasons.len().saturating_sub(1 + REASONS_MAX);
    if more > 0 {
        writeln!(out, "also: {more} more reasons in report.json")?;
    }
    // The last line is one line; what an error adds in further lines stands before it.
    let mut first = report.reasons.first().map_or(Vec::new(), |reason| lines_of(reason));
    for line in first.drain(first.len().min(1)..) {
        writeln!(out, "  {line}")?;
    }
    let counts = lead::counts(report).map_or(String::new(), |counts| format!(" ({counts})"));
    let why = first.pop().map_or(String::new(), |line| format!(": {line}{counts}"));
    let verdict = paint.verdict(report.verdict, word(report.verdict));
    writeln!(out, "{verdict} {}{why}", printable(&report.plan.name))
}

/// The lines of a text, fit for a terminal.
fn lines_of(text: &str) -> Vec<String> {
    text.lines().map(printable).collect()
}

/// A long line broken between words, the rest of it indented.
fn wrapped(line: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            text += "\n ";
            column = 1;
        }
        if column > 0 {
            text.push(' ');
        }
        text += word;
        column += length + 1;
    }
    text
}
