//! [`Length`]: a length of time as scenarios write it, in seconds or in Kafka's own clocks.

use super::timing::Clocks;
use std::fmt;

/// The longest time in a scenario: 24 hours.
pub(super) const LONGEST_MS: u64 = 24 * 60 * 60 * 1000;

/// The most periods of one of Kafka's clocks.
const MOST_PERIODS: f64 = 1000.0;

/// A Kafka clock that a length may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `broker.session.timeout.ms`.
    Session,
    /// `replica.lag.time.max.ms`.
    Lag,
}

/// A length of time: `500ms`, `10s`, `1m30s`, `1h`, `1.5 session`, `2 lag`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    Millis(u64),
    Periods(f64, Clock),
}

/// What a unit counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    Millis(f64),
    Periods(Clock),
}

/// Every unit that may follow a number.
pub(crate) const UNITS: &[(&str, Unit)] = &[
    ("ms", Unit::Millis(1.0)),
    ("s", Unit::Millis(1e3)),
    ("m", Unit::Millis(60e3)),
    ("min", Unit::Millis(60e3)),
    ("h", Unit::Millis(3600e3)),
    ("session", Unit::Periods(Clock::Session)),
    ("sessions", Unit::Periods(Clock::Session)),
    ("lag", Unit::Periods(Clock::Lag)),
    ("lags", Unit::Periods(Clock::Lag)),
];

impl Length {
    /// The forms of a length, for error messages.
    pub const FORMS: &'static str = "write `500ms`, `10s`, `1m30s` or `1h`, or count Kafka's own clocks: `1.5 session`, `2 lag`";

    /// Parses a length.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment that follows the text itself.
    pub fn parse(text: &str) -> Result<Length, String> {
        let (number, unit, mut rest) = part(text.trim())?;
        let (mut total, mut last) = match unit {
            Unit::Millis(millis) => (number * millis, millis),
            Unit::Periods(clock) if rest.is_empty() => return Length::periods(number, clock),
            Unit::Periods(_) => return Err(format!("has extra text after its unit: `{rest}`")),
        };
        while !rest.is_empty() {
            let (number, unit, after) = part(rest)?;
            match unit {
                Unit::Millis(millis) if millis < last => {
                    (total, last) = (total + number * millis, millis);
                }
                Unit::Millis(_) => {
                    return Err("units must go from large to small, as in `1m30s`".to_owned());
                }
                Unit::Periods(_) => return Err("counts two things at once".to_owned()),
            }
            rest = after;
        }
        if total > LONGEST_MS as f64 {
            return Err("is longer than 24 hours".to_owned());
        }
        if (total - total.round()).abs() > 1e-6 {
            return Err("is not a whole number of milliseconds".to_owned());
        }
        // In range and whole, as just checked.
        Ok(Length::Millis(total.round() as u64))
    }

    fn periods(number: f64, clock: Clock) -> Result<Length, String> {
        if number > MOST_PERIODS {
            return Err(format!("is more than {MOST_PERIODS} periods of that clock"));
        }
        Ok(Length::Periods(number, clock))
    }

    /// Milliseconds with the given clocks, rounded.
    pub fn millis(self, clocks: &Clocks) -> u64 {
        match self {
            Length::Millis(millis) => millis,
            Length::Periods(number, Clock::Session) => (number * clocks.session_ms as f64) as u64,
            Length::Periods(number, Clock::Lag) => (number * clocks.lag_ms as f64) as u64,
        }
    }
}

/// The number and the unit at the front of a text, and the rest.
fn part(text: &str) -> Result<(f64, Unit, &str), String> {
    let is_numeric = |c: char| c.is_ascii_digit() || c == '.';
    let (number, rest) = text.split_at(text.find(|c| !is_numeric(c)).unwrap_or(text.len()));
    let (unit, rest) = rest.split_at(rest.find(is_numeric).unwrap_or(rest.len()));
    let unit = unit.trim();
    if number.is_empty() {
        return Err("is not a length of time".to_owned());
    }
    let value: f64 = number.parse().map_err(|_| format!("has no number in `{number}`"))?;
    match UNITS.iter().find(|(known, _)| *known == unit) {
        Some((_, found)) => Ok((value, *found, rest)),
        None if unit.is_empty() => Err("has no unit".to_owned()),
        None => Err(format!("has the unknown unit `{unit}`")),
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Length::Millis(ms) if *ms >= 1000 => write!(f, "{} s", *ms as f64 / 1e3),
            Length::Millis(ms) => write!(f, "{ms} ms"),
            Length::Periods(number, Clock::Session) => write!(f, "{number} session"),
            Length::Periods(number, Clock::Lag) => write!(f, "{number} lag"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_reads_as_its_milliseconds() {
        let clocks = Clocks { session_ms: 9000, lag_ms: 30_000 };
        for (text, expected) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("0s", 0),
            ("1.5 s", 1_500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1m30s", 90_000),
            ("1h5m", 3_900_000),
            ("1h 1min 1s 1ms", 3_661_001),
            ("1.5m0.5s", 90_500),
            ("1.5 session", 13_500),
            ("1 session", 9_000),
            ("2lag", 60_000),
        ] {
            assert_eq!(Length::parse(text).map(|l| l.millis(&clocks)), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_says_why() {
        for (text, reason) in [
            ("10", "has no unit"),
            ("1m30", "has no unit"),
            ("30s1m", "units must go from large to small, as in `1m30s`"),
            ("1s1s", "units must go from large to small, as in `1m30s`"),
            ("1m2 session", "counts two things at once"),
            ("1 session 5s", "has extra text after its unit: `5s`"),
            ("23h60m1s", "is longer than 24 hours"),
            ("soon", "is not a length of time"),
            ("", "is not a length of time"),
            ("-5s", "is not a length of time"),
            ("1.2.3s", "has no number in `1.2.3`"),
            ("5 weeks", "has the unknown unit `weeks`"),
            ("25h", "is longer than 24 hours"),
            ("0.5ms", "is not a whole number of milliseconds"),
            ("1001 session", "is more than 1000 periods of that clock"),
        ] {
            assert_eq!(Length::parse(text), Err(reason.to_owned()), "{text}");
        }
    }
}
