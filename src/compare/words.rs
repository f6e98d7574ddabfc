//! How a comparison's figures are written.

use super::model::Difference;
pub(super) use crate::model::{counted, more};

/// How many names or settings a line lists; the JSON has all.
const LIST_MAX: usize = 8;

/// `12.0 ms`, `13.2 s`.
pub(super) fn time(ms: f64) -> String {
    if ms < 999.95 { format!("{ms:.1} ms") } else { format!("{:.1} s", ms / 1e3) }
}

/// A ratio as growth: `+80 %`, `-44 %`, `12 times`.
pub(super) fn growth(ratio: f64) -> String {
    match is_times(ratio) {
        true => format!("{ratio:.0} times"),
        false => format!("{:+.0} %", (ratio - 1.0) * 1e2),
    }
}

/// Whether a ratio is so large that percents are hard to read.
pub(super) fn is_times(ratio: f64) -> bool {
    ratio >= 10.0
}

/// `p = 0.0123`, `p < 0.0001`.
pub(super) fn chance(p: f64) -> String {
    if p < 1e-4 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") }
}

/// `a, b, c and 4 more`.
pub(super) fn list<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.into_iter().collect();
    let told = all.iter().take(LIST_MAX).copied().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(LIST_MAX) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

/// `acks all -> 1, linger.ms 20 -> 5`.
pub(super) fn differences<'a>(all: impl IntoIterator<Item = &'a Difference>) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or("(not set)".to_owned());
    let one = |d: &Difference| format!("{} {} -> {}", d.name, value(&d.base), value(&d.new));
    let all: Vec<String> = all.into_iter().map(one).collect();
    list(all.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(
            [time(0.04), time(12.0), time(999.96), time(13_192.8)].join(" | "),
            "0.0 ms | 12.0 ms | 1.0 s | 13.2 s"
        );
        assert_eq!(
            [growth(1.8), growth(0.56), growth(12.3)].join(" | "),
            "+80 % | -44 % | 12 times"
        );
        assert_eq!([chance(0.012_34), chance(0.0)].join(" | "), "p = 0.0123 | p < 0.0001");
        assert_eq!(list(["a"; 10]), "a, a, a, a, a, a, a, a and 2 more");
    }
}
