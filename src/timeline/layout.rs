//! [`Layout`]: what is known of cluster and topics before anything runs, as far as faults ask.

use crate::model::{Controllers, Properties};

/// The cluster, and the topics of all cells.
#[derive(Clone, Debug)]
pub struct Layout<'a> {
    /// The brokers' `node.id`.
    pub brokers: &'a [i32],
    pub controllers: Controllers,
    /// In the order of the cells.
    pub topics: Vec<Topic<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Topic<'a> {
    /// Its name in Kafka.
    pub name: &'a str,
    pub config: &'a Properties,
    /// The brokers of partition 0, its preferred leader first.
    pub replicas: &'a [i32],
}

impl<'a> Layout<'a> {
    /// The brokers of the partition that `leader` refers to, its preferred leader first: partition
    /// 0 of the first cell.
    pub fn replicas(&self) -> &'a [i32] {
        self.topics.first().map_or(&[], |topic| topic.replicas)
    }
}

/// Brokers by number, in words.
pub(crate) fn brokers(ids: &[i32]) -> String {
    match ids {
        [] => "nobody".to_owned(),
        [one] => format!("broker {one}"),
        many => {
            let ids: Vec<String> = many.iter().map(ToString::to_string).collect();
            format!("brokers {}", ids.join(", "))
        }
    }
}
