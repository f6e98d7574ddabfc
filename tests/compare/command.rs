//! `chaos compare` and `chaos baseline` on the command line: files, exit statuses, output.

use super::world::{SOUND, losing, report, save, scenario};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

const LOSSLESS: &str = "expect: {lost: 0}";

fn chaos(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaos"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// Exit status, standard output, standard error.
fn told(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = chaos(folder, arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A folder with the runs `all` and `one`, of a cell with `acks=all` and one with `acks=1`.
fn runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = |acks: &str| scenario(&format!("matrix: {{acks: [\"{acks}\"]}}\n{LOSSLESS}"));
    save(folder.path(), "all", &report(&text("all"), 1, |_, _| SOUND));
    save(folder.path(), "one", &report(&text("1"), 1, |_, _| losing(990)));
    folder
}

#[test]
fn acks_all_against_acks_1_is_a_regression_with_its_name() {
    let runs = runs();
    let (exit, out, err) = told(runs.path(), &["compare", "all", "one"]);
    assert_eq!((exit, err.as_str()), (1, ""), "{out}");
    assert!(out.contains("acks all -> 1") && out.contains("acks=all -> acks=1"), "{out}");
    assert_eq!(out.lines().last(), Some("REGRESSION: in 1 of 1 cells: acks=1"), "{out}");
    let (exit, out, _) = told(runs.path(), &["compare", "all/report.json", "all"]);
    assert!(
        exit == 0 && out.lines().last().unwrap().starts_with("NOT DECIDED: 1 cell compared; "),
        "{out}"
    );
}

#[test]
fn without_names_the_two_newest_of_a_scenario_are_compared_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("chaos-out");
    let text = scenario(&format!("matrix: {{acks: [\"all\"]}}\n{LOSSLESS}"));
    let mut other = report(&text, 1, |_, _| SOUND);
    other["plan"]["name"] = json!("other");
    let saved = |name: &str, age_s: u64, report: &Value| {
        let folder = save(&runs, name, report);
        let file = std::fs::File::options().append(true).open(folder.join("report.json"));
        file.unwrap().set_modified(SystemTime::now() - Duration::from_secs(age_s)).unwrap();
    };
    saved("made-1", 90, &report(&text, 1, |_, _| losing(9)));
    saved("made-2", 80, &report(&text, 1, |_, _| SOUND));
    let (exit, _, err) = told(folder.path(), &["baseline"]);
    assert_eq!((exit, err.as_str()), (0, "RUN: chaos-out/made-2, the newest\n"));
    saved("other-3", 70, &other);
    let (exit, _, err) = told(folder.path(), &["compare"]);
    assert!(exit == 2 && err.contains("no other run of `other`"), "{err}");
    assert!(err.ends_with("help: run it again, or name BASE\n"), "{err}");
    saved("made-4", 60, &report(&text, 1, |_, _| losing(990)));
    let (exit, out, err) = told(folder.path(), &["compare"]);
    let said = "NEW: chaos-out/made-4, the newest\n\
                BASE: chaos-out/made-2, the run of made before it\n";
    assert_eq!((exit, err.as_str()), (1, said), "{out}");
    // A single name is BASE, and never compared with itself.
    for base in ["made.baseline.json", "chaos-out/made-1", "chaos-out/made-1/report.json"] {
        let (_, out, err) = told(folder.path(), &["compare", base]);
        assert_eq!(err, "NEW: chaos-out/made-4, the newest other run of made\n", "{out}");
    }
    let (_, _, err) = told(folder.path(), &["compare", "chaos-out/made-4"]);
    assert_eq!(err, "NEW: chaos-out/made-2, the newest other run of made\n");
}

#[test]
fn what_is_not_decided_fails_where_somebody_wants_that() {
    let runs = runs();
    let fail = ["--fail-on", "undecided"];
    let (exit, out, _) =
        told(runs.path(), &[&["compare", "all", "all", "--json"][..], &fail].concat());
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &all["outcome"], &all["exit_code"]), (3, &json!("undecided"), &json!(3)));
    // A regression stays one.
    assert_eq!(told(runs.path(), &[&["compare", "all", "one"][..], &fail].concat()).0, 1);
    let text = scenario(LOSSLESS);
    save(runs.path(), "many", &report(&text, 20, |_, _| SOUND));
    assert_eq!(told(runs.path(), &[&["compare", "many", "many"][..], &fail].concat()).0, 0);
}

#[test]
fn json_has_everything() {
    let runs = runs();
    let (exit, out, _) = told(runs.path(), &["compare", "all", "one", "--json"]);
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &all["schema"]), (1, &json!("kafka-chaos/compare/1")));
    assert_eq!((&all["outcome"], &all["exit_code"]), (&json!("regression"), &json!(1)));
    assert_eq!(
        (&all["cells"][0]["base"], &all["cells"][0]["new"]),
        (&json!("acks=all"), &json!("acks=1"))
    );
    let measures: Vec<&str> = all["cells"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["measure"].as_str().unwrap())
        .collect();
    assert_eq!(
        measures,
        ["lost: 0", "lost", "duplicated", "phantom", "p99 before", "p99 during", "unavailable"]
    );
}

#[test]
fn a_baseline_says_what_its_run_says() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        scenario("matrix: {acks: [\"0\", \"1\", all]}\nexpect: {acked: \">= 1\", duplicated: 0}");
    let lossy = |share: u32| {
        move |id: &str, n: u32| {
            if id != "acks=all" && n % 10 < share { losing(u64::from(n)) } else { SOUND }
        }
    };
    save(folder.path(), "base", &report(&text, 20, lossy(1)));
    save(folder.path(), "new", &report(&text, 20, lossy(9)));
    let (exit, out, err) = told(folder.path(), &["baseline", "base"]);
    assert_eq!((exit, err.as_str()), (0, ""));
    assert!(out.starts_with("made.baseline.json: 3 cells of 20 trials, "), "{out}");
    let compared = |base: &str| {
        let (exit, out, err) = told(folder.path(), &["compare", base, "new", "--json"]);
        assert_eq!((exit, err.as_str()), (1, ""));
        let mut all: Value = serde_json::from_str(&out).unwrap();
        all["base"]["path"].take();
        all
    };
    assert_eq!(compared("base"), compared("made.baseline.json"));

    // The same run, the same bytes; nothing is replaced without being asked.
    let bytes = || std::fs::read(folder.path().join("made.baseline.json")).unwrap();
    let first = bytes();
    let (exit, _, err) = told(folder.path(), &["baseline", "base"]);
    assert!(exit == 2 && err.contains("already exists") && err.contains("--force"), "{err}");
    assert_eq!(told(folder.path(), &["baseline", "base", "--force"]).0, 0);
    assert_eq!(bytes(), first);
    assert_eq!(told(folder.path(), &["baseline", "base", "-o", "b.json"]).0, 0);
    assert_eq!(std::fs::read(folder.path().join("b.json")).unwrap(), first);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4, "something was left behind");
    let (exit, _, err) = told(folder.path(), &["baseline", "base", "-o", "no/where.json"]);
    assert!(exit == 4 && err.contains("no/where.json: cannot be written"), "{err}");
    let (exit, _, err) = told(folder.path(), &["baseline", "b.json", "-o", "c.json"]);
    assert!(exit == 2 && err.contains("is already a baseline"), "{err}");
}

#[test]
fn a_baseline_of_36_cells_and_20_trials_is_small() {
    let folder = tempfile::tempdir().unwrap();
    let text = scenario(
        "matrix: {acks: [\"0\", \"1\", all], linger.ms: [0, 5, 20, 100], min.insync.replicas: [1, 2, 3]}\n\
         expect: {duplicated: 0, unavailable: \"<= 4 session\"}",
    );
    let run = report(&text, 20, |_, n| kafka_chaos::testing::result::CellTrial {
        unavailable_ms: Some(12_345.678 + f64::from(n)),
        ..losing(u64::from(n) * 1_001)
    });
    save(folder.path(), "run", &run);
    assert_eq!(told(folder.path(), &["baseline", "run"]).0, 0);
    let bytes = std::fs::read(folder.path().join("made.baseline.json")).unwrap().len();
    assert!(bytes < 100_000, "{bytes} bytes");
}

#[test]
fn what_cannot_be_read_is_a_usage_error_that_names_the_file() {
    let runs = runs();
    let folder = runs.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("text", "hello");
    write("half", &std::fs::read_to_string(folder.join("all/report.json")).unwrap()[..500]);
    write("list", "[1, 2]");
    write("other", "{\"schema\": \"somebody/else/7\"}");
    write("empty", "{\"schema\": \"kafka-chaos/report/1\"}");
    write("uneven", &uneven(folder));
    std::fs::create_dir(folder.join("bare")).unwrap();
    let mut cut = report(&scenario(LOSSLESS), 1, |_, _| SOUND);
    cut["exit_code"] = json!(130);
    cut["reasons"] = json!(["interrupted before the log was read back"]);
    cut["cells"][0]["verdict"] = json!("inconclusive");
    cut["cells"][0]["counts"]["lost"] = Value::Null;
    save(folder, "cut", &cut);
    let mut twice = report(&scenario(LOSSLESS), 1, |_, _| SOUND);
    let cell = twice["cells"][0].clone();
    twice["cells"].as_array_mut().unwrap().push(cell);
    save(folder, "twice", &twice);
    for (name, what) in [
        ("nowhere", "cannot be read"),
        ("text", "is not JSON"),
        ("half", "is not JSON"),
        ("list", "neither report nor baseline"),
        ("other", "its schema is `somebody/else/7`"),
        ("empty", "is not a report that this version can read"),
        ("uneven", "not of one length"),
        ("bare", "has no report.json"),
        (".", "it holds runs: name one of them, as ./all"),
        ("/dev/null", "neither a file nor a folder"),
        ("cut", "the run was interrupted: interrupted before the log was read back"),
        ("twice", "two cells have the id `main`"),
    ] {
        for arguments in [["compare", name, "all"], ["compare", "all", name]] {
            let (exit, out, err) = told(folder, &arguments);
            assert_eq!((exit, out.as_str()), (2, ""), "{name}: {err}");
            assert!(err.contains(what) && err.contains("help: "), "{name}: {err}");
            assert!(err.contains(name), "{name}: {err}");
        }
        let (exit, _, err) = told(folder, &["baseline", name, "-o", "never.json"]);
        assert!(exit == 2 && err.contains(what), "{name}: {err}");
        assert!(!folder.join("never.json").exists());
    }
}

/// A baseline in which one column lacks a trial.
fn uneven(folder: &Path) -> String {
    assert_eq!(told(folder, &["baseline", "all", "-o", "even"]).0, 0);
    let text = std::fs::read_to_string(folder.join("even")).unwrap();
    let cut = text.replace("\"lost\":[0]", "\"lost\":[]");
    assert_ne!(cut, text);
    cut
}

#[test]
fn a_run_that_proves_nothing_is_no_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = report(&scenario(LOSSLESS), 1, |_, _| SOUND);
    run["cells"][0]["verdict"] = json!("inconclusive");
    run["exit_code"] = json!(3);
    run["reasons"] = json!(["cell main: the log of partition 0 was not read"]);
    save(folder.path(), "run", &run);
    let (exit, _, err) = told(folder.path(), &["baseline", "run"]);
    assert!(exit == 2 && err.contains("the log of partition 0 was not read"), "{err}");
    // Comparing it is no mistake; it only says nothing.
    let (exit, out, _) = told(folder.path(), &["compare", "run", "run"]);
    assert_eq!(exit, 3, "{out}");
    assert!(
        out.lines().last().unwrap().starts_with("INCONCLUSIVE: no cell can be compared: "),
        "{out}"
    );
}

#[test]
fn hostile_names_reach_neither_the_terminal_nor_other_folders() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J";
    let run = |lost: u64| {
        let mut run = report(&scenario(LOSSLESS), 1, |_, _| losing(lost));
        run["plan"]["name"] = json!(format!("../{hostile}"));
        run["cells"][0]["id"] = json!(hostile);
        run["cells"][0]["config"][hostile] = json!(format!("{hostile}{lost}"));
        run["cells"][0]["expectations"][0]["text"] = json!(hostile);
        run["started_at"] = json!(hostile);
        run["cells"][0]["axes"][hostile] = json!(hostile);
        run
    };
    save(folder.path(), "base", &run(0));
    save(folder.path(), "new", &run(5));
    let (exit, out, _) = told(folder.path(), &["compare", "base", "new"]);
    assert_eq!(exit, 1);
    assert!(!out.contains(['\u{1b}', '\u{7}']), "{out:?}");
    let (exit, _, err) = told(folder.path(), &["baseline", "base"]);
    assert!(exit == 2 && err.contains("-o"), "{err}");
    let mut cut = run(0);
    (cut["exit_code"], cut["reasons"]) = (json!(4), json!([hostile]));
    save(folder.path(), "cut", &cut);
    let (exit, _, err) = told(folder.path(), &["compare", "base", "cut"]);
    assert!(exit == 2 && !err.contains(['\u{1b}', '\u{7}']), "{err:?}");
}

#[test]
fn the_command_line_is_checked() {
    let runs = runs();
    for tolerance in ["-1", "x", "nan", "inf", "1e9"] {
        let argument = format!("--tolerance={tolerance}");
        assert_eq!(told(runs.path(), &["compare", "all", "one", &argument]).0, 2, "{tolerance}");
    }
    assert_eq!(told(runs.path(), &["compare", "all", "all", "--tolerance", "50%"]).0, 0);
    assert_eq!(told(runs.path(), &["compare", "all"]).0, 2);
    for command in ["compare", "baseline"] {
        let (exit, out, _) = told(runs.path(), &[command, "--help"]);
        assert!(exit == 0 && out.contains("Examples:") && out.contains("Exit status:"), "{out}");
    }
}
