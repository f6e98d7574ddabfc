//! [`ByMetric`]: a figure for each metric. Modules in [`as_fields`] read and write the figures of
//! some metrics as JSON, by their words.

use super::Metric;
use std::ops::{Index, IndexMut};

/// A figure for each metric of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByMetric<T>([T; Metric::ALL.len()]);

impl<T> ByMetric<T> {
    pub fn of(mut figure: impl FnMut(Metric) -> T) -> Self {
        ByMetric(std::array::from_fn(|index| figure(Metric::ALL[index])))
    }
}

impl<T: Copy> ByMetric<T> {
    /// The same figure for all.
    pub const fn all(figure: T) -> Self {
        ByMetric([figure; Metric::ALL.len()])
    }

    /// Replaces the figure of one metric.
    #[must_use]
    pub const fn with(mut self, metric: Metric, figure: T) -> Self {
        self.0[metric as usize] = figure;
        self
    }
}

impl<T> Index<Metric> for ByMetric<T> {
    type Output = T;

    fn index(&self, metric: Metric) -> &T {
        &self.0[metric as usize]
    }
}

impl<T> IndexMut<Metric> for ByMetric<T> {
    fn index_mut(&mut self, metric: Metric) -> &mut T {
        &mut self.0[metric as usize]
    }
}

/// For serde's `with`: the figures of some metrics by their words, in the order of
/// [`Metric::counts`]. A missing figure has its default, since older versions do not know all; but
/// those that every version wrote must be there, or a broken file would read as one without loss.
pub(crate) mod as_fields {
    use super::{ByMetric, Metric};
    use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};
    use serde_json::Value;
    use std::collections::BTreeMap;

    /// The metrics that every version wrote.
    const ALWAYS_TOLD: [Metric; 9] = [
        Metric::Lost,
        Metric::Duplicated,
        Metric::Reordered,
        Metric::Phantom,
        Metric::Corrupt,
        Metric::Foreign,
        Metric::Acked,
        Metric::Rejected,
        Metric::Unknown,
    ];

    macro_rules! modules {
        ($($(#[$doc:meta])* $name:ident: $of:expr, $may_lack:expr;)*) => {$(
            $(#[$doc])*
            pub(crate) mod $name {
                use super::*;

                fn metrics() -> impl Iterator<Item = Metric> {
                    Metric::counts().filter($of)
                }

                pub(crate) fn serialize<T: Serialize, S: Serializer>(
                    figures: &ByMetric<T>,
                    serializer: S,
                ) -> Result<S::Ok, S::Error> {
                    serializer.collect_map(metrics().map(|metric| (metric.word(), &figures[metric])))
                }

                pub(crate) fn deserialize<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<ByMetric<T>, D::Error> {
                    let mut found = BTreeMap::<String, Value>::deserialize(deserializer)?;
                    let mut figures = ByMetric::of(|_| T::default());
                    for metric in metrics() {
                        match found.remove(metric.word()) {
                            Some(figure) => {
                                figures[metric] =
                                    serde_json::from_value(figure).map_err(Error::custom)?;
                            }
                            None if $may_lack || !ALWAYS_TOLD.contains(&metric) => {}
                            None => return Err(Error::missing_field(metric.word())),
                        }
                    }
                    Ok(figures)
                }
            }
        )*};
    }

    modules! {
        /// All counts. A missing one was not settled.
        counts: |_| true, true;
        /// Counts of which some may be early.
        early: |metric| metric.about().early.is_some(), false;
        /// Counts that are reported per trial.
        per_trial: |metric| metric.is_per_trial(), false;
        /// Anomalies that are reported per trial.
        tallies: |metric| metric.is_anomaly() && metric.is_per_trial(), false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The error for these figures without one of them.
    fn without(
        word: &str,
        mut figures: Value,
        read: fn(Value) -> Option<String>,
    ) -> Option<String> {
        assert_eq!(read(figures.clone()), None, "all are there");
        figures.as_object_mut().unwrap().remove(word).unwrap();
        read(figures)
    }

    #[test]
    fn a_figure_that_every_version_tells_must_be_there() {
        let early =
            json!({"rejected": 0, "unknown": 0, "lost": 0, "duplicated": 0, "reordered": 0});
        let error = without("lost", early, |value| {
            as_fields::early::deserialize::<u64, _>(value).err().map(|e| e.to_string())
        });
        assert_eq!(error.as_deref(), Some("missing field `lost`"));
        let trial = json!({"acked": 1, "lost": 0, "duplicated": 0, "phantom": null});
        let error = without("acked", trial, |value| {
            as_fields::per_trial::deserialize::<Option<u64>, _>(value).err().map(|e| e.to_string())
        });
        assert_eq!(error.as_deref(), Some("missing field `acked`"));
        let tallies = json!({"lost": 1, "duplicated": 2, "phantom": 0});
        let error = without("duplicated", tallies, |value| {
            as_fields::tallies::deserialize::<u64, _>(value).err().map(|e| e.to_string())
        });
        assert_eq!(error.as_deref(), Some("missing field `duplicated`"));
    }

    #[test]
    fn a_count_that_is_not_there_is_open() {
        let read = as_fields::counts::deserialize::<Option<u64>, _>(json!({"acked": 7})).unwrap();
        assert_eq!((read[Metric::Acked], read[Metric::Lost]), (Some(7), None));
    }
}
