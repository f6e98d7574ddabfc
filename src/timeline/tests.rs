//! What holds for every fault of the list.

use super::*;
use crate::yaml::{Foreign, Kind, Node, Reader, Source};
use std::collections::BTreeSet;
use std::sync::Arc;

/// No word has a meaning elsewhere.
const FOREIGN: &Foreign = &Foreign { instead: |_, _| None, told: |_| None };

/// Each kind with its parsed examples.
fn examples() -> Vec<(&'static FaultKind, FaultAction)> {
    let read = |kind: &'static FaultKind, text: &str| {
        let Kind::Map(entries) = Node::parse_text(text).unwrap().kind else { panic!("{text}") };
        let source = Source { name: "x".into(), text: text.into(), arguments: vec![] };
        let mut reader = Reader::new(Arc::new(source), FOREIGN);
        let item = Item::new(kind, &entries).unwrap();
        let written = (kind.read)(&mut reader, &item);
        let written = written.unwrap_or_else(|| panic!("{text}: {:?}", reader.problems));
        assert_eq!(written.targets.len(), written.action.spec().groups().concat().len(), "{text}");
        (kind, written.action)
    };
    let of = |kind: &'static FaultKind| kind.examples.iter().map(move |text| read(kind, text));
    KINDS.iter().copied().flat_map(of).collect()
}

#[test]
fn every_fault_goes_by_its_name_in_scenarios_plans_and_words() {
    let mut seen = BTreeSet::new();
    for (kind, action) in examples() {
        seen.insert(kind.name);
        assert_eq!(action.name(), kind.name);
        assert!(action.to_string().starts_with(&format!("{} ", kind.name)), "{action}");
        let json = serde_json::to_value(&action).unwrap();
        let names: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(names, [kind.name]);
        assert_eq!(serde_json::from_value::<FaultAction>(json).unwrap(), action);
    }
    assert_eq!(seen.len(), KINDS.len(), "each kind has a name of its own, and an example");
}

#[test]
fn every_rehearsal_is_of_its_own_kind_and_a_cut_needs_more_than_one_broker() {
    let others = [Target::Broker(2), Target::Broker(3)];
    let rehearsed = |others: &[Target]| -> Vec<String> {
        let of = |kind: &&FaultKind| (kind.rehearsal)(Target::Broker(1), others);
        let both = KINDS.iter().filter_map(|kind| Some((kind.name, of(kind)?)));
        let told = both.inspect(|(name, action)| assert_eq!(action.name(), *name));
        told.map(|(_, action)| action.to_string()).collect()
    };
    let cut = "network_partition broker:1 | broker:2, broker:3".to_owned();
    let (alone, mut among_others) = (rehearsed(&[]), rehearsed(&others));
    assert!(alone.contains(&"kill broker:1".to_owned()), "{alone:?}");
    assert!(among_others.contains(&cut), "{among_others:?}");
    among_others.retain(|action| *action != cut);
    assert_eq!(alone, among_others);
}

// Exactly as in report.json since version 1.
#[test]
fn saved_plans_are_read_and_written_as_they_are() {
    for (json, words) in [
        (
            r#"{"index":0,"action":{"process_stop":{"targets":["leader",{"broker":2}]}},"at_ms":5000,"for_ms":18000}"#,
            "process_stop leader, broker:2 at 5 s for 18 s",
        ),
        (
            r#"{"index":1,"action":{"pause":{"targets":["follower"]}},"at_ms":30000,"for_ms":500}"#,
            "pause follower at 30 s for 0.5 s",
        ),
        (
            r#"{"index":2,"action":{"kill":{"targets":["followers","controller","all"]}},"at_ms":0,"for_ms":1}"#,
            "kill followers, controller, all at 0 s for 0.001 s",
        ),
        (
            r#"{"index":3,"action":{"network_partition":{"groups":[["leader"],["followers","clients"]],"ports":"client"}},"at_ms":1000,"for_ms":1000}"#,
            "network_partition leader | followers, clients (ports: client) at 1 s for 1 s",
        ),
        (
            r#"{"index":4,"action":{"network_partition":{"groups":[["all"],["clients"]],"ports":"all"}},"at_ms":1000,"for_ms":1000}"#,
            "network_partition all | clients at 1 s for 1 s",
        ),
        (
            r#"{"index":5,"action":{"elect_leaders":{"election":"unclean"}},"at_ms":1500,"for_ms":20000}"#,
            "elect_leaders unclean at 1.5 s",
        ),
        (
            r#"{"index":6,"action":{"exec":{"command":["sh","-c","touch x"]}},"at_ms":1000,"for_ms":60000}"#,
            "exec touch x at 1 s",
        ),
        (
            r#"{"index":7,"action":{"exec":{"command":["touch","x"],"touches":["clients",{"broker":1}]}},"at_ms":1000,"for_ms":60000}"#,
            "exec touch x (touches: clients, broker:1) at 1 s",
        ),
    ] {
        let plan: FaultPlan = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&plan).unwrap(), json);
        assert_eq!(plan.to_string(), words);
    }
}
