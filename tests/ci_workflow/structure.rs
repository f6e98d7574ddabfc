//! What can be checked of a workflow without carrying it out.

use super::job::{expressions, texts, workflow};
use kafka_chaos::testing::distribution::known_versions;
use serde_yaml::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// GitHub ends a job after this many minutes.
const JOB_MINUTES_MAX: u64 = 360;
/// Expressions whose value the runner provides.
const RUNNERS_OWN: [&str; 4] = ["runner.os", "runner.arch", "github.workflow", "github.ref"];
/// Outputs of actions that the workflow relies on, by action.
const ACTION_OUTPUTS: [(&str, &[&str]); 2] = [
    ("actions/cache/restore", &["cache-hit", "cache-primary-key"]),
    ("actions/setup-java", &["version"]),
];

/// All of them, by name.
fn all() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci");
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let all: Vec<_> = names.map(|name| (name.clone(), workflow(&name))).collect();
    assert!(!all.is_empty());
    all
}

fn jobs(workflow: &Value) -> impl Iterator<Item = &Value> {
    workflow["jobs"].as_mapping().unwrap().values()
}

fn steps(job: &Value) -> &Vec<Value> {
    job["steps"].as_sequence().unwrap()
}

/// Whether bash accepts it as a program.
fn is_bash(script: &str) -> bool {
    let mut bash =
        Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    bash.wait().unwrap().success()
}

/// A major version or a commit: a branch may be another program tomorrow.
fn is_pinned(uses: &str) -> bool {
    let Some((_, version)) = uses.split_once('@') else { return false };
    let number = version.strip_prefix('v').unwrap_or_default();
    let is_major = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let is_commit = version.len() == 40 && version.bytes().all(|b| b.is_ascii_hexdigit());
    is_major || is_commit
}

#[test]
fn every_job_has_an_end_and_may_only_read() {
    for (name, workflow) in all() {
        let permissions = texts(&workflow["permissions"]);
        assert_eq!(permissions, [("contents".into(), "read".into())], "{name}");
        assert!(workflow["concurrency"]["group"].is_string(), "{name}: two at once");
        for job in jobs(&workflow) {
            let minutes = job["timeout-minutes"].as_u64().expect("a job has a timeout");
            assert!((1..=JOB_MINUTES_MAX).contains(&minutes), "{name}");
            assert!(job["permissions"].is_null(), "{name}: a job asks for more");
            assert_eq!(job["defaults"]["run"]["shell"], "bash", "{name}: -e without pipefail");
            // Results are uploaded even after a step that took too long.
            let longest = steps(job).iter().filter_map(|step| step["timeout-minutes"].as_u64());
            assert!(longest.max().is_some_and(|longest| longest < minutes), "{name}");
        }
    }
}

#[test]
fn every_step_has_a_name_and_is_a_pinned_action_or_a_sound_script() {
    assert!(is_bash("if true; then echo; fi") && !is_bash("if true; then echo"));
    assert!(is_pinned("a/b@v6") && is_pinned(&format!("a/b/c@{}", "0a".repeat(20))));
    assert!(
        !is_pinned("a/b") && !is_pinned("a/b@main") && !is_pinned("a/b@v") && !is_pinned("a@v6.x")
    );
    for (name, workflow) in all() {
        for step in jobs(&workflow).flat_map(steps) {
            assert!(step["name"].is_string(), "{name}: {step:?}");
            match (step["uses"].as_str(), step["run"].as_str()) {
                (Some(uses), None) => assert!(is_pinned(uses), "{name}: {uses}"),
                (None, Some(script)) => {
                    assert!(is_bash(script), "{name}: bash does not take this:\n{script}");
                    // Its value would be parsed as code; a variable must pass it.
                    assert!(!script.contains("${{"), "{name}: an expression in:\n{script}");
                }
                _ => panic!("{name}: neither an action nor a script: {step:?}"),
            }
        }
    }
}

/// The outputs of each step with an id.
fn outputs(job: &Value) -> Vec<(&str, Vec<String>)> {
    let named = steps(job).iter().filter_map(|step| Some((step["id"].as_str()?, step)));
    let of = |step: &Value| match (step["run"].as_str(), step["uses"].as_str()) {
        (Some(script), _) => {
            let lines = script.lines().filter(|line| line.ends_with(">> \"$GITHUB_OUTPUT\""));
            let name = |line: &str| {
                let line = line.trim().strip_prefix("echo \"").expect("outputs are echoed");
                line.split_once('=').expect("an output is NAME=VALUE").0.to_owned()
            };
            lines.map(name).collect()
        }
        (None, uses) => {
            let action = uses.unwrap_or_default().split('@').next().unwrap();
            let known = ACTION_OUTPUTS.iter().find(|(known, _)| *known == action);
            known.map_or(Vec::new(), |(_, names)| names.iter().map(ToString::to_string).collect())
        }
    };
    named.map(|(id, step)| (id, of(step))).collect()
}

#[test]
fn every_expression_means_something_that_is_there() {
    for (name, workflow) in all() {
        for job in jobs(&workflow) {
            let outputs = outputs(job);
            let axes = job["strategy"]["matrix"].as_mapping().unwrap();
            let is_known = |expression: &str| {
                let first = expression.split(" || ").next().unwrap();
                match first.split('.').collect::<Vec<_>>()[..] {
                    ["matrix", axis] => axes.contains_key(axis),
                    ["env", name] => !workflow["env"][name].is_null(),
                    ["inputs", name] => {
                        !workflow["on"]["workflow_dispatch"]["inputs"][name].is_null()
                    }
                    ["steps", id, "outputs", output] => outputs
                        .iter()
                        .any(|(known, names)| *known == id && names.iter().any(|n| n == output)),
                    _ => RUNNERS_OWN.contains(&first) || first.starts_with("hashFiles("),
                }
            };
            let mut used = serde_yaml::to_string(&workflow).unwrap();
            // A condition is an expression without braces.
            for condition in steps(job).iter().filter_map(|step| step["if"].as_str()) {
                let subject = condition.split(" != ").next().unwrap();
                if subject != "always()" {
                    used += &format!("${{{{ {subject} }}}}");
                }
            }
            let all: BTreeSet<&str> = expressions(&used).into_iter().collect();
            assert!(all.len() > 5, "{name}: {all:?}");
            for expression in all {
                assert!(is_known(expression), "{name}: there is no {expression}");
            }
        }
    }
}

#[test]
fn the_nightly_job_has_every_shard_once_and_the_versions_that_can_be_fetched() {
    let workflow = workflow("nightly.yml");
    let matrix = &workflow["jobs"]["chaos"]["strategy"]["matrix"];
    let list = |axis: &str| -> Vec<String> {
        let values = matrix[axis].as_sequence().unwrap();
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let shards = list("shard");
    let of = shards.len();
    assert_eq!(shards, (1..=of).map(|number| format!("{number}/{of}")).collect::<Vec<_>>());
    assert_eq!(list("kafka"), known_versions().collect::<Vec<_>>());
    assert!(workflow["on"]["schedule"][0]["cron"].is_string());
}
