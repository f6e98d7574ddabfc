//! From a plan to a cluster that takes messages: Kafka, nodes, topics.

use crate::event::{Far, TellStep};
use crate::exit::Interrupt;
use crate::kafka::features;
use crate::kafka::patience::Look;
use crate::kafka::{self, KafkaError, Operator, Patience, TopicId};
use crate::model::ReportedKafka;
use crate::plan::{Cell, ClusterPlan, Plan};
use crate::report::environment::reported_kafka;
use crate::runtime::{Cluster, RuntimeError, Stop};
use std::time::Duration;

/// A node's process must answer within this time, or the cluster has failed to start.
const READY_TIMEOUT: Duration = Duration::from_secs(90);
/// A topic must have leaders within this time of the request.
const TOPIC_TIMEOUT: Duration = Duration::from_secs(60);
/// A broker must answer a request within this time, while no fault is in force.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two questions to brokers that did not answer the first.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// Waits until each broker's own metadata shows all brokers, at each of the cluster's entrances.
pub fn wait_until_ready(
    cluster: &dyn Cluster,
    interrupt: &Interrupt,
    step: &TellStep<'_>,
) -> Result<(), Stop> {
    let alive = || alive(cluster, interrupt);
    for entrance in cluster.entrances() {
        let mut waiting = |missing: &str| step("nodes", Far::Waiting(missing.to_owned()));
        let mut patience =
            Patience { progress: Some(&mut waiting), ..Patience::new(READY_TIMEOUT, &alive) };
        let ready = kafka::wait_for_brokers(&entrance, &mut patience);
        Stop::if_asked(interrupt)?;
        ready.map_err(|e| RuntimeError::new(format!("the cluster did not come up: {e}")))?;
    }
    Ok(())
}

/// Asks the brokers which Kafka they are.
pub(super) fn ask_kafka(
    cluster: &dyn Cluster,
    interrupt: &Interrupt,
) -> Result<ReportedKafka, Stop> {
    let alive = || alive(cluster, interrupt);
    let mut patience = Patience::new(READY_TIMEOUT, &alive);
    let mut operator = Operator::new(&cluster.vantage(), ANSWER_TIMEOUT);
    let heard =
        patience.until(
            "the brokers to say which Kafka they are",
            ASK_AGAIN,
            || match features::ask(&mut operator) {
                Ok(word) => Ok(Look::Done(word)),
                Err(error) if error.is_transport() => Ok(Look::Missing(error.to_string())),
                Err(error) => Err(error),
            },
        );
    Stop::if_asked(interrupt)?;
    Ok(heard.map_err(|e| RuntimeError::new(format!("the Kafka version is unknown: {e}")))?)
}

/// A note if the plan was made for another Kafka than the brokers report, or for none in
/// particular.
pub(super) fn surprise(plan: &ClusterPlan, reported: &ReportedKafka) -> Option<String> {
    let word = reported_kafka(reported);
    let Some(planned) = plan.release() else {
        return Some(format!("Kafka {word}"));
    };
    let agrees = reported.release().is_some_and(|release| release.agrees(planned));
    (!agrees).then(|| {
        format!(
            "the plan was made for Kafka {planned}, but this is Kafka {word}: properties \
             that depend on the version are those of {planned}"
        )
    })
}

/// Ends a wait that has become pointless.
pub(super) fn alive(cluster: &dyn Cluster, interrupt: &Interrupt) -> Result<(), String> {
    match interrupt.asked() {
        Some(_) => Err("interrupted".to_owned()),
        None => all_alive(cluster),
    }
}

/// The error for the first dead node, with its last log lines.
fn all_alive(cluster: &dyn Cluster) -> Result<(), String> {
    let dead = cluster.nodes().into_iter().find(|n| n.id >= 0 && n.is_dead());
    match dead {
        None => Ok(()),
        Some(node) => {
            let words = cluster.post_mortem(node.id).unwrap_or_default();
            Err(format!("{} died: {words}", node.name))
        }
    }
}

/// Creates every cell's topic, waits until each partition's leader answers for it, and returns the
/// topics' ids, in the cells' order.
pub(super) fn make_topics(
    cluster: &dyn Cluster,
    plan: &Plan,
    interrupt: &Interrupt,
) -> Result<Vec<TopicId>, Stop> {
    let topics: Vec<_> = plan.cells.iter().map(|c| c.topic.clone()).collect();
    let alive = || alive(cluster, interrupt);
    let mut patience = Patience::new(TOPIC_TIMEOUT, &alive);
    let mut operator = Operator::new(&cluster.vantage(), ANSWER_TIMEOUT);
    let made = kafka::create_topics(&mut operator, &topics, &mut patience)
        .and_then(|()| kafka::wait_until_leading(&mut operator, &topics, &mut patience))
        .and_then(|_offsets| ids(&mut operator, &plan.cells, &mut patience));
    Stop::if_asked(interrupt)?;
    Ok(made.map_err(|e| RuntimeError::new(format!("cannot make the topics: {e}")))?)
}

/// The ids of the cells' topics, to compare when a log is read: a recreated topic has the same
/// name.
fn ids(
    operator: &mut Operator,
    cells: &[Cell],
    patience: &mut Patience<'_>,
) -> Result<Vec<TopicId>, KafkaError> {
    let id = |cell: &Cell| {
        let name = &cell.topic.name;
        let gone = || KafkaError::Mismatch { what: format!("topic {name} was made, and is gone") };
        kafka::topic_now(operator, name, patience)?.map(|now| now.id).ok_or_else(gone)
    };
    cells.iter().map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Release;

    #[test]
    fn a_word_that_the_plan_did_not_expect_is_told() {
        let plan = |kafka: &str| {
            let text = format!("name: x\nduration: 9s\ncluster: {{kafka: {kafka}}}\n");
            crate::plan::from_text("x.yaml", &text, &[], Some(1)).unwrap().cluster
        };
        let word = |releases: &[Option<&str>]| ReportedKafka {
            releases: (0..).zip(releases.iter().map(|r| r.and_then(Release::parse))).collect(),
            keeps_eligible: false,
        };
        let both = [Some("3.8"), Some("3.8")];
        assert_eq!(surprise(&plan("3.8.1"), &word(&both)), None);
        for (planned, releases, begins) in [
            ("4.4.0", both, "the plan was made for Kafka 4.4.0, but this is Kafka 3.8 according"),
            (
                "3.8.1",
                [Some("3.8"), Some("3.9")],
                "the plan was made for Kafka 3.8.1, but this is Kafka broker 0 3.8, broker 1",
            ),
            ("3.8.1", [None, None], "the plan was made for Kafka 3.8.1, but this is Kafka of"),
        ] {
            let told = surprise(&plan(planned), &word(&releases)).unwrap();
            assert!(told.starts_with(begins), "{told}");
        }
        let unknown = ClusterPlan { kafka: "unknown".to_owned(), ..plan("3.8.1") };
        let told = surprise(&unknown, &word(&both)).unwrap();
        assert!(told.starts_with("Kafka 3.8 according"), "{told}");
    }
}
