//! The local runtime's part of a run: Kafka fetched and cached, then nodes in namespaces.

use super::launch::{Order, Runtime};
use super::{Interrupt, Phases, train};
use crate::distribution::{self, Distribution, Launcher, Surroundings};
use crate::plan::{ClusterPlan, Plan};
use crate::runtime::local::{ClusterSpec, Host, LocalCluster};
use crate::runtime::{Cluster, RuntimeError, Stop};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the command line says of the nodes.
#[derive(Clone, Debug, Default)]
pub struct NodeOptions {
    /// An unpacked Kafka to take instead of the plan's version.
    pub kafka_home: Option<PathBuf>,
    /// Heap of each Kafka process, MiB.
    pub heap_mib: u32,
}

/// Kafka and Java, fetched and cached, with the class-data archive.
///
/// # Errors
/// When they cannot be had.
pub fn obtain(
    host: &Host,
    cluster: &ClusterPlan,
    options: &NodeOptions,
    phases: &mut Phases,
    interrupt: &Interrupt,
    note: &dyn Fn(String),
) -> Result<Distribution, Stop> {
    phases.begin("kafka", None);
    let asked = interrupt.clone();
    // Maven and its kin must go when the tool goes, as brokers do.
    let launcher = Launcher::new(host.starter()?, move || asked.asked().is_none());
    let request = distribution::Request {
        version: cluster.kafka.clone(),
        kafka_home: options.kafka_home.clone(),
        surroundings: Surroundings { launcher, ..Surroundings::of_process() },
    };
    let found = Distribution::locate(&request, &|text| note(text.to_owned()));
    let unless_interrupted = || interrupt.asked().map_or(Ok(()), |e| Err(Stop::Interrupted(e)));
    unless_interrupted()?;
    let mut found = found.map_err(RuntimeError::from)?;
    if found.class_data_archive.is_none() {
        phases.begin("class data archive", None);
        train::archive(host, &mut found, options, interrupt, note);
        unless_interrupted()?;
    }
    Ok(found)
}

/// What a cluster is made of.
pub fn cluster_spec(
    cluster: &ClusterPlan,
    found: &Distribution,
    options: &NodeOptions,
    log_dir: &Path,
    seed: u64,
) -> ClusterSpec {
    ClusterSpec {
        // What was found counts: an unpacked release may be another one than the plan's.
        cluster: ClusterPlan { kafka: found.version.clone(), ..cluster.clone() },
        java: found.java.path.clone(),
        jars: found.jars.clone(),
        jvm_options: found.archive_args(),
        storage_template: Some(found.storage_template.clone()),
        log_config_args: found.log_args.clone(),
        log_dir: log_dir.to_owned(),
        heap_mib: options.heap_mib,
        external: None,
        id_seed: seed,
    }
}

/// Clusters of JVM processes in namespaces of their own.
pub struct LocalRuntime {
    /// This process, made fit for it.
    pub host: Host,
    /// What the command line says of the nodes.
    pub options: NodeOptions,
    /// Why it was taken.
    pub why: String,
}

impl Runtime for LocalRuntime {
    fn name(&self) -> &'static str {
        "local"
    }

    fn in_words(&self, _cluster: &ClusterPlan) -> String {
        format!("{} ({})", self.name(), self.why)
    }

    fn kafka(&self, cluster: &ClusterPlan) -> String {
        match &self.options.kafka_home {
            Some(home) => format!("from {}", home.display()),
            None => cluster.kafka.clone(),
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

    fn launch(&self, order: Order<'_>) -> Result<(Arc<dyn Cluster>, String), Stop> {
        let Order { cluster, seed, folder, phases, interrupt, note, .. } = order;
        let found = obtain(&self.host, cluster, &self.options, phases, interrupt, note)?;
        if let Some(exit) = interrupt.asked() {
            return Err(Stop::Interrupted(exit));
        }
        phases.begin("cluster", None);
        let spec = cluster_spec(cluster, &found, &self.options, &folder.nodes(), seed);
        let cluster = LocalCluster::start(&self.host, spec)?;
        Ok((Arc::new(cluster), found.describe()))
    }
}
