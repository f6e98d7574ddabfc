//! The command that a report prints, parsed by the tool's own parser, gives the same study.

use super::*;
use crate::cli::{main, matrix, run, scenario_argument};
use crate::model::RuntimeKind::{self, Docker, Local};
use clap::FromArgMatches;
use std::path::Path;
use std::process::Command;

/// A parsed command line: its studies, and what the report of each would keep.
fn kept(words: &[String], runtime: RuntimeKind) -> Vec<(Study, Invocation)> {
    let matches = main::command().try_get_matches_from(words).unwrap_or_else(|e| panic!("{e}"));
    let (verb, studies, conduct) = match matches.subcommand().unwrap() {
        ("run", matches) => {
            let arguments = run::Arguments::from_arg_matches(matches).unwrap();
            (Verb::Run, run::studies(&arguments).unwrap(), arguments.conduct)
        }
        ("matrix", matches) => {
            let arguments = matrix::Arguments::from_arg_matches(matches).unwrap();
            (Verb::Matrix, vec![matrix::study(&arguments).unwrap()], arguments.conduct)
        }
        other => panic!("{other:?}"),
    };
    let shards = conduct.own_shards(&studies);
    let taken = match conduct.shard {
        Some(shard) => shard.take(&studies),
        None => studies,
    };
    let invocation = |(mut study, shard): (Study, Option<Shard>)| {
        let kept = conduct.invocation(verb, &study, shard, runtime);
        // The note about the shard names the requested one.
        study.plans.iter_mut().for_each(|plan| plan.notes.retain(|n| !n.starts_with("shard ")));
        (study, kept)
    };
    taken.into_iter().zip(shards).map(invocation).collect()
}

/// The words that a shell makes of a line.
fn shell(line: &str) -> Vec<String> {
    let script = format!("printf '%s\\0' {line}");
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

fn words(line: &[&str]) -> Vec<String> {
    ["chaos"].iter().chain(line).map(|word| (*word).to_owned()).collect()
}

/// Each study of a command line must come out of the command in its report, alone.
fn comes_again(line: &[&str], runtime: RuntimeKind) -> Vec<String> {
    let first = kept(&words(line), runtime);
    assert!(!first.is_empty(), "{line:?}");
    let again = |(study, invocation): &(Study, Invocation)| {
        let printed = invocation.line();
        let second = kept(&shell(&printed), runtime);
        assert_eq!(second.len(), 1, "{printed}");
        assert!(second[0].0 == *study, "another study: {printed}");
        assert_eq!(second[0].1, *invocation, "{printed}");
        printed
    };
    first.iter().map(again).collect()
}

#[test]
fn the_printed_command_gives_the_same_study() {
    let lines: [&[&str]; 6] = [
        // The seed is drawn.
        &["run", "minisr2"],
        &["run", "minisr2", "--set", "cluster.timing=fast", "--set", "expect.lost=<= 5", "-q"],
        &["run", "acks1-leader-loss", "--sweep", "acks=0,1,all", "--repeat", "9", "--seed", "3"],
        &["run", "minisr1", "--repeat", "8", "--until-decided", "--runtime", "local", "--json"],
        &["run", "minisr2", "--set=matrix.acks=[\"0\", all]", "--heap-mib", "512", "--out", "x"],
        &["matrix", "--sweep", "faults=kill,zombie", "--sort", "lost", "--sweep", "acks=1,all"],
    ];
    for line in lines {
        comes_again(line, Local);
    }
    let printed = comes_again(&["matrix", "--sweep", "faults=kill", "--seed", "1"], Local);
    let expected = "chaos matrix --sweep faults=kill --seed 1 --runtime local --heap-mib 256";
    assert_eq!(printed, [expected]);
}

#[test]
fn the_options_of_the_runtime_that_was_taken_come_along() {
    let docker = ["run", "minisr2", "--seed", "1", "--image", "a/b:c", "--pull", "never"];
    let docker: Vec<&str> = docker.into_iter().chain(["--port-base", "20000"]).collect();
    let printed = comes_again(&docker, Docker);
    assert!(printed[0].ends_with("--image a/b:c --pull never --port-base 20000"), "{printed:?}");
    let home = ["run", "minisr2", "--seed", "1", "--kafka-home", "/opt/it's here"];
    let printed = comes_again(&home, Local);
    assert!(printed[0].ends_with(" --kafka-home '/opt/it'\\''s here'"), "{printed:?}");
}

#[test]
fn what_came_from_standard_input_is_asked_for_there_again() {
    let text = "name: t\nduration: 9s\n";
    let study =
        crate::plan::study_from_text(scenario_argument::STDIN_SOURCE, text, &Default::default());
    let matches = main::command().try_get_matches_from(["chaos", "run", "-"]).unwrap();
    let (_, matches) = matches.subcommand().unwrap();
    let arguments = run::Arguments::from_arg_matches(matches).unwrap();
    let kept = arguments.conduct.invocation(Verb::Run, &study.unwrap(), None, Local);
    assert_eq!(kept.words()[..3], ["chaos", "run", "-"]);
}

#[test]
fn a_file_is_named_as_it_was_and_one_of_several_comes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        let text = "name: t\nduration: 9s\nmatrix: {cluster.kafka: [3.8.1, 4.4.0]}\n";
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let names = [file("it's; $(a)\n.yaml"), file("-b.yaml"), file("c.yaml")];
    for shard in ["1/1", "1/2", "2/2", "1/3", "2/3", "3/3", "4/5", "7/9"] {
        let line = ["run", "--shard", shard];
        let line: Vec<&str> = line.into_iter().chain(names.iter().map(String::as_str)).collect();
        if shard != "7/9" {
            comes_again(&line, Local);
        }
    }
    let all: Vec<&str> = ["run"].into_iter().chain(names.iter().map(String::as_str)).collect();
    assert_eq!(comes_again(&all, Local).len(), 3);
    assert!(Path::new(&names[0]).is_file());
}
