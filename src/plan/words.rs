//! The plan in the scenario's own words, for people: `process_stop leader`, `1000 messages/s`.

use super::types::{ClusterPlan, Election, FaultAction, FaultPlan, Ports, Target};
use crate::model::Release;
use std::fmt;

/// What stands for Kafka's version where nothing tells it before the brokers run.
pub const UNKNOWN_KAFKA: &str = "unknown";

impl ClusterPlan {
    /// Kafka's version, as far as it is known before the brokers run.
    pub fn release(&self) -> Option<Release> {
        Release::parse(&self.kafka)
    }

    /// What stands behind `Kafka`.
    pub fn kafka_in_words(&self) -> &str {
        if self.kafka == UNKNOWN_KAFKA { "version unknown" } else { &self.kafka }
    }

    /// What is in force of a key of `cluster`, as a scenario writes it.
    pub fn in_words(&self, key: &str) -> Option<String> {
        match key {
            "kafka" => Some(self.kafka.clone()),
            "brokers" => Some(self.brokers.to_string()),
            "controllers" => Some(self.controllers.word().to_owned()),
            "timing" => Some(self.timing.word().to_owned()),
            _ => None,
        }
    }
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

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ports::All => "all",
            Ports::Replication => "replication",
            Ports::Controller => "controller",
            Ports::Client => "client",
        })
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

impl fmt::Display for FaultAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |targets: &[Target]| {
            targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        match self {
            FaultAction::ProcessStop { targets }
            | FaultAction::Pause { targets }
            | FaultAction::Kill { targets } => {
                write!(f, "{} {}", self.kind(), words(targets))
            }
            FaultAction::NetworkPartition { groups, ports } => {
                let sides: Vec<String> = groups.iter().map(|group| words(group)).collect();
                write!(f, "{} {}", self.kind(), sides.join(" | "))?;
                if *ports == Ports::All { Ok(()) } else { write!(f, " (ports: {ports})") }
            }
            FaultAction::ElectLeaders { election } => write!(f, "{} {election}", self.kind()),
            FaultAction::Exec { command, touches } => {
                match command.as_slice() {
                    [shell, flag, line] if shell == "sh" && flag == "-c" => {
                        write!(f, "exec {line}")?;
                    }
                    words => write!(f, "exec {}", words.join(" "))?,
                }
                if touches.is_empty() {
                    return Ok(());
                }
                write!(f, " (touches: {})", words(touches))
            }
        }
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |ms: u64| ms as f64 / 1e3;
        write!(f, "{} at {} s", self.action, seconds(self.at_ms))?;
        if self.action.ends_by_itself() {
            return Ok(());
        }
        write!(f, " for {} s", seconds(self.for_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_as_they_are_written() {
        let stop = FaultAction::ProcessStop { targets: vec![Target::Leader, Target::Broker(2)] };
        assert_eq!(stop.to_string(), "process_stop leader, broker:2");
        let cut = FaultAction::NetworkPartition {
            groups: vec![vec![Target::Leader], vec![Target::Followers, Target::Clients]],
            ports: Ports::Client,
        };
        assert_eq!(
            cut.to_string(),
            "network_partition leader | followers, clients (ports: client)"
        );
        let action = FaultAction::ElectLeaders { election: Election::Unclean };
        let election = FaultPlan { index: 0, action, at_ms: 1_500, for_ms: 20_000 };
        assert_eq!(election.to_string(), "elect_leaders unclean at 1.5 s");
        let command = vec!["sh".to_owned(), "-c".to_owned(), "touch x".to_owned()];
        let exec = |touches| FaultAction::Exec { command: command.clone(), touches };
        assert_eq!(exec(vec![]).to_string(), "exec touch x");
        let touching = exec(vec![Target::Clients, Target::Broker(1)]);
        assert_eq!(touching.to_string(), "exec touch x (touches: clients, broker:1)");
    }
}
