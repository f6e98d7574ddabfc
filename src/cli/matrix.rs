//! `chaos matrix`: the built-in comparison of configurations.

use super::conduct::{Conduct, conduct};
use super::scenario_argument;
use crate::exit::Exit;
use crate::plan::Study;
use crate::result::Verb;
use crate::scenario::builtin;
use crate::yaml::Diagnostics;
use std::io::{self, Write};

/// Compare 24 configurations under four faults: acks, min.insync.replicas, idempotence, unclean
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It runs the built-in scenario `matrix`, scenarios/matrix.yaml: every acks,
min.insync.replicas 1 to 3, idempotence and unclean elections on and off, under
a stopped leader, a killed one, a zombie and a stalled follower.

Examples:
  chaos matrix
  chaos matrix --repeat 20
  chaos matrix --sweep faults=kill --sweep acks=1,all --sort lost
  chaos matrix --set cluster.kafka=4.4.0")]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) conduct: Conduct,
}

/// The built-in scenario with these arguments.
pub(super) fn study(arguments: &Arguments) -> Result<Study, Diagnostics> {
    scenario_argument::of_builtin(&builtin::MATRIX, &arguments.conduct.asked())
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    match study(arguments) {
        Ok(study) => conduct(&arguments.conduct, Verb::Matrix, &[study]),
        Err(diagnostics) => {
            // With stderr closed there is nobody to tell; the exit status still does.
            drop(write!(io::stderr(), "{diagnostics}"));
            Exit::Usage
        }
    }
}
