//! [`compare`]: compares two sides.

use super::candidates::{Candidate, candidates};
use super::decide::Court;
use super::model::{
    Change, Comparison, Difference, Finding, Outcome, PairFindings, SCHEMA, SideSummary, Tested,
};
use super::pair::{Pair, Pairs, pairs};
use super::promise::promises;
use super::side::{Side, SideCell};
use super::words;
use crate::exit::Exit;
use crate::stats::{Chance, Family, Ranking, family, trials_needed};
use std::collections::BTreeMap;

/// The probability of a false alarm allowed for a whole comparison, over all its cells and
/// measures.
pub(super) const ALPHA: f64 = 0.05;

/// How to compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How much a time may grow, as a share, without being a regression.
    pub tolerance: f64,
    /// Whether undecided differences fail.
    pub fail_on_undecided: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { tolerance: 0.25, fail_on_undecided: false }
    }
}

/// What is known of a pair before any test was ruled on.
struct Looked<'a> {
    pair: Pair<'a>,
    findings: Vec<Finding>,
    candidates: Vec<Candidate>,
}

/// Compares NEW with BASE; each comes with the path that it was read from.
pub fn compare(base: (&str, &Side), new: (&str, &Side), options: Options) -> Comparison {
    let mut ranking = Ranking::default();
    let Pairs { pairs, only_in_base, only_in_new } = pairs(base.1, new.1);
    let differences = everywhere(&pairs);
    let looked: Vec<Looked<'_>> =
        pairs.into_iter().map(|pair| look(pair, options, &mut ranking)).collect();
    let (worse, better) = (rule(&looked, |c| c.worse), rule(&looked, |c| c.better));
    let all = || looked.iter().flat_map(|one| &one.candidates);
    let short = all().filter(|c| !c.is_idle() && !worse.would_make(c.full_split())).count();
    let trials_needed = trials_needed(ALPHA / (worse.made + short).max(1) as f64);
    let mut rulings = worse.rulings.iter().copied().zip(better.rulings.iter().copied());
    let mut cells = Vec::new();
    for Looked { pair, mut findings, candidates } in looked {
        let causes = pair.differences.iter().filter(|d| d.is_cause).collect();
        let court = Court { worse: &worse, trials_needed, causes };
        for candidate in candidates {
            let Some((worse, better)) = rulings.next() else { break };
            let worse = Tested { chance: candidate.worse, ruling: worse };
            let better = Tested { chance: candidate.better, ruling: better };
            findings.push(court.decide(candidate, worse, better, &mut ranking));
        }
        cells.push(found(&pair, findings, &differences));
    }
    let lacking: Vec<&str> = only_in_base
        .iter()
        .filter(|cell| cell.is_comparable())
        .map(|cell| cell.id.as_str())
        .chain(cells.iter().filter(|c| c.lacks_trials == (false, true)).map(|c| c.base.as_str()))
        .collect();
    let untested = worse.made == 0 && short > 0;
    let (outcome, summary) = sum_up(&cells, &lacking, untested.then_some(trials_needed));
    let undecided = untested || cells.iter().any(|cell| cell.change == Change::Undecided);
    let exit = match outcome.exit() {
        Exit::Pass if undecided && options.fail_on_undecided => Exit::Inconclusive,
        exit => exit,
    };
    let ids = |cells: &[&SideCell]| cells.iter().map(|cell| cell.id.clone()).collect();
    Comparison {
        schema: SCHEMA.to_owned(),
        outcome,
        exit_code: exit.code(),
        summary,
        alpha: ALPHA,
        tolerance: options.tolerance,
        tests: worse.made,
        trials_needed: (short > 0).then_some(trials_needed),
        base: summary_of(base),
        new: summary_of(new),
        differences,
        only_in_base: ids(&only_in_base),
        only_in_new: ids(&only_in_new),
        cells,
    }
}

fn look<'a>(pair: Pair<'a>, options: Options, ranking: &mut Ranking) -> Looked<'a> {
    let (findings, mut judged) = promises(pair.base, pair.new);
    if pair.base.is_comparable() && pair.new.is_comparable() {
        judged.extend(candidates(pair.base, pair.new, options, ranking));
    } else {
        judged.clear();
    }
    Looked { pair, findings, candidates: judged }
}

/// One family of all tests of one direction: an alarm in any cell is an alarm.
fn rule(looked: &[Looked<'_>], test: fn(&Candidate) -> Chance) -> Family {
    let tests: Vec<Chance> = looked.iter().flat_map(|one| &one.candidates).map(test).collect();
    family(&tests, ALPHA)
}

/// Differences that every pair has.
fn everywhere(pairs: &[Pair<'_>]) -> Vec<Difference> {
    let Some((first, rest)) = pairs.split_first() else { return Vec::new() };
    let common = |one: &&Difference| rest.iter().all(|pair| pair.differences.contains(one));
    first.differences.iter().filter(common).cloned().collect()
}

fn found(pair: &Pair<'_>, findings: Vec<Finding>, everywhere: &[Difference]) -> PairFindings {
    let lacks_trials = (!pair.base.is_comparable(), !pair.new.is_comparable());
    let sides = match lacks_trials {
        (false, false) => None,
        (true, false) => Some(("BASE", pair.base)),
        // If both lack trials, NEW is the one that can be run again.
        (_, true) => Some(("NEW", pair.new)),
    };
    let not_comparable = sides.map(|(side, cell)| {
        let why = cell.left_out.first().map_or("it has no trial", |left| left.why.as_str());
        format!("{side}: {why}")
    });
    let own = pair.differences.iter().filter(|one| !everywhere.contains(one));
    PairFindings {
        base: pair.base.id.clone(),
        new: pair.new.id.clone(),
        change: findings.iter().map(|one| one.change).max().unwrap_or(Change::None),
        not_comparable,
        lacks_trials,
        differences: own.cloned().collect(),
        findings,
    }
}

/// The outcome, and its line. `lacking` are cells with a result in BASE and none in NEW.
///
/// An observed regression stands, whatever was not looked at. Otherwise a cell that BASE has and
/// NEW lacks keeps the answer from being "no change": half a run must not turn a nightly job green.
/// There is no answer either if trials are `too_few` for any test (it says how many are needed), or
/// if something differs that no test decides.
fn sum_up(cells: &[PairFindings], lacking: &[&str], too_few: Option<u64>) -> (Outcome, String) {
    let of = |change: Change| -> Vec<&str> {
        cells.iter().filter(|c| c.change == change).map(|c| c.new.as_str()).collect()
    };
    let compared = cells.iter().filter(|c| c.not_comparable.is_none()).count();
    let all = cells.len();
    let (worse, better) = (of(Change::Worse), of(Change::Better));
    let beside = match lacking.len() {
        0 => String::new(),
        n => format!("; {} of BASE not compared", words::counted(n, "cell")),
    };
    if !worse.is_empty() {
        let names = words::list(worse.iter().copied());
        let text = format!("REGRESSION: in {} of {all} cells: {names}{beside}", worse.len());
        return (Outcome::Regression, text);
    }
    if compared == 0 {
        let why = match (cells.iter().find_map(|c| c.not_comparable.as_ref()), cells.is_empty()) {
            (Some(why), false) => format!("no cell can be compared: {why}"),
            _ => "the runs have no cell in common".to_owned(),
        };
        return (Outcome::Inconclusive, format!("INCONCLUSIVE: {why}"));
    }
    if !lacking.is_empty() {
        let (names, n) = (words::list(lacking.iter().copied()), lacking.len());
        let text = format!(
            "INCONCLUSIVE: nothing is worse in {}, but NEW has no result for {n} of BASE's cells: \
             {names}",
            words::counted(compared, "cell"),
        );
        return (Outcome::Inconclusive, text);
    }
    if !better.is_empty() {
        let names = words::list(better.iter().copied());
        return (
            Outcome::Improved,
            format!("IMPROVED: in {} of {all} cells: {names}", better.len()),
        );
    }
    let compared = words::counted(compared, "cell");
    let mut parts = Vec::new();
    let open = of(Change::Undecided);
    if !open.is_empty() {
        parts.push(format!("{} with differences", open.len()));
    }
    let striking = cells.iter().filter(|c| c.findings.iter().any(|one| one.striking)).count();
    if striking > 0 {
        parts.push(format!("{striking} with a time at least three times as long"));
    }
    if let Some(needed) = too_few {
        parts.push(format!("too few trials for any test: run both with --repeat {needed}"));
    }
    let told = parts.iter().map(|part| format!("; {part}")).collect::<String>();
    if open.is_empty() && too_few.is_none() {
        return (Outcome::NoChange, format!("NO CHANGE: {compared} compared{told}"));
    }
    (Outcome::Undecided, format!("NOT DECIDED: {compared} compared{told}"))
}

fn summary_of((path, side): (&str, &Side)) -> SideSummary {
    let trials = || side.cells.iter().map(|cell| cell.trials.len());
    let mut notes = side.notes.clone();
    // One reason may spoil the same trials of many cells.
    let mut left_out: BTreeMap<(&str, &[u32]), Vec<&str>> = BTreeMap::new();
    for cell in &side.cells {
        for left in &cell.left_out {
            left_out.entry((&left.why, &left.trials)).or_default().push(&cell.id);
        }
    }
    for ((why, trials), cells) in left_out {
        let numbers: Vec<String> = trials.iter().map(ToString::to_string).collect();
        let noun = if trials.len() == 1 { "trial" } else { "trials" };
        let cells = match cells.len() {
            n if n == side.cells.len() => String::new(),
            _ => format!(" of {}", words::list(cells)),
        };
        let numbers = words::list(numbers.iter().map(String::as_str));
        notes.push(format!("{noun} {numbers}{cells} not compared: {why}"));
    }
    SideSummary {
        path: path.to_owned(),
        scenario: side.scenario.clone(),
        started_at: side.started_at.clone(),
        kafka: side.setup.get("cluster.kafka").cloned().unwrap_or_default(),
        cells: side.cells.len(),
        trials: (trials().min().unwrap_or(0), trials().max().unwrap_or(0)),
        notes,
    }
}
