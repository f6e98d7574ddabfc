//! README's limits are those of the tool's own table. docs/scenarios.md names every key of the
//! schema, with an example and the default in force, and every piece of YAML in it is valid as it
//! is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use kafka_chaos::testing::model::Metric;
use kafka_chaos::testing::plan::{self, Asked};
use kafka_chaos::testing::scenario::{self, Changes};
use kafka_chaos::testing::timeline::docs;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios.md");
    fs::read_to_string(path).unwrap()
}

fn properties(schema: &Value) -> BTreeMap<String, Value> {
    schema["properties"].as_object().cloned().unwrap_or_default().into_iter().collect()
}

/// Resolves a `$ref`.
fn resolved(schema: &Value, of: Value) -> Value {
    match of["$ref"].as_str() {
        Some(to) => schema.pointer(&to[1..]).unwrap().clone(),
        None => of,
    }
}

/// Every key by its path, without what `config`, `when` and the axes take from other sections.
fn keys() -> BTreeMap<String, Value> {
    let schema = scenario::schema();
    let mut keys = BTreeMap::new();
    for (name, section) in properties(&schema) {
        let below = match name.as_str() {
            "faults" => properties(&schema["definitions"]["faults"]["items"]),
            "expect" => properties(&schema["definitions"]["expectation"]),
            "matrix" => BTreeMap::new(),
            _ => properties(&section),
        };
        for (key, value) in below {
            keys.insert(format!("{name}.{key}"), resolved(&schema, value));
        }
        keys.insert(name, section);
    }
    assert!(keys.len() > 45, "{keys:?}");
    keys
}

/// The key as it is written in a file.
fn own_name(path: &str) -> &str {
    let sections = ["cluster.", "topic.", "producer.", "faults.", "expect."];
    sections.iter().find_map(|section| path.strip_prefix(section)).unwrap_or(path)
}

/// Words of a text as keys are written.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')))
        .map(|word| word.trim_matches('.'))
}

/// What is between backticks in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The blocks of YAML.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn is_whole(block: &str) -> bool {
    block.starts_with("name:")
}

#[test]
fn every_key_is_named_and_has_an_example() {
    let page = page();
    let outside: String = page.split("```").step_by(2).flat_map(|text| [text, "\n"]).collect();
    let named: BTreeSet<&str> = outside.lines().flat_map(quoted).flat_map(words).collect();
    let shown: BTreeSet<&str> = blocks(&page).into_iter().flat_map(words).collect();
    for path in keys().keys() {
        let key = own_name(path);
        assert!(named.contains(key), "`{key}` of {path} is not named in backticks");
        assert!(shown.contains(key), "`{key}` of {path} is in no example");
    }
    let schema = scenario::schema();
    for section in ["topic", "producer"] {
        let config = &schema["properties"][section]["properties"]["config"];
        for key in properties(config).keys() {
            assert!(named.contains(key.as_str()), "`{key}` of {section}.config is not named");
        }
    }
}

/// The keys of the page's tables by path, each with its default if it has one.
fn told_keys(page: &str) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    let (mut section, mut is_table) = ("", false);
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.trim_matches('`');
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", "key", "default", "meaning", ""] => is_table = true,
            ["", key, default, ..] if is_table => {
                let Some(key) = quoted(key).next() else { continue };
                let default = default.strip_prefix('`').and_then(|rest| rest.split('`').next());
                found.insert(format!("{section}.{key}"), default.map(str::to_owned));
            }
            _ => is_table = false,
        }
    }
    found
}

#[test]
fn the_defaults_are_those_of_the_schema() {
    let in_words = |value: &Value| match value {
        Value::String(word) => word.clone(),
        other => other.to_string(),
    };
    let of_schema: BTreeMap<String, String> = keys()
        .iter()
        .filter_map(|(path, schema)| Some((path.clone(), in_words(schema.get("default")?))))
        .collect();
    assert!(of_schema.len() >= 12, "{of_schema:?}");
    let told = told_keys(&page()).into_iter();
    let told: BTreeMap<_, _> = told.filter_map(|(path, default)| Some((path, default?))).collect();
    assert_eq!(told, of_schema);
}

#[test]
fn the_tables_have_the_keys_of_their_sections() {
    let told = told_keys(&page());
    for section in ["cluster", "topic", "producer"] {
        let is_of_it =
            |path: &&String| path.split('.').next() == Some(section) && path.contains('.');
        let keys = keys();
        let known: Vec<&String> = keys.keys().filter(is_of_it).collect();
        let told: Vec<&String> = told.keys().filter(is_of_it).collect();
        assert_eq!(told, known, "the table of `{section}`");
    }
}

#[test]
fn every_piece_of_yaml_can_be_taken_as_it_is() {
    let page = page();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 10, "only {} blocks", blocks.len());
    assert!(blocks.iter().any(|block| is_whole(block)));
    for block in blocks {
        if is_whole(block) {
            let study = plan::study_from_text("docs/scenarios.md", block, &Asked::default());
            study.unwrap_or_else(|problems| panic!("{problems}"));
        } else {
            let text = format!("name: example\n{block}");
            let reading = scenario::read_text("docs/scenarios.md", &text, &Changes::default());
            let problems = reading.unwrap().problems;
            assert!(problems.is_empty(), "{block}\n{problems:#?}");
        }
    }
}

#[test]
fn faults_and_their_keys_are_told_as_the_list_has_them() {
    let page = page();
    for made in [docs::keys_table(), docs::faults_table(), docs::example()] {
        assert!(page.contains(&made), "docs/scenarios.md should have\n{made}");
    }
}

#[test]
fn the_table_of_what_can_be_expected_is_the_list_of_metrics() {
    let row = |metric: &Metric| format!("| `{}` | {} |\n", metric.word(), metric.about().means);
    let rows: String = Metric::ALL.iter().map(row).collect();
    let table = format!("\n| key | what it measures |\n|---|---|\n{rows}\n");
    assert!(page().contains(&table), "docs/scenarios.md should have\n{table}");
}

#[test]
fn the_limits_in_readme_are_what_the_tool_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(path).unwrap();
    let section = readme.split("\n## Limits\n").nth(1).unwrap();
    let told = scenario::not_yet::limits();
    assert!(section.contains(&format!("asks for it:\n\n{told}\n")), "README should have\n{told}");
}
