//! `chaos validate FILE…`: reads scenarios and says whether they could run, starting nothing.

use super::changes::Changes;
use super::named;
use crate::exit::Exit;
use crate::plan::{Plan, Study};
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `chaos validate`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chaos validate scenarios/*.yaml
  chaos validate minisr2 --sweep acks=0,1,all --set cluster.brokers=5

Exit status:
  0  all of them could run
  2  one of them could not")]
pub struct ValidateArgs {
    /// Scenario files, or names of scenarios that are built in
    #[arg(required = true, value_name = "SCENARIO")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "it would become the command's own help")]
    pub changes: Changes,
}

/// One line on `out` for every sound file, every problem of the others on `err`.
/// [`Exit::Usage`] when any file has a problem.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &ValidateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let mut broken = 0;
    for file in &args.files {
        match named::study(file, &args.changes.asked(None)) {
            Ok(study) => {
                writeln!(out, "{}", line(&study))?;
                for note in study.notes() {
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

fn line(study: &Study) -> String {
    let plan = study.first();
    let compose = plan.cluster.compose.as_ref();
    let from = compose.map_or(String::new(), |file| format!(", on {}", file.display()));
    format!("ok  {}  {}{from}", plan.name, extent(study))
}

/// How much a study is: runs, cells, faults, and how long it takes.
pub(super) fn extent(study: &Study) -> String {
    let plan = study.first();
    let cells = counted(study.plans.iter().map(|plan| plan.cells.len()).sum(), "cell");
    let ms = study.plans.iter().map(Plan::planned_end_ms).fold(0, u64::saturating_add);
    let seconds = ms as f64 / 1e3;
    if study.plans.len() > 1 {
        let runs = counted(study.plans.len(), "run");
        return format!("{runs}, {cells}, {seconds} s in all and recovery of each");
    }
    let faults = counted(plan.faults.len(), "fault");
    let length = match (plan.duration_ms, plan.faults.is_empty()) {
        (Some(_), _) => format!("{seconds} s"),
        (None, false) => format!("{seconds} s and recovery"),
        (None, true) => "until all messages are sent".to_owned(),
    };
    format!("{cells}, {faults}, {length}")
}

/// `1 cell`, `2 cells`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}
