//! [`wait_for_full_isr`]: waits until the cluster is whole again after the faults are healed.

use super::error::KafkaError;
use super::patience::{Look, Patience};
use super::view::ClusterView;
use crate::plan::TopicPlan;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(50);

/// Waits until every partition has recovered according to its replicas, see
/// [`ClusterView::recovered`]. `view` returns what the watcher knows; only answers to questions
/// asked at `asked_since_us` (the last heal, on the watcher's clock) or later count: earlier
/// answers say nothing about the time after, nor does a stopped broker's late answer to an early
/// question. Replicas are those that the cluster has now, wherever the plan put them; a deleted
/// topic or partition is not waited for.
///
/// A broker that slept may be considered alive at first and be fenced a moment later. To exclude
/// that, ask again some time after.
///
/// # Errors
/// [`KafkaError::NotYet`] with what is missing, [`KafkaError::GaveUp`] if `patience.alive` fails.
pub(crate) fn wait_for_full_isr(
    view: &dyn Fn() -> ClusterView,
    topics: &[TopicPlan],
    asked_since_us: u64,
    patience: &mut Patience<'_>,
) -> Result<(), KafkaError> {
    patience.until("full in-sync replicas", PAUSE, || Ok(look(&view(), topics, asked_since_us)))
}

/// All replicas of a topic's partition as the cluster has it now; as planned while nobody has said
/// anything.
pub(crate) fn replicas_now<'a>(
    view: &'a ClusterView,
    topic: &'a TopicPlan,
    partition: usize,
) -> &'a [i32] {
    let planned = topic.placement.get(partition).map_or(&[][..], Vec::as_slice);
    view.replicas(&topic.name, partition as i32).unwrap_or(planned)
}

/// What each partition of a topic lacks that [`wait_for_full_isr`] waits for, in words; nothing for
/// a recovered partition. Partitions that the cluster no longer has are left out: the topic was
/// deleted, or recreated with fewer partitions.
pub(crate) fn recovery_lacks<'a>(
    view: &'a ClusterView,
    topic: &'a TopicPlan,
    asked_since_us: u64,
) -> impl Iterator<Item = Option<String>> + use<'a> {
    let is_there = move |partition: &usize| {
        !view.is_unknown(&topic.name, asked_since_us)
            && !view.is_gone(&topic.name, *partition as i32, asked_since_us)
    };
    (0..topic.placement.len()).filter(is_there).map(move |partition| {
        let replicas = replicas_now(view, topic, partition);
        view.recovered(&topic.name, partition as i32, replicas, asked_since_us).err()
    })
}

fn look(view: &ClusterView, topics: &[TopicPlan], asked_since_us: u64) -> Look<()> {
    let all = topics.iter().flat_map(|topic| recovery_lacks(view, topic, asked_since_us));
    let all: Vec<Option<String>> = all.collect();
    let mut reasons = all.iter().flatten();
    match reasons.next() {
        None => Look::Done(()),
        Some(first) => Look::Missing(format!(
            "{} of {} partitions have recovered; {first}",
            all.len() - 1 - reasons.count(),
            all.len()
        )),
    }
}
