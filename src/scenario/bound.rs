//! The right-hand side of an expectation: `0`, `">= 1"`, `"160..400"`, `"<= 3 session"`.

use crate::model::{Clocks, Length, Metric};

/// A bound of an expectation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    Count(u64),
    Time(Length),
}

impl Bound {
    fn parse(text: &str, metric: Metric) -> Result<Bound, String> {
        let text = text.trim();
        if metric.is_time() {
            return Length::parse(text)
                .map(Bound::Time)
                .map_err(|reason| format!("`{text}` {reason}; {}", Length::FORMS));
        }
        let digits = text.replace('_', "");
        digits.parse().map(Bound::Count).map_err(|_| {
            let counted = "messages are counted in whole numbers";
            format!(
                "`{text}` is not a number of messages; {counted}: `0`, `\">= 1\"`, `\"160..400\"`"
            )
        })
    }

    fn resolve(self, clocks: &Clocks) -> u64 {
        match self {
            Bound::Count(count) => count,
            Bound::Time(length) => length.millis(clocks),
        }
    }
}

/// The values that meet an expectation. A strict bound excludes its own value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The lower bound, and whether it is strict.
    pub min: Option<(Bound, bool)>,
    /// The upper bound, and whether it is strict.
    pub max: Option<(Bound, bool)>,
}

/// The signs before a single bound, longer ones first: whether it is the lower bound, and whether
/// it is strict.
pub(super) const SIGNS: &[(&str, bool, bool)] =
    &[(">=", true, false), ("<=", false, false), (">", true, true), ("<", false, true)];

impl Limits {
    /// Parses the bounds of a metric.
    ///
    /// # Errors
    /// What is wrong and what may be written, as a sentence without its full stop.
    pub fn parse(text: &str, metric: Metric) -> Result<Limits, String> {
        let text = text.trim();
        for (sign, is_lower, is_strict) in SIGNS {
            if let Some(rest) = text.strip_prefix(sign) {
                let end = Some((Bound::parse(rest, metric)?, *is_strict));
                let (min, max) = if *is_lower { (end, None) } else { (None, end) };
                return Ok(Limits { min, max });
            }
        }
        if let Some((from, to)) = text.split_once("..") {
            let min = Bound::parse(from, metric)?;
            let max = Bound::parse(to, metric)?;
            return Ok(Limits { min: Some((min, false)), max: Some((max, false)) });
        }
        let exact = Bound::parse(text.trim_start_matches('='), metric)?;
        Ok(Limits { min: Some((exact, false)), max: Some((exact, false)) })
    }

    /// Smallest and largest value that meet it, in messages or milliseconds. A lower bound of 0 is
    /// left out.
    ///
    /// # Errors
    /// No value meets it, or every value does: such a check could not fail.
    pub fn resolve(&self, clocks: &Clocks) -> Result<(Option<u64>, Option<u64>), String> {
        let min = self
            .min
            .map(|(bound, strict)| bound.resolve(clocks).saturating_add(u64::from(strict)))
            .filter(|min| *min > 0);
        let max = match self.max.map(|(bound, strict)| (bound.resolve(clocks), strict)) {
            None => None,
            Some((max, false)) => Some(max),
            Some((max, true)) => {
                Some(max.checked_sub(1).ok_or("no value can meet this: nothing is below 0")?)
            }
        };
        match (min, max) {
            (None, None) => Err("every value meets this, so it checks nothing".to_owned()),
            (Some(min), Some(max)) if min > max => {
                Err(format!("no value can meet this: {min} is more than {max}"))
            }
            _ => Ok((min, max)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCKS: Clocks = Clocks { session_ms: 9000, lag_ms: 30_000 };

    fn lost(text: &str) -> Result<(Option<u64>, Option<u64>), String> {
        Limits::parse(text, Metric::Lost)?.resolve(&CLOCKS)
    }

    #[test]
    fn every_form_has_its_two_ends() {
        assert_eq!(lost("0"), Ok((None, Some(0))));
        assert_eq!(lost("7"), Ok((Some(7), Some(7))));
        assert_eq!(lost("= 7"), Ok((Some(7), Some(7))));
        assert_eq!(lost(">= 1"), Ok((Some(1), None)));
        assert_eq!(lost("> 5"), Ok((Some(6), None)));
        assert_eq!(lost("<= 3"), Ok((None, Some(3))));
        assert_eq!(lost("<3"), Ok((None, Some(2))));
        assert_eq!(lost("160..400"), Ok((Some(160), Some(400))));
        let unavailable = Limits::parse("1.5 session..4 session", Metric::Unavailable).unwrap();
        assert_eq!(unavailable.resolve(&CLOCKS), Ok((Some(13_500), Some(36_000))));
    }

    #[test]
    fn what_cannot_be_met_or_cannot_fail_is_no_check() {
        assert!(lost("400..160").unwrap_err().contains("400 is more than 160"));
        assert!(lost(">= 0").unwrap_err().contains("checks nothing"));
        assert!(lost("< 0").unwrap_err().contains("nothing is below 0"));
        assert!(lost("none").unwrap_err().contains("`none` is not a number of messages"));
        assert!(lost(">= 3 session").is_err());
        let unit = Limits::parse("<= 5", Metric::Unavailable).unwrap_err();
        assert!(unit.contains("`5` has no unit"), "{unit}");
    }
}
