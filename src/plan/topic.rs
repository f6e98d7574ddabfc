//! A cell's topic: its properties, and where its replicas live.

use super::conflict::Conflict;
use super::types::{ClusterPlan, TopicPlan};
use crate::model::Properties;
use crate::scenario::{Scenario, Settings};

const NOT_IN_CONFIG: &[&str] = &["partitions", "replication.factor"];

/// Partition p prefers the broker at p mod n as its leader, and has its other replicas on the
/// brokers after it, around the ring.
pub(super) fn placement(
    partitions: u32,
    replication_factor: u16,
    brokers: &[i32],
) -> Vec<Vec<i32>> {
    let replicas = usize::from(replication_factor).min(brokers.len());
    let ring = |p: usize| brokers.iter().cycle().skip(p % brokers.len().max(1)).take(replicas);
    (0..partitions as usize).map(|p| ring(p).copied().collect()).collect()
}

/// Makes the topic of one cell. Fails if there are too few brokers for its replicas, or
/// `min.insync.replicas` could never be met.
pub(super) fn plan(
    scenario: &Scenario,
    settings: &Settings,
    cluster: &ClusterPlan,
    index: u16,
) -> Result<TopicPlan, Vec<Conflict>> {
    let partitions = number(settings, "partitions", 1);
    // By default three replicas, or as many as there are brokers.
    let replication = number(settings, "replication.factor", u64::from(cluster.brokers.min(3)));
    let min_isr = number(settings, "min.insync.replicas", 1);
    let conflicts: Vec<Conflict> =
        [too_few_brokers(replication, cluster), too_few_replicas(min_isr, replication)]
            .into_iter()
            .flatten()
            .collect();
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let mut config = Properties::new();
    config.insert("min.insync.replicas".to_owned(), min_isr.to_string());
    config.insert("unclean.leader.election.enable".to_owned(), "false".to_owned());
    for (name, setting) in settings {
        if !NOT_IN_CONFIG.contains(&name.as_str()) {
            config.insert(name.clone(), setting.value.value.clone());
        }
    }
    Ok(TopicPlan {
        name: format!("chaos-{}-{index}", scenario.name.value),
        placement: placement(
            u32::try_from(partitions).unwrap_or(u32::MAX),
            u16::try_from(replication).unwrap_or(u16::MAX),
            &cluster.broker_ids,
        ),
        config,
    })
}

fn too_few_brokers(replication: u64, cluster: &ClusterPlan) -> Option<Conflict> {
    let there_are = match cluster.brokers {
        enough if replication <= u64::from(enough) => return None,
        1 => "there is only 1 broker".to_owned(),
        brokers => format!("there are only {brokers} brokers"),
    };
    Some(Conflict {
        properties: ["replication.factor", "brokers"],
        message: format!("`replication.factor` is {replication}, but {there_are}"),
        help: "every replica needs its own broker: lower it, or raise `brokers`",
    })
}

fn too_few_replicas(min_isr: u64, replication: u64) -> Option<Conflict> {
    (min_isr > replication).then(|| Conflict {
        properties: ["min.insync.replicas", "replication.factor"],
        message: format!(
            "`min.insync.replicas` is {min_isr}, but `replication.factor` is {replication}"
        ),
        help: "no message with acks=all could ever be acknowledged",
    })
}

fn number(settings: &Settings, name: &str, default: u64) -> u64 {
    settings.get(name).and_then(|setting| setting.value.value.parse().ok()).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferred_leaders_go_round_the_ring() {
        let all = placement(4, 3, &[0, 1, 2]);
        assert_eq!(all, [vec![0, 1, 2], vec![1, 2, 0], vec![2, 0, 1], vec![0, 1, 2]]);
        assert_eq!(placement(2, 2, &[0, 1, 2, 3]), [vec![0, 1], vec![1, 2]]);
        assert_eq!(placement(1, 1, &[0]), [vec![0]]);
        assert_eq!(placement(3, 2, &[1, 5, 9]), [vec![1, 5], vec![5, 9], vec![9, 1]]);
        assert_eq!(placement(1, 3, &[]), [Vec::<i32>::new()]);
    }
}
