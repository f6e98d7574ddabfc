//! The JSON Schema of `cluster:` and of the axes over its keys.

use super::super::names;
use super::super::read_cluster::{CLUSTER, CONTROLLERS, Cluster, FLAVOURS, MOST_BROKERS, TIMINGS};
use super::build::keyed;
use super::forms;
use crate::timeline::one_of;
use serde_json::{Value, json};

pub(super) fn cluster() -> Value {
    let mut schema = forms::map(keyed(CLUSTER, value));
    schema["dependencies"] = json!({ "flavour": ["compose"] });
    schema
}

fn value(key: Cluster) -> Value {
    match key {
        Cluster::Kafka => forms::or_say(
            "write all three numbers, as in `3.8.1`",
            forms::text(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}"),
        ),
        Cluster::Brokers => forms::count(1, MOST_BROKERS),
        Cluster::Controllers => one_of(CONTROLLERS),
        Cluster::Timing => one_of(TIMINGS),
        Cluster::Compose => json!({ "type": ["string", "number", "boolean"], "minLength": 1 }),
        Cluster::Flavour => one_of(FLAVOURS),
        Cluster::Config => {
            let refused = refused().map(|name| (name.to_owned(), json!(false)));
            let mut config = forms::map(refused.collect());
            config["additionalProperties"] = forms::reference("scalar");
            config
        }
    }
}

/// A key's value in an axis: surrounding white space is ignored.
pub(super) fn axis_value(key: Cluster) -> Value {
    match key {
        Cluster::Controllers => forms::trimmed_words(CONTROLLERS, None),
        Cluster::Timing => forms::trimmed_words(TIMINGS, None),
        other => value(other),
    }
}

/// Broker properties that a scenario cannot set.
pub(super) fn refused() -> impl Iterator<Item = &'static str> {
    names::BROKER_OWN.iter().chain(names::BROKER_FOR_TOPICS).map(|(name, _)| *name)
}
