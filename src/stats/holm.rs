//! Many tests at once: the level of each, so that all together seldom raise false alarms.

use serde::Serialize;

/// The result of a test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Chance {
    /// The probability of this result or a more extreme one, if nothing changed.
    pub p: f64,
    /// The smallest p that the test could have given, from what is the same whether something
    /// changed or not: the numbers of trials, and the total hits.
    pub least: f64,
}

/// The decision about one test of a family.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ruling {
    /// The level that `p` was compared with.
    pub level: f64,
    /// `p` does not exceed it.
    pub rejected: bool,
}

/// The outcome of a family of tests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Family {
    /// A test is made only if its least p is at most this.
    pub bar: f64,
    /// How many tests were made.
    pub made: usize,
    /// One per test, in order; `None` for those that were not made.
    pub rulings: Vec<Option<Ruling>>,
}

/// Decides about tests so that, if nothing changed, the probability of any rejection is at most
/// `alpha`, however the tests depend on each other.
///
/// Tests that could not have rejected whatever was seen are left out first, so that they do not
/// cost the others their level: R. E. Tarone, "A Modified Bonferroni Method for Discrete Data",
/// Biometrics 46 (1990), 515-522. That uses only [`Chance::least`], so it does not change the
/// distribution of any `p`. The rest follows S. Holm, "A Simple Sequentially Rejective Multiple
/// Test Procedure", Scandinavian Journal of Statistics 6 (1979), 65-70.
pub(crate) fn family(tests: &[Chance], alpha: f64) -> Family {
    let able = |bar: f64| tests.iter().filter(move |test| reaches(test.least, bar)).count();
    let divisor = (1..=tests.len()).find(|k| able(alpha / *k as f64) <= *k).unwrap_or(1);
    let bar = alpha / divisor as f64;
    let mut made: Vec<usize> = (0..tests.len()).filter(|i| reaches(tests[*i].least, bar)).collect();
    made.sort_by(|a, b| tests[*a].p.total_cmp(&tests[*b].p));
    let mut rulings = vec![None; tests.len()];
    let mut going = true;
    let mut level = alpha / made.len().max(1) as f64;
    for (position, index) in made.iter().enumerate() {
        if going {
            level = alpha / (made.len() - position) as f64;
            going = reaches(tests[*index].p, level);
        }
        rulings[*index] = Some(Ruling { level, rejected: going });
    }
    Family { bar, made: made.len(), rulings }
}

impl Family {
    /// Whether a test with this least p would have been made.
    pub(crate) fn would_make(&self, least: f64) -> bool {
        reaches(least, self.bar)
    }
}

/// Whether a probability is at most a level. 1 in 20 is 5 %, whatever rounding makes of it.
pub(super) fn reaches(chance: f64, level: f64) -> bool {
    chance <= level * (1.0 + 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chances(list: &[(f64, f64)]) -> Vec<Chance> {
        list.iter().map(|(p, least)| Chance { p: *p, least: *least }).collect()
    }

    fn rejected(family: &Family) -> Vec<Option<bool>> {
        family.rulings.iter().map(|r| r.map(|r| r.rejected)).collect()
    }

    /// Holm's own steps: 0.01 <= 0.05/4, 0.015 <= 0.05/3, then 0.03 > 0.05/2 ends it, and 0.04 is
    /// not considered.
    #[test]
    fn the_first_that_is_not_rejected_ends_it() {
        let all = family(&chances(&[(0.04, 0.0), (0.01, 0.0), (0.03, 0.0), (0.015, 0.0)]), 0.05);
        assert_eq!(rejected(&all), [Some(false), Some(true), Some(false), Some(true)]);
        let levels: Vec<f64> = all.rulings.iter().flatten().map(|r| r.level).collect();
        assert_eq!(levels, [0.05 / 2.0, 0.05 / 4.0, 0.05 / 2.0, 0.05 / 3.0]);
    }

    /// Tarone's point: nine tests that could never have rejected cost the tenth nothing.
    #[test]
    fn tests_that_cannot_reject_are_not_made() {
        let mut list = vec![(1.0, 1.0); 9];
        list.push((0.04, 0.001));
        let all = family(&chances(&list), 0.05);
        assert_eq!((all.made, all.bar), (1, 0.05));
        assert_eq!(rejected(&all)[8..], [None, Some(true)]);
        assert!(all.would_make(1.0 / 20.0 + 1e-17) && !all.would_make(0.051));
        // Two that reach 0.05 and not 0.025: together they are too many.
        let all = family(&chances(&[(0.05, 0.05), (0.05, 0.05)]), 0.05);
        assert_eq!((all.made, all.bar), (0, 0.025));
        assert_eq!(family(&[], 0.05).rulings, []);
    }

    proptest! {
        #[test]
        fn it_is_as_strict_as_it_says(list in prop::collection::vec((0.0..1.0, 0.0..1.0), 0..40)) {
            let list: Vec<(f64, f64)> = list.into_iter().map(|(p, l): (f64, f64)| (p, l * p)).collect();
            let all = family(&chances(&list), 0.05);
            for (ruling, (p, least)) in all.rulings.iter().zip(&list) {
                prop_assert_eq!(ruling.is_some(), all.would_make(*least));
                if let Some(ruling) = ruling {
                    // The level of a test implies its ruling.
                    prop_assert_eq!(ruling.rejected, reaches(*p, ruling.level));
                    prop_assert!(ruling.level <= 0.05 && ruling.level >= 0.05 / all.made as f64);
                    // Never stricter than Bonferroni.
                    prop_assert!(ruling.rejected || *p > 0.05 / all.made as f64);
                }
            }
        }
    }
}
