//! [`Act`]: what a fault does to brokers, for code that asks what it can have caused.

use serde::{Deserialize, Serialize};

/// What a fault does to the brokers it acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// They stop, and go on later.
    Stop,
    /// They die, and are started again with their old data.
    Kill,
    /// They are cut off from other nodes of the cluster, including controllers.
    Cut,
    /// Kafka is asked for elections.
    Elect,
    /// A command, which may do anything.
    Exec,
    /// Moves no leader and touches no log.
    Other,
}

impl Act {
    /// Whether they are silent while it is in force.
    pub fn silences(self) -> bool {
        matches!(self, Act::Stop | Act::Kill)
    }
}
