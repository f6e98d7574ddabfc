//! [`Provider`]: the one way by which a run gets its cluster, whatever starts it.

use super::{Cluster, RuntimeError, Stop};
use crate::event::TellStep;
use crate::exit::Interrupt;
use crate::model::{MadeOf, PlannedKafka, RuntimeFacts, RuntimeKind};
use crate::plan::{ClusterPlan, Plan};
use std::path::Path;
use std::sync::Arc;

/// What is to be started, and whom to tell meanwhile.
pub struct Order<'a> {
    /// Whose cluster it is: its name, its cluster, and the seed from which ids follow.
    pub plan: &'a Plan,
    /// What outlives the cluster goes there.
    pub folder: &'a Path,
    /// Node logs go there.
    pub node_logs: &'a Path,
    /// Told when a phase begins: fetching Kafka or an image is one of its own.
    pub phase: &'a mut dyn FnMut(&str),
    /// May end the wait.
    pub interrupt: &'a Interrupt,
    /// Told what a person should know and what changes no verdict.
    pub note: &'a dyn Fn(String),
    /// Told how far it is with something that takes a while.
    pub step: &'a TellStep<'a>,
}

/// Something that makes clusters.
pub trait Provider {
    /// What it starts.
    fn kind(&self) -> RuntimeKind;

    /// Which one it is, why it was taken, and from what it would start this.
    fn facts(&self, cluster: &ClusterPlan) -> RuntimeFacts;

    /// Kafka's version before the brokers tell theirs.
    fn kafka(&self, cluster: &ClusterPlan) -> PlannedKafka;

    /// What a person should know of how it was made ready.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether `pause` works here.
    fn has_freezer(&self) -> bool {
        false
    }

    /// Why it cannot do what the plan wants; nothing was started yet.
    ///
    /// # Errors
    /// What the plan wants, and what could do it.
    fn accepts(&self, plan: &Plan) -> Result<(), RuntimeError>;

    /// Starts every node; none is waited for. Gives the cluster, and what it is made of.
    ///
    /// # Errors
    /// When something is missing, cannot be started, or the run was interrupted. Nothing is left
    /// behind then.
    fn launch(&self, order: Order<'_>) -> Result<(Arc<dyn Cluster>, MadeOf), Stop>;
}
