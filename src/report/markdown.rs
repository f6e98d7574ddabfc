//! `summary.md`: a run on one page, for a CI job's summary: the verdict, a table of the cells, what
//! happened, the faults with their proofs, how to run it again.

use super::environment::{self, Fact};
use super::gfm::{cell, inline};
use super::grid::{self, Grid};
use super::headline::{Headline, is_empty};
use super::{Sort, findings, summary};
use crate::model::more;
use crate::result::{CellReport, Report, lead};
use std::io::{self, Write};

/// GitHub accepts 1 MiB per step, and other commands of the step may write, too.
const BYTES_MAX: usize = 1_000_000;
/// Nobody reads more rows; of more cells the worst are shown.
const ROWS_MAX: usize = 100;
/// The most notes, and the most faults.
const ITEMS_MAX: usize = 20;
/// The most reasons: what happened in each cell comes below.
const REASONS_MAX: usize = 5;
/// Characters of a sentence, of a value in the table, and of a name.
const SENTENCE_MAX: usize = 1_000;
const VALUE_MAX: usize = 60;
const NAME_MAX: usize = 200;
/// Linux accepts no longer word, and no page should be that long.
const COMMAND_BYTES_MAX: usize = 100_000;

pub(super) fn write_markdown(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let name = inline(&report.plan.name, NAME_MAX);
    let mut text = format!("# {} {name}\n", Headline::of(report).word());
    if !report.plan.summary.is_empty() {
        text += &format!("\n{}\n", inline(&report.plan.summary, SENTENCE_MAX));
    }
    if is_empty(report) {
        text += &list("", &report.reasons[..report.reasons.len().min(1)], REASONS_MAX);
    } else {
        text += &format!("\n{}\n", inline(&lead::headline(report), SENTENCE_MAX));
        text += &list("", report.reasons.get(1..).unwrap_or_default(), REASONS_MAX);
        text += &tables(report);
        if let Some((circumstances, findings)) = findings::lines(report).split_first() {
            text += &format!("\n{}\n", inline(circumstances, SENTENCE_MAX));
            text += &list("", findings, ITEMS_MAX);
        }
        text += &happened(report);
    }
    let faults = summary::faults(report, summary::NOT_EFFECTIVE, str::to_owned);
    text += &list("Faults", &faults, ITEMS_MAX);
    let notes = report.notes.iter().map(|note| format!("note: {note}"));
    let facts = environment::facts(report).into_iter().map(fact);
    let about = facts.chain([summary::phases(report)]).chain(notes);
    text += &list("The run", &about.collect::<Vec<_>>(), ITEMS_MAX);
    text += &again(report);
    out.write_all(bounded(text).as_bytes())
}

/// A heading, unless it is empty, and a limited list; nothing for an empty list.
fn list(heading: &str, items: &[String], most: usize) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut text = if heading.is_empty() { String::new() } else { format!("\n## {heading}\n") };
    text.push('\n');
    for item in items.iter().take(most) {
        text += &format!("- {}\n", inline(item, SENTENCE_MAX));
    }
    if items.len() > most {
        text += &format!("- and {} more in report.json\n", items.len() - most);
    }
    text
}

fn tables(report: &Report) -> String {
    let mut cells: Vec<&CellReport> = report.cells.iter().collect();
    let mut text = "\n## Cells\n".to_owned();
    if cells.len() > ROWS_MAX {
        text += &format!("\nThe worst {ROWS_MAX} of {}; report.json has all.\n", cells.len());
        cells.sort_by(|a, b| Sort::Column("verdict").compare(a, b));
        cells.truncate(ROWS_MAX);
    }
    for group in grid::groups(report, cells.iter().copied(), &Sort::Plan) {
        if !group.title.is_empty() {
            text += &format!("\n### {}\n", inline(&group.title, NAME_MAX));
        }
        text += &table(&group.counted);
        text += &group.shares.as_ref().map_or(String::new(), table);
    }
    for line in grid::legend(cells) {
        text += &format!("\n{}\n", inline(&line, SENTENCE_MAX));
    }
    text
}

/// `kafka: 3.8.1, 3 brokers`.
fn fact((word, text): Fact) -> String {
    if word.is_empty() { text } else { format!("{word}: {text}") }
}

/// One table; figures are right-aligned.
fn table(grid: &Grid) -> String {
    let row = |values: Vec<String>| format!("| {} |\n", values.join(" | "));
    let safe = |value: &String| cell(value, VALUE_MAX);
    let rule = |i| if grid.figures.contains(&i) { "---:" } else { "---" }.to_owned();
    let mut text = "\n".to_owned();
    text += &row(grid.headings.iter().map(safe).collect());
    text += &row((0..grid.headings.len()).map(rule).collect());
    for fields in &grid.rows {
        text += &row(fields.iter().map(|field| safe(&field.in_words())).collect());
    }
    text
}

fn happened(report: &Report) -> String {
    let (cells, left_out) = summary::cells(report);
    if cells.is_empty() {
        return String::new();
    }
    let mut text = "\n## What happened\n\n".to_owned();
    for told in cells {
        text += &format!("- **{}**\n", inline(&told.cell, NAME_MAX));
        for line in told.lines.iter().take(ITEMS_MAX) {
            text += &format!("  - {}\n", inline(line, SENTENCE_MAX));
        }
    }
    if let Some(more) = more(left_out, "cell") {
        text += &format!("- and {more} in report.json\n");
    }
    text
}

/// The command, if the report has it; what is too long to paste is in report.json.
fn again(report: &Report) -> String {
    let Some(invocation) = &report.invocation else { return String::new() };
    let line = invocation.line();
    if line.len() > COMMAND_BYTES_MAX {
        return String::new();
    }
    let of = invocation.trial.map_or(String::new(), |trial| {
        format!("\nThis is run {trial} of those that the command starts.\n")
    });
    let from = match invocation.scenario.as_str() {
        "-" => "\nThe scenario came from standard input, and must be piped in again.\n",
        _ => "",
    };
    format!("\n## To run it again\n\n```sh\n{line}\n```\n{from}{of}")
}

/// Cut at the end of a line, with a note, if it is too long.
fn bounded(mut text: String) -> String {
    let note = "\nThis summary was too long to be shown; report.json has all.\n";
    if text.len() > BYTES_MAX {
        let end = text.as_bytes()[..BYTES_MAX - note.len()].iter().rposition(|b| *b == b'\n');
        text.truncate(end.map_or(0, |end| end + 1));
        text += note;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_too_long_ends_with_a_line_that_says_so() {
        let line = "ä".repeat(49) + "\n";
        let fits = line.repeat(BYTES_MAX / line.len());
        assert_eq!(bounded(fits.clone()), fits);
        let cut = bounded(line.repeat(BYTES_MAX / line.len() + 1));
        assert!(cut.len() <= BYTES_MAX && cut.len() > BYTES_MAX - 300, "{}", cut.len());
        assert!(
            cut.ends_with("ä\n\nThis summary was too long to be shown; report.json has all.\n")
        );
    }
}
