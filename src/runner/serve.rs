//! The training for the class-data archive: a broker serves a topic.

use super::setup::{ANSWER_TIMEOUT, alive};
use crate::exit::Interrupt;
use crate::kafka::{self, Operator, Patience};
use crate::plan::TopicPlan;
use crate::runtime::{Cluster, RuntimeError};
use std::time::Duration;

/// The training broker must serve within this time.
const TRAINING_TIMEOUT: Duration = Duration::from_secs(90);

/// Waits until a broker leads a topic.
pub(crate) fn serve_a_topic(
    cluster: &dyn Cluster,
    interrupt: &Interrupt,
) -> Result<(), RuntimeError> {
    let alive = || alive(cluster, interrupt);
    let mut patience = Patience::new(TRAINING_TIMEOUT, &alive);
    let topics = [training_topic()];
    let mut operator = Operator::new(&cluster.vantage(), ANSWER_TIMEOUT);
    kafka::wait_for_brokers(&cluster.vantage(), &mut patience)
        .and_then(|()| kafka::create_topics(&mut operator, &topics, &mut patience))
        .and_then(|()| kafka::wait_until_leading(&mut operator, &topics, &mut patience))
        .map(drop)
        .map_err(|e| RuntimeError::new(e.to_string()))
}

fn training_topic() -> TopicPlan {
    TopicPlan { name: "training".to_owned(), placement: vec![vec![0]], config: Default::default() }
}
