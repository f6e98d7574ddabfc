//! A cell's topic: its properties, and where its replicas live.

use super::conflict::Conflict;
use super::make::Maker;
use super::types::{ClusterPlan, Properties, TopicPlan};
use crate::scenario::{At, Place, Settings};

const NOT_IN_CONFIG: &[&str] = &["partitions", "replication.factor"];

/// Partition p has its preferred leader on broker p mod n, and its other replicas on the brokers
/// after that one, round the ring.
pub fn placement(partitions: u32, replication_factor: u16, brokers: u16) -> Vec<Vec<i32>> {
    let brokers = u32::from(brokers.max(1));
    let broker = |p: u32, r: u32| i32::try_from((p + r) % brokers).unwrap_or(0);
    let replicas = u32::from(replication_factor).min(brokers);
    (0..partitions).map(|p| (0..replicas).map(|r| broker(p, r)).collect()).collect()
}

/// Makes the topic of one cell from the settings in force there.
///
/// # Errors
/// When `min.insync.replicas` could never be met.
pub fn plan(
    maker: &mut Maker<'_>,
    settings: &Settings,
    cluster: &ClusterPlan,
    index: u16,
) -> Result<TopicPlan, Conflict> {
    let partitions = number(settings, "partitions", 1);
    // Without a word on it: three replicas, or as many as there are brokers.
    let replication = number(settings, "replication.factor", u64::from(cluster.brokers.min(3)));
    let min_isr = number(settings, "min.insync.replicas", 1).value;
    check_brokers(maker, &replication, cluster);
    if min_isr > replication.value {
        return Err(Conflict {
            properties: ["min.insync.replicas", "replication.factor"],
            message: format!(
                "`min.insync.replicas` is {min_isr}, but `replication.factor` is {}",
                replication.value
            ),
            help: "no message with acks=all could ever be acknowledged",
        });
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
        name: format!("chaos-{}-{index}", maker.scenario.name.value),
        placement: placement(
            u32::try_from(partitions.value).unwrap_or(u32::MAX),
            u16::try_from(replication.value).unwrap_or(u16::MAX),
            cluster.brokers,
        ),
        config,
    })
}

fn check_brokers(maker: &mut Maker<'_>, replication: &At<u64>, cluster: &ClusterPlan) {
    let brokers = u64::from(cluster.brokers);
    let sound = maker.scenario.is_sound(&["replication.factor", "brokers"]);
    if replication.value > brokers && sound {
        let there_are = match brokers {
            1 => "there is only 1 broker".to_owned(),
            _ => format!("there are only {brokers} brokers"),
        };
        let message = format!("`replication.factor` is {}, but {there_are}", replication.value);
        let help = "every replica needs a broker of its own: lower it, or raise `brokers`";
        maker.report(replication.place, message, help);
    }
}

fn number(settings: &Settings, name: &str, default: u64) -> At<u64> {
    let found = settings
        .get(name)
        .and_then(|setting| Some(At::new(setting.value.value.parse().ok()?, setting.value.place)));
    found.unwrap_or(At::new(default, Place::START))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferred_leaders_go_round_the_ring() {
        let all = placement(4, 3, 3);
        assert_eq!(all, [vec![0, 1, 2], vec![1, 2, 0], vec![2, 0, 1], vec![0, 1, 2]]);
        assert_eq!(placement(2, 2, 4), [vec![0, 1], vec![1, 2]]);
        assert_eq!(placement(1, 1, 1), [vec![0]]);
    }
}
