//! [`Properties`]: what Kafka and its clients are configured by.

use std::collections::BTreeMap;

/// Properties by their Kafka or librdkafka names, verbatim.
pub type Properties = BTreeMap<String, String>;
