//! The JSON Schema of `faults:` and of the timelines under `matrix.faults`.

use super::super::read_faults::MOST_FAULTS;
use super::build::explained;
use super::forms;
use crate::timeline::{KINDS, TARGETS, docs, own_keys};
use serde_json::{Map, Value, json};

/// Refers to [`list`].
pub(super) const REFERENCE: &str = "#/definitions/faults";

pub(super) fn definitions() -> Map<String, Value> {
    let mut definitions = Map::new();
    definitions.insert("faults".to_owned(), list());
    definitions.insert("targets".to_owned(), targets());
    definitions
}

/// A timeline.
fn list() -> Value {
    json!({ "type": ["array", "null"], "maxItems": MOST_FAULTS, "items": fault() })
}

/// One item: exactly one kind, `at`, and `for` unless the kind ends by itself.
fn fault() -> Value {
    let mut properties = Map::new();
    let mut needs = json!({});
    for kind in KINDS {
        let schema = explained(&docs::about(kind), (kind.form.schema)());
        properties.insert(kind.name.to_owned(), schema);
        if kind.most_ms.is_none() {
            needs[kind.name] = json!(["for"]);
        }
        for key in kind.keys {
            needs[key.name] = json!([kind.name]);
        }
    }
    for (name, about, default) in docs::keys() {
        let own = own_keys().find(|key| key.name == name);
        let schema = own.map_or_else(forms::length, |key| (key.schema)());
        let mut schema = explained(&docs::sentence(&about), schema);
        if let Some(default) = default {
            schema["default"] = json!(default);
        }
        properties.insert(name.to_owned(), schema);
    }
    let one_kind: Vec<Value> =
        KINDS.iter().map(|kind| json!({ "required": [kind.name] })).collect();
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": ["at"],
        "oneOf": one_kind,
        "dependencies": needs,
    })
}

fn targets() -> Value {
    // As Rust parses a number, with an optional sign.
    let target = forms::trimmed_words(TARGETS, Some(r"broker:[+-]?[0-9]+"));
    forms::either(target.clone(), forms::list(target))
}
