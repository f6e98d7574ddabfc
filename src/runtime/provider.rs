//! [`Provider`]: how a run gets its cluster, whatever starts it.

use super::{Cluster, RuntimeError, Stop};
use crate::event::TellStep;
use crate::exit::Interrupt;
use crate::model::{MadeOf, PlannedKafka, RuntimeFacts, RuntimeKind};
use crate::plan::{ClusterPlan, Plan};
use std::path::Path;
use std::sync::Arc;

/// What to start, and whom to notify.
pub struct Order<'a> {
    /// Its name, its cluster, and the seed for ids.
    pub plan: &'a Plan,
    /// For what outlives the cluster.
    pub folder: &'a Path,
    /// For node logs.
    pub node_logs: &'a Path,
    /// Called when a phase begins: fetching Kafka or an image is a separate one.
    pub phase: &'a mut dyn FnMut(&str),
    /// May end the wait.
    pub interrupt: &'a Interrupt,
    /// Gets notes for the user that change no verdict.
    pub note: &'a dyn Fn(String),
    /// Told how far it is with something that takes a while.
    pub step: &'a TellStep<'a>,
}

/// Makes clusters.
pub trait Provider {
    /// What it starts.
    fn kind(&self) -> RuntimeKind;

    /// Which one it is, why it was taken, and from what it would start this.
    fn facts(&self, cluster: &ClusterPlan) -> RuntimeFacts;

    /// Kafka's version before the brokers tell theirs.
    fn kafka(&self, cluster: &ClusterPlan) -> PlannedKafka;

    /// Notes for the user on its preparation.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether `pause` works here.
    fn has_freezer(&self) -> bool {
        false
    }

    /// Fails with what the plan wants that it cannot do, and what could; nothing is started yet.
    fn accepts(&self, plan: &Plan) -> Result<(), RuntimeError>;

    /// Starts every node; none is waited for. Gives the cluster, and what it is made of.
    ///
    /// # Errors
    /// Something is missing or cannot be started, or the run was interrupted. Nothing is left
    /// behind.
    fn launch(&self, order: Order<'_>) -> Result<(Arc<dyn Cluster>, MadeOf), Stop>;
}
