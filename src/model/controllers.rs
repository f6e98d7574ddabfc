//! [`Controllers`]: where a cluster's controllers live.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Controllers {
    /// Every broker is a controller too (`process.roles=broker,controller`).
    Combined,
    /// Separate nodes: `node.id` 100, 101, 102, or as in the compose file.
    Isolated,
}

impl Controllers {
    pub fn word(self) -> &'static str {
        match self {
            Controllers::Combined => "combined",
            Controllers::Isolated => "isolated",
        }
    }
}
