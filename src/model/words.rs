//! Counts in sentences.

use std::fmt::Display;

/// `1 message`, `812 messages`.
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let s = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// `1 more cell`, `5 more cells`; `None` if nothing is left out.
pub(crate) fn more<N: Copy + Display + PartialEq + From<u8>>(
    number: N,
    noun: &str,
) -> Option<String> {
    (number != N::from(0)).then(|| counted(number, &format!("more {noun}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_no_plural() {
        assert_eq!([counted(0_usize, "cell"), counted(1_usize, "cell")], ["0 cells", "1 cell"]);
        assert_eq!(more(1_u64, "range").as_deref(), Some("1 more range"));
        assert_eq!(
            (more(2_u64, "range").as_deref(), more(0_u64, "range")),
            (Some("2 more ranges"), None)
        );
    }
}
