//! [`Counts`]: a cell's messages by outcome, each count with its [`Bounds`]; and its form in a
//! report.

use crate::model::{ByMetric, Metric, as_fields};
use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::ops::{Index, IndexMut};

/// The bounds of a count: one value if the log was read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub least: u64,
    /// `None`: not known.
    pub most: Option<u64>,
}

impl Bounds {
    /// Nothing is known.
    const OPEN: Bounds = Bounds { least: 0, most: None };

    /// Exactly this value.
    pub const fn exact(value: u64) -> Self {
        Bounds { least: value, most: Some(value) }
    }

    /// The value, if it is settled.
    pub fn settled(self) -> Option<u64> {
        self.most.filter(|most| *most == self.least)
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds::exact(0)
    }
}

impl Sum for Bounds {
    fn sum<I: Iterator<Item = Bounds>>(all: I) -> Bounds {
        all.fold(Bounds::default(), |a, b| Bounds {
            least: a.least + b.least,
            most: a.most.zip(b.most).map(|(a, b)| a + b),
        })
    }
}

/// A cell's messages by outcome.
///
/// A report has them as two keys: `counts`, null where the log as read does not settle one, and
/// `bounds`, a list of the anomalies' bounds if any of them is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Serialized", try_from = "Serialized")]
pub struct Counts {
    /// Handed to the client.
    pub sent: u64,
    /// By outcome; 0 for metrics that are not counts.
    pub by: ByMetric<Bounds>,
}

impl Counts {
    /// Settled counts; those that are not named are 0.
    pub fn exact<const N: usize>(sent: u64, counts: [(Metric, u64); N]) -> Self {
        let mut all = Counts { sent, ..Counts::default() };
        for (metric, count) in counts {
            all.set(metric, count);
        }
        all
    }

    pub fn set(&mut self, metric: Metric, count: u64) {
        self[metric] = Bounds::exact(count);
    }

    /// A count; 0 if it is not settled, or not a count.
    pub fn of(&self, metric: Metric) -> u64 {
        self[metric].settled().unwrap_or(0)
    }
}

impl Index<Metric> for Counts {
    type Output = Bounds;

    fn index(&self, metric: Metric) -> &Bounds {
        &self.by[metric]
    }
}

impl IndexMut<Metric> for Counts {
    fn index_mut(&mut self, metric: Metric) -> &mut Bounds {
        &mut self.by[metric]
    }
}

impl<'a> Sum<&'a Counts> for Counts {
    fn sum<I: Iterator<Item = &'a Counts>>(all: I) -> Counts {
        let all: Vec<&Counts> = all.collect();
        Counts {
            sent: all.iter().map(|one| one.sent).sum(),
            by: ByMetric::of(|metric| all.iter().map(|one| one[metric]).sum()),
        }
    }
}

/// [`Counts`] as a report has them.
#[derive(Serialize, Deserialize)]
struct Serialized {
    counts: SerializedCounts,
    #[serde(default)]
    bounds: Vec<SerializedBounds>,
}

#[derive(Serialize, Deserialize)]
struct SerializedCounts {
    sent: u64,
    #[serde(flatten, with = "as_fields::counts")]
    by: ByMetric<Option<u64>>,
}

#[derive(Serialize, Deserialize)]
struct SerializedBounds {
    metric: Metric,
    least: u64,
    most: Option<u64>,
}

impl From<Counts> for Serialized {
    fn from(counts: Counts) -> Serialized {
        let by = ByMetric::of(|metric| counts[metric].settled());
        let is_open = Metric::anomalies().any(|metric| by[metric].is_none());
        let bounds = Metric::anomalies().filter(|_| is_open).map(|metric| {
            let Bounds { least, most } = counts[metric];
            SerializedBounds { metric, least, most }
        });
        Serialized { counts: SerializedCounts { sent: counts.sent, by }, bounds: bounds.collect() }
    }
}

impl TryFrom<Serialized> for Counts {
    type Error = String;

    fn try_from(serialized: Serialized) -> Result<Counts, String> {
        let SerializedCounts { sent, by } = serialized.counts;
        let lacks = |metric: &Metric| !metric.is_anomaly() && by[*metric].is_none();
        if let Some(metric) = Metric::counts().find(lacks) {
            return Err(format!("missing count `{}`", metric.word()));
        }
        let by =
            ByMetric::of(|metric| match serialized.bounds.iter().find(|b| b.metric == metric) {
                Some(bounds) => Bounds { least: bounds.least, most: bounds.most },
                None if metric.is_time() => Bounds::default(),
                None => by[metric].map_or(Bounds::OPEN, Bounds::exact),
            });
        Ok(Counts { sent, by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn counts() -> Counts {
        Counts::exact(900, [(Metric::Acked, 800), (Metric::Lost, 5), (Metric::Unknown, 100)])
    }

    // What readers of report.json rely on: names and their order. New ones may follow.
    #[test]
    fn settled_counts_are_numbers_and_have_no_bounds() {
        let text = serde_json::to_string(&counts()).unwrap();
        let expected = "{\"counts\":{\"sent\":900,\"acked\":800,\"rejected\":0,\"unknown\":100,\
                        \"lost\":5,\"duplicated\":0,\"reordered\":0,\"phantom\":0,\"corrupt\":0,\
                        \"foreign\":0";
        assert!(text.starts_with(expected) && text.ends_with("},\"bounds\":[]}"), "{text}");
        assert_eq!(serde_json::from_str::<Counts>(&text).unwrap(), counts());
    }

    // If a log was not read whole, every anomaly has bounds, settled ones too.
    #[test]
    fn an_open_count_is_null_and_all_anomalies_have_bounds() {
        let mut open = counts();
        open[Metric::Duplicated] = Bounds { least: 2, most: None };
        open[Metric::Reordered] = Bounds { least: 1, most: Some(3) };
        let value = serde_json::to_value(open).unwrap();
        let shown = &value["counts"];
        assert_eq!([&shown["duplicated"], &shown["reordered"]], [&Value::Null; 2]);
        assert_eq!(shown["lost"], 5);
        assert_eq!(value["bounds"][0], json!({"metric": "lost", "least": 5, "most": 5}));
        assert_eq!(value["bounds"][1], json!({"metric": "duplicated", "least": 2, "most": null}));
        assert_eq!(value["bounds"].as_array().unwrap().len(), Metric::anomalies().count());
        assert_eq!(serde_json::from_value::<Counts>(value).unwrap(), open);
    }

    // A version that did not count something did not find that there is none.
    #[test]
    fn an_anomaly_that_a_report_does_not_have_is_open_and_an_outcome_must_be_there() {
        let mut value = serde_json::to_value(counts()).unwrap();
        value["counts"].as_object_mut().unwrap().remove("foreign");
        let read: Counts = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(read[Metric::Foreign], Bounds { least: 0, most: None });
        value["counts"].as_object_mut().unwrap().remove("acked");
        let error = serde_json::from_value::<Counts>(value).unwrap_err().to_string();
        assert_eq!(error, "missing count `acked`");
    }

    #[test]
    fn a_sum_is_open_where_a_summand_is() {
        let mut open = counts();
        open[Metric::Lost] = Bounds { least: 1, most: Some(4) };
        let sum: Counts = [counts(), open].iter().sum();
        assert_eq!(sum[Metric::Lost], Bounds { least: 6, most: Some(9) });
        assert_eq!((sum.sent, sum.of(Metric::Acked), sum.of(Metric::Lost)), (1_800, 1_600, 0));
    }
}
