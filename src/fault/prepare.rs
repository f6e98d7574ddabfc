//! From a fault of the plan to the one that acts: [`prepare`] asks the list of faults.

use super::custody::Holder;
use super::target::{resolve, resolve_groups};
use super::{Fault, FaultError, Site, Situation};
use crate::runtime::Node;
use crate::timeline::{FaultAction, Target, with_all_faults};
use std::sync::Arc;

/// A fault of the plan that can act.
pub(super) trait Prepare {
    /// Resolves it to nodes, and touches none. Fails if it means nothing at this moment.
    fn prepare(&self, stage: &Stage<'_>) -> Result<Box<dyn Fault>, FaultError>;
}

/// Where and when a fault acts.
pub(super) struct Stage<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) fault: u16,
    situation: Situation,
}

impl<'a> Stage<'a> {
    /// This moment, for the fault at this position in the plan.
    pub(super) fn now(site: &'a Site<'a>, fault: u16) -> Self {
        Stage { site, fault, situation: (site.situation)() }
    }

    /// Takes nodes into custody for the fault.
    pub(super) fn holder(&self) -> Holder {
        Holder {
            cluster: Arc::clone(&self.site.cluster),
            custody: Arc::clone(&self.site.custody),
            fault: self.fault,
        }
    }

    /// The nodes that these targets mean now, each once.
    pub(super) fn nodes(&self, targets: &[Target]) -> Result<Vec<Node>, FaultError> {
        resolve(targets, &self.situation)
    }

    /// The nodes of disjoint groups.
    pub(super) fn groups(&self, groups: &[Vec<Target>]) -> Result<Vec<Vec<Node>>, FaultError> {
        resolve_groups(groups, &self.situation)
    }
}

macro_rules! prepare {
    ($($Fault:ident),+) => {
        /// The acting fault for one of the plan. Fails if it means nothing at this moment.
        pub(super) fn prepare(
            action: &FaultAction,
            stage: &Stage<'_>,
        ) -> Result<Box<dyn Fault>, FaultError> {
            match action {
                $(FaultAction::$Fault(planned) => planned.prepare(stage)),+
            }
        }
    };
}
with_all_faults!(prepare);
