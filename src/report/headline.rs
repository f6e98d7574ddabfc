//! [`Headline`]: the first word of a run's result. It follows the exit status, so that a failed
//! environment is not taken for an inconclusive run.

use super::grid;
use crate::exit::Exit;
use crate::result::Report;
use crate::verify::Verdict;

/// How a run ended, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headline {
    /// It was not aborted.
    Judged(Verdict),
    /// The environment failed.
    Error,
    /// It was interrupted or terminated.
    Interrupted,
}

impl Headline {
    pub(super) fn of(report: &Report) -> Self {
        Headline::new(report.verdict, report.exit())
    }

    /// For a run with this verdict and exit.
    pub(super) fn new(verdict: Verdict, exit: Exit) -> Self {
        match exit {
            Exit::Environment => Headline::Error,
            Exit::Interrupted | Exit::Terminated => Headline::Interrupted,
            _ => Headline::Judged(verdict),
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Headline::Judged(verdict) => grid::word(verdict),
            Headline::Error => "ERROR",
            Headline::Interrupted => "INTERRUPTED",
        }
    }

    /// The verdict whose look it has: a failed environment is as red as a violation.
    pub(super) fn look(self) -> Verdict {
        match self {
            Headline::Judged(verdict) => verdict,
            Headline::Error => Verdict::Fail,
            Headline::Interrupted => Verdict::Inconclusive,
        }
    }
}

/// Whether it ended before anything was sent: then its figures are no findings.
pub(super) fn is_empty(report: &Report) -> bool {
    report.exit().is_cut() && report.cells.iter().all(|cell| cell.counts.sent == 0)
}

/// Whether one of several runs was not aborted, so that there are figures worth a table.
pub(super) fn has_whole_trial(report: &Report) -> bool {
    report.trials.iter().any(|trial| !trial.is_cut())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;
    use crate::result::blank;
    use crate::runtime::{RuntimeError, Stop};

    #[test]
    fn the_word_follows_the_exit_status() {
        let plan = plan::from_text("t.yaml", "name: t\nduration: 9s\n", &[], Some(1)).unwrap();
        let word = |stop| {
            let report = blank(&plan, stop);
            (Headline::of(&report).word(), report.exit_code)
        };
        let failed = Some(Stop::Failed(RuntimeError::new("no disk")));
        assert_eq!(word(failed), ("ERROR", 4));
        let stopped = |exit| Some(Stop::Interrupted(exit));
        assert_eq!(word(stopped(Exit::Interrupted)), ("INTERRUPTED", 130));
        assert_eq!(word(stopped(Exit::Terminated)), ("INTERRUPTED", 143));
        assert_eq!(word(None), ("INCONCLUSIVE", 3));
    }
}
