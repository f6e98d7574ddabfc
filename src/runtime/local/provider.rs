//! [`LocalProvider`]: fetches and caches Kafka, then starts nodes in namespaces.

use super::{ClusterSpec, Host, LocalCluster, class_archive};
use crate::distribution::{self, Distribution, Launcher, Surroundings};
use crate::exit::Interrupt;
use crate::model::{MadeOf, PlannedKafka, RuntimeFacts, RuntimeKind, VersionFrom};
use crate::plan::{ClusterPlan, Plan};
use crate::runtime::{Cluster, Order, Provider, RuntimeError, Stop};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct NodeOptions {
    /// An unpacked Kafka, instead of the plan's version.
    pub kafka_home: Option<PathBuf>,
    /// Heap of each Kafka process in MiB.
    pub heap_mib: u32,
}

/// Uses a cluster as clients would, so that the classes that a broker loads are known.
pub type Serve = fn(&dyn Cluster, &Interrupt) -> Result<(), RuntimeError>;

/// Clusters of JVM processes in their own namespaces.
pub struct LocalProvider {
    /// This process, prepared for it.
    pub host: Host,
    pub options: NodeOptions,
    pub why: String,
    /// What the training broker does.
    pub serve: Serve,
}

impl LocalProvider {
    /// What the cluster is made of, for it and for the report: Kafka and Java, fetched and cached,
    /// with the class-data archive.
    pub fn spec(&self, order: &mut Order<'_>) -> Result<(ClusterSpec, MadeOf), Stop> {
        let found = self.obtain(order)?;
        let made_of = found.made_of();
        Ok((self.spec_of(&order.plan.cluster, &found, order.node_logs, order.plan.seed), made_of))
    }

    fn obtain(&self, order: &mut Order<'_>) -> Result<Distribution, Stop> {
        let Order { plan, ref mut phase, interrupt, note, step, .. } = *order;
        phase("kafka");
        let asked = interrupt.clone();
        // Maven must go when the tool goes, as brokers do.
        let launcher = Launcher::new(self.host.starter()?, move || asked.asked().is_none());
        let request = distribution::Request {
            version: plan.cluster.kafka.clone(),
            kafka_home: self.options.kafka_home.clone(),
            surroundings: Surroundings { launcher, ..Surroundings::of_process() },
        };
        let found = Distribution::locate(&request, &|text| note(text.to_owned()), step);
        Stop::if_asked(interrupt)?;
        let mut found = found.map_err(RuntimeError::from)?;
        if found.class_data_archive.is_none() {
            phase("class data archive");
            class_archive::archive(self, &mut found, interrupt, note, step);
            Stop::if_asked(interrupt)?;
        }
        Ok(found)
    }

    pub(super) fn spec_of(
        &self,
        cluster: &ClusterPlan,
        found: &Distribution,
        log_dir: &Path,
        seed: u64,
    ) -> ClusterSpec {
        ClusterSpec {
            // What was found counts: an unpacked release may differ from the plan's version.
            cluster: ClusterPlan { kafka: found.version.clone(), ..cluster.clone() },
            java: found.java.path.clone(),
            jars: found.jars.clone(),
            jvm_options: found.archive_args(),
            storage_template: Some(found.storage_template.clone()),
            log_config_args: found.log_args.clone(),
            log_dir: log_dir.to_owned(),
            heap_mib: self.options.heap_mib,
            external: None,
            id_seed: seed,
        }
    }
}

impl Provider for LocalProvider {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Local
    }

    fn facts(&self, _cluster: &ClusterPlan) -> RuntimeFacts {
        RuntimeFacts { name: self.kind(), why: self.why.clone(), version: None, image: None }
    }

    fn kafka(&self, cluster: &ClusterPlan) -> PlannedKafka {
        match &self.options.kafka_home {
            Some(home) => {
                let from = VersionFrom::Home(home.display().to_string());
                PlannedKafka { version: None, from }
            }
            None => PlannedKafka { version: cluster.release(), from: VersionFrom::Plan },
        }
    }

    fn notes(&self) -> Vec<String> {
        self.host.notes().to_vec()
    }

    fn accepts(&self, plan: &Plan) -> Result<(), RuntimeError> {
        if let Some(what) = plan.needs_docker() {
            return Err(RuntimeError::new(format!("{}: {what}", plan.source))
                .advise("use --runtime docker, which starts containers"));
        }
        let kafka = &plan.cluster.kafka;
        if self.options.kafka_home.is_none() && !distribution::is_known(kafka) {
            let known = distribution::KNOWN_VERSIONS.join(", ");
            return Err(RuntimeError::new(format!(
                "{}: Kafka {kafka} cannot be fetched; known are {known}",
                plan.source
            ))
            .advise("name an unpacked one by --kafka-home DIR, or use --runtime docker"));
        }
        Ok(())
    }

    fn launch(&self, mut order: Order<'_>) -> Result<(Arc<dyn Cluster>, MadeOf), Stop> {
        let (spec, made_of) = self.spec(&mut order)?;
        Stop::if_asked(order.interrupt)?;
        (order.phase)("cluster");
        Ok((Arc::new(LocalCluster::start(&self.host, spec)?), made_of))
    }
}
