//! What the format accepts and refuses, rule by rule; `tests/scenario_errors.rs` checks places.

use super::*;
use crate::model::{Clock, Controllers, Length, Metric, Timing};
use crate::timeline::{Exec, FaultAction, NetworkPartition, Ports, ProcessStop, Target};
use crate::yaml::Diagnostics;

/// Reads a text that has no problems.
fn sound(text: &str) -> Scenario {
    let mut reading = read_text("test.yaml", text, &Changes::default()).expect("a map");
    assert!(reading.problems.is_empty(), "{}", Diagnostics::new(reading.problems));
    reading.scenarios.swap_remove(0)
}

/// The only problem of a text, as `line:column message (help)`.
fn problem(text: &str, overrides: &[&str]) -> String {
    let overrides: Vec<String> = overrides.iter().map(|o| (*o).to_owned()).collect();
    let changes = Changes { overrides: &overrides, sweeps: &[] };
    let problems = match read_text("test.yaml", text, &changes) {
        Ok(reading) => reading.problems,
        Err(problems) => problems.list,
    };
    let [one] = problems.as_slice() else { panic!("not one problem: {problems:#?}") };
    let help = one.help.clone().unwrap_or_default();
    format!("{}:{} {} ({help})", one.line, one.column, one.message)
}

#[test]
fn every_key_is_read() {
    let scenario = sound(
        "name: all-keys
summary: >
  Two
  lines.
cluster: {kafka: 4.4.0, brokers: 5, controllers: isolated, timing: fast,
  config: {num.io.threads: 2, log.flush.interval.messages: 1}}
topic: {partitions: 2, replication.factor: 3, min.insync.replicas: 2,
  unclean.leader.election.enable: true, config: {retention.ms: -1}}
producer: {acks: -1, enable.idempotence: false, rate: max, message.bytes: 10, messages: 5,
  config: {linger.ms: 5, delivery.timeout.ms: 30000}}
faults:
  - {process_stop: [leader, 'broker:3'], at: 5s, for: 1.5 session}
  - network_partition: [leader, [followers, clients]]
    ports: replication
    at: 1m
    for: 500ms
  - {exec: touch x, at: 0s}
  - {exec: [touch, x], at: 0s, for: 1s}
  - {kill: all, at: 1 lag, for: 0s}
duration: 10m
seed: 7
expect: {lost: 0, unavailable: '<= 3 session'}
matrix: {replication.factor: [1, 3]}
",
    );
    assert_eq!(scenario.summary, "Two lines.");
    assert_eq!(scenario.cluster.kafka, "4.4.0");
    assert_eq!(scenario.cluster.controllers, Controllers::Isolated);
    assert_eq!(scenario.cluster.timing, Timing::Fast);
    assert_eq!(scenario.cluster.config["num.io.threads"].value.value, "2");
    assert_eq!(scenario.topic["retention.ms"].value.value, "-1");
    assert_eq!(scenario.producer["acks"].value.value, "all");
    assert_eq!(scenario.producer["message.timeout.ms"].value.value, "30000");
    assert_eq!(scenario.producer["message.timeout.ms"].name.value, "delivery.timeout.ms");
    let targets = vec![Target::Leader, Target::Broker(3)];
    assert_eq!(scenario.faults[0].action, ProcessStop { targets }.into());
    assert_eq!(
        scenario.faults[0].duration.as_ref().map(|d| d.value),
        Some(Length::Periods(1.5, Clock::Session))
    );
    let groups = vec![vec![Target::Leader], vec![Target::Followers, Target::Clients]];
    let cut = NetworkPartition { groups, ports: Ports::Replication };
    assert_eq!(scenario.faults[1].action, cut.into());
    let exec = |command: &[&str]| -> FaultAction {
        let command = command.iter().map(ToString::to_string).collect();
        Exec { command, touches: vec![] }.into()
    };
    assert_eq!(scenario.faults[2].action, exec(&["sh", "-c", "touch x"]));
    assert_eq!(scenario.faults[3].action, exec(&["touch", "x"]));
    assert_eq!(scenario.seed, Some(7));
    assert_eq!(scenario.expect[0].wanted[1].metric, Metric::Unavailable);
    assert_eq!(scenario.expect[0].wanted[1].text, "unavailable: \"<= 3 session\"");
    assert_eq!(scenario.matrix[0].section, Section::Topic);
}

#[test]
fn a_key_in_the_wrong_place_is_told_where_it_belongs() {
    for (text, expected) in [
        ("name: x\nacks: 1\n", "it belongs under `producer`"),
        ("name: x\nlinger.ms: 1\n", "it belongs under `producer.config`"),
        ("name: x\nretention.ms: 1\n", "it belongs under `topic.config`"),
        ("name: x\nproducer: {linger.ms: 1}\n", "write it under `producer.config`"),
        ("name: x\nproducer: {partitions: 1}\n", "it belongs under `topic`"),
        ("name: x\ntopic: {acks: 1}\n", "it belongs under `producer`"),
        ("name: x\ntopic: {linger.ms: 1}\n", "it belongs under `producer.config`"),
        ("name: x\nproducer: {config: {acks: 1}}\n", "write `acks` directly under `producer`"),
        ("name: x\nproducer: {config: {request.required.acks: 1}}\n", "write `acks` directly"),
        ("name: x\ncluster: {num.io.threads: 1}\n", "belongs under `cluster.config`"),
        (
            "name: x\nproducer: {config: {client.software.name: y}}\n",
            "librdkafka's CONFIGURATION.md",
        ),
        ("name: x\ntopic: {config: {retention.msec: 1}}\n", "did you mean `retention.ms`?"),
    ] {
        let problem = problem(text, &[]);
        assert!(problem.contains(expected), "{text}: {problem}");
    }
}

#[test]
fn one_property_under_two_names_is_set_twice() {
    let text = "name: x\nproducer:\n  config:\n    delivery.timeout.ms: 1000\n    \
                message.timeout.ms: 2000\n";
    let problem = problem(text, &[]);
    assert!(problem.starts_with("5:5 `delivery.timeout.ms` and `message.timeout.ms`"), "{problem}");
}

#[test]
fn what_a_fault_lacks_or_has_too_much_is_told() {
    for (fault, expected) in [
        ("process_stop: leader\n    for: 1s", "2:5 `process_stop` has no `at`"),
        ("kill: leader\n    at: 1s", "2:5 `kill` has no `for`"),
        ("at: 1s\n    for: 1s", "2:5 this item names no fault"),
        ("proces_stop: leader\n    at: 1s\n    for: 1s", "did you mean `process_stop`?"),
        (
            "kill: leader\n    process_stop: leader\n    at: 1s\n    for: 1s",
            "two faults, `kill` and",
        ),
        (
            "kill: leader\n    ports: client\n    at: 1s\n    for: 1s",
            "`ports` has no meaning for `kill`",
        ),
        ("kill: leader\n    touches: all\n    at: 1s\n    for: 1s", "`touches` has no meaning"),
        ("exec: x\n    touches: brokr:1\n    at: 1s", "unknown target `brokr:1`"),
        ("kill: []\n    at: 1s\n    for: 1s", "`kill` has an empty list of targets"),
        ("kill: {leader: 1}\n    at: 1s\n    for: 1s", "`kill` must be a single value, not a map"),
        ("kill: broker:x\n    at: 1s\n    for: 1s", "`broker:x` names no broker"),
        ("kill: broker-1\n    at: 1s\n    for: 1s", "did you mean `broker:1`?"),
        ("kill: [2]\n    at: 1s\n    for: 1s", "did you mean `broker:2`?"),
        ("network_partition: leader\n    at: 1s\n    for: 1s", "must be a list of groups"),
        ("network_partition: []\n    at: 1s\n    for: 1s", "`network_partition` has no groups"),
        (
            "network_partition: [[leader, followers]]\n    at: 1s\n    for: 1s",
            "2:24 `network_partition` has one group, and nothing to cut it off from",
        ),
        ("exec:\n    at: 1s", "`exec` has no command"),
        ("exec: ['']\n    at: 1s", "`exec` has no program"),
    ] {
        let text = format!("faults:\n  - {fault}\nname: x\n");
        let problem = problem(&text, &[]);
        assert!(problem.contains(expected), "{text}: {problem}");
    }
    assert!(problem("name: x\nfaults: none\n", &[]).contains("`faults` must be a list"));
    assert!(problem("name: x\nfaults: [kill]\n", &[]).contains("a fault must be a map"));
    let many = format!("name: x\nfaults:\n{}", "  - {kill: all, at: 1s, for: 1s}\n".repeat(21));
    assert!(problem(&many, &[]).contains("there are 21 faults"));
}

#[test]
fn names_fit_for_folders_and_topics() {
    for bad in ["../x", ".x", "a b", "a/b", "\"\"", "é"] {
        assert!(problem(&format!("name: {bad}\n"), &[]).contains("is not a valid scenario name"));
    }
    assert!(
        problem(&format!("name: {}\n", "x".repeat(65)), &[])
            .contains("is not a valid scenario name")
    );
    assert!(problem("summary: x\n", &[]).contains("the scenario has no `name`"));
    assert_eq!(sound("name: A-1_b.c\n").name.value, "A-1_b.c");
}

#[test]
fn numbers_and_words_keep_their_bounds() {
    for text in [
        "name: x\ncluster: {brokers: 10}\n",
        "name: x\ncluster: {brokers: 0}\n",
        "name: x\ncluster: {kafka: 3.8}\n",
        "name: x\ncluster: {kafka: latest}\n",
        "name: x\ncluster: {controllers: both}\n",
        "name: x\ntopic: {partitions: 257}\n",
        "name: x\ntopic: {unclean.leader.election.enable: yes}\n",
        "name: x\nproducer: {acks: 2}\n",
        "name: x\nproducer: {rate: fast}\n",
        "name: x\nproducer: {message.bytes: 1000001}\n",
        "name: x\nproducer: {messages: 0}\n",
        "name: x\nproducer: {acks: }\n",
        "name: x\nseed: -1\n",
        "name: x\nduration: 30\n",
        "name: x\nexpect: {}\n",
        "name: x\nexpect: {unavailable: 5}\n",
    ] {
        problem(text, &[]);
    }
}

#[test]
fn set_changes_the_file_and_is_named_in_its_errors() {
    let text = "name: x\nproducer: {acks: all, config: {linger.ms: 1}}\n\
                expect:\n  - {when: {acks: 1}, lost: '>= 1'}\n  - {lost: 0}\n";
    let set = |overrides: &[&str]| {
        let overrides: Vec<String> = overrides.iter().map(|o| (*o).to_owned()).collect();
        let changes = Changes { overrides: &overrides, sweeps: &[] };
        read_text("test.yaml", text, &changes).expect("a map").scenarios.swap_remove(0)
    };
    let scenario = set(&[
        "producer.acks=1",
        "producer.config.linger.ms=5",
        "topic.min.insync.replicas=1",
        "cluster.timing=fast",
        "expect.lost=>= 3",
        "expect.duplicated=0",
        "matrix.batch.size=[1, 2]",
        "duration=90s",
        "seed=3",
    ]);
    assert_eq!(scenario.producer["acks"].value.value, "1");
    assert_eq!(scenario.producer["linger.ms"].value.value, "5");
    assert_eq!(scenario.topic["min.insync.replicas"].value.value, "1");
    assert_eq!(scenario.cluster.timing, Timing::Fast);
    let texts: Vec<&str> =
        scenario.expect.iter().flat_map(|e| &e.wanted).map(|w| w.text.as_str()).collect();
    assert_eq!(texts, ["lost: \">= 3\"", "lost: \">= 3\"", "duplicated: 0"]);
    assert_eq!(scenario.matrix[0].values.len(), 2);
    assert_eq!(scenario.seed, Some(3));

    for (argument, expected) in [
        ("producer.acks", "has no `=`"),
        ("prodcer.acks=1", "did you mean `producer`?"),
        ("producer=1", "names no key of `producer`"),
        ("producer.ack=1", "unknown key `ack` in `producer` (did you mean `acks`?)"),
        ("producer.acks=9", "`acks` cannot be `9`"),
        ("matrix.acks=[1", "this is not valid YAML"),
    ] {
        let problem = problem("name: x\n", &[argument]);
        assert!(problem.contains(expected), "{argument}: {problem}");
        let overrides = [argument.to_owned()];
        let changes = Changes { overrides: &overrides, sweeps: &[] };
        let reading = read_text("test.yaml", "name: x\n", &changes).expect("a map");
        let shown = reading.problems[0].to_string();
        assert!(shown.contains(&format!("--set {argument}")), "{shown}");
    }
}

#[test]
fn a_diagnostic_shows_the_line_and_marks_the_place() {
    let text = "name: x\nproducer:\n  ack: 1\n";
    let reading = read_text("dir/f.yaml", text, &Changes::default()).expect("a map");
    assert_eq!(
        reading.problems[0].to_string(),
        "error: unknown key `ack` in `producer`\n --> dir/f.yaml:3:3\n  |\n3 |   ack: 1\n  |   \
         ^^^\n  = help: did you mean `acks`?\n"
    );
    let json = serde_json::to_value(Diagnostics::new(reading.problems)).expect("plain data");
    assert_eq!(json["list"][0]["line"], 3);
    assert_eq!(json["list"][0]["column"], 3);
    assert_eq!(json["list"][0]["file"], "dir/f.yaml");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let path = std::path::Path::new("no/such/file.yaml");
    let problems = read_file(path, &Changes::default()).unwrap_err();
    let text = problems.to_string();
    assert!(text.contains("cannot read the scenario"), "{text}");
    assert!(text.contains(" --> no/such/file.yaml\n"), "{text}");
}
