//! `chaos validate FILE…`: reads scenarios and says whether they could run, starting nothing.

use crate::exit::Exit;
use crate::plan::{self, Plan};
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `chaos validate`.
#[derive(Clone, Debug, clap::Args)]
pub struct ValidateArgs {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Override a value, as in producer.acks=1 or topic.min.insync.replicas=1; may be repeated
    #[arg(long = "set", value_name = "SECTION.PROPERTY=VALUE")]
    pub overrides: Vec<String>,
}

/// One line on `out` for every sound file, every problem of the others on `err`.
/// [`Exit::Usage`] when any file has a problem.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &ValidateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let mut broken = 0;
    for file in &args.files {
        match plan::from_file(file, &args.overrides, None) {
            Ok(plan) => {
                writeln!(out, "{}", line(&plan))?;
                for note in &plan.notes {
                    writeln!(out, "    note: {note}")?;
                }
            }
            Err(problems) => {
                if broken > 0 {
                    writeln!(err)?;
                }
                write!(err, "{problems}")?;
                broken += 1;
            }
        }
    }
    Ok(if broken == 0 { Exit::Pass } else { Exit::Usage })
}

fn line(plan: &Plan) -> String {
    let cells = counted(plan.cells.len(), "cell");
    let faults = counted(plan.faults.len(), "fault");
    let seconds = plan.planned_end_ms() as f64 / 1e3;
    let length = match (plan.duration_ms, plan.faults.is_empty()) {
        (Some(_), _) => format!("{seconds} s"),
        (None, false) => format!("{seconds} s and recovery"),
        (None, true) => "until all messages are sent".to_owned(),
    };
    format!("ok  {}  {cells}, {faults}, {length}", plan.name)
}

/// `1 cell`, `2 cells`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}
