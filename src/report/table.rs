//! The tables of a run on a terminal.

use super::grid::{self, Grid, Tone};
use super::sort::Sort;
use super::{Paint, Report};
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

/// Stands behind a count that a control demands: words would not fit.
const EXPECTED: &str = "=";

/// The tables of a report: one for each plan, and of several trials a second one of shares.
pub fn tables(report: &Report, sort: &Sort, paint: Paint) -> String {
    let mut text = String::new();
    let mut expected = false;
    for group in grid::groups(report, &report.cells, sort) {
        let mut fields = group.counted.rows.iter().flatten();
        expected |= fields.any(|field| field.tone == Tone::Expected);
        let title = if group.title.is_empty() { String::new() } else { group.title + "\n" };
        text += &format!("\n{title}{}\n", drawn(group.counted, paint));
        if let Some(shares) = group.shares {
            text += &format!("\n{}\n", drawn(shares, paint));
        }
    }
    if expected {
        text += &format!(
            "{EXPECTED} expected: a control demands it, so that the run proves something\n"
        );
    }
    for line in grid::legend(&report.cells) {
        text += &(line + "\n");
    }
    text
}

/// Without borders; figures stand right.
fn drawn(grid: Grid, paint: Paint) -> String {
    let mut rows = Builder::default();
    for row in grid.rows {
        rows.push_record(row.into_iter().map(|field| match field.tone {
            Tone::Plain => field.text,
            Tone::Bad => paint.bad(field.text),
            Tone::Expected => field.text + EXPECTED,
            Tone::Verdict(verdict) => paint.verdict(verdict, field.text),
        }));
    }
    rows.insert_record(0, grid.headings);
    let mut table = rows.build();
    table.with(Style::blank()).with(Padding::new(0, 1, 0, 0)).with(Alignment::bottom());
    table.modify(Columns::new(grid.figures), Alignment::right());
    table.to_string()
}
