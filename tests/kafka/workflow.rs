//! The nightly workflow of examples/ci with real runs: all but GitHub, and installation.

use crate::harness::{Place, cache};
use crate::job::{Ended, Runner, workflow};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Some 400 messages and no fault: a cluster of one broker, up and down.
const SMALL: &str = "\
name: small
summary: One broker, and nothing goes wrong.
duration: 2s
cluster: {brokers: 1, timing: fast}
topic: {partitions: 1}
producer: {rate: 200}
expect: {lost: 0, acked: '>= 100'}
";

/// A repository with two scenarios, in the order of their names: `greedy` expects more messages
/// than there are, `small` does not.
fn repository(place: &Place) -> PathBuf {
    let repository = place.path().join("repository");
    fs::create_dir_all(repository.join("scenarios")).unwrap();
    fs::create_dir(place.path().join("programs")).unwrap();
    symlink(env!("CARGO_BIN_EXE_chaos"), place.path().join("programs/chaos")).unwrap();
    let write = |name: &str, text: &str| {
        fs::write(repository.join("scenarios").join(name).with_extension("yaml"), text).unwrap();
    };
    write("small", SMALL);
    write("greedy", &SMALL.replace("name: small", "name: greedy").replace(">= 100", ">= 100000"));
    repository
}

/// The job of a night that runs everything once.
fn night(place: &Place, repository: &Path, shard: &str) -> Ended {
    let runner = Runner {
        workspace: repository.to_path_buf(),
        programs: place.path().join("programs"),
        variables: vec![
            ("CHAOS_CACHE_DIR", cache().into()),
            ("TMPDIR", place.path().join("tmp").into()),
        ],
        filled_in: vec![("CHAOS_REPOSITORY", "somebody/kafka-chaos"), ("CHAOS_REF", "v0.1.0")],
        inputs: vec![("repeat", "1")],
    };
    runner.run(&workflow("nightly.yml"), &[("kafka", "3.8.1"), ("shard", shard)])
}

/// The only run's folder; the artifact is made from these.
fn only_run(repository: &Path) -> PathBuf {
    let entries = fs::read_dir(repository.join("chaos-out")).unwrap().map(|e| e.unwrap().path());
    let runs: Vec<PathBuf> = entries.filter(|path| !path.is_symlink()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0].clone()
}

#[test]
fn a_night_with_a_violation_is_red_and_everything_that_is_kept_is_there() {
    let place = Place::new();
    let repository = repository(&place);
    let ended = night(&place, &repository, "1/2");
    assert_eq!(ended.failed.as_deref(), Some("Say how the night was"), "{}", ended.log);
    assert_eq!(ended.status, 1, "{}", ended.log);
    assert!(ended.log.contains("shard 1/2: 1 of 2 runs"), "{}", ended.log);
    assert!(ended.log.lines().any(|line| line == "::error::an expectation was violated"));
    assert!(ended.summary.contains("greedy"), "{}", ended.summary);
    let run = only_run(&repository);
    assert!(run.file_name().unwrap().to_str().unwrap().starts_with("greedy-"));
    for file in ["report.json", "report.html", "junit.xml", "summary.md", "events.jsonl"] {
        assert!(run.join(file).metadata().is_ok_and(|file| file.len() > 0), "no {file}");
    }
    assert!(fs::read_dir(run.join("nodes")).unwrap().next().is_some(), "no logs");
    assert!(run.join("cells/0/ledger").is_dir(), "what the artefact leaves out lies elsewhere");
    place.expect_nothing_left(Duration::from_secs(3));
}

#[test]
fn two_nights_and_a_baseline_between_them_are_green() {
    let place = Place::new();
    let repository = repository(&place);
    let first = night(&place, &repository, "2/2");
    assert_eq!(first.status, 0, "{}", first.log);
    let baseline = repository.join("ci/baselines/3.8.1/small.json");
    assert!(first.log.contains("::notice::ci/baselines/3.8.1/small.json is not there"));
    fs::create_dir_all(baseline.parent().unwrap()).unwrap();
    let run = only_run(&repository);
    let kept = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .args([Path::new("baseline"), &run, Path::new("-o"), &baseline])
        .output()
        .unwrap();
    assert!(kept.status.success(), "{}", String::from_utf8_lossy(&kept.stderr));
    // The next night begins with a fresh checkout.
    fs::remove_dir_all(repository.join("chaos-out")).unwrap();
    let second = night(&place, &repository, "2/2");
    assert_eq!(second.status, 0, "{}", second.log);
    assert!(second.summary.contains("NOT DECIDED: 1 cell compared"), "{}", second.summary);
    place.expect_nothing_left(Duration::from_secs(3));
}
