//! The page as a whole: what the template shows.

use super::cells::{self, Mark, Part};
use super::chart::{self, Axis};
use super::config::{self, Block};
use super::faults::{self, Fault, Lane, bands};
use super::tables::{Table, tables};
use super::trials::{self, Trial};
use crate::model::more;
use crate::report::headline::{Headline, is_empty};
use crate::report::lines::printable;
use crate::report::prose::Prose;
use crate::report::{environment, findings, grid};
use crate::result::{Report, lead};
use askama::Template;
use std::io::{self, Write};

/// How many reasons are visible; the others are folded.
const REASONS_MAX: usize = 5;

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
    lead: Prose,
    reasons: Vec<Prose>,
    more_reasons: Vec<Prose>,
    facts: Vec<(String, String)>,
    tables: Vec<Table>,
    legend: Vec<Prose>,
    advice: Vec<Prose>,
    faults: Vec<Fault>,
    fault_lanes: Vec<Lane>,
    fault_lanes_left_out: Option<String>,
    ticks: Vec<(f64, String)>,
    shares: Vec<Table>,
    trials: Vec<Trial>,
    trials_left_out: usize,
    parts: Vec<Part>,
    config: Vec<Block>,
    notes: Vec<Prose>,
    phases: Vec<(String, String)>,
    charts: String,
}

pub(crate) fn write_html(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    page(report).write_into(out)
}

fn page(report: &Report) -> Page {
    let axis = Axis::of(report);
    // Before anything was sent there are no figures, and zeros would look like some.
    let cells = if is_empty(report) { 0 } else { report.cells.len() };
    let parts: Vec<Part> =
        (0..cells).filter_map(|index| cells::part(report, index, &axis)).collect();
    let (tables, shares) =
        if cells == 0 { (Vec::new(), Vec::new()) } else { tables(report, &parts) };
    let (trials, trials_left_out) = trials::trials(report);
    let bands = bands(report, &axis);
    let (fault_lanes, fault_lanes_left_out) = faults::lanes(&bands, &axis);
    let told = |texts: &[String]| -> Vec<Prose> { texts.iter().map(Prose::new).collect() };
    let mut reasons = told(report.reasons.get(1..).unwrap_or_default());
    let more_reasons = reasons.split_off(reasons.len().min(REASONS_MAX));
    Page {
        style: include_str!("page.css"),
        chart_style: include_str!("uplot/uPlot.min.css"),
        chart_licence: include_str!("uplot/LICENSE"),
        chart_library: include_str!("uplot/uPlot.iife.min.js"),
        script: include_str!("page.js"),
        name: printable(&report.plan.name),
        summary: printable(&report.plan.summary),
        verdict: Mark::of_run(Headline::of(report)),
        exit_code: report.exit_code,
        lead: Prose::new(lead::headline(report)),
        reasons,
        more_reasons,
        facts: facts(report),
        tables,
        legend: told(&grid::legend(&report.cells[..cells])),
        advice: if cells == 0 { Vec::new() } else { told(&findings::lines(report)) },
        faults: faults::faults(report, &bands),
        fault_lanes,
        fault_lanes_left_out: more(fault_lanes_left_out, "kind"),
        ticks: ticks(&axis),
        shares,
        trials,
        trials_left_out,
        parts,
        config: config::common(report),
        notes: told(&report.notes),
        phases: phases(report),
        charts: chart::json(report, axis, &bands),
    }
}

/// The axis's ticks in percent, and their seconds.
fn ticks(axis: &Axis) -> Vec<(f64, String)> {
    let tick = |ms: f64| (axis.percent(ms, ms).0, format!("{}", ms / 1e3));
    axis.ticks().into_iter().map(tick).collect()
}

fn facts(report: &Report) -> Vec<(String, String)> {
    let begun = ("begun".to_owned(), report.started_at.clone());
    let from = ("scenario".to_owned(), printable(&report.plan.source));
    let about = environment::facts(report).into_iter();
    let about = about.map(|(word, text)| (printable(&word), printable(&text)));
    let again = report.invocation.as_ref().map(|it| ("to run it again".to_owned(), it.line()));
    [begun, from].into_iter().chain(about).chain(again).collect()
}

fn phases(report: &Report) -> Vec<(String, String)> {
    let shown = |phase: &crate::result::Phase| (printable(&phase.name), grid::seconds(phase.ms));
    report.phases.iter().map(shown).collect()
}
