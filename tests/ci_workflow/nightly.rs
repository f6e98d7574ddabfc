//! The nightly job, step by step.

use crate::night::{LOSSLESS, Night, RUN};
use crate::world::{SOUND, losing, report, scenario};
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

#[test]
fn without_a_baseline_the_night_is_green_and_says_how_to_make_one() {
    let night = Night::new().chaos(Some((&sound(), 0)));
    let ended = night.run("1/2");
    assert_eq!(ended.status, 0, "{}", ended.log);
    let notice = ended.log.lines().find(|line| line.starts_with("::notice::")).unwrap();
    let (_, command) = notice.split_once("chaos baseline ").unwrap();
    let (run, file) = command.split_once(" -o ").unwrap();
    assert_eq!((run, file), (RUN, "ci/baselines/3.8.1/made.json"));
    // What was told is what the next night takes.
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
        assert!(ended.summary.contains("REGRESSION: 1 of 1 cell: main"), "{}", ended.summary);
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
    // The baseline tells of two cells, the night of neither.
    let comparison = || Night::new().chaos(Some((&sound(), 0))).keep(&two);
    for (night, line) in [
        (run(), "::warning::inconclusive: a run proves nothing"),
        (comparison(), "::warning::inconclusive: a comparison tells nothing"),
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
    // A scenario with a mistake is told, and the night is red.
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
