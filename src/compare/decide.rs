//! From a candidate and the rulings of its tests to a finding: what changed, in words.

use super::candidates::{Candidate, Shape, Size};
use super::model::{Change, Difference, Finding, Ratio, Rule, Tested};
use super::words;
use crate::stats::{Family, Hits, Ranking};

/// A time this many times as long is reported, whatever tests say.
const STRIKING_RATIO: f64 = 3.0;

/// "In every trial of one side and none of the other" means something from this many trials per
/// side on.
const EVERY_TRIAL_MIN: u64 = 2;

/// What decides beside the candidate itself.
pub(super) struct Court<'a> {
    /// The tests that NEW is worse.
    pub worse: &'a Family,
    /// How many trials per side would enable every test of this comparison.
    pub trials_needed: u64,
    /// Differences of the pair's configurations that can be causes.
    pub causes: Vec<&'a Difference>,
}

impl Court<'_> {
    /// Decides about one candidate.
    pub(super) fn decide(
        &self,
        candidate: Candidate,
        worse: Tested,
        better: Tested,
        ranking: &mut Ranking,
    ) -> Finding {
        let enough = self.worse.would_make(candidate.full_split());
        let ratio = size(&candidate.shape).map(|size| ratio(size, worse, better, ranking));
        let (change, rule, why) = match &candidate.shape {
            // A time or a rate differs in each trial: that a bound was missed once is no more
            // certain than that messages were lost once.
            Shape::Share { base, new, .. } | Shape::Bound { base, new } => {
                self.share(*base, *new, enough, worse, better)
            }
            Shape::Amount(size) => self.sized(size, Rule::Amount, enough, worse, better),
            Shape::Time(size) => self.sized(size, Rule::Time, enough, worse, better),
        };
        let striking = matches!(candidate.shape, Shape::Time(_)) && change <= Change::Undecided;
        let striking = striking
            && size(&candidate.shape).is_some_and(|size| size.matters.0)
            && ratio.is_some_and(|ratio| ratio.estimate >= STRIKING_RATIO);
        let why = match change {
            Change::Undecided if why.is_empty() => self.too_few(candidate.trials),
            Change::None if striking => {
                format!("may be chance, {}", words::chance(worse.chance.p))
            }
            _ => why,
        };
        let (base, new) = figures(&candidate.shape);
        let grown = ratio.map_or(String::new(), |r| format!(", {}", grown(r, &candidate.shape)));
        let why = if why.is_empty() { why } else { format!("; {why}") };
        let measure = &candidate.measure;
        let text = match &candidate.shape {
            Shape::Share { .. } => format!("{measure} {new}, in BASE {base}{why}"),
            Shape::Bound { .. } => format!("`{measure}` is {new}, in BASE {base}{why}"),
            Shape::Amount(_) | Shape::Time(_) => {
                format!("{measure}: {base} -> {new}{grown}{why}")
            }
        };
        Finding {
            measure: candidate.measure,
            rule,
            change,
            base,
            new,
            text,
            trials: candidate.trials,
            worse: Some(worse),
            better: Some(better),
            ratio,
            striking,
        }
    }

    fn share(
        &self,
        base: Hits,
        new: Hits,
        enough: bool,
        worse: Tested,
        better: Tested,
    ) -> (Change, Rule, String) {
        let (none, all) = (|h: Hits| h.hits == 0, |h: Hits| h.hits == h.of);
        if base.of == 0 || new.of == 0 {
            let side = if base.of == 0 { "BASE" } else { "NEW" };
            let why = format!("no trial of {side} settles it");
            return (Change::Undecided, Rule::Share, why);
        }
        let tested = by_tests(worse, better, (true, true), Rule::Share);
        if tested.0 != Change::None || enough || base.hits * new.of == new.hits * base.of {
            return tested;
        }
        // Too few trials for any test. "In all of one side and in none of the other" is believed
        // only if a cause is known.
        let change = match (none(base) && all(new), all(base) && none(new)) {
            (true, _) => Change::Worse,
            (_, true) => Change::Better,
            _ => return (Change::Undecided, Rule::Share, String::new()),
        };
        // Once on each side is no pattern, whatever differs: a fault loses messages by luck, too.
        if self.causes.is_empty() || base.of.min(new.of) < EVERY_TRIAL_MIN {
            return (Change::Undecided, Rule::EveryTrial, String::new());
        }
        let causes = words::differences(self.causes.iter().copied());
        (change, Rule::EveryTrial, format!("the configuration differs: {causes}"))
    }

    fn sized(
        &self,
        size: &Size,
        rule: Rule,
        enough: bool,
        worse: Tested,
        better: Tested,
    ) -> (Change, Rule, String) {
        let made = worse.ruling.is_some() || better.ruling.is_some();
        if made || enough {
            return by_tests(worse, better, size.matters, rule);
        }
        let differs = size.matters.0 || size.matters.1;
        let change = if differs { Change::Undecided } else { Change::None };
        (change, rule, String::new())
    }

    fn too_few(&self, trials: (usize, usize)) -> String {
        let trials = match trials {
            (base, new) if base == new => words::counted(base, "trial"),
            (base, new) => format!("{base} and {}", words::counted(new, "trial")),
        };
        format!("not decided with {trials}: run both with --repeat {}", self.trials_needed)
    }
}

/// What the tests say about what is large enough to matter.
fn by_tests(
    worse: Tested,
    better: Tested,
    matters: (bool, bool),
    rule: Rule,
) -> (Change, Rule, String) {
    if worse.is_rejected() && matters.0 {
        (Change::Worse, rule, words::chance(worse.chance.p))
    } else if better.is_rejected() && matters.1 {
        (Change::Better, rule, words::chance(better.chance.p))
    } else {
        (Change::None, rule, String::new())
    }
}

fn size(shape: &Shape) -> Option<&Size> {
    match shape {
        Shape::Amount(size) | Shape::Time(size) => Some(size),
        Shape::Share { .. } | Shape::Bound { .. } => None,
    }
}

/// The ratio with its interval, at the levels at which both tests were made.
fn ratio(size: &Size, worse: Tested, better: Tested, ranking: &mut Ranking) -> Ratio {
    let level = |tested: Tested| tested.ruling.map(|ruling| ruling.level);
    let (low, high) = ranking.interval(&size.shift, level(worse), level(better));
    let times = |shift: f64| shift.exp();
    Ratio { estimate: times(size.shift.estimate()), low: low.map(times), high: high.map(times) }
}

/// `+80 % (+40 % to +120 %)`, `98 times as long (75 to 130)`.
fn grown(ratio: Ratio, shape: &Shape) -> String {
    let is_time = matches!(shape, Shape::Time(_));
    let kind = if is_time { " as long" } else { " as many" };
    let kind = if words::is_times(ratio.estimate) { kind } else { "" };
    let estimate = format!("{}{kind}", words::growth(ratio.estimate));
    match ratio.low.zip(ratio.high) {
        Some((low, high)) if words::is_times(low.min(ratio.estimate)) => {
            format!("{estimate} ({low:.0} to {high:.0})")
        }
        Some((low, high)) => {
            format!("{estimate} ({} to {})", words::growth(low), words::growth(high))
        }
        None => estimate,
    }
}

/// BASE's figure and NEW's, as the table shows them.
fn figures(shape: &Shape) -> (String, String) {
    match shape {
        Shape::Share { base, new, counts } => (seen(*base, counts.0), seen(*new, counts.1)),
        Shape::Bound { base, new } => {
            let broken = |h: &Hits| format!("broken in {} of {}", h.hits, h.of);
            (broken(base), broken(new))
        }
        Shape::Amount(size) => {
            let (base, new) = size.medians;
            (format!("{base} a trial"), format!("{new} a trial"))
        }
        Shape::Time(size) => (words::time(size.medians.0), words::time(size.medians.1)),
    }
}

/// `in 18 of 20`; for a single trial the count itself.
fn seen(hits: Hits, count: Option<f64>) -> String {
    match (hits.of, count) {
        (0, _) => "not settled".to_owned(),
        (1, Some(count)) => format!("{count} in 1 trial"),
        _ => format!("in {} of {}", hits.hits, hits.of),
    }
}
