//! [`Observed`]: what the log held at the end, over all partitions of a topic.

use super::partition_observed::PartitionObserved;

/// What the log of every partition of a cell's topic held.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// By client that sends, in the cell's order, then by partition.
    pub clients: Vec<Vec<PartitionObserved>>,
    /// The first offset of each log.
    pub log_start: Vec<i64>,
    /// Each leader's high watermark: one past the last offset to read.
    pub end: Vec<i64>,
    /// Why a partition could not be read, if so.
    pub unreadable: Vec<Option<String>>,
    /// Whether it is the topic that was made at the start.
    pub topic: TopicFate,
}

/// What became of a topic between its making and the reading of its log. Ids are Kafka's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TopicFate {
    /// It is the one that was made, as far as it was looked.
    #[default]
    Kept,
    /// It was deleted, and there is another one of its name.
    MadeAnew {
        /// The id of the one that was made at the start.
        was: String,
        /// The id of the one that was read.
        is: String,
    },
    /// It was deleted: the brokers know no topic of its name.
    Deleted {
        /// Its id.
        was: String,
    },
}
