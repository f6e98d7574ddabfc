//! [`Environment`]: where a run takes place and on what, as facts. `report::environment` puts them
//! into words.

use super::{Properties, Release};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of a run's environment beside its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    pub runtime: RuntimeFacts,
    pub kafka: PlannedKafka,
    pub folder: String,
    /// The clients' libraries with their versions.
    pub clients: Properties,
    /// None until the cluster is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_of: Option<MadeOf>,
    /// How many runs took place on the same cluster before.
    #[serde(default)]
    pub runs_before: u32,
    /// None until the brokers have answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<ReportedKafka>,
}

/// What starts clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeKind {
    /// Processes in namespaces of their own.
    Local,
    /// Containers of a compose file.
    Docker,
}

impl RuntimeKind {
    /// As `--runtime` has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            RuntimeKind::Local => "local",
            RuntimeKind::Docker => "docker",
        }
    }
}

/// The runtime, and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeFacts {
    pub name: RuntimeKind,
    pub why: String,
    /// The Docker daemon's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageChoice>,
}

/// The image that containers will be made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageChoice {
    pub name: String,
    /// It must be pulled first.
    #[serde(default)]
    pub pull: bool,
    /// Why it is not the one that was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Kafka's version before the brokers tell theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedKafka {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Release>,
    pub from: VersionFrom,
}

/// Who says which version it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionFrom {
    /// The plan, and nothing contradicts it.
    Plan,
    /// The scenario, and nothing confirms it.
    Scenario,
    /// These images' tags.
    Images(Vec<String>),
    /// The unpacked release in this folder.
    Home(String),
}

/// What a cluster was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeOf {
    /// The version in the broker's jar, and the first line of `java -version`.
    Jars { kafka: String, origin: JarOrigin, java: String },
    /// The daemon's version, the compose project and its file.
    Containers { docker: String, project: String, file: String, images: Vec<Image> },
}

/// Where Kafka's jars come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JarOrigin {
    /// Maven fetched so many, and their sums are known.
    Maven(usize),
    /// An unpacked release, unchecked; and the scenario's version where that is another one.
    Home { folder: String, wanted: Option<String> },
}

/// An image that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub name: String,
    /// `sha256:…`.
    pub id: String,
    /// Which Kafka is in it, where the image says so.
    pub kafka: Option<String>,
}

/// Which Kafka the brokers are and what is switched on in their cluster, by their own word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedKafka {
    /// By `node.id`. None is a release that this tool does not know.
    pub releases: BTreeMap<i32, Option<Release>>,
    /// Whether the cluster keeps eligible leader replicas.
    pub keeps_eligible: bool,
}

impl ReportedKafka {
    /// The release that all brokers have.
    pub(crate) fn release(&self) -> Option<Release> {
        let mut releases = self.releases.values();
        let first = (*releases.next()?)?;
        releases.all(|other| *other == Some(first)).then_some(first)
    }
}
