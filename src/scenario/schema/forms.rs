//! The JSON Schema of single values. Quotes are optional in a scenario, so each form accepts a
//! number or a boolean and the text that spells it.

use crate::model::{Length, UNITS, Unit};
use crate::timeline::one_of;
use serde_json::{Map, Value, json};

/// A whole number as text: readers accept `1_000`, and a plus sign.
pub(super) const COUNT: &str = r"_*\+?[0-9_]+";

/// Forms that many keys share, for `definitions`.
pub(super) fn definitions() -> Map<String, Value> {
    let distinct = json!({ "type": "array", "minItems": 1, "uniqueItems": true });
    // One value or a list of them, and no `anyOf`, whose alternatives' texts editors would show.
    let values =
        json!({ "type": ["string", "number", "boolean", "array"], "items": reference("scalar") });
    [
        ("scalar", scalar()),
        ("values", values),
        ("list", list(reference("scalar"))),
        ("distinct", distinct),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

pub(super) fn scalar() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// Any single value except an empty or blank text.
pub(super) fn nonblank() -> Value {
    json!({ "type": ["string", "number", "boolean"], "pattern": r"\S" })
}

/// Text of this form, with surrounding white space.
pub(super) fn text(form: &str) -> Value {
    json!({ "type": "string", "pattern": pattern(form) })
}

/// Matches a whole text, with surrounding white space.
pub(super) fn pattern(form: &str) -> String {
    format!(r"^\s*(?:{form})\s*$")
}

/// A whole number between two bounds. For a text only its form is checked, not its value.
pub(super) fn count(least: u64, most: u64) -> Value {
    let mut schema =
        json!({ "type": ["string", "integer"], "minimum": least, "pattern": pattern(COUNT) });
    if most < u64::MAX {
        schema["maximum"] = json!(most);
    }
    or_say("write a whole number", schema)
}

pub(super) fn flag() -> Value {
    let form = pattern("[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]");
    let schema = json!({ "type": ["boolean", "string"], "pattern": form });
    or_say("write `true` or `false`", schema)
}

/// One of several words, or text of another form, with surrounding white space.
pub(super) fn trimmed_words<T>(known: &[(&str, T)], or: Option<&str>) -> Value {
    let forms: Vec<&str> = known.iter().map(|(word, _)| *word).chain(or).collect();
    either(one_of(known), text(&forms.join("|")))
}

pub(super) fn length() -> Value {
    or_say(Length::FORMS, text(&length_pattern()))
}

/// An editor's message where the pattern does not match, if it supports such messages.
pub(super) fn or_say(words: &str, mut schema: Value) -> Value {
    schema["patternErrorMessage"] = json!(words);
    schema
}

/// Numbers as Rust parses them, each with its unit: one of Kafka's clocks, or several others.
pub(super) fn length_pattern() -> String {
    const NUMBER: &str = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)";
    let (clocks, times): (Vec<_>, Vec<_>) =
        UNITS.iter().partition(|(_, unit)| matches!(unit, Unit::Periods(_)));
    let words = |units: Vec<&(&'static str, Unit)>| {
        units.into_iter().map(|(word, _)| *word).collect::<Vec<_>>().join("|")
    };
    let (clocks, times) = (words(clocks), words(times));
    format!(r"(?:{NUMBER}\s*(?:{clocks})|(?:{NUMBER}\s*(?:{times})\s*)+)")
}

/// A list of at least one item.
pub(super) fn list(item: Value) -> Value {
    let mut schema = json!({ "type": "array", "minItems": 1 });
    schema["items"] = item;
    schema
}

/// One value, or a list of them.
pub(super) fn one_or_more(item: &Value) -> Value {
    either(item.clone(), json!({ "type": "array", "items": item }))
}

/// A map of these keys and no others; an absent value counts as an empty map.
pub(super) fn map(properties: Map<String, Value>) -> Value {
    let mut schema = json!({ "type": ["object", "null"], "additionalProperties": false });
    schema["properties"] = Value::Object(properties);
    schema
}

/// Either of two schemas. A choice of choices is flattened.
pub(super) fn either(a: Value, b: Value) -> Value {
    let choices = |schema: Value| match schema {
        Value::Object(mut object) if object.len() == 1 && object.contains_key("anyOf") => {
            match object.remove("anyOf") {
                Some(Value::Array(choices)) => choices,
                _ => Vec::new(),
            }
        }
        other => vec![other],
    };
    let all = [choices(a), choices(b)].concat();
    json!({ "anyOf": all })
}
