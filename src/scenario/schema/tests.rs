//! The schema accepts whatever the readers accept, however it is spelled, and refuses what they
//! refuse as far as a schema can.

use super::super::mutated::{SHIPPED, mutated};
use super::super::{Changes, builtin, read_text};
use super::schema;
use crate::yaml::{Kind, Node};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

mod agreement;
mod keys;

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::draft7::new(&schema()).expect("a schema of draft 7"));

/// How the values of a tree are written.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    /// `"1"`, `"true"`: an editor sees text.
    Quoted,
    /// `1`, `true`: an editor sees numbers and booleans.
    Plain,
}

/// The tree as an editor sees it. For the readers both spellings are the same, so both must pass.
fn seen(node: &Node, spelling: Spelling) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Scalar(text) => match spelling {
            Spelling::Quoted => json!(text),
            Spelling::Plain => plain(text),
        },
        Kind::List(items) => items.iter().map(|item| seen(item, spelling)).collect(),
        Kind::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.value.clone(), seen(&entry.value, spelling)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// A text without quotes, by the core schema of YAML 1.2.
fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return json!(true),
        "false" | "False" | "FALSE" => return json!(false),
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-'));
    if !is_number {
        return json!(text);
    }
    if let Ok(number) = text.parse::<u64>() {
        return json!(number);
    }
    if let Ok(number) = text.parse::<i64>() {
        return json!(number);
    }
    let float = text.parse().ok().and_then(serde_json::Number::from_f64);
    float.map_or_else(|| json!(text), Value::Number)
}

/// The readers' problems; `None` if the text is not a YAML map.
fn read_problems(text: &str) -> Option<Vec<String>> {
    let reading = read_text("test.yaml", text, &Changes::default()).ok()?;
    Some(reading.problems.iter().map(|problem| problem.message.clone()).collect())
}

fn schema_problems(text: &str, spelling: Spelling) -> Vec<String> {
    let value = seen(&Node::parse_text(text).expect("YAML"), spelling);
    VALIDATOR
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn assert_taken(text: &str) {
    assert_eq!(read_problems(text), Some(Vec::new()), "the readers refuse\n{text}");
    for spelling in [Spelling::Quoted, Spelling::Plain] {
        assert_eq!(schema_problems(text, spelling), [""; 0], "{spelling:?}\n{text}");
    }
}

#[test]
fn it_is_a_schema_of_draft_7() {
    assert!(jsonschema::draft7::meta::is_valid(&schema()));
}

#[test]
fn every_built_in_scenario_is_taken() {
    for builtin in builtin::BUILTIN {
        assert_taken(builtin.text);
    }
}

#[test]
fn every_spelling_that_the_readers_take_is_taken() {
    for text in [
        "name: x\n",
        "name: 5\nsummary: 7\nseed: 0\n",
        "name: true\nsummary: ''\nseed: +5\n",
        "name: x\ncluster:\ntopic:\nproducer:\nfaults:\nmatrix:\n",
        "name: x\ncluster: {config: }\ntopic: {config: }\nproducer: {config: }\n",
        "name: x\nfaults: []\nduration: 10s\n",
        "name: x\nproducer: {acks: -1}\n",
        "name: x\nproducer: {acks: ' all ', rate: ' max', message.bytes: 1_000, messages: '7 '}\n",
        "name: x\nproducer: {acks: 0, rate: 1_0, messages: 18446744073709551615}\n",
        "name: x\nproducer: {enable.idempotence: TRUE}\n",
        "name: x\nproducer: {enable.idempotence: ' fAlse '}\n",
        "name: x\nproducer: {config: {linger.ms: 0.5, client.rack: '', retries: 007}}\n",
        "name: x\nproducer: {config: {delivery.timeout.ms: 5, queue.buffering.max.ms: 1}}\n",
        "name: x\ntopic: {config: {retention.ms: -1, preallocate: true}}\n",
        "name: x\ntopic: {partitions: '007', replication.factor: +3, min.insync.replicas: '_2_'}\n",
        "name: x\ncluster: {kafka: 4.4.0, brokers: '5', controllers: isolated, timing: fast}\n",
        "name: x\ncluster: {compose: a.yml, flavour: apache, config: {a.b: '', c: 1.50, d: true}}\n",
        "name: x\nduration: ' 1.5  sessions '\n",
        "name: x\nduration: .5s\n",
        "name: x\nduration: 5.m\n",
        "name: x\nduration: 1h 5m30.5s\nexpect: {unavailable: '1m30s..1h'}\n",
        "name: x\nfaults: [{kill: leader, at: 0s, for: 0ms}, {exec: 5, at: 1lag}]\n",
        "name: x\nfaults: [{kill: [' leader ', 'broker:+1', 'broker:-0'], at: 1h, for: 2 min}]\n",
        "name: x\nfaults: [{network_partition: [leader, [clients, all]], at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{network_partition: [all, clients], ports: client, at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{elect_leaders: unclean, at: 1s}, {exec: [a, ''], at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{exec: a, touches: [producer, 'broker:1', leader], at: 1s}]\n",
        "name: x\nexpect: []\n",
        "name: x\nexpect: {lost: 0}\n",
        "name: x\nexpect: [{lost: '= 1_0', acked: '>=1'}, {lost: ' > 5 ', foreign: '<  3'}]\n",
        "name: x\nexpect: {lost: '1..+5', duplicated: '===7', phantom: 1 .. 2, unknown: _+5}\n",
        "name: x\nexpect: {unavailable: 1.5 session..4 sessions}\n",
        "name: x\nexpect: {unavailable: '<= 90s', rejected: '>0'}\n",
        "name: x\nexpect: {when: , lost: 0}\n",
        "name: x\nexpect: {when: {acks: [], linger.ms: [1, 2], faults: a}, lost: 0}\n",
        "name: x\nexpect: {when: {cluster.kafka: 4.4, cluster.config.a: [1]}, lost: 0}\n",
        "name: x\nexpect: {when: {cluster.brokers: x}, lost: 0}\n",
        "name: x\nexpect: {when: {request.required.acks: 1, compression.codec: none}, lost: 0}\n",
        "name: x\nmatrix: {acks: [0, '1', -1], request.timeout.ms: [1, 2]}\n",
        "name: x\nmatrix: {retention.bytes: [1, 1.0]}\n",
        "name: x\nmatrix: {cluster.kafka: [' 3.8.1 ', 4.4.0], cluster.brokers: [1, 3]}\n",
        "name: x\nmatrix: {cluster.timing: [' fast', stock], cluster.controllers: [isolated]}\n",
        "name: x\nmatrix: {cluster.config.num.io.threads: [1, 1.0, true]}\n",
        "name: x\nmatrix: {faults: {a: , b: [], c.1: [{exec: x, at: 1s}]}}\n",
    ] {
        assert_taken(text);
    }
}

#[test]
fn what_the_readers_refuse_for_its_form_is_refused() {
    for text in [
        "summary: x\n",
        "name: .x\n",
        "name:\n",
        "name: [x]\n",
        "name: x\nnames: y\n",
        "name: x\nacks: 1\n",
        "name: x\nsummary: \n",
        "name: x\nseed: -1\n",
        "name: x\nduration: 30\n",
        "name: x\nduration: 5 weeks\n",
        "name: x\ncluster: 3\n",
        "name: x\ncluster: {num.io.threads: 1}\n",
        "name: x\ncluster: {kafka: 3.8}\n",
        "name: x\ncluster: {brokers: 10}\n",
        "name: x\ncluster: {timing: slow}\n",
        "name: x\ncluster: {flavour: apache}\n",
        "name: x\ncluster: {compose: ''}\n",
        "name: x\ncluster: {config: {listeners: a}}\n",
        "name: x\ncluster: {config: {a: [1]}}\n",
        "name: x\ntopic: {partitions: 0}\n",
        "name: x\ntopic: {acks: 1}\n",
        "name: x\ntopic: {config: {retention.msec: 1}}\n",
        "name: x\ntopic: {config: {retention.ms: ' '}}\n",
        "name: x\nproducer: {acks: 2}\n",
        "name: x\nproducer: {acks: }\n",
        "name: x\nproducer: {rate: fast}\n",
        "name: x\nproducer: {enable.idempotence: yes}\n",
        "name: x\nproducer: {linger.ms: 1}\n",
        "name: x\nproducer: {config: {acks: 1}}\n",
        "name: x\nproducer: {config: {request.required.acks: 1}}\n",
        "name: x\nproducer: {config: {bootstrap.servers: a}}\n",
        "name: x\nfaults: none\n",
        "name: x\nfaults: [kill]\n",
        "name: x\nfaults: [{kill: leader, for: 1s}]\n",
        "name: x\nfaults: [{kill: leader, at: 1s}]\n",
        "name: x\nfaults: [{at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{kill: leader, pause: leader, at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{kill: leader, ports: client, at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{kill: leader, touches: leader, at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{kill: leeder, at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{kill: [], at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{network_partition: leader, at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{network_partition: [], at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{network_partition: [leader], at: 1s, for: 1s}]\n",
        "name: x\nfaults: [{elect_leaders: best, at: 1s}]\n",
        "name: x\nfaults: [{exec: , at: 1s}]\n",
        "name: x\nexpect:\n",
        "name: x\nexpect: {}\n",
        "name: x\nexpect: {when: {acks: 1}}\n",
        "name: x\nexpect: {lost: none}\n",
        "name: x\nexpect: {lost: -1}\n",
        "name: x\nexpect: {unavailable: 5}\n",
        "name: x\nexpect: {unavailable: '<= 5'}\n",
        "name: x\nexpect: {duplicate: 0}\n",
        "name: x\nexpect: {when: {ack: 1}, lost: 0}\n",
        "name: x\nmatrix: {acks: 1}\n",
        "name: x\nmatrix: {acks: []}\n",
        "name: x\nmatrix: {acks: [1, 1]}\n",
        "name: x\nmatrix: {topic.partitions: [1]}\n",
        "name: x\nmatrix: {cluster.config: [1]}\n",
        "name: x\nmatrix: {cluster.config.listeners: [1]}\n",
        "name: x\nmatrix: {cluster.config.num.partitions: [1]}\n",
        "name: x\ncluster: {config: {min.insync.replicas: 2}}\n",
        "name: x\nmatrix: {faults: []}\n",
        "name: x\nmatrix: {faults: {}}\n",
        "name: x\nmatrix: {faults: {'a b': []}}\n",
    ] {
        assert!(read_problems(text).is_some_and(|found| !found.is_empty()), "{text}");
        // Of quoted text only the form is checked, not its bounds.
        assert!(!schema_problems(text, Spelling::Plain).is_empty(), "{text}");
    }
    let many = format!("name: x\nfaults:\n{}", "  - {kill: all, at: 1s, for: 1s}\n".repeat(21));
    assert!(!schema_problems(&many, Spelling::Plain).is_empty());
}

proptest! {
    // Most changes break a scenario and test nothing here, so many cases are needed.
    #![proptest_config(ProptestConfig {
        cases: 200,
        max_global_rejects: 20_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_the_readers_take_is_taken(
        base in 0..SHIPPED.len(),
        changes in prop::collection::vec((0.0..1.0f64, 0..3usize, any::<usize>()), 1..4),
    ) {
        // Without the comment at its head, where every change is valid.
        let (_, scenario) = SHIPPED[base].split_once("\nname: ").expect("it has a name");
        let text = mutated(&format!("name: {scenario}"), &changes);
        prop_assume!(read_problems(&text) == Some(Vec::new()));
        assert_taken(&text);
    }
}
