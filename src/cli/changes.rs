//! `--set` and `--sweep`: what the command line changes about scenarios.

use crate::plan::Asked;

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
    /// What is asked of a plan, with the seed if one was given.
    pub fn asked(&self, seed: Option<u64>) -> Asked<'_> {
        Asked { overrides: &self.overrides, sweeps: &self.sweeps, seed }
    }
}
