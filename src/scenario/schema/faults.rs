//! The JSON Schema of `faults:` and of the timelines under `matrix.faults`.

use super::super::read_faults::{ELECTIONS, END_BY_THEMSELVES, KINDS, MOST_FAULTS, PORTS, TARGETS};
use super::build::described;
use super::forms;
use serde_json::{Map, Value, json};

/// Where the other files find [`list`].
pub const REFERENCE: &str = "#/definitions/faults";

const TARGETS_REFERENCE: &str = "#/definitions/targets";

/// What stands under `definitions`.
pub fn definitions() -> Map<String, Value> {
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
    let mut needs = json!({ "ports": ["network_partition"], "touches": ["exec"] });
    for kind in KINDS {
        properties.insert((*kind).to_owned(), described(&format!("faults.{kind}"), action(kind)));
        if !END_BY_THEMSELVES.contains(kind) {
            needs[*kind] = json!(["for"]);
        }
    }
    for key in ["at", "for"] {
        properties.insert(key.to_owned(), described(&format!("faults.{key}"), forms::length()));
    }
    properties.insert("ports".to_owned(), described("faults.ports", forms::words(PORTS)));
    let targets = json!({ "$ref": TARGETS_REFERENCE });
    properties.insert("touches".to_owned(), described("faults.touches", targets));
    let one_kind: Vec<Value> = KINDS.iter().map(|kind| json!({ "required": [kind] })).collect();
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": ["at"],
        "oneOf": one_kind,
        "dependencies": needs,
    })
}

fn action(kind: &str) -> Value {
    let targets = json!({ "$ref": TARGETS_REFERENCE });
    match kind {
        "network_partition" => {
            let mut groups = forms::list(targets);
            groups["minItems"] = json!(2);
            groups
        }
        "elect_leaders" => forms::words(ELECTIONS),
        "exec" => forms::either(forms::nonblank(), forms::list(forms::scalar())),
        _ => targets,
    }
}

/// A word, or a list of words.
fn targets() -> Value {
    // As Rust reads a number: with a sign, if there is one.
    let target = forms::trimmed_words(TARGETS, Some(r"broker:[+-]?[0-9]+"));
    forms::either(target.clone(), forms::list(target))
}
