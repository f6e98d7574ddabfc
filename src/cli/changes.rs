//! `--set` and `--sweep`: what the command line changes about scenarios.

pub use super::choose::RuntimeChoice;
use crate::distribution::KNOWN_VERSIONS;
use crate::plan::Asked;
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
    /// What is asked of a plan, with the seed if one was given, where these versions of Kafka can
    /// be had.
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
    /// The runtime that the run will have
    #[arg(long, value_enum, default_value_t)]
    pub runtime: RuntimeChoice,
}

impl KafkaFrom {
    /// The versions that can be had; `None`: any, because a folder or an image has it.
    pub fn versions(&self) -> Option<&'static [&'static str]> {
        let any = self.kafka_home.is_some() || self.runtime == RuntimeChoice::Docker;
        (!any).then_some(KNOWN_VERSIONS)
    }
}
