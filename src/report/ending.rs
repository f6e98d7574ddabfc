//! The end of a run on a terminal: the tables, what happened in words, the verdict.

use super::headline::{Headline, has_whole_trial, is_empty};
use super::lines::printable;
use super::table::tables;
use super::wrap::{COLUMNS, COLUMNS_MIN, wrapped, write_wrapped};
use super::{Paint, Sort, findings, summary};
use crate::fault::FaultRecord;
use crate::model::{Metric, more};
use crate::result::{Report, lead};
use crate::verify::Counts;
use std::io::{self, Write};

/// How many further reasons are listed; `report.json` has all.
const REASONS_MAX: usize = 6;

/// How much is printed at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything that a person may want to know.
    Full,
    /// The tables and the result.
    Brief,
}

/// Writes the end of a run for a person. The result is the last line, except for advice about a
/// failed environment, which is under it.
///
/// On a terminal of this many columns no word is broken in its middle; elsewhere the result is one
/// line, and so is everything else that a script may look for.
pub(crate) fn write_end(
    report: &Report,
    ending: Ending,
    sort: &Sort,
    paint: Paint,
    columns: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = columns.map(|columns| columns.max(COLUMNS_MIN));
    let headline = Headline::of(report);
    // After an interrupt nobody wants a screenful of what was not found out.
    let interrupted = headline == Headline::Interrupted;
    let brief = ending == Ending::Brief || interrupted;
    let mut words = Vec::new();
    if !is_empty(report) {
        if interrupted && !has_whole_trial(report) {
            writeln!(words, "{}", known(report))?;
        } else {
            for line in tables(report, sort, paint, columns.unwrap_or(COLUMNS)).lines() {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        if !brief {
            write_details(report, paint, columns.is_some(), &mut words)?;
        }
    }
    if interrupted {
        for unhealed in report.faults.iter().filter_map(FaultRecord::not_healed) {
            writeln!(words, "{}", paint.bad(printable(&unhealed)))?;
        }
    }
    write_result(report, headline, paint, &mut words)?;
    write_wrapped(&words, columns, out)
}

/// The text between the tables and the result. Its lines are long if they `will_be_wrapped`.
fn write_details(
    report: &Report,
    paint: Paint,
    will_be_wrapped: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (cells, left_out) = summary::cells(report);
    for cell in cells {
        writeln!(out, "{}:", printable(&cell.cell))?;
        for line in &cell.lines {
            writeln!(out, "  {}", printable(line))?;
        }
    }
    if let Some(more) = more(left_out, "cell") {
        writeln!(out, "and {more} in report.json")?;
    }
    for line in findings::lines(report) {
        let line = if will_be_wrapped { line } else { wrapped(&line, COLUMNS) };
        writeln!(out, "{line}")?;
    }
    for fault in summary::faults(report, &paint.bad(summary::NOT_EFFECTIVE), printable) {
        writeln!(out, "{fault}")?;
    }
    for note in &report.notes {
        writeln!(out, "note: {}", printable(note))?;
    }
    writeln!(out, "{}", printable(&summary::phases(report)))?;
    for reason in report.reasons.iter().skip(1).take(REASONS_MAX) {
        writeln!(out, "also: {}", lines_of(reason).join("\n      "))?;
    }
    if let Some(more) = more(report.reasons.len().saturating_sub(1 + REASONS_MAX), "reason") {
        writeln!(out, "also: {more} in report.json")?;
    }
    Ok(())
}

/// The last line is one line; further lines of the reason precede it. For a failed environment they
/// say what to do, and follow it.
fn write_result(
    report: &Report,
    headline: Headline,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines =
        report.reasons.first().map_or(Vec::new(), |reason| lines_of(reason)).into_iter();
    let counts = lead::counts(report).map_or(String::new(), |counts| format!(" ({counts})"));
    let why = lines.next().map_or(String::new(), |line| format!(": {line}{counts}"));
    let word = paint.verdict(headline.look(), headline.word());
    let result = format!("{word} {}{why}", printable(&report.plan.name));
    if headline == Headline::Error {
        writeln!(out, "{result}")?;
        return lines.try_for_each(|line| writeln!(out, "  {}", line.trim_start()));
    }
    lines.try_for_each(|line| writeln!(out, "  {line}"))?;
    writeln!(out, "{result}")
}

/// What an interrupted run knows: only the clients' reports.
fn known(report: &Report) -> String {
    let sum: Counts = report.cells.iter().map(|cell| &cell.counts).sum();
    format!(
        "{} sent, {} acknowledged, {} rejected, {} unknown; what is lost is not known, the log was \
         not read to its end",
        sum.sent,
        sum.of(Metric::Acked),
        sum.of(Metric::Rejected),
        sum.of(Metric::Unknown),
    )
}

/// The lines of a text, made safe for a terminal.
fn lines_of(text: &str) -> Vec<String> {
    text.lines().map(printable).collect()
}
