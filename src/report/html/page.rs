//! The page as a whole: what the template shows, taken from a report.

use super::cells::{self, Mark, Part};
use super::chart::{self, Axis};
use super::config::{self, Block};
use super::tables::{Table, tables};
use super::trials::{self, Trial};
use crate::fault::FaultRecord;
use crate::report::lines::printable;
use crate::report::told::{alike, why_not};
use crate::report::{Report, advice, grid, lead};
use askama::Template;
use std::io::{self, Write};

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    style: &'static str,
    chart_style: &'static str,
    chart_licence: &'static str,
    chart_library: &'static str,
    script: &'static str,
    name: String,
    summary: String,
    verdict: Mark,
    exit_code: u8,
    lead: String,
    reasons: Vec<String>,
    facts: Vec<(String, String)>,
    tables: Vec<Table>,
    legend: Vec<String>,
    advice: Vec<String>,
    faults: Vec<Fault>,
    shares: Vec<Table>,
    trials: Vec<Trial>,
    trials_left_out: usize,
    parts: Vec<Part>,
    config: Vec<Block>,
    notes: Vec<String>,
    phases: Vec<(String, String)>,
    charts: String,
}

/// A fault and its proof.
#[derive(Debug)]
struct Fault {
    number: usize,
    what: String,
    nodes: String,
    times: Option<String>,
    effective: bool,
    proof: String,
    evidence: Vec<String>,
}

/// Writes the page.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_html(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    page(report).write_into(out)
}

fn page(report: &Report) -> Page {
    let axis = Axis::of(report);
    let parts: Vec<Part> =
        (0..report.cells.len()).filter_map(|index| cells::part(report, index, &axis)).collect();
    let (tables, shares) = tables(report, &parts);
    let (trials, trials_left_out) = trials::trials(report);
    let told = |texts: &[String]| texts.iter().map(|text| printable(text)).collect();
    Page {
        style: include_str!("page.css"),
        chart_style: include_str!("uplot/uPlot.min.css"),
        chart_licence: include_str!("uplot/LICENSE"),
        chart_library: include_str!("uplot/uPlot.iife.min.js"),
        script: include_str!("page.js"),
        name: printable(&report.plan.name),
        summary: printable(&report.plan.summary),
        verdict: Mark::of(report.verdict),
        exit_code: report.exit_code,
        lead: printable(&lead::headline(report)),
        reasons: told(report.reasons.get(1..).unwrap_or_default()),
        facts: facts(report),
        tables,
        legend: grid::legend(&report.cells),
        advice: advice::lines(report),
        faults: faults(report),
        shares,
        trials,
        trials_left_out,
        parts,
        config: config::common(report),
        notes: told(&report.notes),
        phases: phases(report),
        charts: chart::json(report, axis),
    }
}

/// Lines of `about` are a word and what it says.
fn facts(report: &Report) -> Vec<(String, String)> {
    let begun = ("begun".to_owned(), report.started_at.clone());
    let from = ("scenario".to_owned(), printable(&report.plan.source));
    let about = report.about.iter().map(|line| match line.split_once("  ") {
        Some((word, rest)) => (printable(word), printable(rest.trim_start())),
        None => (String::new(), printable(line)),
    });
    [begun, from].into_iter().chain(about).collect()
}

/// Every fault of a single run; of several trials, those with the same words together.
fn faults(report: &Report) -> Vec<Fault> {
    if report.trials.is_empty() {
        return report.faults.iter().enumerate().map(|(index, one)| fault(index, one)).collect();
    }
    let several = |(index, (what, same)): (usize, (&str, Vec<&FaultRecord>))| {
        let proved = same.iter().filter(|fault| fault.effective).count();
        Fault {
            number: index + 1,
            what: printable(what),
            nodes: printable(&same[0].nodes.join(", ")),
            times: None,
            effective: proved == same.len(),
            proof: format!("in {proved} of {}", same.len()),
            evidence: Vec::new(),
        }
    };
    alike(&report.faults).into_iter().enumerate().map(several).collect()
}

fn fault(index: usize, fault: &FaultRecord) -> Fault {
    let at = |ms: Option<f64>| ms.map_or("never".to_owned(), |ms| format!("{:.3} s", ms / 1e3));
    let proof = fault.evidence.iter().find(|evidence| evidence.proves);
    let rest = fault.evidence.iter().filter(|evidence| Some(*evidence) != proof);
    Fault {
        number: index + 1,
        what: printable(&fault.what),
        nodes: printable(&fault.nodes.join(", ")),
        times: Some(format!(
            "scheduled {}, called {}, effective {}, healed {}",
            at(Some(fault.scheduled_at_ms)),
            at(fault.called_at_ms),
            at(fault.effective_at_ms),
            at(fault.healed_at_ms),
        )),
        effective: fault.effective,
        proof: printable(proof.map_or(why_not(fault), |proof| &proof.text)),
        evidence: rest.map(|e| format!("{}: {}", at(Some(e.at_ms)), printable(&e.text))).collect(),
    }
}

fn phases(report: &Report) -> Vec<(String, String)> {
    let shown = |phase: &crate::runner::Phase| (printable(&phase.name), grid::seconds(phase.ms));
    report.phases.iter().map(shown).collect()
}
