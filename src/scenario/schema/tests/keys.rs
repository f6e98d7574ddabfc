//! Every key in the tables is explained to editors.

use super::super::property::every_property;
use super::super::schema;
use crate::scenario::keys::{self, SCENARIO};
use crate::scenario::plan_axes::{self, TIMELINES};
use crate::scenario::read_cluster::CLUSTER;
use crate::scenario::read_expect::{self, WHEN};
use crate::scenario::section::{CONFIG, Section};
use crate::timeline;
use serde_json::Value;

/// Resolves a `$ref`.
fn resolved<'s>(schema: &'s Value, of: &'s Value) -> &'s Value {
    match of["$ref"].as_str() {
        Some(to) => resolved(schema, schema.pointer(&to[1..]).expect(to)),
        None => of,
    }
}

/// The schemas of a map's key: in the map itself, or in its parts.
fn at<'s>(schema: &'s Value, map: &'s Value, key: &str) -> Vec<&'s Value> {
    let map = resolved(schema, map);
    let by_pattern = map["patternProperties"].as_object().into_iter().flatten();
    let by_pattern = by_pattern.filter(|_| key.starts_with("cluster.config.")).map(|(_, at)| at);
    let mut found: Vec<&Value> = map["properties"].get(key).into_iter().chain(by_pattern).collect();
    let parts = map["allOf"].as_array().into_iter().flatten();
    found.extend(parts.flat_map(|part| at(schema, part, key)));
    found.into_iter().map(|at| resolved(schema, at)).collect()
}

/// All keys by the path of their map.
pub(super) fn all_keys() -> Vec<(Vec<&'static str>, Vec<String>)> {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let of_faults = timeline::names().chain(timeline::docs::keys().into_iter().map(|key| key.0));
    let mut all = vec![
        (vec![], owned(keys::names(SCENARIO))),
        (vec!["cluster"], owned(keys::names(CLUSTER))),
        (vec!["faults"], owned(of_faults.collect())),
        (vec!["expect"], owned(read_expect::keys())),
    ];
    for section in Section::ALL {
        let direct = [keys::names(section.keys()), vec![CONFIG]].concat();
        all.push((vec![section.name()], owned(direct)));
        all.push((vec![section.name(), CONFIG], owned(section.config().0.to_vec())));
    }
    let properties = every_property().map(|(name, _)| name.to_owned());
    let axes: Vec<String> =
        properties.chain(plan_axes::names()).chain([TIMELINES.name.to_owned()]).collect();
    all.extend([(vec!["matrix"], axes.clone()), (vec!["expect", WHEN.name], axes)]);
    all
}

#[test]
fn every_key_says_what_it_means_wherever_it_may_stand() {
    let schema = schema();
    let definition = |name: &str| &schema["definitions"][name];
    for (path, keys) in all_keys() {
        let map = match path.as_slice() {
            [] => &schema,
            ["faults"] => &definition("faults")["items"],
            ["expect"] => definition("expectation"),
            ["expect", when] => at(&schema, definition("expectation"), when)[0],
            [section] => at(&schema, &schema, section)[0],
            [section, key, ..] => at(&schema, at(&schema, &schema, section)[0], key)[0],
        };
        for key in keys {
            let texts: Vec<&str> = at(&schema, map, &key)
                .into_iter()
                .filter_map(|at| at["description"].as_str())
                .collect();
            let says = |text: &&str| text.ends_with(['.', ')', '`']);
            assert!(texts.iter().any(says), "`{key}` in {path:?} says nothing: {texts:?}");
        }
    }
}

#[test]
fn everything_that_is_referred_to_is_there() {
    let schema = schema();
    let text = schema.to_string();
    let places: Vec<&str> = text.split("\"$ref\":\"#").skip(1).collect();
    assert!(places.len() > 200, "{}", places.len());
    for to in places.iter().filter_map(|rest| rest.split('"').next()) {
        assert!(schema.pointer(to).is_some(), "{to} is not there");
    }
}
