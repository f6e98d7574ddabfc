//! Makes the class-data archive: a one-broker cluster serves a topic and some messages, so that
//! the classes that a broker loads are known.

use super::Interrupt;
use super::local::{NodeOptions, cluster_spec};
use super::setup::{ANSWER_TIMEOUT, alive};
use crate::distribution::Distribution;
use crate::kafka::{self, Operator, Patience};
use crate::model::{Clocks, Controllers, Timing};
use crate::plan::{ClusterPlan, TopicPlan};
use crate::runtime::local::{Host, LocalCluster};
use crate::runtime::{Cluster, RuntimeError};
use std::path::Path;
use std::time::Duration;

/// The training broker must serve within this time.
const TRAINING_TIMEOUT: Duration = Duration::from_secs(90);

/// Makes the archive if it can; without one the brokers start slower, which is no failure.
pub fn archive(
    host: &Host,
    found: &mut Distribution,
    options: &NodeOptions,
    interrupt: &Interrupt,
    note: &dyn Fn(String),
) {
    let folder = host.scratch().join("training");
    let plain = found.clone();
    let train =
        |jvm_options: &[String]| serve_once(host, &plain, options, interrupt, &folder, jvm_options);
    if let Err(error) = found.ensure_archive(&train) {
        note(format!("no class-data archive, brokers start slower: {error}"));
    }
    // Inside of the scratch folder, which goes as a whole.
    drop(std::fs::remove_dir_all(&folder));
}

fn serve_once(
    host: &Host,
    found: &Distribution,
    options: &NodeOptions,
    interrupt: &Interrupt,
    folder: &Path,
    jvm_options: &[String],
) -> Result<(), RuntimeError> {
    std::fs::create_dir_all(folder)
        .map_err(|e| RuntimeError::io(format!("cannot make {}", folder.display()), e))?;
    let plan = ClusterPlan {
        kafka: found.version.clone(),
        brokers: 1,
        broker_ids: vec![0],
        controllers: Controllers::Combined,
        timing: Timing::Stock,
        clocks: Clocks { session_ms: 9_000, lag_ms: 30_000 },
        config: Default::default(),
        compose: None,
        flavour: None,
    };
    let mut spec = cluster_spec(&plan, found, options, folder, 1);
    spec.jvm_options.extend_from_slice(jvm_options);
    let cluster = LocalCluster::start(host, spec)?;
    let alive = || alive(&cluster, interrupt);
    let mut patience =
        Patience { timeout: TRAINING_TIMEOUT, alive: &alive, progress: &mut |_missing| {} };
    let topics = [training_topic()];
    let mut operator = Operator::new(&cluster.vantage(), ANSWER_TIMEOUT);
    kafka::wait_for_brokers(&cluster.vantage(), &mut patience)
        .and_then(|()| kafka::create_topics(&mut operator, &topics, &mut patience))
        .and_then(|()| kafka::wait_until_leading(&mut operator, &topics, &mut patience))
        .map_err(|e| RuntimeError::new(format!("the training broker did not serve: {e}")))?;
    cluster.destroy()
}

fn training_topic() -> TopicPlan {
    TopicPlan { name: "training".to_owned(), placement: vec![vec![0]], config: Default::default() }
}
