//! [`Rate`]: how fast a producer sends.

use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Messages per second, over all partitions of the cell.
    PerSecond(u32),
    /// As fast as librdkafka accepts them.
    Max,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rate::PerSecond(rate) => write!(f, "{rate} messages/s"),
            Rate::Max => f.write_str("as fast as possible"),
        }
    }
}
