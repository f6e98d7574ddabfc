//! Readers and schema agree on every scenario in the repository and every example in its pages, on
//! copies with one change, and on each key with values of all kinds.

use super::keys::all_keys;
use super::{Spelling, VALIDATOR, seen};
use crate::scenario::read_expect::WHEN;
use crate::scenario::section::{CONFIG, Section};
use crate::scenario::{Changes, builtin, property, read_text};
use crate::timeline;
use crate::yaml::{Diagnostic, Node};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What only a reader can know, by words of its message or help.
const ONLY_READERS: &[&str] = &[
    // Kafka and librdkafka check these values themselves.
    "it must be a value",
    "every topic sets its own",
    "is listed twice",
    "both `faults` and `matrix.faults`",
    "the matrix makes",
    // A number as a name: `5` is valid, `-1` is not.
    "is not a valid scenario name",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Scenarios and fragments of them, as text.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = builtin::BUILTIN.iter().map(|one| one.text.to_owned()).collect();
    for folder in ["tests/scenarios/broken", "tests/scenarios/sound"] {
        let files = fs::read_dir(root().join(folder)).unwrap();
        texts.extend(files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()));
    }
    for page in ["README.md", "docs/scenarios.md"] {
        let page = fs::read_to_string(root().join(page)).unwrap();
        let pieces = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        texts.extend(pieces.map(|piece| match piece.starts_with("name:") {
            true => piece.to_owned(),
            false => format!("name: x\n{piece}"),
        }));
    }
    texts.push(include_str!("../../../cli/template.yaml").to_owned());
    texts
}

/// The same as trees, if they are YAML.
fn corpus() -> Vec<Value> {
    let trees = texts().into_iter().filter_map(|text| Node::parse_text(&text).ok());
    trees.map(|tree| seen(&tree, Spelling::Plain)).collect()
}

/// Values of all kinds.
fn values() -> Vec<Value> {
    let single = json!([
        null,
        true,
        0,
        5,
        300,
        -1,
        1.5,
        "",
        " ",
        "x",
        " all ",
        "max",
        "1s",
        "0..1",
        "<= 5",
        ">= 1 session",
        "3.8.1",
        "fast",
        " isolated ",
        "leader",
        "broker:0"
    ]);
    let others = json!([
        [], [1], [1, 2], [1, 1], ["1", "all"], [[1]], [null], ["leader", "all"], ["3.8.1"], {},
        {"x": 1}, {"x": []}, {"a b": []}, [{}], [{"kill": "leader", "at": "1s", "for": "1s"}]
    ]);
    [single, others].iter().filter_map(Value::as_array).flatten().cloned().collect()
}

/// The paths of everything in a tree.
fn paths(tree: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    let mut below = |key: &str, value: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        paths(value, &format!("{here}/{key}"), found);
    };
    match tree {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| below(&at.to_string(), value));
        }
        _ => {}
    }
}

/// Copies of the value at a path, each with one change and its description.
fn changed(there: &Value) -> Vec<(String, Value)> {
    let values = [json!(null), json!(5), json!("x"), json!([]), json!([1, 1]), json!({ "x": 1 })];
    let mut copies: Vec<(String, Value)> =
        values.into_iter().map(|value| (value.to_string(), value)).collect();
    match there {
        Value::Object(map) => {
            for key in map.keys() {
                let mut without = map.clone();
                let value = without.remove(key).unwrap_or_default();
                copies.push((format!("without {key}"), Value::Object(without.clone())));
                for other in [format!("{key}s"), key.to_uppercase()] {
                    let mut renamed = without.clone();
                    renamed.insert(other.clone(), value.clone());
                    copies.push((other, Value::Object(renamed)));
                }
            }
        }
        Value::Array(list) => {
            let twice = list.iter().chain(list.first()).cloned().collect();
            copies.push(("the first twice".to_owned(), twice));
        }
        _ => {}
    }
    copies
}

/// The keys of every map, and some of the properties under `config`, which are all alike.
fn maps() -> Vec<(Vec<&'static str>, Vec<String>)> {
    let typical: BTreeSet<&str> = Section::ALL
        .iter()
        .flat_map(|section| section.config().0.iter().take(3))
        .copied()
        .collect();
    let is_typical = |name: &String| match property::find(name) {
        Some(property) => property.is_direct() || typical.contains(property.name),
        None => true,
    };
    let broker = ["num.io.threads", "listeners", "num.partitions", ""];
    let mut maps = all_keys();
    for (path, keys) in &mut maps {
        keys.retain(is_typical);
        if matches!(path.as_slice(), ["matrix"] | [_, "when"]) {
            keys.extend(broker.map(|name| format!("cluster.config.{name}")));
        }
    }
    maps.push((vec!["cluster", CONFIG], broker.map(str::to_owned).to_vec()));
    maps
}

/// A scenario with only this at this path.
fn with(path: &[&str], key: &str, value: Value) -> Value {
    let mut map = Map::from_iter([(key.to_owned(), value)]);
    let mut tree = if path == ["faults"] {
        let kind = if timeline::names().any(|name| name == key) { key } else { "kill" };
        for (name, value) in [(kind, "leader"), ("at", "1s"), ("for", "1s")] {
            map.entry(name).or_insert(json!(value));
        }
        json!([map])
    } else {
        Value::Object(map)
    };
    for name in path.iter().rev() {
        tree = match *name == WHEN.name {
            true => json!({ *name: tree, "lost": 0 }),
            false => json!({ *name: tree }),
        };
    }
    let mut scenario = Map::from_iter([("name".to_owned(), json!("x"))]);
    scenario.extend(tree.as_object().cloned().unwrap_or_default());
    Value::Object(scenario)
}

/// Compares readers and schema on a scenario; returns whether it is valid.
fn is_sound(tree: &Value) -> bool {
    // JSON is YAML.
    let text = tree.to_string();
    let Ok(reading) = read_text("test.yaml", &text, &Changes::default()) else {
        assert!(!VALIDATOR.is_valid(tree), "the schema takes what is no map:\n{text}");
        return false;
    };
    let told = reading.problems;
    let is_valid = VALIDATOR.is_valid(tree);
    assert!(is_valid || !told.is_empty(), "the schema refuses what the readers take:\n{text}");
    let only_readers = |problem: &Diagnostic| {
        let help = problem.help.as_deref().unwrap_or_default();
        let has = |words: &&str| problem.message.contains(*words) || help.contains(*words);
        ONLY_READERS.iter().any(has)
    };
    let missed = told.iter().find(|problem| is_valid && !only_readers(problem));
    assert!(missed.is_none(), "the schema takes what the readers refuse: {missed:?}\n{text}");
    told.is_empty()
}

/// How many of these are valid, and how many are not.
fn counted(trees: impl Iterator<Item = Value>) -> (usize, usize) {
    trees.fold((0, 0), |(sound, broken), tree| match is_sound(&tree) {
        true => (sound + 1, broken),
        false => (sound, broken + 1),
    })
}

#[test]
fn readers_and_schema_agree_on_every_scenario_and_on_changed_copies() {
    let corpus = corpus();
    assert!(corpus.len() > 60, "{}", corpus.len());
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut trees = corpus.clone();
    for tree in &corpus {
        let mut found = Vec::new();
        paths(tree, "", &mut found);
        for path in found {
            let Some(there) = tree.pointer(&path) else { continue };
            // The same change in other items of a list adds nothing.
            let keys = path.split('/').filter(|key| key.parse::<u8>().is_err());
            let keys: Vec<&str> = keys.collect();
            for (change, copy) in changed(there) {
                if !done.insert(format!("{keys:?} {change}")) {
                    continue;
                }
                let mut tree = tree.clone();
                if let Some(there) = tree.pointer_mut(&path) {
                    *there = copy;
                }
                trees.push(tree);
            }
        }
    }
    let (sound, broken) = counted(trees.into_iter());
    assert!(sound > 200 && broken > 1000, "{sound} sound, {broken} broken");
}

#[test]
fn readers_and_schema_agree_on_every_key_with_values_of_all_kinds() {
    let maps = maps();
    let everywhere: BTreeSet<&String> = maps.iter().flat_map(|(_, keys)| keys).collect();
    let mut trees = Vec::new();
    for (path, keys) in &maps {
        for value in values() {
            trees.extend(keys.iter().map(|key| with(path, key, value.clone())));
        }
        trees.extend(everywhere.iter().map(|key| with(path, key, json!(1))));
    }
    let (sound, broken) = counted(trees.into_iter());
    assert!(sound > 500 && broken > 2000, "{sound} sound, {broken} broken");
}
