//! `--set` and `--sweep`: changes to scenarios from the command line.

pub use super::choose_runtime::RuntimeChoice;
use crate::distribution::{KNOWN_VERSIONS, is_known};
use crate::plan::{Asked, Plan};
use std::path::PathBuf;

/// Arguments that change scenarios before they are checked.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Changes {
    /// Override a value, as in producer.acks=1 or topic.min.insync.replicas=1; may be repeated
    #[arg(long = "set", value_name = "SECTION.PROPERTY=VALUE")]
    pub overrides: Vec<String>,
    /// Add an axis to the matrix, or replace its values, as in acks=0,1,all or
    /// cluster.kafka=3.8.1,4.4.0; faults=NAME,NAME picks timelines; may be repeated
    #[arg(long = "sweep", value_name = "PROPERTY=VALUE,VALUE")]
    pub sweeps: Vec<String>,
}

impl Changes {
    /// The request for a plan, with the seed if one was given and the available versions of Kafka.
    pub fn asked<'a>(&'a self, seed: Option<u64>, versions: Option<&'a [&'a str]>) -> Asked<'a> {
        Asked { overrides: &self.overrides, sweeps: &self.sweeps, seed, versions }
    }
}

/// Where Kafka will come from, for commands that start nothing.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct KafkaFrom {
    /// The unpacked Kafka that the run will use, whatever its version
    #[arg(long, value_name = "DIR", env = "KAFKA_HOME")]
    pub kafka_home: Option<PathBuf>,
    /// The runtime that the run will use
    #[arg(long, value_enum, default_value_t)]
    pub runtime: RuntimeChoice,
}

impl KafkaFrom {
    /// The available versions; `None`: any, because a folder or an image may have it.
    pub fn versions(&self) -> Option<&'static [&'static str]> {
        self.runtime.versions(self.kafka_home.as_ref())
    }

    /// A note if only Docker has the plan's Kafka, and a run would use whatever it finds.
    pub(super) fn note(&self, plan: &Plan) -> Option<String> {
        let Plan { cluster, .. } = plan;
        let any = self.runtime != RuntimeChoice::Auto || self.kafka_home.is_some();
        if any || cluster.compose.is_some() || is_known(&cluster.kafka) {
            return None;
        }
        Some(format!(
            "Kafka {} needs Docker and an image of it, or --kafka-home DIR: the local runtime \
             fetches {}",
            cluster.kafka,
            KNOWN_VERSIONS.join(", ")
        ))
    }
}
