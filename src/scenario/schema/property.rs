//! The JSON Schema of topic and producer properties. Each is once under `definitions`; the
//! sections, `matrix` and `when` refer to it.

use super::super::plan_axes::{self, TIMELINES};
use super::super::property::{self, Property};
use super::super::section::{CONFIG, Form, MOST_RATE, Section};
use super::super::{keys, names};
use super::build::{explained, keyed, typed};
use super::forms;
use crate::model::{Timing, producer_default};
use serde_json::{Map, Value, json};

/// The map of everything that an axis or a condition may name.
pub(super) const NAMES: &str = "names";

/// `cluster.config.PROPERTY`, for any property.
const BROKER_PROPERTY: &str = r"^cluster\.config\.[\s\S]";

/// For `definitions`: each property that belongs directly under its section, and [`NAMES`], which
/// has the others.
pub(super) fn definitions() -> Map<String, Value> {
    let sections = Section::ALL.into_iter();
    let mut definitions: Map<_, _> =
        sections.flat_map(|section| keyed(section.keys(), value)).collect();
    definitions.insert(NAMES.to_owned(), names_map());
    definitions
}

fn value(form: Form) -> Value {
    match form {
        Form::Count(least, most) => forms::count(least, most),
        Form::Flag => forms::flag(),
        Form::Acks => {
            forms::either(json!({ "enum": ["all", 0, 1, -1] }), forms::text("all|-1|0|1"))
        }
        Form::Rate => {
            let number =
                forms::or_say("write a whole number, or `max`", forms::count(1, MOST_RATE));
            forms::either(number, forms::trimmed_words(&[("max", ())], None))
        }
        Form::Text => forms::nonblank(),
        Form::Client => forms::scalar(),
    }
}

/// Each name with one value or a list of them. What refers to it says which of the two it means.
fn names_map() -> Value {
    let mut names = Map::new();
    let values = |text: &str| typed(text, "values", &["string", "number", "boolean", "array"]);
    for (name, property) in every_property() {
        let text = about(name, property);
        let schema = match property.is_direct() {
            true => explained(&text, forms::one_or_more(&forms::reference(property.name))),
            false => values(&text),
        };
        names.insert(name.to_owned(), schema);
    }
    for key in plan_axes::cluster_keys() {
        names.insert(format!("cluster.{}", key.name), values(key.about));
    }
    // A map in `matrix`, and a name in `when`.
    names.insert(TIMELINES.name.to_owned(), json!(true));
    let of_broker = values("A broker property.");
    json!({
        "properties": names,
        "patternProperties": { BROKER_PROPERTY: of_broker },
        "additionalProperties": false,
    })
}

/// Every name of every property.
pub(super) fn every_property() -> impl Iterator<Item = (&'static str, Property)> {
    let known = property::all_direct().into_iter().chain(property::all_in_config());
    let all = known.chain(names::ALIASES.iter().map(|(alias, _)| *alias));
    all.filter_map(|name| Some((name, property::find(name)?)))
}

fn about(name: &str, property: Property) -> String {
    let used = property.name;
    match property.form {
        Form::Text => return "A topic property of Kafka's.".to_owned(),
        Form::Client => {}
        _ if used != name => return format!("Another name of `{used}`."),
        _ => {
            let key = keys::find(property.section.keys(), used);
            return key.map_or_else(String::new, |key| key.about.to_owned());
        }
    }
    let mut text = match names::ALIASES.iter().any(|(alias, _)| *alias == name) {
        true => format!("A producer property of librdkafka's, another name of `{used}`."),
        false => "A producer property of librdkafka's.".to_owned(),
    };
    let (stock, fast) =
        (producer_default(used, Timing::Stock), producer_default(used, Timing::Fast));
    match (stock, fast) {
        (Some(stock), Some(fast)) if stock != fast => {
            text += &format!(" Without it: {stock}; {fast} under `timing: fast`.");
        }
        (Some(stock), _) => text += &format!(" Without it: {stock}."),
        (None, _) => {}
    }
    text
}

pub(super) fn section(section: Section) -> Value {
    let direct = keys::names(section.keys()).into_iter();
    let mut properties: Map<_, _> =
        direct.map(|name| (name.to_owned(), forms::reference(name))).collect();
    properties.insert(CONFIG.to_owned(), explained(section.about_config(), config(section)));
    forms::map(properties)
}

fn config(section: Section) -> Value {
    let (listed, form) = section.config();
    let aliases = names::ALIASES.iter().map(|(alias, _)| *alias);
    let names = listed.iter().copied().chain(aliases);
    let taken = names.filter(|name| property::in_config(section, name).is_some());
    let reference = |name| forms::reference(&format!("{NAMES}/properties/{name}"));
    let mut config = forms::map(taken.map(|name| (name.to_owned(), reference(name))).collect());
    // What they refer to accepts lists, too; these are single values.
    config["allOf"] = json!([{ "additionalProperties": value(form) }]);
    config
}
