//! The nightly job, step by step.

use super::night::{LOSSLESS, Night, RUN};
use crate::compare::world::{SOUND, losing, report, scenario};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

fn sound() -> Value {
    report(&scenario(LOSSLESS), 8, |_, _| SOUND)
}

#[test]
fn a_night_like_the_baseline_is_green_and_its_summary_is_shown() {
    let night = Night::new().chaos(Some((&sound(), 0))).keep(&sound());
    let ended = night.run("1/2");
    assert_eq!(ended.status, 0, "{}", ended.log);
    let asked = "asked for: run scenarios/made.yaml --runtime local --set cluster.kafka=3.8.1 \
                 --repeat 8 --shard 1/2";
    assert!(ended.log.contains(asked), "{}", ended.log);
    assert!(ended.summary.starts_with("what the run says\n```\n"), "{}", ended.summary);
    assert!(ended.summary.contains("NO CHANGE: 1 cell compared"), "{}", ended.summary);
    assert_eq!(ended.summary.matches("what the run says").count(), 1, "latest is followed");
    assert!(!ended.log.contains("::"), "{}", ended.log);
    let kept = night.path("repository/chaos-out").join(RUN).join("comparison.txt");
    assert!(ended.summary.contains(&fs::read_to_string(kept).unwrap()));
}

/// A self-hosted runner does not always clean its workspace.
#[test]
fn the_second_night_tells_of_itself_alone() {
    let night = Night::new().chaos(Some((&sound(), 0))).keep(&sound());
    assert_eq!(night.run("1/2").status, 0);
    night.leave("made-20260103-030405", &report(&scenario(LOSSLESS), 8, |_, _| losing(7)));
    fs::write(night.path("programs/status"), "1").unwrap();
    let ended = night.run("1/2");
    assert_eq!(ended.status, 1, "{}", ended.log);
    for once in ["what the run says", "REGRESSION: in 1 of 1 cells: main"] {
        assert_eq!(ended.summary.matches(once).count(), 1, "{}", ended.summary);
    }
    assert!(!ended.summary.contains("NO CHANGE"), "{}", ended.summary);
    let kept: Vec<_> = fs::read_dir(night.path("repository/chaos-out")).unwrap().collect();
    assert_eq!(kept.len(), 2, "the run and `latest`: {kept:?}");
}

/// The commands of docs/compare.md, under `In a nightly job`: once, then night after night.
#[test]
fn the_commands_of_the_documentation_work_on_the_second_night_too() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/compare.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("## In a nightly job\n").unwrap();
    let blocks: Vec<&str> = section.split("```sh\n").skip(1).collect();
    let blocks: Vec<&str> = blocks.iter().map(|rest| rest.split("```").next().unwrap()).collect();
    let [once, every_night] = blocks[..] else { panic!("{blocks:?}") };
    let night = Night::new().chaos(Some((&sound(), 0)));
    let (status, said) = night.script(once);
    assert_eq!(status, 0, "{said}");
    for (name, losses, expected) in [
        ("made-20260103-030405", 0, (0, "NO CHANGE: 1 cell compared")),
        ("made-20260104-030405", 0, (0, "NO CHANGE: 1 cell compared")),
        ("made-20260105-030405", 7, (1, "REGRESSION: in 1 of 1 cells: main")),
    ] {
        night.leave(name, &report(&scenario(LOSSLESS), 8, |_, _| losing(losses)));
        let (status, said) = night.script(every_night);
        assert_eq!(status, expected.0, "{name}: {said}");
        assert!(said.contains(expected.1) && said.contains(name), "{said}");
    }
}

#[test]
fn a_folder_that_holds_something_is_refused_before_anything_is_started() {
    let night = Night::new().chaos(None);
    fs::write(night.path("repository/scenarios/same.yaml"), scenario(LOSSLESS)).unwrap();
    fs::create_dir(night.path("repository/empty")).unwrap();
    let file = "scenarios/made.yaml";
    // 1/9 has nothing to run, but other mistakes are reported first.
    for (arguments, why) in [
        (
            format!("{file} --out scenarios"),
            "error: the folder scenarios is not empty\n  help: name",
        ),
        (
            format!("{file} --repeat 2 --out {file}"),
            "scenarios/made.yaml is not a folder\n  help: ",
        ),
        ("scenarios/*.yaml --out new".to_owned(), "two scenarios are called `made`"),
    ] {
        // With this nothing could be started.
        let script = format!("CHAOS_CACHE_DIR=/dev/null/x chaos run {arguments} --runtime local");
        let (status, said) = night.script(&script);
        assert!(status == 2 && said.contains(why), "{arguments}: {status} {said}");
        assert!(!night.path("repository/new").exists());
    }
    let (status, said) = night.script("chaos cluster up --out scenarios");
    assert!(status == 2 && said.contains("the folder scenarios is not empty"), "{said}");
    let script = format!("chaos run {file} --shard 2/2 --out empty");
    assert_eq!(night.script(&script).0, 0, "an empty folder will do");
}

#[test]
fn without_a_baseline_the_night_is_green_and_says_how_to_make_one() {
    let night = Night::new().chaos(Some((&sound(), 0)));
    let ended = night.run("1/2");
    assert_eq!(ended.status, 0, "{}", ended.log);
    let notice = ended.log.lines().find(|line| line.starts_with("::notice::")).unwrap();
    let (_, command) = notice.split_once("chaos baseline ").unwrap();
    let (run, file) = command.split_once(" -o ").unwrap();
    assert_eq!((run, file), (RUN, "ci/baselines/3.8.1/made.json"));
    // The next night uses the run that was reported.
    let run = night.path("repository/chaos-out").join(run);
    let told = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .arg("baseline")
        .args([&run, Path::new("-o"), Path::new(file)])
        .current_dir(night.path("repository"))
        .output()
        .unwrap();
    assert!(told.status.success(), "{told:?}");
    fs::remove_dir_all(night.path("repository/chaos-out")).unwrap();
    let ended = night.run("1/2");
    assert!(ended.status == 0 && ended.summary.contains("NO CHANGE"), "{}", ended.log);
}

#[test]
fn a_violation_and_a_regression_are_red_whatever_inconclusive_means() {
    let lossy = report(&scenario(LOSSLESS), 8, |_, _| losing(7));
    for inconclusive in ["fail", "warn"] {
        let mut night = Night::new().chaos(Some((&lossy, 1)));
        night.inconclusive = inconclusive;
        let ended = night.expect(1, "::error::an expectation was violated");
        assert_eq!(ended.failed.as_deref(), Some("Say how the night was"));
        // The scenario promises nothing more, but its baseline did.
        let mut night = Night::new().chaos(Some((&lossy, 0))).keep(&sound());
        night.inconclusive = inconclusive;
        let ended = night.expect(1, "::error::worse than a baseline");
        assert!(ended.summary.contains("REGRESSION: in 1 of 1 cells: main"), "{}", ended.summary);
        // One of both is enough.
        let mut night = Night::new().chaos(Some((&lossy, 3))).keep(&sound());
        night.inconclusive = inconclusive;
        night.expect(1, "::error::worse than a baseline");
    }
}

#[test]
fn a_night_that_proves_nothing_is_red_or_a_warning_as_was_chosen() {
    let two = "matrix: {acks: [\"1\", all]}\nexpect: {lost: 0}";
    let two = report(&scenario(two), 8, |_, _| SOUND);
    let run = || Night::new().chaos(Some((&sound(), 3)));
    // The baseline has two cells, the night neither.
    let comparison = || Night::new().chaos(Some((&sound(), 0))).keep(&two);
    for (night, line) in [
        (run(), "::warning::inconclusive: a run proves nothing"),
        (comparison(), "::warning::inconclusive: a comparison proves nothing"),
    ] {
        let mut night = night;
        night.expect(3, line);
        fs::remove_dir_all(night.path("repository/chaos-out")).unwrap();
        night.inconclusive = "warn";
        night.expect(0, line);
    }
}

#[test]
fn a_night_that_failed_is_red_at_once_and_still_shows_what_there_is() {
    let night = Night::new().chaos(Some((&sound(), 4))).keep(&sound());
    let ended = night.run("1/2");
    assert_eq!((ended.status, ended.failed.as_deref()), (4, Some("Run the scenarios")));
    assert_eq!(ended.summary, "what the run says\n", "nothing is compared");
    assert!(!ended.log.contains("== Say how"), "{}", ended.log);
}

#[test]
fn the_tool_itself_takes_the_command_line_and_a_shard_may_have_nothing_to_run() {
    let night = Night::new().chaos(None);
    let ended = night.run("2/2");
    assert_eq!(ended.status, 0, "{}", ended.log);
    let said = "shard 2/2: nothing to run, there are fewer runs (1) than shards";
    assert!(ended.log.contains(said), "{}", ended.log);
    assert_eq!(ended.summary, "");
    // A scenario's mistake is reported, and the night is red.
    let text = scenario(LOSSLESS).replace("leader", "leadre");
    fs::write(night.path("repository/scenarios/typo.yaml"), text).unwrap();
    let ended = night.run("2/2");
    assert_eq!((ended.status, ended.failed.as_deref()), (2, Some("Run the scenarios")));
    assert!(ended.log.contains("scenarios/typo.yaml:4:"), "{}", ended.log);
    // So is an unusable shard.
    for (shard, why) in [
        ("3/2", "the shards of 2 are 1/2 to 2/2"),
        ("0/2", "the shards of 2 are 1/2 to 2/2"),
        ("two", "write two numbers, as in 2/3"),
    ] {
        let ended = night.run(shard);
        assert!(ended.status == 2 && ended.log.contains(why), "{shard}: {}", ended.log);
    }
}

#[test]
fn a_workflow_that_was_not_filled_in_says_so() {
    let mut night = Night::new().chaos(Some((&sound(), 0)));
    night.is_filled_in = false;
    let ended = night.run("1/2");
    assert_eq!((ended.status, ended.failed.as_deref()), (2, Some("Check what was filled in")));
    assert!(ended.log.contains("::error::set CHAOS_REPOSITORY and CHAOS_REF"), "{}", ended.log);
    assert!(!ended.log.contains("asked for"), "{}", ended.log);
}
