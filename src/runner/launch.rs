//! [`Runtime`]: the seam between a run and what can start a cluster of a plan.

use super::{Interrupt, Phases, RunFolder};
use crate::plan::{ClusterPlan, Plan};
use crate::runtime::{Cluster, RuntimeError, Stop};
use std::sync::Arc;

/// What is to be started, and whom to tell meanwhile.
pub struct Order<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// Brokers, controllers, properties.
    pub cluster: &'a ClusterPlan,
    /// Ids that are random follow from it.
    pub seed: u64,
    /// Node logs go there.
    pub folder: &'a RunFolder,
    /// Fetching Kafka or an image is a phase of its own.
    pub phases: &'a mut Phases,
    /// May end the wait.
    pub interrupt: &'a Interrupt,
    /// Told what a person should know and what changes no verdict.
    pub note: &'a dyn Fn(String),
}

/// Something that makes clusters.
pub trait Runtime {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// Which one it is, why it was taken, and from what it would start this: one line.
    fn in_words(&self, cluster: &ClusterPlan) -> String;

    /// Kafka's version before the brokers tell theirs, or where it comes from.
    fn kafka(&self, cluster: &ClusterPlan) -> String {
        cluster.kafka_in_words().to_owned()
    }

    /// What a person should know of how it was made ready.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether `pause` works here.
    fn has_freezer(&self) -> bool {
        false
    }

    /// Why this runtime cannot do what the plan wants; nothing was started yet.
    ///
    /// # Errors
    /// What the plan wants, and what could do it.
    fn accepts(&self, plan: &Plan) -> Result<(), RuntimeError>;

    /// Starts every node; none is waited for. Gives the cluster, and what it is made of in words.
    ///
    /// # Errors
    /// When something is missing, cannot be started, or the run was interrupted. Nothing is left
    /// behind then.
    fn launch(&self, order: Order<'_>) -> Result<(Arc<dyn Cluster>, String), Stop>;
}
