//! `chaos report` on the command line: files, exit statuses, output.

use super::world::{sound, violate, written};
use kafka_chaos::testing::report::{self, Format};
use kafka_chaos::testing::result;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Exit status, standard output, standard error.
fn chaos(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaos"));
    let output = command.arg("report").args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A folder with one failed run.
fn runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("run")).unwrap();
    let mut report = sound();
    violate(&mut report, 1);
    report::write_files(&report, &folder.path().join("run")).unwrap();
    folder
}

#[test]
fn what_a_run_wrote_is_made_again() {
    let folder = runs();
    // Only report.json is needed, wherever it is.
    fs::copy(folder.path().join("run/report.json"), folder.path().join("moved.json")).unwrap();
    for format in Format::ALL {
        let (exit, out, err) = chaos(folder.path(), &["moved.json", "--format", format.name()]);
        assert_eq!((exit, err.as_str()), (0, ""), "a failed run is no failed command");
        let again = result::read(&folder.path().join("run")).unwrap();
        let first = match format.file_name() {
            Some(name) => fs::read_to_string(folder.path().join("run").join(name)).unwrap(),
            None => written(&again, *format),
        };
        assert!(out == first, "{format:?} differs: {out}");
        let arguments = ["run", "--format", format.name(), "--out", "again"];
        assert_eq!(chaos(folder.path(), &arguments), (0, String::new(), String::new()));
        assert!(fs::read_to_string(folder.path().join("again")).unwrap() == first, "{format:?}");
    }
}

#[test]
fn without_a_run_it_is_the_newest_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (exit, _, err) = chaos(folder.path(), &[]);
    assert!(exit == 2 && err.contains("no run with a report in chaos-out\n  help: "), "{err}");
    let runs = folder.path().join("chaos-out");
    let mut old = sound();
    violate(&mut old, 1);
    for (name, report, age_s) in [("z-old", &old, 90), ("a-new", &sound(), 30), ("b", &old, 60)] {
        fs::create_dir_all(runs.join(name)).unwrap();
        report::write_files(report, &runs.join(name)).unwrap();
        let file = fs::File::options().append(true).open(runs.join(name).join("report.json"));
        let then = SystemTime::now() - Duration::from_secs(age_s);
        file.unwrap().set_modified(then).unwrap();
    }
    // A running one has no report, and `latest` is no separate run.
    fs::create_dir(runs.join("running")).unwrap();
    std::os::unix::fs::symlink("running", runs.join("latest")).unwrap();
    let (exit, out, err) = chaos(folder.path(), &[]);
    assert_eq!((exit, err.as_str()), (0, "RUN: chaos-out/a-new, the newest\n"));
    assert!(out.lines().last().unwrap().starts_with("PASS made: "), "{out}");
}

#[test]
fn the_table_is_the_default_and_can_be_sorted() {
    let folder = runs();
    let (exit, out, _) = chaos(folder.path(), &["run", "--sort", "lost"]);
    let rows: Vec<&str> = out.lines().filter(|line| line.contains("12000")).collect();
    assert!(exit == 0 && rows[0].starts_with("all ") && rows[1].starts_with("1 "), "{out}");
    assert!(out.lines().last().unwrap().starts_with("FAIL made: cell acks=all: "), "{out}");
    let (exit, _, err) = chaos(folder.path(), &["run", "--sort", "no\u{1b}pe"]);
    assert!(exit == 2 && err.contains("use one of lost, ") && !err.contains('\u{1b}'), "{err}");
    let (exit, _, err) = chaos(folder.path(), &["run", "--sort", "lost", "--format", "json"]);
    assert!(exit == 2 && err.contains("for the table only"), "{err}");
}

#[test]
fn what_is_no_report_is_named_with_what_to_do() {
    let folder = runs();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("text", "PASS");
    write("list", "[1]");
    write("other", r#"{"schema": "kafka-chaos/report/9", "cells": []}"#);
    write("bare", r#"{"schema": "kafka-chaos/report/1"}"#);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let cases = [
        ("nowhere", "cannot be read: "),
        ("text", "is not JSON: "),
        ("list", "is JSON, but no report: "),
        (
            "other",
            "its schema is `kafka-chaos/report/9`, and this version reads kafka-chaos/report/2 and \
             kafka-chaos/report/1",
        ),
        ("bare", "is not a report that this version can read: missing field"),
        ("empty", "the folder has no report.json"),
        (".", "it holds runs: name one of them, as ./run"),
        ("/dev/null", "is neither a file nor a folder"),
    ];
    for (name, what) in cases {
        let (exit, out, err) = chaos(folder.path(), &[name]);
        assert_eq!((exit, out.as_str()), (2, ""), "{name}: {err}");
        assert!(err.contains(name) && err.contains(what) && err.contains("help: "), "{err}");
    }
    let (exit, _, err) = chaos(folder.path(), &["run", "--out", "no/where"]);
    assert!(exit == 4 && err.contains("no/where: cannot be written"), "{err}");
    let (exit, _, err) = chaos(folder.path(), &["run", "--format", "pdf"]);
    assert!(exit == 2 && err.contains("json, junit, markdown, html, table"), "{err}");
}
