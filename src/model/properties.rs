//! [`Properties`]: the configuration of Kafka and its clients.

use std::collections::BTreeMap;

/// By their Kafka or librdkafka names, verbatim.
pub type Properties = BTreeMap<String, String>;
