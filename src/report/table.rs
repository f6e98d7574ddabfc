//! The end of a run on a terminal: the table, what happened in words, the verdict.

use super::lines::printable;
use super::{CellReport, Report};
use crate::fault::FaultRecord;
use crate::plan::Metric;
use crate::verify::{Bounds, Verdict};
use std::io::{self, Write};
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

/// At most so many witnesses of a cell are told; `report.json` has more.
const WITNESSES_MAX: usize = 8;

/// Writes what a person wants to know at the end. The verdict is the last line.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_table(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    for line in table(report).lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    for cell in &report.cells {
        write_cell(cell, out)?;
    }
    for fault in &report.faults {
        write_fault(fault, out)?;
    }
    for note in &report.notes {
        writeln!(out, "note: {}", printable(note))?;
    }
    writeln!(out, "{}", phases(report))?;
    for reason in report.reasons.iter().skip(1) {
        writeln!(out, "also: {}", lines_of(reason).join("\n      "))?;
    }
    // The last line is one line; what an error adds in further lines stands before it.
    let mut first = report.reasons.first().map_or(Vec::new(), |reason| lines_of(reason));
    for line in first.drain(first.len().min(1)..) {
        writeln!(out, "  {line}")?;
    }
    let why = first.pop().map_or(String::new(), |line| format!(": {line}"));
    writeln!(out, "{} {}{why}", word(report.verdict), printable(&report.plan.name))
}

/// The lines of a text, fit for a terminal.
fn lines_of(text: &str) -> Vec<String> {
    text.lines().map(printable).collect()
}

/// The verdict as the last line begins.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
    }
}

fn table(report: &Report) -> String {
    let mut rows = Builder::default();
    rows.push_record([
        "cell", "sent", "acked", "lost", "dup", "reord", "phantom", "unavail", "p99 ms", "verdict",
    ]);
    for cell in &report.cells {
        rows.push_record(row(cell));
    }
    let mut table = rows.build();
    // Ten columns fit into a terminal of 80 without borders at the sides.
    table.with(Style::blank()).with(Padding::new(0, 1, 0, 0));
    table.modify(Columns::new(1..9), Alignment::right());
    table.to_string()
}

fn row(cell: &CellReport) -> [String; 10] {
    let counts = &cell.counts;
    let read = |metric: Metric, count: Option<u64>| match count {
        Some(count) => count.to_string(),
        None => open_count(cell, metric),
    };
    // With acks=0 nobody confirmed anything, and every output says so.
    let unconfirmed = if cell.confirmed { "" } else { " unconfirmed" };
    let p99 = |label: &str| cell.latencies.iter().find(|l| l.label == label)?.p99_us;
    let p99 = p99("during").or_else(|| p99("before"));
    [
        printable(&cell.id),
        counts.sent.to_string(),
        format!("{}{unconfirmed}", counts.acked),
        read(Metric::Lost, counts.lost),
        read(Metric::Duplicated, counts.duplicated),
        read(Metric::Reordered, counts.reordered),
        read(Metric::Phantom, counts.phantom),
        cell.unavailable_ms.map_or("-".to_owned(), |ms| format!("{:.1} s", ms / 1e3)),
        p99.map_or("-".to_owned(), |us| format!("{:.1}", us as f64 / 1e3)),
        word(cell.verdict).to_lowercase(),
    ]
}

/// A count that the log as it was read does not settle: what it lies between.
fn open_count(cell: &CellReport, metric: Metric) -> String {
    match cell.bounds.iter().find(|b| b.metric == metric) {
        Some(Bounds { least, most: Some(most), .. }) => format!("{least}..{most}"),
        Some(Bounds { least, most: None, .. }) => format!(">= {least}"),
        None => "?".to_owned(),
    }
}

fn write_cell(cell: &CellReport, out: &mut dyn Write) -> io::Result<()> {
    if cell.witnesses.is_empty() && cell.verdict == Verdict::Pass {
        return Ok(());
    }
    writeln!(out, "{}:", printable(&cell.id))?;
    for result in cell.expectations.iter().filter(|e| e.verdict != Verdict::Pass) {
        writeln!(out, "  {}", printable(&result.reason))?;
    }
    for witness in cell.witnesses.iter().take(WITNESSES_MAX) {
        writeln!(out, "  {}", printable(&witness.text))?;
    }
    let more = cell.witnesses.len().saturating_sub(WITNESSES_MAX);
    if more > 0 {
        writeln!(out, "  and {more} more ranges in report.json")?;
    }
    Ok(())
}

fn write_fault(fault: &FaultRecord, out: &mut dyn Write) -> io::Result<()> {
    let nodes = if fault.nodes.is_empty() { "nobody".to_owned() } else { fault.nodes.join(", ") };
    write!(out, "{} -> {nodes}: ", printable(&fault.what))?;
    match (fault.effective, fault.called_at_ms, fault.effective_at_ms) {
        (true, Some(called), Some(effective)) => {
            let proof = fault.evidence.iter().find(|e| e.proves).map_or("", |e| e.text.as_str());
            writeln!(
                out,
                "effective {:.1} ms after it was called; {}",
                effective - called,
                printable(proof)
            )
        }
        _ => writeln!(
            out,
            "NOT EFFECTIVE: {}",
            printable(fault.reason.as_deref().unwrap_or("no proof was seen"))
        ),
    }
}

fn phases(report: &Report) -> String {
    let phases: Vec<String> =
        report.phases.iter().map(|p| format!("{} {:.1}", p.name, p.ms / 1e3)).collect();
    let total: f64 = report.phases.iter().map(|p| p.ms).sum();
    let first = report
        .zero_ms
        .map_or(String::new(), |ms| format!("; first acknowledgements after {:.1} s", ms / 1e3));
    format!("seconds: {}; in all {:.1}{first}", phases.join(", "), total / 1e3)
}
