//! [`Length`]: a stretch of time as scenarios write it, in seconds or in Kafka's own clocks.

use crate::plan::Clocks;
use std::fmt;

/// No time in a scenario may be longer: 24 hours.
pub const LONGEST_MS: u64 = 24 * 60 * 60 * 1000;

/// No more than so many periods of one of Kafka's clocks.
const MOST_PERIODS: f64 = 1000.0;

/// A clock of Kafka's that a length may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `broker.session.timeout.ms`.
    Session,
    /// `replica.lag.time.max.ms`.
    Lag,
}

/// A stretch of time: `500ms`, `10s`, `2m`, `1h`, `1.5 session`, `2 lag`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Milliseconds.
    Millis(u64),
    /// So many periods of one of Kafka's clocks.
    Periods(f64, Clock),
}

/// What a unit counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    /// So many milliseconds.
    Millis(f64),
    /// Periods of one of Kafka's clocks.
    Periods(Clock),
}

/// Every unit that may stand behind a number.
pub const UNITS: &[(&str, Unit)] = &[
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
    /// How a length is written, for error messages.
    pub const FORMS: &'static str =
        "write `500ms`, `10s`, `2m` or `1h`, or count Kafka's own clocks: `1.5 session`, `2 lag`";

    /// Reads a length.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment that follows the text itself.
    pub fn parse(text: &str) -> Result<Length, String> {
        let text = text.trim();
        let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let unit = unit.trim_start();
        if number.is_empty() {
            return Err("is no length of time".to_owned());
        }
        let number: f64 = number.parse().map_err(|_| format!("has no number in `{number}`"))?;
        let millis = match UNITS.iter().find(|(known, _)| *known == unit) {
            Some((_, Unit::Millis(millis))) => millis,
            Some((_, Unit::Periods(clock))) => return Length::periods(number, *clock),
            None if unit.is_empty() => return Err("has no unit".to_owned()),
            None => return Err(format!("has the unknown unit `{unit}`")),
        };
        let total = number * millis;
        if total > LONGEST_MS as f64 {
            return Err("is longer than 24 hours".to_owned());
        }
        if (total - total.round()).abs() > 1e-6 {
            return Err("is no whole number of milliseconds".to_owned());
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

    /// Milliseconds under the given clocks, rounded.
    pub fn millis(self, clocks: &Clocks) -> u64 {
        match self {
            Length::Millis(millis) => millis,
            Length::Periods(number, Clock::Session) => (number * clocks.session_ms as f64) as u64,
            Length::Periods(number, Clock::Lag) => (number * clocks.lag_ms as f64) as u64,
        }
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
            ("soon", "is no length of time"),
            ("", "is no length of time"),
            ("-5s", "is no length of time"),
            ("1.2.3s", "has no number in `1.2.3`"),
            ("5 weeks", "has the unknown unit `weeks`"),
            ("25h", "is longer than 24 hours"),
            ("0.5ms", "is no whole number of milliseconds"),
            ("1001 session", "is more than 1000 periods of that clock"),
        ] {
            assert_eq!(Length::parse(text), Err(reason.to_owned()), "{text}");
        }
    }
}
