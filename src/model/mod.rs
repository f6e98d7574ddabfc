//! The vocabulary that all rooms share: names of clusters, producers, times and counts.

mod by_metric;
mod controllers;
mod environment;
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
pub(crate) use by_metric::as_fields;
pub use controllers::Controllers;
pub use environment::RuntimeKind;
pub(crate) use environment::{
    Environment, Image, ImageChoice, JarOrigin, MadeOf, PlannedKafka, ReportedKafka, RuntimeFacts,
    VersionFrom,
};
pub use flavour::Flavour;
#[cfg(test)]
pub(crate) use length::Clock;
pub(crate) use length::{Length, UNITS, Unit};
pub(crate) use metric::About;
pub use metric::Metric;
pub(crate) use producer_defaults::{producer_default, producer_defaults};
pub use properties::Properties;
pub use rate::Rate;
pub(crate) use release::{Feature, Release};
pub use timing::{Clocks, Timing};
pub(crate) use words::{counted, more};
