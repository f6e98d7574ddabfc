//! [`ByMetric`]: a figure for each metric. Modules in [`told`] write and read the figures of some
//! metrics as JSON, by their words.

use super::Metric;
use std::ops::{Index, IndexMut};

/// A figure for each metric of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByMetric<T>([T; Metric::ALL.len()]);

impl<T> ByMetric<T> {
    /// The figures that a function gives.
    pub fn of(mut figure: impl FnMut(Metric) -> T) -> Self {
        ByMetric(std::array::from_fn(|index| figure(Metric::ALL[index])))
    }
}

impl<T: Copy> ByMetric<T> {
    /// One figure for all.
    pub const fn all(figure: T) -> Self {
        ByMetric([figure; Metric::ALL.len()])
    }

    /// The same with another figure for one metric.
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
/// [`Metric::counts`]. One that is missing has its default, since older versions do not know all.
pub(crate) mod told {
    use super::{ByMetric, Metric};
    use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};
    use serde_json::Value;
    use std::collections::BTreeMap;

    macro_rules! told {
        ($($(#[$doc:meta])* $name:ident: $of:expr;)*) => {$(
            $(#[$doc])*
            pub(crate) mod $name {
                use super::*;

                fn told() -> impl Iterator<Item = Metric> {
                    Metric::counts().filter($of)
                }

                pub(crate) fn serialize<T: Serialize, S: Serializer>(
                    figures: &ByMetric<T>,
                    serializer: S,
                ) -> Result<S::Ok, S::Error> {
                    serializer.collect_map(told().map(|metric| (metric.word(), &figures[metric])))
                }

                pub(crate) fn deserialize<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<ByMetric<T>, D::Error> {
                    let mut found = BTreeMap::<String, Value>::deserialize(deserializer)?;
                    let mut figures = ByMetric::of(|_| T::default());
                    for metric in told() {
                        if let Some(figure) = found.remove(metric.word()) {
                            figures[metric] = serde_json::from_value(figure).map_err(Error::custom)?;
                        }
                    }
                    Ok(figures)
                }
            }
        )*};
    }

    told! {
        /// All counts.
        counts: |_| true;
        /// Counts of which some may be early.
        early: |metric| metric.about().early.is_some();
        /// Counts that are told of each trial.
        per_trial: |metric| metric.is_per_trial();
        /// Anomalies that are told of each trial.
        tallies: |metric| metric.is_anomaly() && metric.is_per_trial();
    }
}
