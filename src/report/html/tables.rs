//! The tables of the page: those of the terminal, with links to each cell's part.

use super::cells::{Mark, Part};
use crate::report::Sort;
use crate::report::grid::{self, Tone};
use crate::result::Report;

#[derive(Debug)]
pub(super) struct Table {
    /// The plan, if there are several.
    pub title: String,
    /// One per column; whether its column is figures.
    pub headings: Vec<(String, bool)>,
    /// Each as long as the headings.
    pub rows: Vec<Vec<Field>>,
}

/// A field of a table.
#[derive(Debug)]
pub(super) struct Field {
    pub text: String,
    /// Whether it names the row.
    pub is_name: bool,
    /// The class of its look.
    pub class: &'static str,
    /// Its link; none for most.
    pub anchor: Option<String>,
}

/// The counts of all cells, and for several trials the shares; one table per plan.
pub(super) fn tables(report: &Report, parts: &[Part]) -> (Vec<Table>, Vec<Table>) {
    let (mut counted, mut shares) = (Vec::new(), Vec::new());
    for group in grid::groups(report, &report.cells, &Sort::Plan) {
        let anchor = |row: usize| {
            let part = parts.iter().find(|part| part.cell == group.cells[row])?;
            Some(part.anchor.clone())
        };
        shares.extend(group.shares.map(|grid| table(&group.title, grid, &|_| None)));
        counted.push(table(&group.title, group.counted, &anchor));
    }
    (counted, shares)
}

fn table(title: &str, grid: grid::Grid, anchor: &dyn Fn(usize) -> Option<String>) -> Table {
    let names = grid.headings;
    let last = names.len() - 1;
    let row = |(row, fields): (usize, Vec<grid::Field>)| {
        let fields = fields.into_iter().enumerate().map(|(column, field)| Field {
            is_name: column < grid.figures.start,
            class: look(field.tone),
            anchor: if column == last { anchor(row) } else { None },
            text: field.in_words(),
        });
        fields.collect()
    };
    let rows = grid.rows.into_iter().enumerate().map(row).collect();
    // Long names may be broken after their dots.
    let breakable = |name: &String| name.replace('.', ".\u{200b}");
    let headings = names.iter().map(breakable).enumerate();
    let headings = headings.map(|(i, name)| (name, grid.figures.contains(&i))).collect();
    Table { title: title.to_owned(), headings, rows }
}

fn look(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Bad => "bad",
        Tone::Expected => "expected",
        Tone::Verdict(verdict) => Mark::of(verdict).class,
    }
}
