//! The JSON Schema of `expect:` and its `when:`.

use super::super::bound::SIGNS;
use super::super::plan_axes::TIMELINES;
use super::super::read_expect::WHEN;
use super::build::{explained, typed, with_key};
use super::{forms, property};
use crate::model::{Length, Metric};
use serde_json::{Map, Value, json};

/// One map of `expect:`.
pub(super) const EXPECTATION: &str = "expectation";

/// An expected number of messages.
const COUNT: &str = "bound";

pub(super) fn definitions() -> Map<String, Value> {
    let mut count = forms::count(0, u64::MAX);
    count["pattern"] = forms::pattern(&bound(forms::COUNT)).into();
    let count = forms::or_say("write a number of messages: `0`, `>= 1`, `160..400`", count);
    Map::from_iter([(COUNT.to_owned(), count), (EXPECTATION.to_owned(), expectation())])
}

/// A bound with a sign, two bounds, or a single value.
fn bound(end: &str) -> String {
    let signs: Vec<&str> = SIGNS.iter().map(|(sign, ..)| *sign).collect();
    format!(r"(?:(?:{})|=*|{end}\s*\.\.)\s*{end}", signs.join("|"))
}

fn expectation() -> Value {
    let of_metric = |metric: &Metric| {
        let means = metric.about().means;
        let limits = match metric.is_time() {
            true => {
                let limits = forms::text(&bound(&forms::length_pattern()));
                explained(means, forms::or_say(Length::FORMS, limits))
            }
            false => typed(means, COUNT, &["string", "integer"]),
        };
        (metric.word().to_owned(), limits)
    };
    let mut properties: Map<_, _> = Metric::ALL.iter().map(of_metric).collect();
    properties.insert(WHEN.name.to_owned(), with_key(&WHEN, when()));
    // `when` alone expects nothing.
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "dependencies": { WHEN.name: { "minProperties": 2 } },
    })
}

fn when() -> Value {
    let about = "Names of timelines under `matrix.faults`.";
    let timelines = explained(about, forms::reference("values"));
    json!({
        "type": ["object", "null"],
        "allOf": [
            { "properties": { TIMELINES.name: timelines } },
            forms::reference(property::NAMES),
        ],
    })
}
