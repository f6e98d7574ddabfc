//! [`Share`]: in how many trials something happened, with its 95 % interval.

use serde::{Deserialize, Serialize};

/// The quantile of the standard normal distribution that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;

/// k of n, and Wilson's score interval of the true share at 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub hits: u64,
    pub of: u64,
    /// Lower bound of the interval, 0 to 1.
    pub low: f64,
    /// Upper bound of the interval, 0 to 1.
    pub high: f64,
}

impl Share {
    /// It happened in `hits` of `of` trials. Without trials nothing is known: 0 to 1.
    ///
    /// E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    /// Journal of the American Statistical Association 22 (1927), 209-212.
    pub fn of(hits: u64, of: u64) -> Self {
        if of == 0 {
            return Share { hits, of, low: 0.0, high: 1.0 };
        }
        let (n, p) = (of as f64, hits as f64 / of as f64);
        let z2 = Z * Z;
        let centre = p + z2 / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        // Corrects rounding at the exact ends.
        let low = if hits == 0 { 0.0 } else { ((centre - half) / scale).max(0.0) };
        let high = if hits == of { 1.0 } else { ((centre + half) / scale).min(1.0) };
        Share { hits, of, low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    #[test]
    fn intervals_are_the_published_ones() {
        for (hits, of, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
        {
            let share = Share::of(hits, of);
            assert!((share.low - low).abs() < 5e-5, "{share:?}");
            assert!((share.high - high).abs() < 5e-5, "{share:?}");
        }
        let all = Share::of(20, 20);
        assert!((all.low - 0.8389).abs() < 5e-5 && all.high >= 1.0, "{all:?}");
        let none = Share::of(0, 0);
        assert!(none.low <= 0.0 && none.high >= 1.0);
    }
}
