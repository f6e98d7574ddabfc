//! The list of what is measured: [`Metric`], and everything that the tool says about one. A new
//! count is a row here, a rule in `verify/rule.rs`, and its test.

use serde::{Deserialize, Serialize};

/// Makes the enum and its table from the same rows.
macro_rules! metrics {
    ($($name:ident, $word:literal: $means:literal, $about:expr;)*) => {
        /// What an expectation measures: messages, records, or milliseconds. Violations are
        /// reported in this order.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        pub enum Metric {
            $(#[doc = $means] #[serde(rename = $word)] $name,)*
        }

        impl Metric {
            /// In their order.
            pub const ALL: &[Metric] = &[$(Metric::$name,)*];

            pub fn about(self) -> &'static About {
                match self {
                    $(Metric::$name => const { &About { word: $word, means: $means, ..$about } },)*
                }
            }
        }
    };
}

metrics! {
    Lost, "lost": "Acknowledged, and absent from the whole log after healing.",
        About {
            shown: Shown::Always,
            unconfirmed: "lost, unconfirmed (acks=0)",
            ..of_log("lost", "lost")
        };
    Duplicated, "duplicated": "One message at two or more offsets of the log.",
        About { shown: Shown::Always, ..of_log("dup", "duplicated") };
    Reordered, "reordered": "The first copy comes after a message that was sent later.",
        of_log("reord", "reordered");
    Phantom, "phantom": "Rejected, and in the log all the same.",
        About {
            shown: Shown::PerTrial,
            early: None,
            ..of_log("phantom", "rejected, yet in the log")
        };
    Corrupt, "corrupt": "Records that carry our stamp, but are not as they were sent.",
        About { noun: "record", early: None, ..of_log("corrupt", "corrupt") };
    Foreign, "foreign": "In the log, and not written by this cell's producer.",
        About { noun: "record", early: None, ..of_log("foreign", "foreign") };
    Acked, "acked": "Messages that were acknowledged. Fewer than its lower end is a violation.",
        About {
            bad: false,
            shown: Shown::Always,
            early: None,
            unconfirmed: "sent, unconfirmed (acks=0)",
            ..of_ledger("acked", "acknowledged")
        };
    Rejected, "rejected": "Messages of which librdkafka is certain that this send wrote nothing.",
        of_ledger("rejected", "rejected");
    Unknown, "unknown":
        "Sent, and neither acknowledged nor rejected: they may be in the log or not.",
        of_ledger("unknown", "with an unknown outcome");
    Unavailable, "unavailable":
        "The longest time in which some partition got no acknowledgement, with a unit: \
         `<= 4 session`.",
        About {
            kind: Kind::Time,
            shown: Shown::Always,
            early: None,
            ..of_ledger("unavail", "without an acknowledgement")
        };
}

/// Everything about a metric.
#[derive(Debug)]
pub struct About {
    pub word: &'static str,
    /// In a sentence.
    pub means: &'static str,
    pub kind: Kind,
    /// Whether it is something bad: an unmet lower bound is then an unmet control, and the run is
    /// inconclusive. An unmet lower bound on anything else is a violation.
    pub bad: bool,
    /// Where it is shown.
    pub shown: Shown,
    /// Its heading in tables.
    pub column: &'static str,
    /// One of what is counted: `message`.
    pub noun: &'static str,
    /// What happened to those that are counted: `duplicated`.
    pub became: &'static str,
    /// The same with acks=0, if that differs; otherwise empty.
    pub unconfirmed: &'static str,
    /// Before which event it is early and does not count; `None` if no time is known, or if it
    /// counts at any time.
    pub early: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the client reported about messages. The ledger knows it exactly.
    Outcome,
    /// What is wrong with messages or records, according to the log. A log that was not read to its
    /// end may leave it open.
    Anomaly,
    Time,
}

/// Where a metric is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    Always,
    /// Per trial, in comparisons, and in tables if there is any.
    PerTrial,
    /// In tables if there is any.
    WhereAny,
}

/// A count of something wrong, according to the log.
const fn of_log(column: &'static str, became: &'static str) -> About {
    About { kind: Kind::Anomaly, early: Some("any fault"), ..of_ledger(column, became) }
}

/// A count of what the client reported.
const fn of_ledger(column: &'static str, became: &'static str) -> About {
    About {
        word: "",
        means: "",
        kind: Kind::Outcome,
        bad: true,
        shown: Shown::WhereAny,
        column,
        noun: "message",
        became,
        unconfirmed: "",
        early: Some("zero"),
    }
}

impl Metric {
    pub fn find(word: &str) -> Option<Metric> {
        Metric::ALL.iter().copied().find(|metric| metric.word() == word)
    }

    /// What is wrong with messages or records.
    pub fn anomalies() -> impl Iterator<Item = Metric> {
        Metric::ALL.iter().copied().filter(|metric| metric.is_anomaly())
    }

    /// All counts in the order of reports and tables: what the client reported, then what is wrong.
    pub fn counts() -> impl Iterator<Item = Metric> {
        let outcomes = Metric::ALL.iter().copied().filter(|m| m.about().kind == Kind::Outcome);
        outcomes.chain(Metric::anomalies())
    }

    pub fn word(self) -> &'static str {
        self.about().word
    }

    /// Whether it counts something wrong with messages or records.
    pub fn is_anomaly(self) -> bool {
        self.about().kind == Kind::Anomaly
    }

    pub fn is_time(self) -> bool {
        self.about().kind == Kind::Time
    }

    pub fn is_always_shown(self) -> bool {
        self.about().shown == Shown::Always
    }

    /// Whether it is reported per trial, and compared.
    pub fn is_per_trial(self) -> bool {
        self.about().shown <= Shown::PerTrial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_metric_is_found_by_its_word_which_is_that_of_reports() {
        for metric in Metric::ALL {
            assert_eq!(Metric::find(metric.word()), Some(*metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.word());
        }
        assert_eq!(Metric::find("sent"), None);
    }

    #[test]
    fn words_and_columns_are_there_once_and_the_order_is_that_of_the_enum() {
        let of = |text: fn(&About) -> &str| -> BTreeSet<&str> {
            Metric::ALL.iter().map(|metric| text(metric.about())).collect()
        };
        for texts in [of(|about| about.word), of(|about| about.column), of(|about| about.means)] {
            assert_eq!((texts.len(), texts.contains("")), (Metric::ALL.len(), false), "{texts:?}");
        }
        let places: Vec<usize> = Metric::ALL.iter().map(|metric| *metric as usize).collect();
        assert_eq!(places, (0..Metric::ALL.len()).collect::<Vec<_>>());
        assert_eq!(Metric::counts().count(), Metric::ALL.len() - 1, "all but the time");
    }
}
