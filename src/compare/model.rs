//! [`Comparison`]: everything that two sides gave, and the JSON that says it.

use crate::exit::Exit;
use crate::stats::{Chance, Ruling};
use serde::Serialize;

/// The schema's name and version; a change that breaks readers makes a new one.
pub(super) const SCHEMA: &str = "kafka-chaos/compare/1";

/// Two runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: String,
    /// Of the whole comparison.
    pub outcome: Outcome,
    /// The exit status that it means, as it was asked for.
    pub exit_code: u8,
    /// The outcome in a line.
    pub summary: String,
    /// The chance of a false alarm that the whole comparison may have.
    pub alpha: f64,
    /// How much slower, as a share, is still no regression.
    pub tolerance: f64,
    /// How many tests looked for something worse.
    pub tests: usize,
    /// How many trials a side would let every test speak; none where all of them did.
    pub trials_needed: Option<u64>,
    /// What NEW is held against.
    pub base: SideSummary,
    /// What is judged.
    pub new: SideSummary,
    /// What differs between the runs in every pair of cells.
    pub differences: Vec<Difference>,
    /// Cells of both, in BASE's order.
    pub cells: Vec<PairFindings>,
    /// Cells that NEW lacks, by id.
    pub only_in_base: Vec<String>,
    /// Cells that BASE does not know.
    pub only_in_new: Vec<String>,
}

impl Comparison {
    /// The exit that its exit status means.
    pub fn exit(&self) -> Exit {
        match self.outcome.exit() {
            Exit::Pass if self.exit_code == Exit::Inconclusive.code() => Exit::Inconclusive,
            exit => exit,
        }
    }
}

/// How a comparison came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Something is worse, and chance does not explain it.
    Regression,
    /// Nothing is worse, something is better.
    Improved,
    /// Nothing changed that chance does not explain.
    NoChange,
    /// Nothing is certainly worse, and so few trials cannot tell.
    Undecided,
    /// Nothing is worse in what was compared, but not all of BASE could be.
    Inconclusive,
}

impl Outcome {
    /// The exit that it leads to, if nobody asked for more.
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
    /// As it was named on the command line.
    pub path: String,
    /// The scenario's name.
    pub scenario: String,
    /// RFC 3339.
    pub started_at: String,
    /// Kafka's version.
    pub kafka: String,
    /// How many cells.
    pub cells: usize,
    /// The fewest and the most trials of a cell that can be compared.
    pub trials: (usize, usize),
    /// What a person should know: trials left out, an interrupt.
    pub notes: Vec<String>,
}

/// A setting that differs; none where that side does not set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `acks`, `cluster.kafka`, `runtime`.
    pub name: String,
    /// BASE's value.
    pub base: Option<String>,
    /// NEW's value.
    pub new: Option<String>,
    /// Whether it can be the cause of a change: a configuration is, the place of a run is not.
    pub is_cause: bool,
}

/// Two cells side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairFindings {
    /// BASE's id.
    pub base: String,
    /// NEW's id.
    pub new: String,
    /// The worst of its findings.
    pub change: Change,
    /// Why it cannot be compared; none if it can.
    pub not_comparable: Option<String>,
    /// Which of the two has no trial to compare, BASE and NEW.
    pub lacks_trials: (bool, bool),
    /// What differs here, beside what differs everywhere.
    pub differences: Vec<Difference>,
    /// What was looked at, in the order of importance.
    pub findings: Vec<Finding>,
}

/// What became of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The same, or chance explains the difference.
    None,
    /// It differs, and so few trials tell nothing.
    Undecided,
    /// Better.
    Better,
    /// Worse: a regression.
    Worse,
}

/// Which rule of `docs/compare.md` speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// An expectation that BASE met.
    Promise,
    /// In how many trials an anomaly was seen.
    Share,
    /// In every trial of one side and in none of the other.
    EveryTrial,
    /// How many messages a trial has the anomaly.
    Amount,
    /// A latency, or the time without an acknowledgement.
    Time,
}

/// One measure of a pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `lost`, `p99 during`, or an expectation as it was written.
    pub measure: String,
    /// The rule by which it was judged.
    pub rule: Rule,
    /// What became of it.
    pub change: Change,
    /// BASE's figure, as the table shows it.
    pub base: String,
    /// NEW's figure.
    pub new: String,
    /// In words.
    pub text: String,
    /// Trials that tell it, of BASE and of NEW.
    pub trials: (usize, usize),
    /// The test that NEW is worse, where there is one.
    pub worse: Option<Tested>,
    /// The test that NEW is better.
    pub better: Option<Tested>,
    /// How many times larger NEW's figures are, of amounts and times.
    pub ratio: Option<Ratio>,
    /// Whether a time is at least three times as long, although no test says so: it is told.
    pub striking: bool,
}

/// A test and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tested {
    /// What it gave.
    pub chance: Chance,
    /// None when it was not made, since it could not have spoken.
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
    /// None where there are too few trials.
    pub low: Option<f64>,
    /// Likewise.
    pub high: Option<f64>,
}
