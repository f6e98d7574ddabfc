//! `chaos run`: scenarios, one after another.

use super::conduct::{Conduct, conduct};
use super::scenario_argument;
use crate::exit::Exit;
use crate::plan::Study;
use crate::result::Verb;
use std::io::{self, Write};
use std::path::PathBuf;

/// Run scenarios: start Kafka, send, inject faults, heal, read everything back, judge
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chaos run minisr2
  chaos run scenarios/*.yaml --set cluster.timing=fast
  chaos run minisr2 --sweep min.insync.replicas=1,2,3 --sweep acks=0,1,all \\
      --sweep enable.idempotence=false,true
  chaos run acks1-leader-loss --repeat 20 --until-decided
  chaos run minisr2 --runtime docker --port-base 20000
  sed s/3.8.1/4.4.0/ mine.yaml | chaos run -")]
pub(super) struct Arguments {
    /// Scenario files, names of built-in scenarios (`chaos list` shows them), or - for standard
    /// input
    #[arg(required = true, value_name = "SCENARIO")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) conduct: Conduct,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    match studies(arguments) {
        Ok(studies) => conduct(&arguments.conduct, Verb::Run, &studies),
        Err(exit) => exit,
    }
}

/// Reads and plans all files; every problem of every file is reported before anything starts.
pub(super) fn studies(arguments: &Arguments) -> Result<Vec<Study>, Exit> {
    let mut studies = Vec::new();
    let mut wrong = false;
    for study in scenario_argument::each(&arguments.files, |f| {
        scenario_argument::study(f, &arguments.conduct.asked())
    }) {
        match study {
            Ok(study) => studies.push(study),
            Err(diagnostics) => {
                wrong = true;
                // With stderr closed there is nobody to tell; the exit status still does.
                drop(write!(io::stderr(), "{diagnostics}"));
            }
        }
    }
    if wrong { Err(Exit::Usage) } else { Ok(studies) }
}
