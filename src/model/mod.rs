//! The words that all rooms share: what a cluster, a producer, a time and a count are called.

mod by_metric;
mod controllers;
mod flavour;
mod length;
mod metric;
mod producer_defaults;
mod properties;
mod rate;
mod release;
mod timing;
mod words;

pub use by_metric::ByMetric;
pub(crate) use by_metric::told;
pub use controllers::Controllers;
pub use flavour::Flavour;
pub use length::{Clock, LONGEST_MS, Length, UNITS, Unit};
pub use metric::{About, Kind, Metric, Shown};
pub use producer_defaults::{producer_default, producer_defaults};
pub use properties::Properties;
pub use rate::Rate;
pub use release::{FEATURES, Feature, Release, Since};
pub use timing::{Clocks, Timing};
pub use words::{counted, more};
