//! [`Controllers`]: where a cluster's controllers live.

use serde::{Deserialize, Serialize};

/// Where the KRaft controllers live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Controllers {
    /// Every broker is a controller too (`process.roles=broker,controller`).
    Combined,
    /// Controllers of their own: `node.id` 100, 101, 102, or as the compose file says.
    Isolated,
}

impl Controllers {
    /// As `controllers:` has it.
    pub fn word(self) -> &'static str {
        match self {
            Controllers::Combined => "combined",
            Controllers::Isolated => "isolated",
        }
    }
}
