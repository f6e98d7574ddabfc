//! Every broken scenario of `tests/scenarios/broken` has its message at its line and column, and
//! `chaos validate` exits with 2 for each; every shipped scenario is valid.

use kafka_chaos::testing::cli::changes::Changes;
use kafka_chaos::testing::cli::{plan, validate};
use kafka_chaos::testing::exit::Exit;
use kafka_chaos::testing::plan::Asked;
use rdkafka::ClientConfig;
use rdkafka::producer::BaseProducer;
use serde_json::Value;
use std::path::{Path, PathBuf};

mod input;

/// All problems of one file, each as (line, column, part of the message, part of the help).
type Expected = &'static [(u32, u32, &'static str, &'static str)];

const BROKEN: &[(&str, Expected)] = &[
    (
        "bad-election",
        &[
            (3, 20, "`elect_leaders` cannot be `uncleen`", "did you mean `unclean`?"),
            (5, 20, "`elect_leaders` must be a single value, not a list", "elect_leaders: VALUE"),
            (8, 5, "`ports` has no meaning for `elect_leaders`", "only `network_partition`"),
        ],
    ),
    (
        "bad-expectations",
        &[
            (4, 9, "every value meets this, so it checks nothing", "write what could fail"),
            (5, 3, "unknown key `duplicate` in `expect`", "did you mean `duplicated`?"),
            (6, 16, "`unavailable: <= 5` cannot be expected", "`5` has no unit"),
            (7, 14, "no value can meet this: 9 is more than 3", "write what could fail"),
            (8, 3, "unknown key `latency` in `expect`", "latencies are measured and reported"),
        ],
    ),
    (
        "bad-matrix",
        &[
            (3, 9, "`acks` has no values", "at least one value"),
            (4, 3, "unknown property `min.insync.replica`", "did you mean `min.insync.replicas`?"),
            (5, 30, "`true` is listed twice for `enable.idempotence`", "keep one"),
        ],
    ),
    (
        "bad-outer-axes",
        &[
            (4, 26, "`kafka: 4.4` is not a Kafka version", "3.8.1"),
            (5, 20, "`cluster.brokers` must be a list of values", "write a property"),
            (6, 19, "`cluster.timing` has no values", "at least one value"),
            (7, 3, "unknown property `cluster.contollers`", "did you mean `cluster.controllers`?"),
            (8, 38, "`2` is listed twice for `cluster.config.num.io.threads`", "keep one"),
        ],
    ),
    (
        "broker-axis",
        &[
            (
                5,
                5,
                "`default.replication.factor` has no effect",
                "write `topic.replication.factor`",
            ),
            (7, 3, "every topic sets its own `partitions`", "write the axis `partitions`"),
            (10, 10, "`cluster.config.unclean.leader.election.enable` has no effect", "write `unc"),
        ],
    ),
    (
        "broker-config",
        &[
            (
                2,
                34,
                "`min.insync.replicas` has no effect: every topic sets its own `min.insync.replicas`",
                "write `topic.min.insync.replicas`",
            ),
            (
                2,
                58,
                "`unclean.leader.election.enable` has no effect",
                "write `topic.unclean.leader.election.enable`",
            ),
        ],
    ),
    (
        "duplicate-key",
        &[
            (5, 3, "`acks` is written twice", "first written on line 3"),
            (6, 41, "`linger.ms` is written twice", "first written on line 6"),
            (11, 5, "`at` is written twice", "first written on line 9"),
        ],
    ),
    (
        "election-of-one",
        &[(5, 5, "`elect_leaders` can elect nobody: with `replication.factor: 1`", "raise")],
    ),
    ("empty", &[(1, 1, "the scenario is empty", "begin with `name:`")]),
    (
        "fault-outside",
        &[
            (6, 10, "`process_stop` is healed at 34000 ms, but the run ends at 30000 ms", "longer"),
            (8, 9, "`kill` begins at 40000 ms, but the run ends at 30000 ms", "earlier"),
        ],
    ),
    (
        "follower-of-one",
        &[(5, 19, "`follower` matches no node: with `replication.factor: 1`", "raise")],
    ),
    (
        "idempotence-acks1",
        &[(3, 9, "`enable.idempotence: true` contradicts `acks: 1`", "it needs `acks: all`")],
    ),
    (
        "many-at-once",
        &[
            (1, 7, "`name: bad name!` is not a valid scenario name", "letters, digits"),
            (3, 10, "`kafka: 3.8` is not a Kafka version", "3.8.1"),
            (4, 11, "`timing` cannot be `slow`", "known here: `stock` and `fast`"),
            (6, 9, "`rate` cannot be `0`", "`max`, or a whole number"),
            (7, 18, "`message.bytes` cannot be `2000000`", "from 1 to 1000000"),
            (9, 15, "`partitions` cannot be `0`", "from 1 to 256"),
            (10, 1, "unknown key `fautls` in a scenario", "did you mean `faults`?"),
            (12, 9, "`lost: none` cannot be expected", "`none` is not a number of messages"),
        ],
    ),
    (
        "min-isr-above-rf",
        &[(4, 24, "`min.insync.replicas` is 3, but `replication.factor` is 2", "acks=all")],
    ),
    ("no-cell-left", &[(5, 10, "no cell is left of the matrix", "it needs `acks: all`")]),
    ("no-end", &[(1, 1, "nothing says when this run ends", "`duration: 30s`")]),
    (
        "no-length",
        &[(5, 10, "`kill` lasts 0 ms", "`for: 10s`"), (8, 10, "`exec` lasts 0 ms", "`for: 10s`")],
    ),
    (
        "no-such-target",
        &[
            (3, 19, "there is no `broker:7`", "`broker:0` to `broker:2`"),
            (6, 11, "unknown target `leeder`", "did you mean `leader`?"),
            (9, 12, "unknown target `broker-1`", "did you mean `broker:1`?"),
            (9, 22, "unknown target `2`", "did you mean `broker:2`?"),
            (9, 25, "unknown target `nodes`", "write `all`, or name one broker"),
            (9, 32, "unknown target `brokers`", "write `all`, or name one broker"),
            (13, 5, "unknown key `nodes` in a fault", "as in `kill: broker:1`"),
        ],
    ),
    (
        "no-timelines",
        &[(
            3,
            11,
            "`matrix.faults` must be a map of timelines",
            "write a name and a list of faults",
        )],
    ),
    ("no-traffic", &[(3, 5, "no `client` traffic goes between these groups", "leave `ports` out")]),
    (
        "no-unclean-topic",
        &[(
            8,
            5,
            "`elect_leaders: unclean` has no topic to act on",
            "`unclean.leader.election.enable: true` under `topic`",
        )],
    ),
    (
        "no-unit",
        &[
            (4, 9, "`at: 5` has no unit", "`500ms`"),
            (5, 10, "`for: 2 sesion` has the unknown unit `sesion`", "`1.5 session`"),
        ],
    ),
    (
        "node-in-two-groups",
        &[(3, 46, "`broker:1` and `broker:1` share a node", "one side of a cut only")],
    ),
    ("not-a-map", &[(1, 1, "`scenario` must be a map, not a list", "begin with `name:`")]),
    ("not-yaml", &[(4, 9, "this is not valid YAML", "close every `[` and `{`")]),
    (
        "not-yet",
        &[
            (
                3,
                3,
                "`ssl.endpoint` is not supported yet: all listeners speak PLAINTEXT",
                "leave it out",
            ),
            (5, 3, "`client` is not supported yet: librdkafka sends", "`chaos plan` prints"),
            (
                7,
                5,
                "`transactional.id` is not supported yet",
                "`producer.enable.idempotence: true`",
            ),
            (8, 1, "`consumers` is not supported yet: the logs are read", "expect `lost`"),
            (
                10,
                5,
                "`degraded_network` is not supported yet: a network is whole or cut",
                "`process_",
            ),
            (13, 11, "`coordinator` is not supported yet", "expect `lost`"),
            (17, 3, "`redelivered` is not supported yet", "expect `lost`"),
            (19, 3, "`max.poll.records` is not supported yet", "expect `lost`"),
        ],
    ),
    (
        "one-group",
        &[(
            4,
            25,
            "`network_partition` has one group, and nothing to cut it off from",
            "`network_partition: [[leader], [followers]]`",
        )],
    ),
    (
        "owned-property",
        &[
            (4, 5, "`listeners` cannot be set", "remove it"),
            (5, 32, "`broker.session.timeout.ms` cannot be `soon`", "a whole number"),
            (8, 5, "`delivery.report.only.error` cannot be set", "remove it"),
        ],
    ),
    (
        "rf-above-brokers",
        &[(5, 23, "`replication.factor` is 3, but there are only 2 brokers", "raise `brokers`")],
    ),
    (
        "timeline-of-nobody",
        &[
            (6, 19, "no `broker:7` (cluster.brokers=3)", "`broker:0` to `broker:2`"),
            (6, 19, "no `broker:7` (cluster.brokers=5)", "`broker:0` to `broker:4`"),
        ],
    ),
    ("too-deep", &[(5, 4, "this line is indented by 3 spaces", "a key may be indented by 0 or 2")]),
    ("too-many-cells", &[(3, 3, "the matrix makes 72 cells", "a run may have 64")]),
    (
        "too-many-runs",
        &[
            (4, 3, "the matrix makes 72 runs", "there may be 64"),
            (6, 3, "unknown property `linger.msec`", "did you mean `linger.ms`?"),
        ],
    ),
    (
        "trogdor",
        &[(
            2,
            12,
            "trogdor.fault.NetworkPartitionFaultSpec` is not supported yet",
            "`network_partition`",
        )],
    ),
    ("two-ends", &[(3, 11, "`duration` and `messages` both say when the run ends", "leave one")]),
    (
        "two-timelines",
        &[
            (2, 1, "both `faults` and `matrix.faults` define the timeline", "under a name"),
            (6, 5, "`a b` is not a valid timeline name", "letters, digits"),
            (8, 20, "`matrix.faults` has no timeline `stop`", "known here: `a b`"),
        ],
    ),
    (
        "unknown-client-property",
        &[
            (4, 5, "unknown property `linger.msec`", "did you mean `linger.ms`?"),
            (5, 23, "`compression.type` cannot be `brotli`", "librdkafka"),
            (6, 5, "`bootstrap.servers` is not supported yet", "`cluster.compose`"),
            (
                7,
                5,
                "`buffer.memory` exists only in the Java producer",
                "`queue.buffering.max.kbytes`",
            ),
            (8, 5, "`max.block.ms` exists only in the Java producer", "librdkafka has none"),
        ],
    ),
    ("unknown-key", &[(3, 3, "unknown key `broker` in `cluster`", "did you mean `brokers`?")]),
    ("when-nowhere", &[(6, 5, "this `when` holds for no cell", "acks=1; acks=all")]),
    ("wrong-type", &[(3, 12, "`brokers` cannot be `three`", "from 1 to 9")]),
];

const SHIPPED: &[(&str, usize, usize)] = &[
    ("acks1-leader-loss", 2, 2),
    ("clean-election", 2, 2),
    ("leader-churn", 2, 6),
    ("matrix", 24, 1),
    ("minisr1", 1, 2),
    ("minisr2", 1, 2),
    ("minisr3", 1, 2),
    ("retry-duplicates", 2, 1),
    ("retry-idempotent", 1, 1),
    ("unclean-election", 4, 3),
    ("zombie-leader", 2, 1),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn validate(file: PathBuf) -> (Exit, String, String) {
    let args = validate::ValidateArgs { files: vec![file], ..Default::default() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = validate::run(&args, &mut out, &mut err).expect("memory can be written");
    (exit, String::from_utf8(out).expect("UTF-8"), String::from_utf8(err).expect("UTF-8"))
}

/// The diagnostics that `validate --json` prints for one broken file.
fn json(file: PathBuf) -> Vec<Value> {
    let args = validate::ValidateArgs { files: vec![file], json: true, ..Default::default() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = validate::run(&args, &mut out, &mut err).expect("memory can be written");
    assert_eq!((exit, err.as_slice()), (Exit::Usage, [].as_slice()));
    let told: Value = serde_json::from_slice(&out).expect("one document");
    assert_eq!(told["scenarios"], Value::Array(Vec::new()));
    told["diagnostics"].as_array().expect("a list").clone()
}

fn names_in(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join(folder))
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_broken_scenario_says_what_is_wrong_and_where() {
    let known: Vec<&str> = BROKEN.iter().map(|(name, _)| *name).collect();
    assert_eq!(names_in("tests/scenarios/broken"), known);
    for (name, expected) in BROKEN {
        let path = root().join("tests/scenarios/broken").join(format!("{name}.yaml"));
        let problems =
            kafka_chaos::testing::plan::from_file(&path, &Asked::default()).unwrap_err().list;
        let places: Vec<(u32, u32)> = problems.iter().map(|p| (p.line, p.column)).collect();
        let wanted: Vec<(u32, u32)> = expected.iter().map(|e| (e.0, e.1)).collect();
        assert_eq!(places, wanted, "{name}: {problems:#?}");
        for (problem, (_, _, message, help)) in problems.iter().zip(*expected) {
            assert!(problem.message.contains(message), "{name}: {problem:#?}");
            let said = problem.help.as_deref().unwrap_or_default();
            assert!(said.contains(help), "{name}: {problem:#?}");
        }
        let (exit, out, err) = validate(path.clone());
        assert_eq!((exit, exit.code(), out.as_str()), (Exit::Usage, 2, ""), "{name}");
        let told = json(path.clone());
        for (line, column, message, help) in *expected {
            let place = format!("{}:{line}:{column}", path.display());
            assert!(err.contains(&place) && err.contains(message) && err.contains(help), "{err}");
            let is_it = |one: &Value| {
                let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
                (one["line"].as_u64(), one["column"].as_u64())
                    == (Some((*line).into()), Some((*column).into()))
                    && text("message").contains(message)
                    && text("help").contains(help)
                    && text("file") == path.display().to_string()
                    && text("severity") == "error"
            };
            assert!(told.iter().any(is_it), "{name}: {told:#?}");
        }
    }
}

#[test]
fn every_shipped_scenario_is_sound_and_has_a_plan() {
    let known: Vec<&str> = SHIPPED.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names_in("scenarios"), known);
    for (name, cells, faults) in SHIPPED {
        let path = root().join("scenarios").join(format!("{name}.yaml"));
        let (exit, out, err) = validate(path.clone());
        assert_eq!((exit, err.as_str()), (Exit::Pass, ""), "{name}");
        assert!(out.starts_with(&format!("ok  {name}  ")), "{out}");
        let asked = Asked { seed: Some(1), ..Asked::default() };
        let study = kafka_chaos::testing::plan::from_file(&path, &asked).expect("it is sound");
        let plan = study.first();
        assert_eq!((plan.cells.len(), plan.faults.len()), (*cells, *faults), "{name}");
        assert_eq!(plan.name, *name, "the file is named after the scenario");
        for cell in study.plans.iter().flat_map(|plan| &plan.cells) {
            assert!(!cell.expectations.is_empty(), "{name} {}", cell.id);
            let mut config = ClientConfig::new();
            config.extend(cell.producers().next().unwrap().config.clone());
            config.set("bootstrap.servers", "127.0.0.1:9");
            let made: Result<BaseProducer, _> = config.create();
            assert!(made.is_ok(), "{name} {}: librdkafka says {:?}", cell.id, made.err());
        }
    }
}

#[test]
fn the_plan_is_printed_for_people_and_for_machines() {
    let file = root().join("scenarios/acks1-leader-loss.yaml");
    let mut args = plan::PlanArgs { file, seed: Some(42), ..Default::default() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(plan::run(&args, &mut out, &mut err).expect("memory"), Exit::Pass);
    let text = String::from_utf8(out).expect("UTF-8");
    for part in [
        "seed 42",
        "      5 s  process_stop followers, for 2.2 s",
        "followers: of partition 0; brokers 1, 2, unless an election moved it",
        "      7 s  kill leader, for 13.5 s",
        "leader: of partition 0; broker 0, unless an election moved it",
        "cell acks=1",
        "    enable.idempotence=false",
        "  expect lost: \"800..2000\"",
        "broker.session.timeout.ms=9000",
        "message.timeout.ms=120000",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    args.json = true;
    let mut out = Vec::new();
    assert_eq!(plan::run(&args, &mut out, &mut err).expect("memory"), Exit::Pass);
    let read: kafka_chaos::testing::plan::Study = serde_json::from_slice(&out).expect("a study");
    let asked = Asked { seed: Some(42), ..Asked::default() };
    assert_eq!(Ok(read), kafka_chaos::testing::plan::from_file(&args.file, &asked));
    assert!(err.is_empty());
    args.changes.overrides = vec!["producer.ack=1".to_owned()];
    let mut out = Vec::new();
    assert_eq!(plan::run(&args, &mut out, &mut err).expect("memory"), Exit::Usage);
    assert!(out.is_empty());
    assert!(String::from_utf8(err).expect("UTF-8").contains("--set producer.ack=1"));
}

#[test]
fn a_sweep_is_checked_before_anything_starts_and_shown_where_it_is_wrong() {
    let file = root().join("scenarios/matrix.yaml");
    let sweeps = ["acks=0,2", "faults=stop,kil"].map(str::to_owned).to_vec();
    let changes = Changes { overrides: Vec::new(), sweeps };
    let args = validate::ValidateArgs {
        files: vec![file.clone()],
        changes: changes.clone(),
        ..Default::default()
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(validate::run(&args, &mut out, &mut err).expect("memory"), Exit::Usage);
    let text = String::from_utf8(err).expect("UTF-8");
    for part in [
        "error: `acks` cannot be `2`\n",
        "matrix.yaml, changed by --sweep acks=0,2\n |\n | acks=0,2\n |        ^\n",
        "changed by --sweep faults=stop,kil\n |\n | faults=stop,kil\n |             ^^^\n",
        "help: did you mean `kill`?",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(out.is_empty());
    let args = plan::PlanArgs { file, changes, json: true, ..Default::default() };
    assert_eq!(plan::run(&args, &mut out, &mut Vec::new()).expect("memory"), Exit::Usage);
    assert!(out.is_empty());
}

#[test]
fn a_study_is_printed_run_by_run() {
    let file = root().join("scenarios/matrix.yaml");
    let sweeps = ["acks=1,all", "faults=kill,stop", "cluster.kafka=3.8.1,4.4.0"];
    let sweeps = sweeps.map(str::to_owned).to_vec();
    let changes = Changes { overrides: Vec::new(), sweeps };
    let args = plan::PlanArgs { file, changes, seed: Some(42), ..Default::default() };
    let mut out = Vec::new();
    assert_eq!(plan::run(&args, &mut out, &mut Vec::new()).expect("memory"), Exit::Pass);
    let text = String::from_utf8(out).expect("UTF-8");
    for part in [
        "note: 6 cells with acks=1,enable.idempotence=true are left out: ",
        "\nrun 1 of 4: cluster.kafka=3.8.1,faults=kill\n\ncluster\n  Kafka 3.8.1,",
        "\nrun 2 of 4: cluster.kafka=3.8.1,faults=stop\n\ncluster as in run 1\n",
        "\nrun 3 of 4: cluster.kafka=4.4.0,faults=kill\n\ncluster\n  Kafka 4.4.0,",
        "\ncells as in run 1\n  cluster.kafka=3.8.1,faults=stop,min.insync.replicas=1,acks=1,\
         enable.idempotence=false,unclean.leader.election.enable=false: expect corrupt: 0, foreign: 0\n",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let notes: Vec<&str> = text.lines().filter(|line| line.starts_with("note: ")).collect();
    for note in &notes {
        assert_eq!(notes.iter().filter(|other| *other == note).count(), 1, "{note}");
    }
}
