//! [`Scene`]: where a run takes place, and who watches it.

use super::monitor::Monitor;
use super::{Bus, Request};
use crate::exit::Interrupt;
use crate::fault::Custody;
use crate::runtime::Cluster;
use std::sync::Arc;

#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) cluster: &'a Arc<dyn Cluster>,
    pub(super) custody: &'a Arc<Custody>,
    pub(super) monitor: &'a Monitor,
    pub(super) bus: &'a Bus,
    pub(super) interrupt: &'a Interrupt,
}

impl Scene<'_> {
    /// Why the run makes no sense any more, if so.
    ///
    /// # Errors
    /// When somebody interrupted it, or a node died that no fault killed.
    pub(super) fn alive(&self) -> Result<(), String> {
        match self.interrupt.asked() {
            Some(_) => Err("interrupted".to_owned()),
            None => self.monitor.check().map_err(|e| e.what),
        }
    }
}
