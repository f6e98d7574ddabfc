//! A job of a GitHub Actions workflow without GitHub: its `run` steps in order, in bash as a runner
//! starts it, with files for outputs and summary. A few kinds of expressions and conditions are
//! supported; any other one fails the test.

use serde_yaml::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Steps that change the machine are skipped: the caller has a `chaos` already.
const LEFT_OUT: [&str; 2] = ["Build the tool", "Open user namespaces"];

/// The workflow of this name in examples/ci.
pub fn workflow(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A map's entries as text; empty without a map.
pub fn texts(map: &Value) -> Vec<(String, String)> {
    let entries = map.as_mapping().into_iter().flatten();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        other => panic!("{other:?} is no plain value"),
    };
    entries.map(|(name, value)| (text(name), text(value))).collect()
}

/// The expressions in a text, without `${{` and `}}`.
pub fn expressions(text: &str) -> Vec<&str> {
    let parts = text.split("${{").skip(1);
    parts.map(|part| part.split_once("}}").expect("an expression ends").0.trim()).collect()
}

/// What a runner knows, and where it works.
pub struct Runner<'a> {
    /// The checked-out repository; the steps' current folder.
    pub workspace: PathBuf,
    /// In front of PATH: where `chaos` is.
    pub programs: PathBuf,
    /// Further variables of the runner.
    pub variables: Vec<(&'a str, OsString)>,
    /// What a person filled in at the head of the workflow.
    pub filled_in: Vec<(&'a str, &'a str)>,
    /// The inputs of a manual start.
    pub inputs: Vec<(&'a str, &'a str)>,
}

/// How a job ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// The exit status of the first step that failed, or 0.
    pub status: i32,
    /// Its name.
    pub failed: Option<String>,
    /// What all steps printed.
    pub log: String,
    /// What they wrote to GITHUB_STEP_SUMMARY.
    pub summary: String,
    /// By step and name.
    outputs: BTreeMap<(String, String), String>,
}

impl Runner<'_> {
    /// Carries out the only job of a workflow with these values of its matrix.
    pub fn run(&self, workflow: &Value, matrix: &[(&str, &str)]) -> Ended {
        let job = &workflow["jobs"].as_mapping().unwrap().iter().next().unwrap().1;
        let mut env = texts(&workflow["env"]);
        for (name, value) in &mut env {
            if let Some((_, own)) = self.filled_in.iter().find(|(filled, _)| filled == name) {
                *value = (*own).to_owned();
            }
        }
        env.extend(texts(&job["env"]));
        let mut ended = Ended::default();
        let steps = job["steps"].as_sequence().unwrap();
        for name in LEFT_OUT {
            assert!(steps.iter().any(|step| step["name"] == name), "no step is called {name}");
        }
        for step in steps {
            let name = step["name"].as_str().unwrap();
            let Some(script) = step["run"].as_str() else { continue };
            if LEFT_OUT.contains(&name) || !applies(&step["if"], &ended) {
                continue;
            }
            let all = env.iter().cloned().chain(texts(&step["env"]));
            let evaluate = |expression: &str| self.value(expression, matrix, &ended);
            let all: Vec<_> = all.map(|(name, text)| (name, filled(&text, &evaluate))).collect();
            self.step(step, script, &all, &mut ended);
        }
        ended
    }

    fn step(&self, step: &Value, script: &str, env: &[(String, String)], ended: &mut Ended) {
        let files = tempfile::tempdir().unwrap();
        let file = |name: &str| files.path().join(name);
        fs::write(file("script"), script).unwrap();
        for name in ["output", "summary"] {
            fs::write(file(name), "").unwrap();
        }
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(file("script"))
            .current_dir(&self.workspace)
            .envs(env.iter().cloned())
            .envs(self.variables.iter().cloned())
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .output()
            .unwrap();
        let name = step["name"].as_str().unwrap();
        ended.log += &format!("== {name}\n");
        for text in [output.stdout, output.stderr] {
            ended.log += &String::from_utf8_lossy(&text);
        }
        ended.summary += &fs::read_to_string(file("summary")).unwrap();
        for line in fs::read_to_string(file("output")).unwrap().lines() {
            let (output, value) = line.split_once('=').expect("an output is NAME=VALUE");
            let id = step["id"].as_str().expect("a step with outputs has an id");
            ended.outputs.insert((id.to_owned(), output.to_owned()), value.to_owned());
        }
        let status = output.status.code().expect("no signal ends a step");
        if status != 0 && ended.failed.is_none() {
            (ended.status, ended.failed) = (status, Some(name.to_owned()));
        }
    }

    fn value(&self, expression: &str, matrix: &[(&str, &str)], ended: &Ended) -> String {
        let (first, default) = expression.split_once(" || ").unwrap_or((expression, ""));
        let parts: Vec<&str> = first.split('.').collect();
        let find = |values: &[(&str, &str)], name: &str| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let value = match parts[..] {
            ["matrix", name] => Some(find(matrix, name).expect("a value of the matrix")),
            ["inputs", name] => find(&self.inputs, name),
            ["steps", id, "outputs", name] => {
                ended.outputs.get(&(id.to_owned(), name.to_owned())).cloned()
            }
            _ => panic!("what `{expression}` gives is not known"),
        };
        // A missing input is empty.
        value.unwrap_or_else(|| default.trim_matches('\'').to_owned())
    }
}

/// Whether a step runs, after what came before it.
fn applies(condition: &Value, ended: &Ended) -> bool {
    match condition.as_str() {
        None => ended.failed.is_none(),
        Some("always()") => true,
        Some(other) => panic!("what `if: {other}` means is not known"),
    }
}

/// A text with its expressions replaced.
fn filled(text: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut filled = text.to_owned();
    for expression in expressions(text) {
        let start = filled.find("${{").unwrap();
        let end = filled.find("}}").unwrap() + 2;
        filled.replace_range(start..end, &value(expression));
    }
    filled
}
