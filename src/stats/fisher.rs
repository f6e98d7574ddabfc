//! Fisher's exact test: whether something happened in more trials of one kind than of another.

use super::holm::Chance;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hits {
    /// At most `of`.
    pub hits: u64,
    pub of: u64,
}

/// The probability of as many hits in `new`, or more, if both had the same chance: given the total
/// number of hits, every way to spread them over the trials is equally likely.
///
/// R. A. Fisher, "The Logic of Inductive Inference", Journal of the Royal Statistical Society 98
/// (1935), 39-82; one-sided.
pub(crate) fn fisher_more(base: Hits, new: Hits) -> Chance {
    let most = new.of.min(base.hits + new.hits);
    upper(base, new, most)
}

/// The same for as few hits in `new`, or fewer.
pub(crate) fn fisher_fewer(base: Hits, new: Hits) -> Chance {
    // Fewer hits in `new` are more of them in `base`.
    fisher_more(new, base)
}

/// Sums the hypergeometric distribution of the hits in `new`, from the observed number to `most`.
///
/// Each weight follows from its neighbor by a ratio, beginning with 1 at the mode, so nothing
/// overflows, no factorial is needed, and what underflows is negligible.
fn upper(base: Hits, new: Hits, most: u64) -> Chance {
    let hits = base.hits + new.hits;
    let least = hits.saturating_sub(base.of);
    let (n, m, k) = (new.of as f64, base.of as f64, hits as f64);
    // The weight of x + 1 hits relative to that of x.
    let ratio = |x: f64| (k - x) * (n - x) / ((x + 1.0) * (m - k + x + 1.0));
    let mode = ((k + 1.0) * (n + 1.0) / (n + m + 2.0)) as u64;
    let mode = mode.clamp(least, most);
    let (mut total, mut tail, mut last) = (0.0, 0.0, 0.0);
    let mut add = |x: u64, weight: f64| {
        total += weight;
        tail += if x >= new.hits { weight } else { 0.0 };
        last = if x == most { weight } else { last };
    };
    let mut weight = 1.0;
    for x in mode..=most {
        add(x, weight);
        weight *= ratio(x as f64);
    }
    weight = 1.0;
    for x in (least..mode).rev() {
        weight /= ratio(x as f64);
        add(x, weight);
    }
    Chance { p: tail / total, least: last / total }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn more(base: (u64, u64), new: (u64, u64)) -> Chance {
        let hits = |(hits, of)| Hits { hits, of };
        fisher_more(hits(base), hits(new))
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * b.abs().max(1e-290)
    }

    /// By binomial coefficients, exactly, in integers.
    fn by_counting(base: (u64, u64), new: (u64, u64)) -> f64 {
        let choose = |n: u64, k: u64| -> u128 {
            (0..k).fold(1, |c, i| c * u128::from(n - i) / u128::from(i + 1))
        };
        let hits = base.0 + new.0;
        let ways = (new.0..=new.1.min(hits)).filter(|x| hits - x <= base.1);
        let tail: u128 = ways.map(|x| choose(new.1, x) * choose(base.1, hits - x)).sum();
        tail as f64 / choose(base.1 + new.1, hits) as f64
    }

    #[test]
    fn chances_are_the_published_ones() {
        // Fisher's tea, The Design of Experiments (1935): 3 of 4 cups identified, 17/70.
        assert!(near(more((1, 4), (3, 4)).p, 17.0 / 70.0));
        // Convictions of like-sex twins of criminals, Fisher (1935): 2 of 17 and 10 of 13.
        let twins = more((2, 17), (10, 13));
        assert!((twins.p - 4.652e-4).abs() < 5e-8, "{twins:?}");
    }

    #[test]
    fn the_least_chance_is_that_of_the_furthest_split() {
        assert!(near(more((0, 3), (3, 3)).p, 0.05) && near(more((0, 3), (3, 3)).least, 0.05));
        assert!(near(more((2, 20), (1, 20)).least, 1140.0 / 9880.0));
        let nothing = more((0, 20), (0, 20));
        assert!(near(nothing.p, 1.0) && near(nothing.least, 1.0));
        assert!(near(more((0, 0), (5, 5)).p, 1.0));
        assert!(near(more((20, 20), (20, 20)).least, 1.0));
    }

    /// References by Python's integers (`math.comb`) and fractions.
    #[test]
    fn a_hundred_thousand_trials_are_no_trouble() {
        for (base, new, p) in LARGE {
            let got = more(base, new).p;
            assert!((got / p - 1.0).abs() < 1e-9, "{base:?} {new:?}: {got:e}, not {p:e}");
        }
        // Too small for a float: 0, not a wrong number.
        assert!(more((0, 100_000), (100_000, 100_000)).p < 1e-290);
    }

    type Pair = (u64, u64);

    const LARGE: [(Pair, Pair, f64); 3] = [
        ((1000, 2000), (1100, 2000), 8.588_075_891_921_247e-4),
        ((3, 100_000), (20, 100_000), 2.439_717_689_662_551_7e-4),
        ((10, 100_000), (60, 50_000), 1.731_448_873_676_374_5e-19),
    ];

    proptest! {
        #[test]
        fn it_agrees_with_counting(n in 0u64..25, m in 0u64..25, a in 0.0..=1.0, b in 0.0..=1.0) {
            let part = |of: u64, share: f64| ((of as f64 * share).round() as u64, of);
            let (base, new) = (part(n, a), part(m, b));
            let got = more(base, new);
            let wanted = by_counting(base, new);
            prop_assert!(near(got.p, wanted), "{base:?} {new:?} {got:?} {wanted}");
            prop_assert!(got.least <= got.p * (1.0 + 1e-12) && got.p <= 1.0 + 1e-12);
        }

        /// Hits and misses can be swapped, and so can the two sides.
        #[test]
        fn it_is_symmetric(n in 1u64..40, m in 1u64..40, a in 0u64..40, b in 0u64..40) {
            let (base, new) = (Hits { hits: a.min(n), of: n }, Hits { hits: b.min(m), of: m });
            let not = |h: Hits| Hits { hits: h.of - h.hits, of: h.of };
            prop_assert!(near(fisher_more(base, new).p, fisher_more(not(new), not(base)).p));
            let both = fisher_more(base, new).p + fisher_fewer(base, new).p;
            prop_assert!(both >= 1.0 - 1e-12, "{both}");
        }

        /// If both have the same chance, a level is exceeded no more often than it says: the sum
        /// over all outcomes, exactly.
        #[test]
        fn it_is_conservative(n in 1u64..12, m in 1u64..12, chance in 0.0..=1.0, level in 0.0..0.3) {
            let binomial = |of: u64, hits: u64| {
                let ways = (0..hits).fold(1.0, |c, i| c * (of - i) as f64 / (i + 1) as f64);
                ways * f64::powi(chance, hits as i32) * f64::powi(1.0 - chance, (of - hits) as i32)
            };
            let mut alarms = 0.0;
            for a in 0..=n {
                for b in (0..=m).filter(|b| more((a, n), (*b, m)).p <= level) {
                    alarms += binomial(n, a) * binomial(m, b);
                }
            }
            prop_assert!(alarms <= level + 1e-12, "{alarms} > {level}");
        }
    }
}
