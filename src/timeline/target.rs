//! [`Target`]: whom a fault means, as written, in words, and before anything runs.

use super::layout::{Layout, brokers};
use super::{Form, Problem};
use crate::yaml::{At, Kind, Node, Place, Reader, suggest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;

/// Whom a fault means; resolved to nodes when it is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The leader of partition 0 of the first cell (the same node for every cell until it moves).
    Leader,
    /// The first replica of that partition, in placement order, that is not its leader.
    Follower,
    /// All replicas of that partition except the leader.
    Followers,
    /// The active controller, according to DescribeQuorum.
    Controller,
    Broker(i32),
    /// Every worker process, and the network namespace that they share.
    Clients,
    All,
}

/// The words for targets, except `broker:ID`.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("leader", Target::Leader),
    ("follower", Target::Follower),
    ("followers", Target::Followers),
    ("controller", Target::Controller),
    ("clients", Target::Clients),
    ("producer", Target::Clients),
    ("all", Target::All),
];

/// The form of a fault that has only targets.
pub(super) const FORM: Form =
    Form { placeholder: "TARGETS", words: "a target, or a list of targets", schema };

/// A reference into the scenario's schema.
pub(super) fn schema() -> Value {
    json!({ "$ref": "#/definitions/targets" })
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Leader => f.write_str("leader"),
            Target::Follower => f.write_str("follower"),
            Target::Followers => f.write_str("followers"),
            Target::Controller => f.write_str("controller"),
            Target::Broker(id) => write!(f, "broker:{id}"),
            Target::Clients => f.write_str("clients"),
            Target::All => f.write_str("all"),
        }
    }
}

impl Target {
    /// Whom it means if no election comes before; it is resolved anew later.
    pub(super) fn outlook(self, layout: &Layout<'_>) -> String {
        let replicas = layout.replicas();
        let of_partition = |ids: Option<&[i32]>| {
            let nodes = brokers(ids.unwrap_or_default());
            format!("{self}: of partition 0; {nodes}, unless an election moved it")
        };
        match self {
            Target::Leader => of_partition(replicas.get(..1)),
            Target::Follower => of_partition(replicas.get(1..2)),
            Target::Followers => of_partition(replicas.get(1..)),
            Target::Controller => "controller: the active one, asked for at that time".to_owned(),
            Target::Broker(id) => format!("broker:{id}: broker {id}"),
            Target::Clients => "clients: every producer".to_owned(),
            Target::All => "all: every broker and controller".to_owned(),
        }
    }

    /// Why it matches no node in this layout.
    pub fn problem(self, place: Place, layout: &Layout<'_>) -> Option<Problem> {
        match self {
            Target::Broker(id) if !layout.brokers.contains(&id) => {
                let message = format!("there is no `broker:{id}`");
                let help = match layout.brokers {
                    [only] => format!("the only broker is `broker:{only}`"),
                    [first, .., last] if (last - first) as usize == layout.brokers.len() - 1 => {
                        format!("the brokers are `broker:{first}` to `broker:{last}`")
                    }
                    ids => {
                        let words: Vec<String> =
                            ids.iter().map(|id| format!("broker:{id}")).collect();
                        format!("the brokers are {}", suggest::listed(&words))
                    }
                };
                Some(Problem::new(place, message, help).resting_on(&["brokers"]))
            }
            Target::Follower | Target::Followers if layout.replicas().len() == 1 => {
                let message = format!(
                    "`{self}` matches no node: with `replication.factor: 1` the leader is alone"
                );
                let help = "raise `replication.factor`, or name another";
                let rests_on = &["replication.factor", "brokers"];
                Some(Problem::new(place, message, help).resting_on(rests_on))
            }
            _ => None,
        }
    }

    /// Whether two targets share a node whatever happens before.
    pub(super) fn always_overlaps(self, other: Target) -> bool {
        let follows = |target| matches!(target, Target::Follower | Target::Followers);
        match (self, other) {
            (Target::All, other) | (other, Target::All) => other != Target::Clients,
            _ => self == other || (follows(self) && follows(other)),
        }
    }
}

/// Reads a target, or a list of targets.
pub(super) fn read(reader: &mut Reader, node: &Node, name: &str) -> Option<Vec<At<Target>>> {
    if matches!(&node.kind, Kind::List(items) if items.is_empty()) {
        let help = "name a target, as in `leader`";
        reader.report(node.place, format!("`{name}` has an empty list of targets"), help);
        return None;
    }
    let words = reader.scalars(node, name);
    let targets: Vec<_> = words.iter().filter_map(|word| one(reader, word)).collect();
    (!targets.is_empty()).then_some(targets)
}

fn one(reader: &mut Reader, word: &At<String>) -> Option<At<Target>> {
    let text = word.value.trim();
    if let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == text) {
        return Some(At::new(*target, word.place));
    }
    if let Some(id) = text.strip_prefix("broker:") {
        if let Some(id) = id.parse::<i32>().ok().filter(|id| *id >= 0) {
            return Some(At::new(Target::Broker(id), word.place));
        }
        let help = "write the broker's number, as in `broker:1`";
        reader.report(word.place, format!("`{text}` names no broker"), help);
        return None;
    }
    let help = match broker_id(text) {
        Some(id) => format!("did you mean `broker:{id}`?"),
        None => match (reader.foreign.instead)("a target", text) {
            Some(instead) => instead.to_owned(),
            None if reader.is_elsewhere(&At::new(text.to_owned(), word.place)) => return None,
            None => {
                let mut known: Vec<&str> = TARGETS.iter().map(|(word, _)| *word).collect();
                known.push("broker:0");
                suggest::help(text, &known)
            }
        },
    };
    reader.report(word.place, format!("unknown target `{text}`"), help);
    None
}

/// The broker of a bare number, or of its name in reports, `broker-1`.
fn broker_id(text: &str) -> Option<i32> {
    let number =
        text.strip_prefix("broker").map_or(text, |rest| rest.trim_start_matches(['-', '_', ' ']));
    number.parse().ok().filter(|id| *id >= 0)
}
