//! A comparison on a terminal: what changed as a table, why in words, the outcome as the last line.

use super::model::{Change, Comparison, Finding, PairFindings, SideSummary};
use super::words;
use crate::report::{COLUMNS, COLUMNS_MIN, printable, wrapped, write_wrapped};
use console::measure_text_width;
use std::io::{self, Write};
use tabled::builder::Builder;
use tabled::settings::{Padding, Style};

/// How many undecided differences are shown; the JSON has all.
const UNDECIDED_MAX: usize = 12;

/// How many striking times are described in words, too.
const STRIKING_MAX: usize = 3;

/// The columns in the order in which a table that is too wide is folded, and the width that each
/// keeps: ids first.
const FOLDED: [(usize, usize); 5] = [(0, 24), (4, 11), (1, 12), (2, 12), (3, 12)];
const GAP: usize = 2;

/// A finding with its cells.
type Row<'a> = (&'a PairFindings, &'a Finding);

/// Writes the result for a person. On a terminal of this many columns no word is broken in its
/// middle; elsewhere each sentence is one line.
pub fn write_words(
    comparison: &Comparison,
    columns: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = columns.map(|columns| columns.max(COLUMNS_MIN));
    let mut words = Vec::new();
    write_side("BASE", &comparison.base, &mut words)?;
    write_side("NEW ", &comparison.new, &mut words)?;
    if !comparison.differences.is_empty() {
        let all = words::differences(&comparison.differences);
        writeln!(words, "differs  {}", printable(&all))?;
    }
    write_wrapped(&words, columns, out)?;
    write_table(comparison, columns.unwrap_or(COLUMNS), out)?;
    let mut words = Vec::new();
    write_why(comparison, &mut words)?;
    write_wrapped(&words, columns, out)
}

/// The text under the table; the outcome is the last line.
fn write_why(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let mut left = STRIKING_MAX;
    for cell in &comparison.cells {
        write_cell(cell, &mut left, out)?;
    }
    let ids = |ids: &[String]| printable(&words::list(ids.iter().map(String::as_str)));
    if !comparison.only_in_base.is_empty() {
        let n = words::counted(comparison.only_in_base.len(), "cell");
        writeln!(out, "MISSING in NEW: {n} of BASE: {}", ids(&comparison.only_in_base))?;
    }
    if !comparison.only_in_new.is_empty() {
        writeln!(out, "only in NEW, not compared: {}", ids(&comparison.only_in_new))?;
    }
    writeln!(out, "{}", tests(comparison))?;
    writeln!(out, "{}", printable(&comparison.summary))
}

fn write_side(name: &str, side: &SideSummary, out: &mut dyn Write) -> io::Result<()> {
    let trials = match side.trials {
        (least, most) if least == most => words::counted(most, "trial"),
        (least, most) => format!("{least} to {most} trials"),
    };
    let cells = words::counted(side.cells, "cell");
    let SideSummary { path, scenario, kafka, started_at, .. } = side;
    let line = format!("{path}: {scenario}, Kafka {kafka}, {cells} of {trials}, {started_at}");
    writeln!(out, "{name}     {}", printable(&line))?;
    for note in &side.notes {
        writeln!(out, "  note: {}", printable(note))?;
    }
    Ok(())
}

fn write_table(comparison: &Comparison, columns: usize, out: &mut dyn Write) -> io::Result<()> {
    let of = |change: Change| -> Vec<Row<'_>> {
        let all = comparison.cells.iter().flat_map(|c| c.findings.iter().map(move |f| (c, f)));
        all.filter(|(_, finding)| finding.change == change).collect()
    };
    let mut undecided = of(Change::Undecided);
    undecided.extend(of(Change::None).into_iter().filter(|(_, finding)| finding.striking));
    // Striking ones are never among those left out.
    undecided.sort_by_key(|(_, finding)| !finding.striking);
    let more = undecided.len().saturating_sub(UNDECIDED_MAX);
    undecided.truncate(UNDECIDED_MAX);
    let rows: Vec<Row<'_>> =
        of(Change::Worse).into_iter().chain(of(Change::Better)).chain(undecided).collect();
    writeln!(out)?;
    if !rows.is_empty() {
        for line in table(&rows, columns).lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    if let Some(more) = words::more(more, "undecided difference") {
        writeln!(out, "and {more}, in --json")?;
    }
    let same = comparison.cells.iter().filter(|cell| is_same(cell)).count();
    if same > 0 {
        writeln!(out, "{}: no change", words::counted(same, "cell"))?;
    }
    writeln!(out)
}

fn is_same(cell: &PairFindings) -> bool {
    let striking = cell.findings.iter().any(|finding| finding.striking);
    cell.change == Change::None && cell.not_comparable.is_none() && !striking
}

fn table(rows: &[Row<'_>], columns: usize) -> String {
    let headings = ["cell", "measure", "BASE", "NEW", "change"].map(str::to_owned);
    let row = |(cell, finding): &Row<'_>| {
        let (base, new) = (finding.base.clone(), finding.new.clone());
        [printable(&name(cell)), printable(&finding.measure), base, new, change(finding)]
    };
    let mut rows: Vec<[String; 5]> =
        std::iter::once(headings).chain(rows.iter().map(row)).collect();
    for (column, least) in FOLDED {
        let over = across(&rows).saturating_sub(columns);
        let room = width(&rows, column).saturating_sub(over).max(least);
        rows.iter_mut().for_each(|row| row[column] = wrapped(&row[column], room));
    }
    let mut table = rows.into_iter().collect::<Builder>().build();
    table.with(Style::blank()).with(Padding::new(0, GAP - 1, 0, 0));
    table.to_string()
}

/// The width of the widest line of a column.
fn width(rows: &[[String; 5]], column: usize) -> usize {
    let lines = rows.iter().flat_map(|row| row[column].lines());
    lines.map(measure_text_width).max().unwrap_or(0)
}

fn across(rows: &[[String; 5]]) -> usize {
    (0..5).map(|column| width(rows, column)).sum::<usize>() + 4 * GAP
}

/// The cell's id, or both if they differ.
fn name(cell: &PairFindings) -> String {
    if cell.base == cell.new { cell.new.clone() } else { format!("{} -> {}", cell.base, cell.new) }
}

fn change(finding: &Finding) -> String {
    let growth = finding.ratio.map_or(String::new(), |r| format!(" {}", words::growth(r.estimate)));
    match finding.change {
        Change::Worse => format!("WORSE{growth}"),
        Change::Better => format!("better{growth}"),
        Change::Undecided if finding.striking => format!("not decided{growth}"),
        Change::Undecided => "not decided".to_owned(),
        Change::None if finding.striking => format!("not certain{growth}"),
        Change::None => "same".to_owned(),
    }
}

/// `left`: how many striking but uncertain times it may still describe.
fn write_cell(cell: &PairFindings, left: &mut usize, out: &mut dyn Write) -> io::Result<()> {
    let told = |finding: &&Finding| match finding.change {
        Change::Worse | Change::Better => true,
        Change::Undecided | Change::None if finding.striking && *left > 0 => {
            *left -= 1;
            true
        }
        Change::Undecided | Change::None => false,
    };
    let findings: Vec<&Finding> = cell.findings.iter().filter(told).collect();
    if findings.is_empty() && cell.not_comparable.is_none() {
        return Ok(());
    }
    let differences = match cell.differences.is_empty() {
        true => String::new(),
        false => format!(" ({})", words::differences(&cell.differences)),
    };
    writeln!(out, "{}:{}", printable(&name(cell)), printable(&differences))?;
    if let Some(why) = &cell.not_comparable {
        writeln!(out, "  NOT COMPARABLE: {}", printable(why))?;
    }
    for finding in findings {
        let word = match finding.change {
            Change::Worse => "worse",
            Change::Better => "better",
            Change::Undecided => "not decided",
            Change::None => "not certain",
        };
        writeln!(out, "  {word}: {}", printable(&finding.text))?;
    }
    Ok(())
}

/// How much was tested, and what it would take to test the rest.
fn tests(comparison: &Comparison) -> String {
    let level = comparison.alpha * 1e2;
    let made = match comparison.tests {
        0 => "no test could be made".to_owned(),
        n => {
            let tests = words::counted(n, "test");
            format!("{tests} made, with a chance of at most {level} % for any false alarm")
        }
    };
    let more = comparison.trials_needed.map_or(String::new(), |n| {
        format!("; --repeat {n} on both sides would be enough for every test")
    });
    format!("{made}{more}")
}
