//! The JSON Schema in `schemas/` is the one that `chaos schema` prints, accepts every shipped
//! scenario as an editor reads it, and refuses the broken ones that a schema can refuse.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use kafka_chaos::testing::scenario;
use std::fs;
use std::path::{Path, PathBuf};

/// Broken scenarios that only the planner detects: the problem is between two sections, or in the
/// number of combinations.
const ONLY_THE_PLANNER: &[&str] = &[
    "election-of-one",
    "fault-outside",
    "follower-of-one",
    "idempotence-acks1",
    "min-isr-above-rf",
    "no-cell-left",
    "no-end",
    "no-length",
    "no-traffic",
    "no-unclean-topic",
    "node-in-two-groups",
    "rf-above-brokers",
    "timeline-of-nobody",
    "too-many-cells",
    "two-ends",
    "when-nowhere",
];

/// Broken scenarios that are not YAML: an editor reports that without any schema.
const NO_YAML: &[&str] = &["duplicate-key", "not-yaml", "too-deep"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The file as an editor reads it, with merge keys applied; `None` if it is not YAML.
fn read(file: &Path) -> Option<serde_json::Value> {
    let mut value: serde_yaml::Value =
        serde_yaml::from_str(&fs::read_to_string(file).unwrap()).ok()?;
    value.apply_merge().unwrap();
    Some(serde_json::to_value(value).unwrap())
}

/// The schema's problems with a file.
fn problems(file: &Path) -> Option<Vec<String>> {
    let validator = jsonschema::draft7::new(&scenario::schema()).unwrap();
    let value = read(file)?;
    let found = validator.iter_errors(&value);
    Some(found.map(|error| format!("{}: {error}", error.instance_path())).collect())
}

#[test]
fn the_schema_in_the_repository_is_the_one_that_is_printed() {
    let kept = fs::read_to_string(root().join("schemas/scenario.schema.json")).unwrap();
    let printed = scenario::printed(&scenario::schema());
    assert!(
        kept == printed,
        "the readers changed, and the schema with them. Renew the file:\n  \
         cargo run -- schema > schemas/scenario.schema.json"
    );
}

#[test]
fn every_shipped_scenario_is_taken() {
    let files = files("scenarios");
    assert!(files.len() > 10);
    for file in files {
        assert_eq!(problems(&file), Some(Vec::new()), "{}", file.display());
    }
}

#[test]
fn every_broken_scenario_is_refused_unless_only_the_planner_can_know() {
    let files = files("tests/scenarios/broken");
    let name = |file: &PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
    for listed in ONLY_THE_PLANNER.iter().chain(NO_YAML) {
        assert!(files.iter().any(|file| name(file) == *listed), "{listed} is not there");
    }
    for file in &files {
        let name = name(file);
        match problems(file) {
            None => assert!(NO_YAML.contains(&name.as_str()), "{name} is no YAML"),
            Some(found) if ONLY_THE_PLANNER.contains(&name.as_str()) => {
                assert_eq!(found, [""; 0], "{name}: leave it out of ONLY_THE_PLANNER");
            }
            Some(found) => assert!(!found.is_empty(), "{name} is taken"),
        }
    }
}
