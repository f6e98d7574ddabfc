//! [`wait_for_full_isr`]: waiting until the cluster is whole again after the faults are healed.

use super::error::KafkaError;
use super::patience::{Look, Patience};
use super::view::ClusterView;
use crate::plan::TopicPlan;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(50);

/// Waits until every partition has recovered by its replicas' own words, as
/// [`ClusterView::recovered`] has it. `view` gives what the watcher knows; only answers to
/// questions asked at `asked_since_us` (the last heal, on the watcher's clock) or later count: an
/// answer from before says nothing of the time after, and a stopped broker's late answer to an
/// early question neither. Replicas are those that the cluster has now, wherever the plan put
/// them; nothing is waited for of a topic that was deleted.
///
/// A broker that slept may be taken for alive at first and be fenced a moment later. Who needs to
/// exclude that asks again some time after.
///
/// # Errors
/// [`KafkaError::NotYet`] with what is missing, [`KafkaError::GaveUp`] when `patience.alive` fails.
pub fn wait_for_full_isr(
    view: &dyn Fn() -> ClusterView,
    topics: &[TopicPlan],
    asked_since_us: u64,
    patience: &mut Patience<'_>,
) -> Result<(), KafkaError> {
    patience.until("full in-sync replicas", PAUSE, || Ok(look(&view(), topics, asked_since_us)))
}

fn look(view: &ClusterView, topics: &[TopicPlan], asked_since_us: u64) -> Look<()> {
    let mut total = 0;
    let mut reasons = Vec::new();
    for topic in topics.iter().filter(|topic| !view.is_unknown(&topic.name, asked_since_us)) {
        for (partition, planned) in (0..).zip(&topic.placement) {
            total += 1;
            let replicas = view.replicas(&topic.name, partition).unwrap_or(planned);
            reasons.extend(view.recovered(&topic.name, partition, replicas, asked_since_us).err());
        }
    }
    match reasons.first() {
        None => Look::Done(()),
        Some(first) => Look::Missing(format!(
            "{} of {total} partitions have recovered; {first}",
            total - reasons.len()
        )),
    }
}
