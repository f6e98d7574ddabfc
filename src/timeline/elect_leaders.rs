//! `elect_leaders`: asks Kafka for elections (ElectLeaders, KIP-460) until it has held them.

use super::kind::one_of;
use super::{Act, FaultKind, FaultSpec, Form, Layout, Places, Problem, Target, Topic, Written};
use crate::model::Properties;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The default limit: a killed broker that should lead again may take that long to start and catch
/// up.
const MOST_MS: u64 = 20_000;

/// Elections that are asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElectLeaders {
    pub election: Election,
}

/// Kafka's `ElectionType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Election {
    /// Elects each partition's first replica in placement order, if it is in sync.
    Preferred,
    /// Elects a live replica that is not in sync, if no replica in sync lives, for topics with
    /// `unclean.leader.election.enable`.
    Unclean,
}

const ELECTIONS: &[(&str, Election)] =
    &[("preferred", Election::Preferred), ("unclean", Election::Unclean)];

impl ElectLeaders {
    pub const KIND: FaultKind = FaultKind {
        name: "elect_leaders",
        form: Form {
            placeholder: "ELECTION",
            words: "`preferred` for every partition, or `unclean` for topics with \
                    `unclean.leader.election.enable: true`",
            schema: || one_of(ELECTIONS),
        },
        does: "asks Kafka for elections until it has held them",
        healed_by: None,
        keys: &[],
        most_ms: Some(MOST_MS),
        needs: None,
        examples: &["elect_leaders: preferred\nat: 3m"],
        read: |reader, item| {
            let election = reader.choice(item.value, item.name, ELECTIONS)?;
            Some(Written { action: ElectLeaders { election }.into(), targets: Vec::new() })
        },
        // A cluster without topics has nothing to elect.
        rehearsal: |_, _| None,
    };

    fn topics<'l>(&self, layout: &'l Layout<'_>) -> impl Iterator<Item = &'l Topic<'l>> {
        layout.topics.iter().filter(|topic| self.election.is_for(topic.config))
    }
}

impl FaultSpec for ElectLeaders {
    fn groups(&self) -> Vec<&[Target]> {
        Vec::new()
    }

    fn act(&self) -> Act {
        Act::Elect
    }

    fn words(&self) -> String {
        self.election.to_string()
    }

    fn outlook(&self, layout: &Layout<'_>) -> Vec<String> {
        let names: Vec<&str> = self.topics(layout).map(|topic| topic.name).collect();
        vec![format!("every partition of {}", names.join(", "))]
    }

    /// It needs a topic that it applies to, and a replica that could be elected.
    fn problems(&self, places: &Places, layout: &Layout<'_>) -> Vec<Problem> {
        if layout.topics.is_empty() {
            return Vec::new();
        }
        let mut topics = self.topics(layout).peekable();
        let (message, help) = if topics.peek().is_none() {
            (
                "`elect_leaders: unclean` has no topic to act on",
                "write `unclean.leader.election.enable: true` under `topic`, or list it in \
                 `matrix`; topics that have `false` are left alone",
            )
        } else if topics.all(|topic| topic.replicas.len() == 1) {
            (
                "`elect_leaders` can elect nobody: with `replication.factor: 1` the leader is \
                 alone",
                "raise `replication.factor`",
            )
        } else {
            return Vec::new();
        };
        let rests_on = &[
            "unclean.leader.election.enable",
            "replication.factor",
            "brokers",
            "topic",
            "matrix",
            "key",
        ];
        vec![Problem::new(places.fault, message, help).resting_on(rests_on)]
    }
}

impl Election {
    /// Whether it applies to a topic with these properties.
    pub fn is_for(self, topic: &Properties) -> bool {
        match self {
            Election::Preferred => true,
            Election::Unclean => {
                topic.get("unclean.leader.election.enable").is_some_and(|v| v == "true")
            }
        }
    }
}

impl fmt::Display for Election {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Election::Preferred => "preferred",
            Election::Unclean => "unclean",
        })
    }
}
