//! [`Observed`]: what the log held at the end, over all partitions of a topic.

use super::partition_observed::PartitionObserved;

/// What the logs of a cell's topic held.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// By client that sends, in the cell's order, then by partition.
    pub clients: Vec<Vec<PartitionObserved>>,
    pub log_start: Vec<i64>,
    /// Each leader's high watermark: one past the last offset to read.
    pub end: Vec<i64>,
    /// Why a partition could not be read.
    pub unreadable: Vec<Option<String>>,
    /// Whether it is the topic that was created at the start.
    pub topic: TopicFate,
}

/// What happened to a topic between its creation and the reading of its log. Ids are Kafka's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TopicFate {
    /// It is the created one, as far as the tool looked.
    #[default]
    Kept,
    /// It was deleted, and another topic has its name.
    MadeAnew {
        /// The id of the created topic.
        was: String,
        /// The id of the topic that was read.
        is: String,
    },
    /// It was deleted, and no topic has its name.
    Deleted { was: String },
}
