//! What is written runs as it is, in every form, and nothing is lost.

use super::super::scenario_argument;
use super::*;
use crate::plan::{self, Asked};
use crate::scenario::{CLUSTER, SCENARIO, Section};
use std::collections::BTreeMap;

struct Told {
    exit: Exit,
    out: String,
    err: String,
}

fn new(name: &str, file: &Path, from: Option<&str>) -> Told {
    let arguments = Arguments {
        name: name.to_owned(),
        out: Some(file.to_path_buf()),
        from: from.map(str::to_owned),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(&arguments, &mut out, &mut err).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told { exit, out: text(out), err: text(err) }
}

fn planned_name(file: &Path) -> String {
    let study = scenario_argument::study(file, &Asked::default());
    study.unwrap_or_else(|problems| panic!("{problems}")).first().name.clone()
}

#[test]
fn the_template_has_a_plan_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    // The last four are numbers, a date, null and a boolean in YAML.
    for name in ["mine", "A-1_b.c", "5", "2026-01-01", "null", "true"] {
        let file = folder.path().join(format!("{name}.yaml"));
        let told = new(name, &file, None);
        assert_eq!((told.exit, told.err.as_str()), (Exit::Pass, ""));
        assert!(told.out.contains(&format!("chaos run {}", file.display())), "{}", told.out);
        assert_eq!(planned_name(&file), name);
    }
}

#[test]
fn a_file_s_name_names_the_scenario_without_its_ending() {
    assert_eq!(meant("mine"), ("mine", PathBuf::from("mine.yaml")));
    assert_eq!(meant("mine.yml"), ("mine", PathBuf::from("mine.yml")));
    assert_eq!(meant("a.b.yaml"), ("a.b", PathBuf::from("a.b.yaml")));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.yaml");
    assert_eq!(new("mine.yml", &file, None).exit, Exit::Pass);
    assert_eq!(planned_name(&file), "mine");
}

#[test]
fn the_examples_in_the_template_can_be_taken_as_they_are() {
    let taken: Vec<String> = TEMPLATE
        .lines()
        .map(|line| {
            let text = line.trim_start();
            match text.strip_prefix('#') {
                Some(example) if !example.is_empty() && !example.starts_with(' ') => {
                    format!("{}{example}", &line[..line.len() - text.len()])
                }
                _ => line.to_owned(),
            }
        })
        .collect();
    assert!(taken.iter().zip(TEMPLATE.lines()).filter(|(new, old)| new != old).count() >= 8);
    // Only some folders have a compose file.
    let taken: Vec<String> =
        taken.into_iter().filter(|line| !line.trim_start().starts_with("compose:")).collect();
    let study = plan::study_from_text("template", &taken.join("\n"), &Asked::default());
    let study = study.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((study.first().cells.len(), study.first().faults.len()), (2, 4));
}

/// Keys that few scenarios need.
const LEFT_OUT: [&str; 3] = ["cluster.flavour", "producer.messages", "producer.saturate"];

/// Each key of the template by its path, with its value and the comment above it.
fn written() -> BTreeMap<String, (&'static str, &'static str)> {
    let (mut section, mut comment) = ("", "");
    let mut found = BTreeMap::new();
    for line in TEMPLATE.lines() {
        let text = line.trim_start();
        if let Some(words) = text.strip_prefix("# ") {
            comment = words;
        } else if let Some((key, value)) = text.trim_start_matches('#').split_once(':') {
            let path = match line.starts_with(' ') {
                true => format!("{section}.{key}"),
                false => {
                    section = key;
                    key.to_owned()
                }
            };
            found.insert(path, (value.trim(), comment));
            comment = "";
        }
    }
    found
}

#[test]
fn the_template_has_every_key_and_says_which_values_are_the_defaults() {
    let mut known: Vec<(String, Option<&str>)> =
        SCENARIO.iter().map(|key| (key.name.to_owned(), None)).collect();
    known.extend(CLUSTER.iter().map(|key| (format!("cluster.{}", key.name), key.default)));
    for section in Section::ALL {
        let keys = section.keys().iter();
        known.extend(keys.map(|key| (format!("{}.{}", section.name(), key.name), key.default)));
        known.push((format!("{}.config", section.name()), None));
    }
    let written = written();
    for (path, default) in known {
        let Some((value, comment)) = written.get(&path) else {
            assert!(LEFT_OUT.contains(&path.as_str()), "the template lacks {path}");
            continue;
        };
        assert!(!LEFT_OUT.contains(&path.as_str()), "the template has {path}");
        let Some(default) = default else { continue };
        let says = match *value == default {
            true => comment.starts_with("Default"),
            false => comment.starts_with(&format!("The default is {default}.")),
        };
        assert!(says, "{path}, which defaults to {default}, has the comment `{comment}`");
    }
}

#[test]
fn every_built_in_scenario_keeps_its_plan_under_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let asked = Asked { seed: Some(1), ..Asked::default() };
    for builtin in builtin::BUILTIN {
        let file = folder.path().join(format!("my-{}.yaml", builtin.name));
        let told = new("mine", &file, Some(builtin.name));
        assert_eq!(told.exit, Exit::Pass, "{}", told.err);
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("$schema"), "there is no such file here: {text}");
        let old = scenario_argument::of_builtin(builtin, &asked).unwrap();
        let new = scenario_argument::study(&file, &asked).unwrap();
        assert_eq!(new.first().name, "mine");
        for (old, new) in old.plans.iter().zip(&new.plans) {
            assert_eq!(old.faults, new.faults);
            assert_eq!(old.cells.len(), new.cells.len());
        }
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.yaml");
    fs::write(&file, "precious").unwrap();
    let told = new("mine", &file, None);
    assert_eq!((told.exit, told.out.as_str()), (Exit::Usage, ""));
    assert!(told.err.contains("already exists\n  help: name another file"), "{}", told.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    let told = new("mine", &folder.path().join("no/such/mine.yaml"), None);
    assert_eq!(told.exit, Exit::Environment);
    assert!(told.err.contains("cannot be written"), "{}", told.err);
}

#[test]
fn a_name_that_no_scenario_can_have_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a b", "../x", ".x", "x: y", "\u{1b}[2J", ""] {
        let file = folder.path().join("new.yaml");
        let told = new(name, &file, None);
        assert_eq!(told.exit, Exit::Usage);
        assert!(told.err.contains("is not a valid scenario name"), "{}", told.err);
        assert!(told.err.contains("letters, digits"), "{}", told.err);
        assert!(!told.err.contains('\u{1b}') && !file.exists());
    }
}

#[test]
fn a_schema_that_is_near_is_named_in_the_first_line() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("scenarios");
    fs::create_dir_all(folder.path().join("schemas")).unwrap();
    fs::create_dir(&below).unwrap();
    fs::write(folder.path().join("schemas/scenario.schema.json"), "{}").unwrap();
    for (file, schema) in [
        (below.join("a.yaml"), "../schemas/scenario.schema.json"),
        (folder.path().join("b.yaml"), "schemas/scenario.schema.json"),
    ] {
        for from in [None, Some("minisr2")] {
            fs::remove_file(&file).ok();
            assert_eq!(new("mine", &file, from).exit, Exit::Pass);
            let text = fs::read_to_string(&file).unwrap();
            let header = format!("# yaml-language-server: $schema={schema}\n");
            assert!(text.starts_with(&header), "{text}");
            assert_eq!(text.matches("$schema").count(), 1, "{text}");
        }
    }
}
