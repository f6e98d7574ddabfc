//! Merges several runs of one study: each cell's trials side by side, and the verdict over all of
//! them.

use super::phase::Phase;
use super::report::{CellReport, Memory, Report};
use super::settled::is_settled;
use super::trials::{CellTrial, CellTrials, TrialReport};
use super::{client_errors, lead};
use crate::exit::Exit;
use crate::ledger::LatencyPhase;
use crate::model::{ByMetric, Metric};
use crate::stats::Spread;
use crate::verify::{Early, PhaseLatency, Reason, Verdict, most_telling_first};

/// Merges at least one run, in their order. Leaders and witnesses stay with the runs, because their
/// clocks differ.
pub fn merge(runs: Vec<(TrialReport, Report)>) -> Report {
    let (trials, reports): (Vec<TrialReport>, Vec<Report>) = runs.into_iter().unzip();
    let numbered = || trials.iter().map(|t| t.number).zip(&reports);
    let cells: Vec<CellReport> = by_cell(numbered()).iter().map(|runs| cell(runs)).collect();
    let of_trial = |(trial, report): (u32, &Report)| -> Vec<Reason> {
        let numbered = |one: &Reason| Reason { trial: Some(trial), ..one.clone() };
        report.why.iter().map(numbered).collect()
    };
    let mut why: Vec<Reason> = numbered().flat_map(of_trial).collect();
    most_telling_first(&mut why);
    let reasons = lead::reasons_of_trials(&why, &cells, trials.len());
    let exit = reports.iter().map(Report::exit).fold(Exit::Pass, Exit::worst);
    let faults = numbered().flat_map(|(trial, report)| {
        report.faults.iter().cloned().map(move |mut fault| {
            fault.trial = Some(trial);
            fault
        })
    });
    let first = &reports[0];
    let memory = |of: fn(&Memory) -> u64| reports.iter().map(|r| of(&r.memory)).max().unwrap_or(0);
    Report {
        schema: first.schema.clone(),
        verdict: reports.iter().map(|r| r.verdict).max().unwrap_or(Verdict::Inconclusive),
        exit_code: exit.code(),
        reasons,
        why,
        started_at: first.started_at.clone(),
        about: first.about.clone(),
        environment: first.environment.clone(),
        axes: first.axes.clone(),
        cells,
        faults: faults.collect(),
        leaders: Vec::new(),
        phases: phases(&reports),
        zero_ms: first.zero_ms,
        sending_ended_ms: None,
        memory: Memory {
            ledger_and_observed_bytes: memory(|m| m.ledger_and_observed_bytes),
            peak_resident_bytes: memory(|m| m.peak_resident_bytes),
        },
        notes: union(reports.iter().flat_map(|r| &r.notes)),
        invocation: None,
        plan: first.plan.clone(),
        trials,
    }
}

/// The results of each cell's trials so far, in the order of the cells.
pub(crate) fn cell_trials(runs: &[(TrialReport, Report)]) -> Vec<CellTrials> {
    let cells = by_cell(runs.iter().map(|(trial, report)| (trial.number, report)));
    cells.iter().map(|runs| trials_of(runs)).collect()
}

/// One cell in one of the runs.
struct Run<'a> {
    number: u32,
    report: &'a Report,
    cell: &'a CellReport,
}

/// One cell in the runs that have it.
type Runs<'a> = Vec<Run<'a>>;

/// Every cell, in the order of first occurrence.
fn by_cell<'a>(reports: impl Iterator<Item = (u32, &'a Report)>) -> Vec<Runs<'a>> {
    let mut cells: Vec<Runs<'a>> = Vec::new();
    for (number, report) in reports {
        for cell in &report.cells {
            match cells.iter_mut().find(|runs| runs[0].cell.id == cell.id) {
                Some(runs) => runs.push(Run { number, report, cell }),
                None => cells.push(vec![Run { number, report, cell }]),
            }
        }
    }
    cells
}

fn trials_of(runs: &[Run<'_>]) -> CellTrials {
    let trial =
        |run: &Run<'_>| CellTrial::of(run.number, run.cell, is_settled(run.report, run.cell));
    CellTrials::of(runs.iter().map(trial).collect())
}

fn union<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !all.contains(text) {
            all.push(text.clone());
        }
    }
    all
}

/// The sums of phases of the same name, in the order of first occurrence.
fn phases(reports: &[Report]) -> Vec<Phase> {
    let mut sums: Vec<Phase> = Vec::new();
    for phase in reports.iter().flat_map(|report| &report.phases) {
        match sums.iter_mut().find(|sum| sum.name == phase.name) {
            Some(sum) => sum.ms += phase.ms,
            None => sums.push(phase.clone()),
        }
    }
    sums
}

/// One cell of several runs: the run with the worst result, with the sums of all.
fn cell(runs: &[Run<'_>]) -> CellReport {
    let cells = || runs.iter().map(|run| run.cell);
    let worst =
        runs.iter().rev().map(|run| run.cell).max_by_key(|c| {
            (c.verdict, c.counts.of(Metric::Lost), c.counts.of(Metric::Duplicated))
        });
    let mut merged = worst.unwrap_or(runs[0].cell).clone();
    merged.counts = cells().map(|c| &c.counts).sum();
    merged.copies = cells().map(|c| c.copies).sum();
    merged.unknown_present = cells().map(|c| c.unknown_present).sum();
    let longest = cells().max_by(|a, b| {
        let ms = |c: &CellReport| c.unavailable_ms.unwrap_or(0.0);
        ms(a).total_cmp(&ms(b))
    });
    if let Some(longest) = longest {
        merged.unavailable_ms = longest.unavailable_ms;
        merged.outage = longest.outage;
    }
    merged.early = early(runs);
    merged.latencies = latencies(runs);
    for expectation in &mut merged.expectations {
        let same = cells().flat_map(|c| &c.expectations).filter(|e| e.text == expectation.text);
        if let Some(worst) = same.max_by_key(|e| e.verdict) {
            *expectation = worst.clone();
        }
    }
    let slowest = cells().filter_map(|c| c.rate).min_by(|a, b| a.share().total_cmp(&b.share()));
    merged.rate = slowest;
    merged.notes = union(cells().flat_map(|c| &c.notes));
    merged.timeline = None;
    merged.client_errors = client_errors::merged(cells().flat_map(|c| &c.client_errors));
    merged.producer = None;
    merged.trials = Some(trials_of(runs));
    merged
}

/// Sums, and the longest outage.
fn early(runs: &[Run<'_>]) -> Early {
    let all = || runs.iter().map(|run| run.cell.early);
    let longest = all().filter_map(|one| one.outage).max_by(|a, b| a.ms.total_cmp(&b.ms));
    let counts = ByMetric::of(|metric| all().map(|one| one.counts[metric]).sum());
    Early { outage: longest, counts }
}

/// Medians of each phase's percentiles over the runs, and the highest of all.
fn latencies(runs: &[Run<'_>]) -> Vec<PhaseLatency> {
    let of_phase = |phase: LatencyPhase| {
        let same: Vec<&PhaseLatency> =
            runs.iter().flat_map(|run| &run.cell.latencies).filter(|l| l.phase == phase).collect();
        same.first()?;
        let median = |of: fn(&PhaseLatency) -> Option<u64>| {
            let known: Vec<f64> = same.iter().filter_map(|l| of(l)).map(|us| us as f64).collect();
            Spread::of(&known).map(|spread| spread.median.round() as u64)
        };
        Some(PhaseLatency {
            phase,
            count: same.iter().map(|l| l.count).sum(),
            unacked: same.iter().map(|l| l.unacked).sum(),
            p50_us: median(|l| l.p50_us),
            p99_us: median(|l| l.p99_us),
            max_us: same.iter().filter_map(|l| l.max_us).max(),
        })
    };
    LatencyPhase::ALL.into_iter().filter_map(of_phase).collect()
}
