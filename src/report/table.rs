//! The tables of a run on a terminal.

use super::Paint;
use super::grid::{self, Field, Grid, Tone};
use super::layout::{bearable, layout};
use super::sort::Sort;
use super::wrap::wrapped;
use crate::result::Report;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

/// Follows a count that a control demands: words would not fit.
const EXPECTED: &str = "=";

/// The tables of a report in this width: one per plan, and for several trials a second one of
/// shares.
pub(super) fn tables(report: &Report, sort: &Sort, paint: Paint, width: usize) -> String {
    let mut text = String::new();
    let mut expected = false;
    for group in grid::groups(report, &report.cells, sort) {
        let mut fields = group.counted.rows.iter().flatten();
        expected |= fields.any(|field| field.tone == Tone::Expected);
        let title = if group.title.is_empty() { String::new() } else { group.title + "\n" };
        text += &format!("\n{title}{}\n", drawn(group.counted, paint, width));
        if let Some(shares) = group.shares {
            text += &format!("\n{}\n", drawn(shares, paint, width));
        }
    }
    if expected {
        let mark = "expected: a control demands it, so that the run proves something";
        text += &(wrapped(&format!("{EXPECTED} {mark}"), width) + "\n");
    }
    for line in grid::legend(&report.cells) {
        text += &(wrapped(&line, width) + "\n");
    }
    text
}

/// Without borders; figures are right-aligned.
fn drawn(mut grid: Grid, paint: Paint, width: usize) -> String {
    for field in grid.rows.iter_mut().flatten().filter(|field| field.tone == Tone::Expected) {
        field.text += EXPECTED;
    }
    let grid = bearable(grid, width);
    let layout = layout(&grid, width);
    let part = |columns: &Vec<usize>| part(&grid, &layout.headings, columns, paint);
    layout.parts.iter().map(part).collect::<Vec<_>>().join("\n\n")
}

fn part(grid: &Grid, headings: &[String], columns: &[usize], paint: Paint) -> String {
    let mut rows = Builder::default();
    rows.push_record(columns.iter().map(|column| headings[*column].as_str()));
    for row in &grid.rows {
        rows.push_record(columns.iter().map(|column| {
            let Field { text, tone } = &row[*column];
            match tone {
                Tone::Plain | Tone::Expected => text.clone(),
                Tone::Bad => paint.bad(text),
                Tone::Verdict(verdict) => paint.verdict(*verdict, text),
            }
        }));
    }
    let mut table = rows.build();
    table.with(Style::blank()).with(Padding::new(0, 1, 0, 0)).with(Alignment::bottom());
    let figures = columns.iter().enumerate().filter(|(_, column)| grid.figures.contains(column));
    for (place, _) in figures {
        table.modify(Columns::one(place), Alignment::right());
    }
    table.to_string()
}
