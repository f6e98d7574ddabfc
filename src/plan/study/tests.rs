//! Axes that make plans, and `--sweep`: what they make, what is left out, and what is refused
//! where.

use super::super::*;
use super::MOST_STUDY_CELLS;
use crate::model::{Controllers, Timing};
use crate::yaml::Diagnostics;

const FAULTS: &str = "matrix:\n  faults:\n    stop: [{process_stop: leader, at: 5s, for: 2 session}]\n    \
                      kill: [{kill: 'broker:2', at: 1s, for: 1s}, {kill: leader, at: 9s, for: 1s}]\n";

fn made(text: &str, overrides: &[&str], sweeps: &[&str]) -> Result<Study, Diagnostics> {
    let owned = |texts: &[&str]| -> Vec<String> { texts.iter().map(|t| (*t).into()).collect() };
    let (overrides, sweeps) = (owned(overrides), owned(sweeps));
    let asked = Asked { overrides: &overrides, sweeps: &sweeps, ..Asked::default() };
    study_from_text("test.yaml", &format!("name: x\n{text}"), &asked)
}

fn sound(text: &str, sweeps: &[&str]) -> Study {
    made(text, &[], sweeps).unwrap_or_else(|problems| panic!("{problems}"))
}

/// `line:column message` of every problem.
fn problems(text: &str, overrides: &[&str], sweeps: &[&str]) -> Vec<String> {
    let list = made(text, overrides, sweeps).err().map_or_else(Vec::new, |problems| problems.list);
    list.iter().map(|p| format!("{}:{} {}", p.line, p.column, p.message)).collect()
}

fn ids(study: &Study) -> Vec<&str> {
    study.plans.iter().flat_map(|plan| &plan.cells).map(|cell| cell.id.as_str()).collect()
}

#[test]
fn every_combination_of_cluster_and_faults_is_a_plan_and_the_cluster_changes_last() {
    let text = format!(
        "{FAULTS}  acks: ['1', all]\n  cluster.kafka: [3.8.1, 4.4.0]\n  \
         cluster.config.num.io.threads: [2]\ntopic: {{partitions: 2}}\nexpect: {{lost: 0}}\n"
    );
    let study = sound(&text, &[]);
    let labels: Vec<String> = study.plans.iter().map(Plan::label).collect();
    assert_eq!(
        labels,
        [
            "cluster.kafka=3.8.1,cluster.config.num.io.threads=2,faults=stop",
            "cluster.kafka=3.8.1,cluster.config.num.io.threads=2,faults=kill",
            "cluster.kafka=4.4.0,cluster.config.num.io.threads=2,faults=stop",
            "cluster.kafka=4.4.0,cluster.config.num.io.threads=2,faults=kill",
        ]
    );
    let last = &study.plans[3];
    assert_eq!(last.axes, ["cluster.kafka", "cluster.config.num.io.threads", "faults", "acks"]);
    assert_eq!((last.cluster.kafka.as_str(), last.faults.len()), ("4.4.0", 2));
    assert_eq!(last.cluster.config["num.io.threads"], "2");
    let cell = &last.cells[1];
    assert_eq!(cell.id, format!("{},acks=all", labels[3]));
    assert_eq!((cell.index, cell.topic.name.as_str()), (1, "chaos-x-1"));
    assert_eq!((cell.axes["faults"].as_str(), cell.axes["acks"].as_str()), ("kill", "all"));
    assert_eq!(study.plans[2].faults[0].to_string(), "process_stop leader at 5 s for 18 s");
    assert!(
        study.plans.iter().all(|plan| plan.seed == study.first().seed && plan.axes == last.axes)
    );
    let mut unique = ids(&study);
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), 8);
}

#[test]
fn every_kind_of_cluster_axis_changes_its_clusters() {
    let text = "duration: 9s\nexpect: {lost: 0}\ncluster: {timing: stock, config: {a: 1}}\nmatrix:\n  \
                cluster.controllers: [combined, isolated]\n  cluster.timing: [fast]\n  \
                cluster.brokers: [3, 5]\n  cluster.config.broker.session.timeout.ms: [4000]\n";
    let study = sound(text, &[]);
    let of = |plan: &Plan| (plan.cluster.controllers, plan.cluster.brokers);
    assert_eq!(
        study.plans.iter().map(of).collect::<Vec<_>>(),
        [
            (Controllers::Combined, 3),
            (Controllers::Combined, 5),
            (Controllers::Isolated, 3),
            (Controllers::Isolated, 5),
        ]
    );
    for plan in &study.plans {
        assert_eq!((plan.cluster.timing, plan.cluster.clocks.session_ms), (Timing::Fast, 4000));
        assert_eq!(plan.cluster.config["a"], "1");
    }
}

#[test]
fn a_sweep_adds_an_axis_or_replaces_its_values() {
    let text = "duration: 9s\nexpect: {lost: 0}\nmatrix: {acks: ['1', all]}\n\
                topic: {min.insync.replicas: 2}\n";
    let study = sound(text, &["acks=0, all", "min.insync.replicas=1,3"]);
    assert_eq!(
        ids(&study),
        [
            "acks=0,min.insync.replicas=1",
            "acks=0,min.insync.replicas=3",
            "acks=all,min.insync.replicas=1",
            "acks=all,min.insync.replicas=3",
        ]
    );
    assert_eq!(study.plans[0].cells[3].topic.config["min.insync.replicas"], "3");
    // Under its other name it is the same axis.
    let text = "duration: 9s\nexpect: {lost: 0}\nmatrix: {linger.ms: [1]}\n";
    assert_eq!(ids(&sound(text, &["queue.buffering.max.ms=2,3"])), ["linger.ms=2", "linger.ms=3"]);
    let study = sound("duration: 9s\nexpect: {lost: 0}\n", &["cluster.kafka=3.8.1,4.4.0"]);
    assert_eq!(ids(&study), ["cluster.kafka=3.8.1", "cluster.kafka=4.4.0"]);
    let study = sound(&format!("expect: {{lost: 0}}\n{FAULTS}"), &["faults=kill"]);
    assert_eq!((ids(&study), study.plans[0].faults.len()), (vec!["faults=kill"], 2));
    let study = sound(&format!("expect: {{lost: 0}}\n{FAULTS}"), &["faults=kill,stop"]);
    assert_eq!(ids(&study), ["faults=kill", "faults=stop"]);
}

#[test]
fn what_a_sweep_has_wrong_is_told_at_its_place_in_the_argument() {
    let text = format!("expect: {{lost: 0}}\n{FAULTS}  acks: ['1']\n");
    for (sweeps, expected) in [
        (&["acks=0,2"][..], "1:8 `acks` cannot be `2`"),
        (&["acks=0, é"], "1:9 `acks` cannot be `é`"),
        (&["acks"], "1:1 `--sweep acks` has no `=`"),
        (&["=1"], "1:1 `--sweep =1` names no property"),
        (&["acks="], "1:6 `--sweep acks=` has no values"),
        (&["acks=1,,all"], "1:8 `--sweep acks=1,,all` has an empty value"),
        (&["acks=1,"], "1:8 `--sweep acks=1,` has an empty value"),
        (&["acks=[0,1]"], "1:6 `--sweep acks=[0,1]` has a list in brackets"),
        (&["acks=all,1,-1"], "1:12 `all` is listed twice for `acks`"),
        (&["ack=1,2"], "1:1 unknown property `ack` in `--sweep`"),
        (&["producer.acks=1"], "1:1 unknown property `producer.acks` in `--sweep`"),
        (&["cluster.kafak=3.8.1"], "1:1 unknown property `cluster.kafak` in `--sweep`"),
        (&["cluster.kafka=3.8.1,3.8"], "1:21 `kafka: 3.8` is not a Kafka version"),
        (&["cluster.brokers=3,03"], "1:19 `3` is listed twice for `cluster.brokers`"),
        (&["cluster.timing=fast,slow"], "1:21 `timing` cannot be `slow`"),
        (&["cluster.config.listeners=a"], "1:1 `listeners` cannot be set"),
        (&["faults=stop,kil"], "1:13 `matrix.faults` has no timeline `kil`"),
        (&["faults=stop,stop"], "1:13 `stop` is listed twice for `faults`"),
        (&["acks=0", "acks=1"], "1:1 `acks` is already an axis, by `--sweep acks=0`"),
        (
            &["linger.ms=5", "queue.buffering.max.ms=6"],
            "1:1 `queue.buffering.max.ms` is already an axis, by `--sweep linger.ms=5`",
        ),
    ] {
        let told = problems(&text, &[], sweeps);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{sweeps:?}: {told:#?}");
        let shown = made(&text, &[], sweeps).unwrap_err().to_string();
        assert!(shown.contains("test.yaml, changed by --sweep "), "{shown}");
    }
    let told = problems("duration: 9s\nexpect: {lost: 0}\n", &[], &["faults=stop"]);
    assert_eq!(told, ["1:1 there are no timelines to choose from"]);
    // All problems come out at once, the file's own first.
    let told =
        problems("duration: 9s\ntopic: {partitions: 0}\n", &["seed=x"], &["acks=2", "ack=1"]);
    assert_eq!(told.len(), 4, "{told:#?}");
    assert!(told[0].starts_with("3:21 "), "{told:#?}");
    let values: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let many = format!("linger.ms={}", values.join(","));
    let told = problems("duration: 9s\nexpect: {lost: 0}\n", &[], &[&many]);
    assert_eq!(told, ["1:1 the matrix makes 10000 cells"]);
}

#[test]
fn what_is_set_cannot_be_an_axis_too() {
    let text = format!("expect: {{lost: 0}}\n{FAULTS}");
    for (set, sweep, expected) in [
        ("producer.acks=1", "acks=0,1", "1:1 the matrix varies `acks`, so setting it has no"),
        ("cluster.timing=fast", "cluster.timing=fast,stock", "1:1 the matrix varies `cluster.ti"),
        ("cluster.config.a=1", "cluster.config.a=1,2", "1:1 the matrix varies `cluster.config.a`"),
        (
            "matrix.acks=[1]",
            "acks=0,1",
            "1:1 `acks` is already an axis, by `--set matrix.acks=[1]`",
        ),
    ] {
        let told = problems(&text, &[set], &[sweep]);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{set}: {told:#?}");
    }
    let told =
        problems(&format!("{text}  cluster.kafka: [3.8.1]\n"), &["cluster.kafka=4.4.0"], &[]);
    assert!(told.len() == 1 && told[0].contains("varies `cluster.kafka`"), "{told:#?}");
}

#[test]
fn a_combination_that_the_matrix_makes_and_that_cannot_be_is_left_out_and_told_once() {
    let text = format!(
        "{FAULTS}  cluster.brokers: [2, 3, 5]\ntopic: {{replication.factor: 3}}\n\
         expect: {{lost: 0}}\n"
    );
    let study = sound(&text, &[]);
    let labels: Vec<String> = study.plans.iter().map(Plan::label).collect();
    assert_eq!(
        labels,
        [
            "cluster.brokers=3,faults=stop",
            "cluster.brokers=3,faults=kill",
            "cluster.brokers=5,faults=stop",
            "cluster.brokers=5,faults=kill",
        ]
    );
    assert_eq!(
        study.notes(),
        [
            "2 runs with cluster.brokers=2 are left out: replication.factor is 3, but there are only 2 \
          brokers"
        ]
    );
    // A timeline that no cluster can have is a mistake, and so is an empty result.
    let told = problems(&text.replace("broker:2", "broker:7"), &[], &[]);
    assert!(!told.is_empty() && told.iter().all(|t| t.contains("no `broker:7`")), "{told:#?}");
    let told = problems(&text.replace("[2, 3, 5]", "[1, 2]"), &[], &[]);
    assert_eq!(
        told,
        [
            "5:19 there is no `broker:2` (cluster.brokers=1)",
            "5:19 there is no `broker:2` (cluster.brokers=2)",
            "7:29 `replication.factor` is 3, but there are only 2 brokers (cluster.brokers=2)",
            "7:29 `replication.factor` is 3, but there is only 1 broker (cluster.brokers=1)",
        ]
    );
    // One that another cluster can have is left out of those that cannot.
    let text = text.replace("broker:2", "broker:4").replace("[2, 3, 5]", "[3, 5]");
    let study = sound(&text, &[]);
    assert_eq!(study.plans.len(), 3);
    assert_eq!(
        study.notes(),
        ["run cluster.brokers=3,faults=kill is left out: there is no broker:4"]
    );
}

#[test]
fn what_is_common_to_all_combinations_is_told_once() {
    let text = format!(
        "{FAULTS}  cluster.kafka: [3.8.1, 4.4.0]\ntopic: {{min.insync.replicas: 4}}\n\
         producer: {{rate: 0}}\nexpect: {{lost: 0}}\n"
    );
    let told = problems(&text, &[], &[]);
    assert_eq!(
        told,
        [
            "7:30 `min.insync.replicas` is 4, but `replication.factor` is 3",
            "8:18 `rate` cannot be `0`",
        ]
    );
}

#[test]
fn expectations_may_name_what_makes_plans() {
    let text = format!(
        "expect:\n  - {{when: {{faults: kill, cluster.kafka: 4.4.0}}, lost: '>= 1'}}\n  \
         - {{when: {{faults: [stop, kill], cluster.timing: stock, cluster.brokers: 3}}, lost: 0}}\n\
         {FAULTS}  cluster.kafka: [3.8.1, 4.4.0]\n"
    );
    let study = sound(&text, &[]);
    let counts: Vec<usize> = study.plans.iter().map(|p| p.cells[0].expectations.len()).collect();
    assert_eq!(counts, [1, 1, 1, 2]);
    // What a sweep removed is noted, and is no mistake.
    let study = sound(&text, &["faults=stop"]);
    assert_eq!(study.notes(), ["no cell is left of which lost: \">= 1\" is expected"]);
    for (from, to, expected) in [
        ("faults: kill,", "faults: kil,", "3:21 `matrix.faults` has no timeline `kil`"),
        ("4.4.0}, lost", "4.4}, lost", "3:6 this `when` holds for no cell, so nothing would"),
        ("cluster.kafka: 4.4.0}, lost", "cluster.kafak: 1}, lost", "3:27 unknown property `clust"),
    ] {
        let told = problems(&text.replace(from, to), &[], &[]);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{to}: {told:#?}");
    }
    let told = problems("duration: 9s\nexpect: [{when: {faults: a}, lost: 0}]\n", &[], &[]);
    assert_eq!(told, ["3:26 `matrix.faults` has no timeline `a`"]);
}

#[test]
fn plans_and_cells_have_limits() {
    let list = |count: u32| (1..=count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let text = "duration: 9s\nexpect: {lost: 0}\n";
    let sweep = |plans: u32, cells: u32| {
        let (a, b) =
            (format!("cluster.config.a={}", list(plans)), format!("linger.ms={}", list(cells)));
        made(text, &[], &[&a, &b])
    };
    let study = sweep(16, 64).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(ids(&study).len(), MOST_STUDY_CELLS);
    for (plans, cells, expected) in [
        (17, 64, &["1088 cells in 17 runs"][..]),
        (65, 1, &["65 runs"]),
        (1, 65, &["65 cells"]),
        (65, 65, &["65 cells", "65 runs"]),
    ] {
        let list = sweep(plans, cells).unwrap_err().list;
        let mut told: Vec<&str> =
            list.iter().filter_map(|p| p.message.strip_prefix("the matrix makes ")).collect();
        told.sort_unstable();
        assert_eq!(told, expected);
    }
}

#[test]
fn many_cells_are_left_out_in_few_words() {
    // Few messages, so that there is no note about batches.
    let text = "duration: 9s\nproducer: {rate: 10}\nexpect: {lost: 0}\n";
    let sweeps = ["acks=0,1,all", "enable.idempotence=false,true", "min.insync.replicas=1,2,3"];
    let study = sound(text, &sweeps);
    assert_eq!(ids(&study).len(), 12);
    assert_eq!(
        study.notes(),
        [
            "3 cells with acks=0,enable.idempotence=true are left out: enable.idempotence: true \
             contradicts acks: 0",
            "3 cells with acks=1,enable.idempotence=true are left out: enable.idempotence: true \
             contradicts acks: 1",
        ]
    );
    let study = sound(text, &["acks=1,all", "linger.ms=1,2"]);
    assert!(study.notes()[0].starts_with("2 cells with acks=1: acks=1 turns"), "{study:?}");
}
