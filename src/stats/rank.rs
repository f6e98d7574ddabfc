//! [`Ranking`]: whether figures of one kind are larger than those of another, and by how much,
//! whatever their distribution; for latencies, whose tails fit no formula.

use super::holm::{Chance, reaches};
use std::collections::BTreeMap;

/// At most the first 100 figures of each kind are ranked: the work grows with the product, and a
/// hundred show every shift that matters.
pub(super) const RANKED_MAX: usize = 100;

/// The probability that all figures of one kind rank above all others: 1 over the number of orders.
/// No test by order or by shares gives less.
pub(crate) fn full_split(base: u64, new: u64) -> f64 {
    (1..=new).fold(1.0, |chance, i| chance * i as f64 / (base + i) as f64)
}

/// The fewest trials on each side with which any test could reach this level.
pub(crate) fn trials_needed(level: f64) -> u64 {
    (1..u64::from(u16::MAX)).find(|n| reaches(full_split(*n, *n), level)).unwrap_or(u64::MAX)
}

/// For n figures of one kind and m of the other: the probabilities that at least so many of their
/// n·m pairs are in ascending order, if both kinds have the same distribution without ties. Cached,
/// since many cells have the same number of trials.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranking {
    chances: BTreeMap<(usize, usize), Vec<f64>>,
}

/// By how much the figures of one kind are larger.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shift {
    /// Every difference, new minus base, ascending; never empty.
    differences: Vec<f64>,
    /// How many figures of each kind.
    sizes: (usize, usize),
    /// The test that `new` has larger figures.
    pub more: Chance,
    /// The test that `new` has smaller figures.
    pub less: Chance,
}

impl Ranking {
    /// Compares the first [`RANKED_MAX`] figures of each kind; `None` if either has none.
    ///
    /// H. B. Mann and D. R. Whitney, "On a Test of Whether one of Two Random Variables is
    /// Stochastically Larger than the Other", Annals of Mathematical Statistics 18 (1947), 50-60.
    /// Pairs of equal figures count for neither side. Breaking ties at random would count no fewer,
    /// and has the distribution without ties: so ties make the test stricter.
    pub(crate) fn compare(&mut self, base: &[f64], new: &[f64]) -> Option<Shift> {
        let [base, new] = [base, new].map(|all| &all[..all.len().min(RANKED_MAX)]);
        let sizes = (base.len(), new.len());
        let mut differences: Vec<f64> =
            new.iter().flat_map(|new| base.iter().map(move |base| new - base)).collect();
        differences.sort_by(f64::total_cmp);
        if differences.is_empty() {
            return None;
        }
        let above = differences.iter().filter(|d| **d > 0.0).count();
        let below = differences.iter().filter(|d| **d < 0.0).count();
        let chances = self.chances(sizes);
        let chance = |pairs: usize| Chance { p: chances[pairs], least: chances[chances.len() - 1] };
        let (more, less) = (chance(above), chance(below));
        Some(Shift { differences, sizes, more, less })
    }

    /// The shift's interval, each end with the level at which it may be wrong. An end is `None` if
    /// so few figures give none at its level.
    ///
    /// The pairs that the test counts are the differences above (or below) zero, so the interval
    /// excludes zero exactly when the test rejects at the same level. M. Hollander, D. A. Wolfe and
    /// E. Chicken, Nonparametric Statistical Methods, 3rd edition (2014), section 4.3.
    pub(crate) fn interval(
        &mut self,
        shift: &Shift,
        low: Option<f64>,
        high: Option<f64>,
    ) -> (Option<f64>, Option<f64>) {
        let chances = self.chances(shift.sizes);
        // The smallest number of pairs that is too unlikely at this level; at least one.
        let fewest = |level: f64| chances.iter().position(|chance| reaches(*chance, level));
        let all = &shift.differences;
        let low = low.and_then(fewest).and_then(|pairs| all.get(all.len() - pairs.max(1)));
        let high = high.and_then(fewest).and_then(|pairs| all.get(pairs.max(1) - 1));
        (low.copied(), high.copied())
    }

    fn chances(&mut self, sizes: (usize, usize)) -> &[f64] {
        self.chances.entry(sizes).or_insert_with(|| upper_tail(sizes.0, sizes.1))
    }
}

impl Shift {
    /// The median of all differences: J. L. Hodges and E. L. Lehmann, "Estimates of Location Based
    /// on Rank Tests", Annals of Mathematical Statistics 34 (1963), 598-611.
    pub(crate) fn estimate(&self) -> f64 {
        let last = self.differences.len() - 1;
        f64::midpoint(self.differences[last / 2], self.differences[last.div_ceil(2)])
    }
}

/// The probability of at least u ascending pairs, for u from 0 to n·m.
///
/// Mann and Whitney's recurrence: the largest of all figures is one of the m and then exceeds all
/// n, or one of the n and adds nothing. It only adds probabilities, so nothing cancels.
fn upper_tail(n: usize, m: usize) -> Vec<f64> {
    // rows[j]: the probabilities of u pairs with j of the m figures and the n figures added so far.
    let mut rows: Vec<Vec<f64>> = vec![vec![1.0]; m + 1];
    for i in 1..=n {
        for j in 1..=m {
            let new_is_largest = j as f64 / (i + j) as f64;
            let mut row = vec![0.0; i * j + 1];
            for (u, chance) in rows[j].iter().enumerate() {
                row[u] += (1.0 - new_is_largest) * chance;
            }
            for (u, chance) in rows[j - 1].iter().enumerate() {
                row[u + i] += new_is_largest * chance;
            }
            rows[j] = row;
        }
    }
    let mut tail = rows.swap_remove(m);
    let mut sum = 0.0;
    for chance in tail.iter_mut().rev() {
        sum += *chance;
        *chance = sum;
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shift(base: &[f64], new: &[f64]) -> Shift {
        Ranking::default().compare(base, new).unwrap()
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * b.abs()
    }

    /// Every order of n and m figures, one by one.
    fn by_enumeration(n: usize, m: usize) -> Vec<f64> {
        let mut counts = vec![0.0; n * m + 1];
        for order in (0u32..1 << (n + m)).filter(|order| order.count_ones() as usize == m) {
            let (mut bases, mut pairs) = (0, 0);
            for place in 0..n + m {
                if order & (1 << place) == 0 { bases += 1 } else { pairs += bases }
            }
            counts[pairs] += 1.0;
        }
        let total: f64 = counts.iter().sum();
        (0..counts.len()).map(|u| counts[u..].iter().sum::<f64>() / total).collect()
    }

    #[test]
    fn chances_are_those_of_all_orders() {
        for (n, m) in [(1, 1), (1, 4), (4, 1), (2, 3), (3, 3), (5, 4), (6, 6), (3, 8)] {
            let (got, wanted) = (upper_tail(n, m), by_enumeration(n, m));
            assert_eq!(got.len(), wanted.len());
            assert!(got.iter().zip(&wanted).all(|(a, b)| near(*a, *b)), "{n} {m} {got:?}");
            assert!(near(got[n * m], full_split(n as u64, m as u64)));
        }
    }

    /// Mann and Whitney's table I: for n = m = 5 the probability of U <= 4 is .048, of U <= 2 .016;
    /// for n = m = 8 that of U <= 15 is .041.
    #[test]
    fn chances_are_the_published_ones() {
        for (n, u, chance) in [(5, 4, 0.048), (5, 2, 0.016), (8, 15, 0.041)] {
            assert!((upper_tail(n, n)[n * n - u] - chance).abs() < 5e-4, "{n} {u}");
        }
        let largest = upper_tail(RANKED_MAX, RANKED_MAX);
        assert!(near(largest[RANKED_MAX * RANKED_MAX], full_split(100, 100)));
        assert!((largest[5000] - 0.5).abs() < 1e-3 && near(largest[0], 1.0));
    }

    /// Hollander and Wolfe's tritiated water at term and at 12-26 weeks (example 4.1): 9 pairs in
    /// the other order of 50, P = .1272 one-sided, estimate of the shift -.305.
    #[test]
    fn the_textbook_s_example_comes_out() {
        let term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let early = [1.15, 0.88, 0.90, 0.74, 1.21];
        let got = shift(&term, &early);
        assert!((got.less.p - 0.1272).abs() < 5e-5, "{got:?}");
        assert!((got.estimate() + 0.305).abs() < 1e-9, "{}", got.estimate());
        // Their interval of at least 95 %: from -.76 to .15.
        let (low, high) = Ranking::default().interval(&got, Some(0.025), Some(0.025));
        assert!((low.unwrap() + 0.76).abs() < 1e-9 && (high.unwrap() - 0.15).abs() < 1e-9);
    }

    #[test]
    fn few_figures_give_no_interval() {
        let mut ranking = Ranking::default();
        let one = ranking.compare(&[1.0], &[9.0]).unwrap();
        assert_eq!((one.estimate(), one.more.p), (8.0, 0.5));
        assert_eq!(ranking.interval(&one, Some(0.05), Some(0.05)), (None, None));
        assert_eq!(ranking.compare(&[], &[1.0]), None);
        assert_eq!(ranking.compare(&[1.0], &[]), None);
    }

    #[test]
    fn equal_figures_speak_for_neither_side() {
        let same = shift(&[2.0; 8], &[2.0; 8]);
        assert!(near(same.more.p, 1.0) && near(same.less.p, 1.0));
        assert!(same.estimate().abs() < 1e-300);
    }

    /// 1/C(2n, n): 1/20 with three trials per side, 1/70 with four, 1/12870 with eight.
    #[test]
    fn how_many_trials_a_level_needs() {
        let levels = [0.5, 0.05, 0.049, 0.05 / 252.0];
        assert_eq!(levels.map(trials_needed), [1, 3, 4, 8]);
    }

    proptest! {
        /// Swapping the sides swaps everything.
        #[test]
        fn it_is_symmetric(
            base in prop::collection::vec(0u8..20, 1..12),
            new in prop::collection::vec(0u8..20, 1..12),
            level in 0.0..0.6,
        ) {
            let [base, new] = [base, new].map(|all| all.into_iter().map(f64::from).collect::<Vec<_>>());
            let mut ranking = Ranking::default();
            let there = ranking.compare(&base, &new).unwrap();
            let back = ranking.compare(&new, &base).unwrap();
            prop_assert!(near(there.more.p, back.less.p) && near(there.less.p, back.more.p));
            prop_assert!((there.estimate() + back.estimate()).abs() < 1e-12);
            let (low, high) = ranking.interval(&there, Some(level), Some(level));
            let (back_low, back_high) = ranking.interval(&back, Some(level), Some(level));
            prop_assert_eq!((low, high), (back_high.map(|x| -x), back_low.map(|x| -x)));
            // The interval excludes zero exactly when the test rejects.
            prop_assert_eq!(low.is_some_and(|low| low > 0.0), reaches(there.more.p, level));
            prop_assert_eq!(high.is_some_and(|high| high < 0.0), reaches(there.less.p, level));
            if let (Some(low), Some(high)) = (low, high) {
                prop_assert!(level >= 0.5 || (low <= there.estimate() && there.estimate() <= high));
            }
        }

        /// With or without ties, if both kinds are the same, a level is exceeded no more often than
        /// it says: over all ways to choose which figures are the new ones.
        #[test]
        fn it_is_conservative(figures in prop::collection::vec(0u8..6, 4..10), level in 0.0..0.4) {
            let n = figures.len() / 2;
            let mut ranking = Ranking::default();
            let (mut ways, mut alarms) = (0u32, 0u32);
            for mask in (0u32..1 << figures.len()).filter(|mask| mask.count_ones() as usize == n) {
                let pick = |wanted: bool| -> Vec<f64> {
                    let all = figures.iter().enumerate();
                    all.filter(|(i, _)| (mask >> i & 1 == 1) == wanted).map(|(_, f)| f64::from(*f)).collect()
                };
                ways += 1;
                let got = ranking.compare(&pick(false), &pick(true)).unwrap();
                alarms += u32::from(got.more.p <= level);
            }
            prop_assert!(f64::from(alarms) <= level * f64::from(ways) + 1e-9);
        }
    }
}
