//! [`Candidate`]: a measure of two cells that a test could judge, with the test's result.

use super::judge::Options;
use super::side::{SideCell, Trial};
use crate::model::Metric;
use crate::stats::{Chance, Hits, Ranking, Shift, fisher_fewer, fisher_more, full_split};

/// Fewer trials with an anomaly say nothing about the amount per trial.
const AMOUNT_TRIALS_MIN: usize = 4;

/// Growth of an amount by less than this factor is no regression.
const AMOUNT_RATIO: f64 = 1.2;

/// What no test can judge.
const MUTE: Chance = Chance { p: 1.0, least: 1.0 };

/// The smallest time that counts, in milliseconds, so that ratios exist.
const TIME_MIN_MS: f64 = 1e-3;

/// A measure that a test could judge.
pub(super) struct Candidate {
    /// `lost`, `p99 during`, or an expectation as written.
    pub measure: String,
    /// Trials with this measure, of BASE and of NEW.
    pub trials: (usize, usize),
    /// The test that NEW is worse.
    pub worse: Chance,
    /// The test that NEW is better.
    pub better: Chance,
    pub shape: Shape,
}

/// What is compared.
pub(super) enum Shape {
    /// In how many trials the anomaly was seen.
    Share {
        base: Hits,
        new: Hits,
        /// Medians per trial; `None` without trials.
        counts: (Option<f64>, Option<f64>),
    },
    /// In how many trials an expectation about no anomaly was violated.
    Bound { base: Hits, new: Hits },
    /// How many messages have it, in trials that have any.
    Amount(Size),
    /// Milliseconds.
    Time(Size),
}

/// How two sets of figures compare in size.
pub(super) struct Size {
    /// On a logarithmic scale, where a shift is a ratio.
    pub shift: Shift,
    /// The medians, for people.
    pub medians: (f64, f64),
    /// Whether the difference is large enough to matter, upwards and downwards.
    pub matters: (bool, bool),
}

impl Candidate {
    /// The smallest p that any test of this many trials could give.
    pub(super) fn full_split(&self) -> f64 {
        full_split(self.trials.0 as u64, self.trials.1 as u64)
    }

    /// Whether all trials of both sides are alike, so that no number of such trials decides
    /// anything.
    pub(super) fn is_idle(&self) -> bool {
        match &self.shape {
            Shape::Share { base, new, .. } | Shape::Bound { base, new } => {
                let hits = base.hits + new.hits;
                hits == 0 || hits == base.of + new.of
            }
            Shape::Amount(_) | Shape::Time(_) => false,
        }
    }
}

/// Every figure of a pair that could be judged, the most important first.
pub(super) fn candidates(
    base: &SideCell,
    new: &SideCell,
    options: Options,
    ranking: &mut Ranking,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for metric in Metric::anomalies().filter(|metric| metric.is_per_trial()) {
        let measure = metric.word();
        let (base, new) = (figures(base, |t| t.figure(metric)), figures(new, |t| t.figure(metric)));
        found.push(share(measure, &base, &new));
        found.extend(amount(measure, &base, &new, ranking));
    }
    type Figure = fn(&Trial) -> Option<f64>;
    let times: [(&'static str, f64, Figure); 3] = [
        ("p99 before", 5.0, |t| t.p99_before_us.map(|us| us as f64 / 1e3)),
        ("p99 during", 5.0, |t| t.p99_during_us.map(|us| us as f64 / 1e3)),
        (Metric::Unavailable.word(), 1e3, |t| t.unavailable_ms),
    ];
    for (measure, at_least_ms, figure) in times {
        let (base, new) = (figures(base, figure), figures(new, figure));
        found.extend(time(measure, at_least_ms, (&base, &new), options.tolerance, ranking));
    }
    found
}

fn figures(cell: &SideCell, figure: impl Fn(&Trial) -> Option<f64>) -> Vec<f64> {
    cell.trials.iter().filter_map(figure).collect()
}

fn median(figures: &[f64]) -> Option<f64> {
    crate::stats::Spread::of(figures).map(|spread| spread.median)
}

/// The tests of two shares.
pub(super) fn shares(base: Hits, new: Hits) -> (Chance, Chance) {
    (fisher_more(base, new), fisher_fewer(base, new))
}

fn share(measure: &'static str, base: &[f64], new: &[f64]) -> Candidate {
    let hits = |counts: &[f64]| Hits {
        hits: counts.iter().filter(|n| **n > 0.0).count() as u64,
        of: counts.len() as u64,
    };
    let counts = (median(base), median(new));
    let trials = (base.len(), new.len());
    let (base, new) = (hits(base), hits(new));
    let (worse, better) = shares(base, new);
    let measure = measure.to_owned();
    Candidate { measure, trials, worse, better, shape: Shape::Share { base, new, counts } }
}

/// How much there is if there is any: whether there is any is the share's question.
fn amount(
    measure: &'static str,
    base: &[f64],
    new: &[f64],
    ranking: &mut Ranking,
) -> Option<Candidate> {
    let some = |counts: &[f64]| counts.iter().copied().filter(|n| *n > 0.0).collect::<Vec<f64>>();
    let (base, new) = (some(base), some(new));
    let shift = ranking.compare(&logarithms(&base), &logarithms(&new))?;
    let trials = (base.len(), new.len());
    let enough = trials.0.min(trials.1) >= AMOUNT_TRIALS_MIN;
    let (worse, better) = if enough { (shift.more, shift.less) } else { (MUTE, MUTE) };
    let ratio = shift.estimate().exp();
    let matters = (ratio >= AMOUNT_RATIO, ratio <= 1.0 / AMOUNT_RATIO);
    let size = Size { shift, medians: (median(&base)?, median(&new)?), matters };
    Some(Candidate {
        measure: measure.to_owned(),
        trials,
        worse,
        better,
        shape: Shape::Amount(size),
    })
}

/// A time must grow by the tolerance and by a minimum: a quarter of next to nothing does not
/// matter.
fn time(
    measure: &'static str,
    at_least_ms: f64,
    (base, new): (&[f64], &[f64]),
    tolerance: f64,
    ranking: &mut Ranking,
) -> Option<Candidate> {
    let shift = ranking.compare(&logarithms(base), &logarithms(new))?;
    let absolute_ms = ranking.compare(base, new)?.estimate();
    let ratio = shift.estimate().exp();
    let matters = (
        ratio > 1.0 + tolerance && absolute_ms >= at_least_ms,
        ratio < 1.0 / (1.0 + tolerance) && absolute_ms <= -at_least_ms,
    );
    let (trials, worse, better) = ((base.len(), new.len()), shift.more, shift.less);
    let size = Size { shift, medians: (median(base)?, median(new)?), matters };
    Some(Candidate { measure: measure.to_owned(), trials, worse, better, shape: Shape::Time(size) })
}

fn logarithms(figures: &[f64]) -> Vec<f64> {
    figures.iter().map(|figure| figure.max(TIME_MIN_MS).ln()).collect()
}
