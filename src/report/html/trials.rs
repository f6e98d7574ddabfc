//! Several trials on one page: links to each trial's own page.

use super::cells::Mark;
use crate::exit::Exit;
use crate::report::grid;
use crate::report::headline::Headline;
use crate::report::lines::{in_one_line, printable};
use crate::result::Report;

/// How many trials are listed; the folders have all.
const TRIALS_MAX: usize = 200;

#[derive(Debug)]
pub(super) struct Trial {
    /// From 1.
    pub number: u32,
    /// Relative to this page.
    pub link: String,
    /// The plan, if there are several.
    pub label: String,
    pub verdict: Mark,
    /// How long it took.
    pub seconds: String,
    /// In words.
    pub reason: String,
}

/// The first trials, and how many more there are.
pub(super) fn trials(report: &Report) -> (Vec<Trial>, usize) {
    let shown = report.trials.iter().take(TRIALS_MAX).map(|trial| {
        let axes: Vec<String> = trial.axes.iter().map(|(k, v)| format!("{k}={v}")).collect();
        Trial {
            number: trial.number,
            link: format!("{}/report.html", trial.folder),
            label: printable(&axes.join(", ")),
            verdict: Mark::of_run(Headline::new(trial.verdict, Exit::of_run(trial.exit_code))),
            seconds: grid::seconds(trial.ms),
            reason: trial
                .reasons
                .first()
                .map_or(String::new(), |reason| printable(&in_one_line(reason))),
        }
    });
    (shown.collect(), report.trials.len().saturating_sub(TRIALS_MAX))
}
