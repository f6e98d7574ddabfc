//! The answers, with exit code 2 and nothing started, to what is no scenario, cannot run or is
//! named wrongly; and scenarios from standard input.

use super::root;
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// A command of the tool: its exit code, its standard output and its standard error.
fn chaos(arguments: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("KAFKA_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
    let ended = child.wait_with_output().expect("it ends");
    let left = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(left, 0, "{arguments:?} started something");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

#[test]
fn a_scenario_may_come_from_standard_input_and_is_called_so() {
    let sound = b"name: piped\nduration: 5s\nexpect: {lost: 0}\n";
    let (code, out, err) = chaos(&["validate", "-"], sound);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("ok  piped  1 cell, 0 faults, 5 s\n"), "{out}");
    let (code, out, _) = chaos(&["plan", "-", "--seed", "1"], sound);
    assert_eq!(code, Some(0));
    assert!(out.contains("from <stdin>, seed 1\n"), "{out}");
    for command in ["validate", "plan", "run"] {
        let (code, out, err) = chaos(&[command, "-"], b"name: piped\nacks: 1\n");
        assert_eq!((code, out.as_str()), (Some(2), ""), "{command}");
        assert!(err.contains(" --> <stdin>:2:1\n"), "{command}: {err}");
    }
}

#[test]
fn every_tab_that_indents_is_told_where_it_stands() {
    let text = b"name: x\ntopic:\n\tpartitions: 1\n  \treplication.factor: 3\n";
    for command in ["validate", "plan", "run"] {
        let (code, _, err) = chaos(&[command, "-"], text);
        assert_eq!(code, Some(2));
        for place in ["<stdin>:3:1\n", "<stdin>:4:3\n"] {
            assert!(err.contains(place), "{err}");
        }
        assert_eq!(err.matches("error: a tab indents this line").count(), 2, "{err}");
        assert_eq!(err.matches("= help: indent with spaces").count(), 2, "{err}");
    }
}

#[test]
fn what_is_no_scenario_is_told_in_words() {
    let scenarios = root().join("scenarios");
    let folder = scenarios.to_str().expect("UTF-8");
    for (named, input, expected) in [
        (folder, b"".as_slice(), "error: cannot read the scenario: it is a folder\n"),
        ("-", b"\x7fELF\x02\0", "error: the file is binary: byte 6 is not text\n"),
        ("-", b"\xff\xfen\0", "error: the file is UTF-16\n"),
        ("-", b"summary: caf\xe9\n", "error: the file is not UTF-8 (byte 13)\n"),
        ("-", b"", "error: the scenario is empty\n --> <stdin>:1:1\n"),
        ("-", b"# nothing\n", "error: the scenario is empty\n"),
    ] {
        for command in ["validate", "plan", "run"] {
            let (code, out, err) = chaos(&[command, named], input);
            assert_eq!((code, out.as_str()), (Some(2), ""), "{command} {named}");
            assert!(err.starts_with(expected) && err.contains("= help: "), "{command}: {err}");
        }
    }
}

#[test]
fn a_version_that_nobody_could_start_is_refused_unless_a_folder_or_an_image_has_it() {
    let text = b"name: x\nduration: 5s\nexpect: {lost: 0}\ncluster:\n  kafka: 3.9.9\n";
    let message = "error: Kafka 3.9.9 cannot be fetched\n --> <stdin>:5:10\n";
    let help = "known here: `3.8.1` and `4.4.0`; any other by `--kafka-home DIR`, or by `--runtime \
                docker` from its image";
    for command in ["validate", "plan", "run"] {
        let (code, out, err) = chaos(&[command, "-", "--runtime", "local"], text);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{command}");
        assert!(err.starts_with(message) && err.contains(help), "{command}: {err}");
    }
    // A run would use a daemon that answers, so this is a note and no error.
    let (code, out, err) = chaos(&["validate", "-"], text);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("note: Kafka 3.9.9 needs Docker and an image of it"), "{out}");
    for more in [["--kafka-home", "/opt/kafka"], ["--runtime", "docker"]] {
        let (code, _, err) = chaos(&["validate", "-", more[0], more[1]], text);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{more:?}");
    }
    let sweep = "cluster.kafka=3.8.1,3.9.9";
    let (code, _, err) = chaos(&["plan", "minisr2", "--sweep", sweep, "--runtime", "local"], b"");
    assert_eq!(code, Some(2));
    assert!(err.contains(" | cluster.kafka=3.8.1,3.9.9\n |                     ^^^^^\n"), "{err}");
    // What a compose file says about its images is its own business.
    let compose = root().join("tests/compose/apache.yml");
    let compose = format!("cluster.compose={}", compose.display());
    let (code, _, err) = chaos(&["validate", "-", "--set", &compose], b"name: x\nduration: 5s\n");
    assert_eq!((code, err.as_str()), (Some(0), ""));
}

#[test]
fn validate_for_the_local_runtime_refuses_what_only_containers_can_do() {
    let text = b"name: x\nfaults: [{pause: leader, at: 1s, for: 1s}]\n";
    assert_eq!(chaos(&["validate", "-"], text).0, Some(0));
    let (code, _, err) = chaos(&["validate", "-", "--runtime", "local"], text);
    assert_eq!(code, Some(2));
    assert!(err.contains("`pause` needs the freezer") && err.contains("--runtime docker"), "{err}");
}

#[test]
fn broker_properties_of_topics_are_refused_from_the_command_line_too() {
    for (option, text, expected) in [
        ("--set", "cluster.config.min.insync.replicas=2", "write `topic.min.insync.replicas`"),
        ("--sweep", "cluster.config.min.insync.replicas=1,2", "the axis `min.insync.replicas`"),
        ("--set", "matrix.cluster.config.num.partitions=[1, 2]", "write the axis `partitions`"),
    ] {
        let (code, _, err) = chaos(&["run", "minisr2", option, text], b"");
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(&format!("changed by {option} {text}\n")), "{err}");
        assert!(err.contains(expected) && err.matches("error: ").count() == 1, "{err}");
    }
}

#[test]
fn a_property_without_its_section_is_answered_with_the_whole_path() {
    for (text, expected) in [
        ("acks=1", "did you mean `producer.acks`?"),
        ("linger.ms=5", "did you mean `producer.config.linger.ms`?"),
        ("config.linger.ms=5", "did you mean `producer.config.linger.ms`?"),
        ("min.insync.replicas=1", "did you mean `topic.min.insync.replicas`?"),
        ("retention.ms=1", "did you mean `topic.config.retention.ms`?"),
        ("timing=fast", "did you mean `cluster.timing`?"),
        ("lost=0", "did you mean `expect.lost`?"),
        ("ack=1", "did you mean `producer.acks`?"),
        ("prodcer.acks=1", "did you mean `producer`?"),
        ("faults.0.for=1s", "--sweep faults=NAME"),
        ("bootstrap.servers=x", "name its compose file by `cluster.compose`"),
        ("buffer.memory=1", "librdkafka's is `queue.buffering.max.kbytes`, in KiB"),
    ] {
        let (code, _, err) = chaos(&["validate", "minisr2", "--set", text], b"");
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(expected), "{text}: {err}");
    }
}

#[test]
fn faults_that_take_the_quorum_away_are_told_by_validate_and_plan() {
    let text = b"name: x\nfaults:\n  - {process_stop: followers, at: 5s, for: 2 session}\n";
    let note =
        "note: 2 of 3 controllers stand still from 5 s to 23 s: no leader is elected meanwhile";
    for command in ["validate", "plan"] {
        let (code, out, _) = chaos(&[command, "-"], text);
        assert_eq!(code, Some(0));
        assert!(out.contains(note), "{command}: {out}");
    }
    let (_, out, _) = chaos(&["validate", "-", "--json"], text);
    let told: Value = serde_json::from_str(&out).expect("one document");
    assert_eq!(told["scenarios"][0]["name"], "x");
    let is_note = |one: &Value| {
        one["severity"] == "note" && note.ends_with(one["message"].as_str().unwrap_or("?"))
    };
    assert!(told["diagnostics"].as_array().expect("a list").iter().any(is_note), "{out}");
}
