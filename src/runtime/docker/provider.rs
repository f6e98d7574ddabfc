//! [`DockerProvider`]: removes what a killed run left, provides the image, then starts the
//! containers of the compose file.

use super::{
    DockerCluster, DockerSpec, Engine, Obtainable, Pull, Threads, heal, is_obtainable, resolve,
};
use crate::compose::{self, KafkaCluster};
use crate::event::TellStep;
use crate::model::{
    Flavour, Image, MadeOf, PlannedKafka, Release, RuntimeFacts, RuntimeKind, VersionFrom,
};
use crate::plan::{ClusterPlan, Plan};
use crate::runtime::{Cluster, Order, Provider, RuntimeError, Stop};
use crate::yaml::Diagnostics;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The version in the image that our compose files name.
const BUILTIN_VERSION: &str = "3.8.1";
/// Names an image for our compose files.
pub const KAFKA_IMAGE: &str = "KAFKA_IMAGE";
/// Docker's names of networks and volumes begin with the project's; this many characters of a
/// scenario's name go into it.
const PROJECT_NAME_MAX: usize = 24;

/// Options of the command line for containers.
#[derive(Clone, Debug)]
pub struct DockerOptions {
    /// Replaces the compose file's image.
    pub image: Option<String>,
    /// Whether a missing image may be pulled.
    pub pull: Pull,
    /// First port on 127.0.0.1, instead of the compose file's.
    pub port_base: Option<u16>,
    /// Heap of each Kafka process in MiB.
    pub heap_mib: u32,
}

/// Clusters of containers.
#[derive(Debug)]
pub struct DockerProvider {
    options: DockerOptions,
    daemon: String,
    why: String,
    /// What is known about images and their fallbacks: a registry is asked only once.
    known: RefCell<BTreeMap<(String, Option<String>), Obtainable>>,
}

impl DockerProvider {
    /// Connects to the daemon. Leaves no thread behind.
    pub fn connect(options: DockerOptions, why: &str) -> Result<DockerProvider, RuntimeError> {
        let engine = Engine::connect(Threads::None)?;
        let daemon = engine.version().to_owned();
        Ok(DockerProvider { options, daemon, why: why.to_owned(), known: RefCell::default() })
    }

    /// Sets another reason for the choice of this runtime.
    #[must_use]
    pub fn because(self, why: &str) -> DockerProvider {
        DockerProvider { why: why.to_owned(), ..self }
    }

    /// Whether a cluster's images are there or could be pulled: the first that could not, else the
    /// first of them.
    pub fn obtainable(&self, cluster: &ClusterPlan) -> Result<Obtainable, RuntimeError> {
        let nodes = self.nodes(cluster)?;
        let fallback = self.fallback(cluster, &nodes);
        let mut first = None;
        for image in nodes.images() {
            let found = self.look(image, fallback.clone())?;
            if matches!(found, Obtainable::No(_)) {
                return Ok(found);
            }
            first.get_or_insert(found);
        }
        first.ok_or_else(|| RuntimeError::new(format!("{}: no Kafka node", nodes.file)))
    }

    fn look(&self, image: String, fallback: Option<String>) -> Result<Obtainable, RuntimeError> {
        let key = (image, fallback);
        if let Some(found) = self.known.borrow().get(&key) {
            return Ok(found.clone());
        }
        let engine = Engine::connect(Threads::None)?;
        let found = is_obtainable(&engine, &key.0, key.1.as_deref(), self.options.pull)?;
        self.known.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    /// The Kafka nodes of the compose file, with the command line's options.
    fn nodes(&self, cluster: &ClusterPlan) -> Result<KafkaCluster, RuntimeError> {
        let compose = match &cluster.compose {
            Some(path) => compose::read_file(path).map_err(wrong)?,
            None => {
                // The image that our compose files name has one version.
                let own = (cluster.kafka != BUILTIN_VERSION).then(|| own_image(&cluster.kafka));
                let variable = |name: &str| {
                    let given = compose::process_environment(name);
                    given.or_else(|| own.clone().filter(|_| name == KAFKA_IMAGE))
                };
                compose::builtin(cluster.controllers, &variable).map_err(wrong)?
            }
        };
        let mut nodes = compose::kafka(&compose, cluster.flavour).map_err(wrong)?;
        if let Some(image) = &self.options.image {
            nodes.set_image(image);
        }
        nodes.heap(self.options.heap_mib);
        if let Some(base) = self.options.port_base {
            nodes.move_ports(base).map_err(|e| RuntimeError::new(e.to_string()))?;
        }
        Ok(nodes)
    }

    /// The image to use if the wanted one is not available. An explicit choice never falls back,
    /// and our image reads only Bitnami's variables.
    fn fallback(&self, cluster: &ClusterPlan, nodes: &KafkaCluster) -> Option<String> {
        let fits = nodes.nodes.iter().all(|n| n.flavour == Flavour::Bitnami);
        let exact = cluster.release().is_some_and(Release::is_exact);
        (fits && exact && self.options.image.is_none()).then(|| own_image(&cluster.kafka))
    }

    /// Provides every image, and replaces those in the nodes that fell back.
    fn provide_images(
        &self,
        engine: &Engine,
        plan: &ClusterPlan,
        nodes: &mut KafkaCluster,
        (note, step): (&dyn Fn(String), &TellStep<'_>),
    ) -> Result<(), RuntimeError> {
        let fallback = self.fallback(plan, nodes);
        for wanted in nodes.images() {
            let fallback = fallback.as_deref();
            let image = resolve(engine, &wanted, fallback, self.options.pull, note, step)?;
            check_version(&image, plan)?;
            let of_it = nodes.nodes.iter_mut().filter(|n| n.service.image == wanted);
            of_it.for_each(|n| n.service.image.clone_from(&image.name));
        }
        Ok(())
    }
}

impl Provider for DockerProvider {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Docker
    }

    fn facts(&self, cluster: &ClusterPlan) -> RuntimeFacts {
        // A problem here comes again at the launch, and is reported then.
        let image = match self.obtainable(cluster) {
            Ok(Obtainable::Yes(image)) => Some(image),
            Ok(Obtainable::No(_)) | Err(_) => None,
        };
        let (why, version) = (self.why.clone(), Some(self.daemon.clone()));
        RuntimeFacts { name: self.kind(), why, version, image }
    }

    fn kafka(&self, cluster: &ClusterPlan) -> PlannedKafka {
        match self.nodes(cluster) {
            Ok(nodes) => planned_kafka(cluster, &nodes),
            // As above.
            Err(_) => PlannedKafka { version: cluster.release(), from: VersionFrom::Plan },
        }
    }

    fn has_freezer(&self) -> bool {
        true
    }

    fn accepts(&self, plan: &Plan) -> Result<(), RuntimeError> {
        let cluster = &plan.cluster;
        if cluster.compose.is_some() || cluster.brokers == 3 {
            return Ok(());
        }
        let file = compose::builtin_name(cluster.controllers);
        let what = format!(
            "{}: the scenario needs {} brokers, and {file} has 3",
            plan.source, cluster.brokers
        );
        Err(RuntimeError::new(what)
            .advise("name your own compose file in `cluster.compose`, or use --runtime local"))
    }

    fn launch(&self, order: Order<'_>) -> Result<(Arc<dyn Cluster>, MadeOf), Stop> {
        let Order { plan, folder, node_logs, phase, interrupt, note, step } = order;
        let engine = Arc::new(Engine::connect(Threads::One)?);
        heal_first(&engine, note)?;
        let mut nodes = self.nodes(&plan.cluster)?;
        phase("image");
        self.provide_images(&engine, &plan.cluster, &mut nodes, (note, step))?;
        Stop::if_asked(interrupt)?;
        phase("cluster");
        let run = format!("{:012x}", fastrand::u64(..1 << 48));
        let spec = DockerSpec {
            project: project(&plan.name, &run),
            run,
            file: nodes.file.clone(),
            nodes: nodes.nodes.clone(),
            properties: plan.cluster.config.clone(),
            folder: folder.to_owned(),
            log_dir: node_logs.to_owned(),
        };
        keep_compose(folder, &nodes)?;
        let cluster = DockerCluster::start(engine, spec)?;
        let made_of = cluster.made_of().clone();
        Ok((Arc::new(cluster), made_of))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn wrong(problems: Diagnostics) -> RuntimeError {
    RuntimeError::new(format!("the compose file cannot be used\n{problems}"))
}

/// Kafka's version before the brokers report theirs, and its source.
fn planned_kafka(cluster: &ClusterPlan, nodes: &KafkaCluster) -> PlannedKafka {
    let (told, planned) = (nodes.release(), cluster.release());
    let (version, from) = match told {
        Some(release) if told == planned && release.is_exact() => (told, VersionFrom::Plan),
        None if planned.is_some() && cluster.compose.is_some() => (planned, VersionFrom::Scenario),
        told => (told, VersionFrom::Images(nodes.images().into_iter().collect())),
    };
    PlannedKafka { version, from }
}

/// Properties and clocks were decided for the plan's version.
fn check_version(image: &Image, plan: &ClusterPlan) -> Result<(), RuntimeError> {
    let differs = |kafka: &str| {
        let both = Release::parse(kafka).zip(plan.release());
        both.is_some_and(|(image, plan)| !image.agrees(plan))
    };
    match &image.kafka {
        Some(kafka) if differs(kafka) => Err(RuntimeError::new(format!(
            "image {} holds Kafka {kafka}, and the scenario needs {}",
            image.name, plan.kafka
        ))
        .advise(format!("say `--set cluster.kafka={kafka}`, or name another image"))),
        _ => Ok(()),
    }
}

/// The tag of `chaos image build`.
fn own_image(version: &str) -> String {
    format!("chaos-kafka:{version}")
}

/// A compose project's name: lower-case letters, digits, dashes; unique by the run's id.
fn project(scenario: &str, run: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = scenario.chars().take(PROJECT_NAME_MAX).map(fits).collect();
    format!("chaos-{}-{run}", name.trim_matches('-'))
}

/// What killed runs left would hold ports and memory.
fn heal_first(engine: &Engine, note: &dyn Fn(String)) -> Result<(), RuntimeError> {
    let findings = heal::survey(engine)?;
    for line in findings.in_words() {
        note(line);
    }
    heal::heal(engine, &findings)
}

/// Writes the file with which anybody can start the same cluster by hand.
fn keep_compose(folder: &Path, nodes: &KafkaCluster) -> Result<(), RuntimeError> {
    let path = folder.join("compose.yaml");
    let text = nodes
        .to_yaml()
        .map_err(|e| RuntimeError::new(format!("cannot write {}: {e}", path.display())))?;
    std::fs::write(&path, text)
        .map_err(|e| RuntimeError::io(format!("cannot write {}", path.display()), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the nodes of Confluent's images, and a plan for this Kafka.
    fn version(image: &str, planned: &str) -> PlannedKafka {
        let text = include_str!("../../../tests/compose/confluent-8.yml");
        let folder = Path::new(".");
        let compose = compose::read("x.yml", text, folder, &|_| None).unwrap();
        let mut nodes = compose::kafka(&compose, None).unwrap();
        nodes.set_image(image);
        let text = "name: x\nduration: 9s\ncluster: {compose: confluent-8.yml}\n";
        let plan = crate::plan::from_text("tests/compose/x.yaml", text, &[], Some(1)).unwrap();
        let cluster = ClusterPlan { kafka: planned.to_owned(), ..plan.cluster };
        planned_kafka(&cluster, &nodes)
    }

    #[test]
    fn kafkas_version_is_told_with_who_says_so() {
        let of = |image: &str| VersionFrom::Images(vec![image.to_owned()]);
        let confluent = "confluentinc/cp-kafka:8.1.0";
        for (image, planned, expected, from) in [
            (confluent, "4.1", Some("4.1"), of(confluent)),
            ("apache/kafka:4.1.0", "4.1.0", Some("4.1.0"), VersionFrom::Plan),
            ("apache/kafka:4.1.0", "3.8.1", Some("4.1.0"), of("apache/kafka:4.1.0")),
            ("own/kafka:1", "3.8.1", Some("3.8.1"), VersionFrom::Scenario),
            ("own/kafka:1", "unknown", None, of("own/kafka:1")),
        ] {
            let expected = PlannedKafka { version: expected.and_then(Release::parse), from };
            assert_eq!(version(image, planned), expected);
        }
    }

    #[test]
    fn a_projects_name_is_one_that_docker_takes() {
        assert_eq!(project("Min ISR: 2!", "0a"), "chaos-min-isr--2-0a");
        assert_eq!(project("é", "0a"), "chaos--0a");
        let long = project(&"x".repeat(100), "0a");
        assert_eq!(long.len(), "chaos-".len() + PROJECT_NAME_MAX + "-0a".len());
    }
}
