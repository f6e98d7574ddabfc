//! [`Comparison`]: the result of comparing two sides, and its JSON.

use crate::exit::Exit;
use crate::stats::{Chance, Ruling};
use serde::Serialize;

/// The schema's name and version; a breaking change makes a new one.
pub(super) const SCHEMA: &str = "kafka-chaos/compare/1";

/// Two runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: String,
    pub outcome: Outcome,
    /// The exit status that it means, with the options given.
    pub exit_code: u8,
    /// The outcome in a line.
    pub summary: String,
    /// The allowed probability of a false alarm in the whole comparison.
    pub alpha: f64,
    /// How much slower, as a share, is still no regression.
    pub tolerance: f64,
    /// How many tests looked for something worse.
    pub tests: usize,
    /// How many trials per side would enable every test; `None` if all were made.
    pub trials_needed: Option<u64>,
    /// What NEW is compared with.
    pub base: SideSummary,
    /// What is judged.
    pub new: SideSummary,
    /// What differs between the runs in every pair of cells.
    pub differences: Vec<Difference>,
    /// Cells of both, in BASE's order.
    pub cells: Vec<PairFindings>,
    /// Ids of cells that NEW lacks.
    pub only_in_base: Vec<String>,
    /// Cells that BASE does not know.
    pub only_in_new: Vec<String>,
}

impl Comparison {
    pub fn exit(&self) -> Exit {
        match self.outcome.exit() {
            Exit::Pass if self.exit_code == Exit::Inconclusive.code() => Exit::Inconclusive,
            exit => exit,
        }
    }
}

/// The outcome of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Something is worse, and chance does not explain it.
    Regression,
    /// Nothing is worse, something is better.
    Improved,
    /// Nothing changed that chance does not explain.
    NoChange,
    /// Nothing is certainly worse, and there are too few trials to tell.
    Undecided,
    /// Nothing is worse in what was compared, but not all of BASE could be.
    Inconclusive,
}

impl Outcome {
    /// The default exit.
    pub fn exit(self) -> Exit {
        match self {
            Outcome::Regression => Exit::Violated,
            Outcome::Improved | Outcome::NoChange | Outcome::Undecided => Exit::Pass,
            Outcome::Inconclusive => Exit::Inconclusive,
        }
    }
}

/// One side in a few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideSummary {
    /// As named on the command line.
    pub path: String,
    /// The scenario's name.
    pub scenario: String,
    /// RFC 3339.
    pub started_at: String,
    pub kafka: String,
    pub cells: usize,
    /// The fewest and the most comparable trials of a cell.
    pub trials: (usize, usize),
    /// Notes for a person: trials left out, an interrupt.
    pub notes: Vec<String>,
}

/// A setting that differs; `None` if that side does not set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `acks`, `cluster.kafka`, `runtime`.
    pub name: String,
    pub base: Option<String>,
    pub new: Option<String>,
    /// Whether it can be the cause of a change: a configuration can, the place of a run cannot.
    pub is_cause: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairFindings {
    pub base: String,
    pub new: String,
    /// The worst of its findings.
    pub change: Change,
    /// Why it cannot be compared.
    pub not_comparable: Option<String>,
    /// Which of the two has no trial to compare, BASE and NEW.
    pub lacks_trials: (bool, bool),
    /// What differs here, beside what differs everywhere.
    pub differences: Vec<Difference>,
    /// In the order of importance.
    pub findings: Vec<Finding>,
}

/// The result for a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The same, or chance explains the difference.
    None,
    /// It differs, and there are too few trials to tell.
    Undecided,
    Better,
    /// Worse: a regression.
    Worse,
}

/// The rule of `docs/compare.md` that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// An expectation that BASE met.
    Promise,
    /// In how many trials an anomaly was seen.
    Share,
    /// In every trial of one side and in none of the other.
    EveryTrial,
    /// How many messages of a trial have the anomaly.
    Amount,
    /// A latency, or the time without an acknowledgement.
    Time,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `lost`, `p99 during`, or an expectation as written.
    pub measure: String,
    /// The rule that judged it.
    pub rule: Rule,
    pub change: Change,
    /// BASE's figure, as the table shows it.
    pub base: String,
    pub new: String,
    /// In words.
    pub text: String,
    /// Trials with this measure, of BASE and of NEW.
    pub trials: (usize, usize),
    /// The test that NEW is worse.
    pub worse: Option<Tested>,
    /// The test that NEW is better.
    pub better: Option<Tested>,
    /// How many times larger NEW's figures are, for amounts and times.
    pub ratio: Option<Ratio>,
    /// Whether a time is at least three times as long although no test says so: it is reported.
    pub striking: bool,
}

/// A test and its ruling.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tested {
    pub chance: Chance,
    /// `None` if it was not made, since it could not have rejected.
    pub ruling: Option<Ruling>,
}

impl Tested {
    /// Whether it says that chance does not explain what was seen.
    pub fn is_rejected(&self) -> bool {
        self.ruling.is_some_and(|ruling| ruling.rejected)
    }
}

/// How many times larger, with the interval at the levels at which both tests were made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// Hodges and Lehmann's estimate.
    pub estimate: f64,
    /// `None` if there are too few trials.
    pub low: Option<f64>,
    pub high: Option<f64>,
}
