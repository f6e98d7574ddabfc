//! [`Known`]: what is known of a run so far; reported whatever happens next.

use super::cluster_pool::PooledCluster;
use super::ends::LogEnds;
use super::run::Request;
use super::{Bus, ClusterPool, Phases};
use crate::event::Observation;
use crate::fault::FaultRecord;
use crate::ledger::{Observed, TopicFate};
use crate::model::Environment;
use crate::result::ClientFacts;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Known {
    pub(super) started_at: String,
    pub(super) environment: Environment,
    pub(super) phases: Phases,
    pub(super) brokers: BTreeMap<String, i32>,
    pub(super) faults: Vec<FaultRecord>,
    pub(super) observations: Arc<Mutex<Vec<Observation>>>,
    pub(super) clients: Vec<ClientFacts>,
    /// One per cell whose log was read.
    pub(super) observed: Vec<Observed>,
    pub(super) unsettled: Vec<(u16, String)>,
    pub(super) sending_ended_us: Option<u64>,
    pub(super) log_ends: LogEnds,
    pub(super) notes: Arc<Mutex<Vec<String>>>,
}

impl Known {
    pub(super) fn new(bus: Bus, request: &Request<'_>, pool: &ClusterPool<'_>) -> Self {
        Known {
            started_at: jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            environment: pool.environment(&request.plan.cluster, request.folder),
            phases: Phases::new(bus),
            brokers: BTreeMap::new(),
            faults: Vec::new(),
            observations: Arc::default(),
            clients: Vec::new(),
            observed: Vec::new(),
            unsettled: Vec::new(),
            sending_ended_us: None,
            log_ends: LogEnds::default(),
            notes: Arc::default(),
        }
    }

    /// Whether nothing of this run is left that the next one on the cluster could see: every
    /// fault is healed, every replica was in sync again, every node lives, every topic is there.
    pub(super) fn is_clean(&self, standing: &PooledCluster) -> bool {
        let nodes = standing.cluster.nodes();
        self.unsettled.is_empty()
            && self.faults.iter().all(|f| f.not_healed().is_none() && f.undone.is_none())
            && nodes.iter().all(|node| node.id < 0 || !node.pids().is_empty())
            && self.observed.iter().all(|read| read.topic == TopicFate::Kept)
    }

    /// Says a note now and keeps it for the report.
    pub(super) fn note(&self, bus: &Bus, text: impl Into<String>) {
        self.noting(bus)(text.into());
    }

    /// The same for somebody else to say.
    pub(super) fn noting(&self, bus: &Bus) -> impl Fn(String) + Send + Sync + use<> {
        let (notes, told) = (Arc::clone(&self.notes), bus.clone());
        move |text| {
            notes.lock().push(text.clone());
            told.note(text);
        }
    }
}
