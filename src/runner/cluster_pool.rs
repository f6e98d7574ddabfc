//! [`ClusterPool`]: the cluster for runs, newly started or still warm from the run before.

use super::{RunFolder, setup};
use crate::exit::Interrupt;
use crate::kafka::{self, Operator, Patience};
use crate::model::{Environment, MadeOf};
use crate::plan::{ClusterPlan, Plan};
use crate::runtime::{Cluster, Order, Provider, RuntimeError, Stop};
use rdkafka::util::get_rdkafka_version;
use std::sync::Arc;
use std::time::Duration;

/// A former run's topics must be gone within this time.
const DELETE_TIMEOUT: Duration = Duration::from_secs(30);

/// A running cluster.
pub(crate) struct PooledCluster {
    pub cluster: Arc<dyn Cluster>,
    pub made_of: MadeOf,
    /// Runs that took place on it before.
    pub runs: u32,
    plan: ClusterPlan,
}

/// Where runs take place, one after another.
pub(crate) struct ClusterPool<'a> {
    /// What starts clusters.
    pub runtime: &'a dyn Provider,
    warm: Option<PooledCluster>,
}

impl<'a> ClusterPool<'a> {
    pub(crate) fn new(runtime: &'a dyn Provider) -> Self {
        ClusterPool { runtime, warm: None }
    }

    /// What is known of a run's environment before anything is started.
    pub(super) fn environment(&self, cluster: &ClusterPlan, folder: &RunFolder) -> Environment {
        Environment {
            runtime: self.runtime.facts(cluster),
            kafka: self.runtime.kafka(cluster),
            folder: folder.path().display().to_string(),
            clients: [("librdkafka".to_owned(), get_rdkafka_version().1)].into(),
            made_of: None,
            runs_before: 0,
            reported: None,
        }
    }

    /// The warm cluster if it matches the order, or a new one.
    pub(crate) fn take(&mut self, order: Order<'_>) -> Result<PooledCluster, Stop> {
        if self.warm.as_ref().is_some_and(|warm| warm.plan == order.plan.cluster)
            && let Some(warm) = self.warm.take()
        {
            return Ok(warm);
        }
        self.close()?;
        let plan = order.plan.cluster.clone();
        let (cluster, made_of) = self.runtime.launch(order)?;
        Ok(PooledCluster { cluster, made_of, runs: 0, plan })
    }

    /// Keeps a cluster for the next run, without the topics of the finished one: they would slow
    /// down every restart of a broker. If that fails, the cluster is removed.
    pub(crate) fn keep(
        &mut self,
        mut standing: PooledCluster,
        plan: &Plan,
        interrupt: &Interrupt,
    ) -> Result<(), RuntimeError> {
        let cluster = standing.cluster.as_ref();
        let topics: Vec<String> = plan.cells.iter().map(|c| c.topic.name.clone()).collect();
        let alive = || setup::alive(cluster, interrupt);
        let mut patience = Patience::new(DELETE_TIMEOUT, &alive);
        let mut operator = Operator::new(&cluster.vantage(), setup::ANSWER_TIMEOUT);
        if let Err(error) = kafka::delete_topics(&mut operator, &topics, &mut patience) {
            standing.cluster.destroy()?;
            return Err(RuntimeError::new(format!("cannot delete the run's topics: {error}")));
        }
        standing.runs += 1;
        self.warm = Some(standing);
        Ok(())
    }

    /// Removes the warm cluster, if there is one.
    pub(crate) fn close(&mut self) -> Result<(), RuntimeError> {
        self.warm.take().map_or(Ok(()), |warm| warm.cluster.destroy())
    }
}
