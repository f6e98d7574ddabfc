//! The JSON Schema of a whole scenario: [`schema`].

use super::super::names;
use super::super::property::{self, Form, Section};
use super::super::read::{MOST_NAME_BYTES, name_form};
use super::super::read_sections::{CONTROLLERS, FLAVOURS, MOST_BROKERS, TIMINGS, section_name};
use super::{faults, forms, matrix, texts};
use serde_json::{Map, Value, json};

/// The schema of a scenario file.
pub fn schema() -> Value {
    let mut properties = Map::new();
    for (key, value) in [
        ("name", name()),
        ("summary", forms::scalar()),
        ("cluster", cluster()),
        ("topic", section(Section::Topic)),
        ("producer", section(Section::Producer)),
        ("faults", json!({ "$ref": faults::REFERENCE })),
        ("duration", forms::length()),
        ("seed", forms::count(0, u64::MAX)),
        ("expect", matrix::expect()),
        ("matrix", matrix::matrix()),
    ] {
        properties.insert(key.to_owned(), described(key, value));
    }
    let mut definitions = faults::definitions();
    definitions.extend(matrix::definitions());
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A scenario of kafka-chaos",
        "description": "A cluster, a topic, a producer, faults on a timeline, and what must hold \
                        afterwards. docs/scenarios.md has the rest.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": ["name"],
        "definitions": definitions,
    })
}

/// A schema with the description of what stands at that path, and its default if it has one.
pub fn described(path: &str, schema: Value) -> Value {
    let mut schema = explained(texts::about(path), schema);
    if let Some(default) = texts::default(path) {
        schema["default"] = default;
    }
    schema
}

/// A schema with a description.
pub fn explained(text: &str, schema: Value) -> Value {
    // Beside `$ref` draft 7 allows no other key.
    let mut schema = match schema {
        Value::Object(object) if object.contains_key("$ref") => json!({ "allOf": [object] }),
        other => other,
    };
    schema["description"] = json!(text);
    schema
}

/// The name of a scenario or a timeline.
pub fn name() -> Value {
    let more = MOST_NAME_BYTES - 1;
    let pattern = format!("^[A-Za-z0-9][A-Za-z0-9._-]{{0,{more}}}$");
    let name = json!({ "type": ["string", "number", "boolean"], "pattern": pattern });
    forms::or_say(&name_form(), name)
}

fn cluster() -> Value {
    let mut properties = Map::new();
    let config = {
        let refused = names::BROKER_OWN.iter().chain(names::BROKER_FOR_TOPICS);
        let refused = refused.map(|(name, _)| ((*name).to_owned(), json!(false)));
        let mut config = forms::map(refused.collect());
        config["additionalProperties"] = forms::scalar();
        config
    };
    for (key, value) in [
        ("kafka", cluster_axis("kafka")),
        ("brokers", cluster_axis("brokers")),
        ("controllers", forms::words(CONTROLLERS)),
        ("timing", forms::words(TIMINGS)),
        ("compose", json!({ "type": ["string", "number", "boolean"], "minLength": 1 })),
        ("flavour", forms::words(FLAVOURS)),
        ("config", config),
    ] {
        properties.insert(key.to_owned(), described(&format!("cluster.{key}"), value));
    }
    let mut schema = forms::map(properties);
    schema["dependencies"] = json!({ "flavour": ["compose"] });
    schema
}

/// The value of a key of `cluster`, as an axis has it: white space around it is left aside.
pub fn cluster_axis(key: &str) -> Value {
    match key {
        "kafka" => forms::or_say(
            "write all three numbers, as in `3.8.1`",
            forms::text(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}"),
        ),
        "brokers" => forms::count(1, MOST_BROKERS),
        "controllers" => forms::trimmed_words(CONTROLLERS, None),
        "timing" => forms::trimmed_words(TIMINGS, None),
        _ => forms::scalar(),
    }
}

/// `topic:` and `producer:`.
fn section(section: Section) -> Value {
    let (direct, listed, form) = match section {
        Section::Topic => (property::TOPIC, names::TOPIC_CONFIG, Form::Text),
        Section::Producer => (property::PRODUCER, names::CLIENT, Form::Client),
    };
    let own = section_name(section);
    let mut properties = Map::new();
    for (name, form) in direct {
        let value = described(&format!("{own}.{name}"), forms::value(*form));
        properties.insert((*name).to_owned(), value);
    }
    let mut config = Map::new();
    let aliases = names::ALIASES.iter().map(|(alias, _)| alias);
    let taken = |name: &&&str| property::in_config(section, name).is_some();
    for name in listed.iter().chain(aliases).filter(taken) {
        let value = explained(&texts::property(name), forms::value(form));
        config.insert((*name).to_owned(), value);
    }
    let config = described(&format!("{own}.config"), forms::map(config));
    properties.insert("config".to_owned(), config);
    forms::map(properties)
}
