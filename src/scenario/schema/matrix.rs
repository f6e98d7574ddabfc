//! The JSON Schema of `matrix:`.

use super::super::plan_axes::{self, TIMELINES};
use super::build::{name, with_key};
use super::{cluster, faults, forms, property};
use serde_json::{Map, Value, json};

/// `matrix:`. Each axis has a list of what [`property::NAMES`] accepts.
pub(super) fn matrix() -> Value {
    let mut axes = Map::new();
    // One JSON value may be two spellings that Kafka distinguishes, `1` and `1.0`.
    for (name, _) in property::every_property().filter(|(_, property)| property.is_direct()) {
        axes.insert(name.to_owned(), forms::reference("distinct"));
    }
    for key in plan_axes::cluster_keys() {
        let mut axis = forms::list(cluster::axis_value(key.is));
        axis["uniqueItems"] = json!(true);
        axes.insert(format!("cluster.{}", key.name), axis);
    }
    for refused in cluster::refused() {
        axes.insert(format!("cluster.config.{refused}"), json!(false));
    }
    let timelines = json!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": name(),
        "additionalProperties": { "$ref": faults::REFERENCE },
    });
    axes.insert(TIMELINES.name.to_owned(), with_key(&TIMELINES, timelines));
    json!({
        "type": ["object", "null"],
        "allOf": [
            { "properties": axes, "additionalProperties": forms::reference("list") },
            forms::reference(property::NAMES),
        ],
    })
}
