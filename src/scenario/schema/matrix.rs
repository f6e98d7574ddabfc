//! The JSON Schema of what names properties of any section: `matrix:`, and `expect:` with `when:`.

use super::super::names;
use super::super::outer::{self, Outer};
use super::super::property::{self, Form, Property};
use super::build::{self, described, explained};
use super::{faults, forms, texts};
use crate::model::Metric;
use serde_json::{Map, Value, json};

/// `cluster.config.PROPERTY`, for any property.
const BROKER_PROPERTY: &str = r"^cluster\.config\.[\s\S]";

/// Values of an axis, and of a condition, that Kafka or librdkafka checks.
const VALUES: &str = "#/definitions/values";
const CONDITION: &str = "#/definitions/condition";
/// One map of `expect:`.
const EXPECTATION: &str = "#/definitions/expectation";

/// What stands under `definitions`.
pub fn definitions() -> Map<String, Value> {
    let mut definitions = Map::new();
    definitions.insert("values".to_owned(), forms::list(forms::scalar()));
    definitions.insert("condition".to_owned(), forms::one_or_more(&forms::scalar()));
    definitions.insert("expectation".to_owned(), expectation());
    definitions
}

fn axis(form: Form) -> Value {
    match form {
        // What is one value in JSON may be two spellings that Kafka tells apart, `1` and `1.0`.
        Form::Text | Form::Client => json!({ "$ref": VALUES }),
        _ => distinct(forms::list(forms::value(form))),
    }
}

fn condition(form: Form) -> Value {
    match form {
        Form::Text | Form::Client => json!({ "$ref": CONDITION }),
        _ => forms::one_or_more(&forms::value(form)),
    }
}

/// A list without any value twice.
fn distinct(mut list: Value) -> Value {
    list["uniqueItems"] = json!(true);
    list
}

/// `matrix:`.
pub fn matrix() -> Value {
    let mut properties = Map::new();
    for (name, property) in every_property() {
        let text = format!("Each value makes cells. {}", texts::property(name));
        properties.insert(name.to_owned(), explained(&text, axis(property.form)));
    }
    for key in outer_keys() {
        let axis = distinct(forms::list(build::cluster_axis(key)));
        let text = texts::about(&format!("cluster.{key}"));
        let text = format!("Each value is a separate cluster. {text}");
        properties.insert(format!("cluster.{key}"), explained(&text, axis));
    }
    let timelines = json!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": build::name(),
        "additionalProperties": { "$ref": faults::REFERENCE },
    });
    properties.insert("faults".to_owned(), described("matrix.faults", timelines));
    for (name, _) in names::BROKER_OWN.iter().chain(names::BROKER_FOR_TOPICS) {
        properties.insert(format!("cluster.config.{name}"), json!(false));
    }
    let mut schema = forms::map(properties);
    let of_brokers = described("matrix.cluster.config", json!({ "$ref": VALUES }));
    schema["patternProperties"] = json!({ BROKER_PROPERTY: of_brokers });
    schema
}

/// `expect:`: a map, or a list of maps.
pub fn expect() -> Value {
    let one = json!({ "$ref": EXPECTATION });
    forms::either(one.clone(), json!({ "type": "array", "items": one }))
}

fn expectation() -> Value {
    let mut properties = Map::new();
    for metric in Metric::ALL {
        let bound = explained(metric.about().means, forms::bound(*metric));
        properties.insert(metric.word().to_owned(), bound);
    }
    properties.insert("when".to_owned(), described("expect.when", when()));
    // `when` alone expects nothing.
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "dependencies": { "when": { "minProperties": 2 } },
    })
}

fn when() -> Value {
    let mut properties = Map::new();
    for (name, property) in every_property() {
        let condition = explained(&texts::property(name), condition(property.form));
        properties.insert(name.to_owned(), condition);
    }
    let any = json!({ "$ref": CONDITION });
    for key in outer_keys() {
        let text = format!("cluster.{key}");
        properties.insert(text.clone(), explained(texts::about(&text), any.clone()));
    }
    properties.insert("faults".to_owned(), described("expect.when.faults", any.clone()));
    let mut schema = forms::map(properties);
    schema["patternProperties"] = json!({ BROKER_PROPERTY: any });
    schema
}

/// The keys of `cluster` that an axis may vary.
fn outer_keys() -> impl Iterator<Item = &'static str> {
    outer::NAMES.iter().filter_map(|name| match Outer::find(name) {
        Some(Outer::Cluster(key)) => Some(key),
        Some(Outer::Config(_) | Outer::Faults) | None => None,
    })
}

/// Every name that a property of topics or producers has.
fn every_property() -> impl Iterator<Item = (&'static str, Property)> {
    let direct = property::TOPIC.iter().chain(property::PRODUCER).map(|(name, _)| *name);
    let config = names::TOPIC_CONFIG.iter().chain(names::CLIENT).copied();
    let aliases = names::ALIASES.iter().map(|(alias, _)| *alias);
    let all = direct.chain(config).chain(aliases);
    all.filter_map(|name| Some((name, property::find(name)?)))
}
