//! [`Counts`]: messages of a cell by what became of them, each count with the [`Bounds`] between
//! which it lies; and how a report has them.

use crate::model::{ByMetric, Metric, as_fields};
use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::ops::{Index, IndexMut};

/// Between which values a count lies: one value where the log was read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// It is no less than this.
    pub least: u64,
    /// It is no more than this, if that is known.
    pub most: Option<u64>,
}

impl Bounds {
    /// Of which nothing is known.
    const OPEN: Bounds = Bounds { least: 0, most: None };

    /// This value and no other.
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

/// Messages of a cell by what became of them.
///
/// In a report they are two keys: `counts`, null where the log as it was read does not settle one,
/// and `bounds`, a list of the anomalies' bounds where any of them is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Serialized", try_from = "Serialized")]
pub struct Counts {
    /// Handed to the client.
    pub sent: u64,
    /// By what became of them; of what is no count 0.
    pub by: ByMetric<Bounds>,
}

impl Counts {
    /// Counts that are settled; those that are not named are 0.
    pub fn exact<const N: usize>(sent: u64, counts: [(Metric, u64); N]) -> Self {
        let mut all = Counts { sent, ..Counts::default() };
        for (metric, count) in counts {
            all.set(metric, count);
        }
        all
    }

    /// Settles a count.
    pub fn set(&mut self, metric: Metric, count: u64) {
        self[metric] = Bounds::exact(count);
    }

    /// A count; 0 where it is not settled, and for what is no count.
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

    // What readers of report.json rely on: names, and the order in which they stand. New ones may
    // come behind them.
    #[test]
    fn settled_counts_are_numbers_and_have_no_bounds() {
        let text = serde_json::to_string(&counts()).unwrap();
        let expected = "{\"counts\":{\"sent\":900,\"acked\":800,\"rejected\":0,\"unknown\":100,\
                        \"lost\":5,\"duplicated\":0,\"reordered\":0,\"phantom\":0,\"corrupt\":0,\
                        \"foreign\":0";
        assert!(text.starts_with(expected) && text.ends_with("},\"bounds\":[]}"), "{text}");
        assert_eq!(serde_json::from_str::<Counts>(&text).unwrap(), counts());
    }

    // Of a log that was not read whole every anomaly has its bounds, that is settled all the same
    // too.
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

    // A version that did not count something did not find none of it.
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
