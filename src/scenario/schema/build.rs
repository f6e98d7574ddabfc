//! The JSON Schema of a whole scenario: [`schema`].

use super::super::keys::{Key, SCENARIO, Top};
use super::super::read::{MOST_NAME_BYTES, name_form};
use super::super::section::Section;
use super::{cluster, expect, faults, forms, matrix, property};
use serde_json::{Map, Value, json};

pub fn schema() -> Value {
    let mut definitions = forms::definitions();
    definitions.extend(property::definitions());
    definitions.extend(faults::definitions());
    definitions.extend(expect::definitions());
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A scenario of kafka-chaos",
        "description": "A cluster, a topic, a producer, faults on a timeline, and what must hold \
                        afterwards. docs/scenarios.md has the rest.",
        "type": "object",
        "properties": keyed(SCENARIO, part),
        "additionalProperties": false,
        "required": ["name"],
        "definitions": definitions,
    })
}

fn part(top: Top) -> Value {
    match top {
        Top::Name => name(),
        Top::Summary => forms::scalar(),
        Top::Cluster => cluster::cluster(),
        Top::Topic => property::section(Section::Topic),
        Top::Producer => property::section(Section::Producer),
        Top::Faults => json!({ "$ref": faults::REFERENCE }),
        Top::Duration => forms::length(),
        Top::Seed => forms::count(0, u64::MAX),
        Top::Expect => forms::one_or_more(&forms::reference(expect::EXPECTATION)),
        Top::Matrix => matrix::matrix(),
    }
}

/// The schemas of a section's keys: `part` of each, with the key's meaning and default.
pub(super) fn keyed<T: Copy>(keys: &[Key<T>], part: impl Fn(T) -> Value) -> Map<String, Value> {
    keys.iter().map(|key| (key.name.to_owned(), with_key(key, part(key.is)))).collect()
}

/// Adds a key's meaning and default to a schema.
pub(super) fn with_key<T>(key: &Key<T>, schema: Value) -> Value {
    let mut schema = explained(key.about, schema);
    if let Some(default) = key.default {
        schema["default"] = as_yaml(default);
    }
    schema
}

/// A definition with a description, for values of these types.
pub(super) fn typed(text: &str, definition: &str, types: &[&str]) -> Value {
    let mut schema = explained(text, forms::reference(definition));
    // Redundant, but editors complete a key with its colon if they see the type.
    schema["type"] = json!(types);
    schema
}

/// A schema with a description.
pub(super) fn explained(text: &str, schema: Value) -> Value {
    // Beside `$ref` draft 7 allows no other key. For an `anyOf` editors show the alternatives'
    // texts.
    let mut schema = match schema {
        Value::Object(object) if object.contains_key("$ref") => json!({ "allOf": [object] }),
        other => other,
    };
    schema["description"] = json!(text);
    schema
}

/// A value as YAML reads its text.
fn as_yaml(text: &str) -> Value {
    match (text.parse::<u64>(), text.parse::<bool>()) {
        (Ok(number), _) => json!(number),
        (_, Ok(flag)) => json!(flag),
        _ => json!(text),
    }
}

/// The name of a scenario or a timeline.
pub(super) fn name() -> Value {
    let more = MOST_NAME_BYTES - 1;
    let pattern = format!("^[A-Za-z0-9][A-Za-z0-9._-]{{0,{more}}}$");
    let name = json!({ "type": ["string", "number", "boolean"], "pattern": pattern });
    forms::or_say(&name_form(), name)
}
