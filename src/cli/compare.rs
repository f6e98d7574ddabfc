//! `chaos compare BASE NEW`: whether a run is worse than another one.

use super::newest_run;
use super::output::columns;
use crate::compare::{self, Comparison, Options};
use crate::exit::Exit;
use crate::report::printable;
use crate::result::ReadError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Compare two runs: what changed, and whether chance explains it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
BASE and NEW are a run's folder, its report.json, or a file of `chaos baseline`.
Without NEW, it is the newest run of BASE's scenario in chaos-out. Without both,
NEW is the newest run of all, and BASE the run of that scenario before it.

Examples:
  chaos compare
  chaos compare minisr2.baseline.json
  chaos compare chaos-out/minisr2-20260101-030000 chaos-out/latest
  chaos compare minisr2.baseline.json chaos-out/latest --tolerance 50 --json
  chaos compare minisr2.baseline.json chaos-out/latest --fail-on undecided

Exit status:
  0  nothing is worse, or nothing is decided
  1  a regression
  2  the command line or a file is wrong
  3  nothing could be compared, NEW lacks a result for a cell of BASE, or
     --fail-on undecided and something is not decided")]
pub(super) struct Arguments {
    /// The run to compare NEW with
    #[arg(value_name = "BASE")]
    base: Option<PathBuf>,
    /// The run to judge
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
    /// How much a latency or the time without an acknowledgement may grow
    #[arg(long, value_name = "PERCENT", default_value_t = 25.0, value_parser = percent)]
    tolerance: f64,
    /// Also fail when undecided: too few trials to decide
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

/// What is a failure beside a regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    Undecided,
}

/// A sensible tolerance in percent.
fn percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text
        .trim_end_matches('%')
        .trim()
        .parse()
        .map_err(|_| "write a percentage, as in 25".to_owned())?;
    match (0.0..=10_000.0).contains(&percent) {
        true => Ok(percent),
        false => Err("from 0 to 10000 percent".to_owned()),
    }
}

/// The comparison on `out`, or what is wrong with a file on `err` and [`Exit::Usage`].
pub(super) fn run(
    arguments: &Arguments,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let options = Options {
        tolerance: arguments.tolerance / 1e2,
        fail_on_undecided: arguments.fail_on == Some(FailOn::Undecided),
    };
    let compared = sides(arguments).and_then(|(base, new)| {
        let comparison = both(&base, &new, options).map_err(|error| error.to_string())?;
        Ok((base, new, comparison))
    });
    let comparison = match compared {
        Ok((base, new, comparison)) => {
            let scenario = &comparison.base.scenario;
            match (&arguments.base, &arguments.new) {
                (Some(_), Some(_)) => {}
                (Some(_), None) => {
                    newest_run::tell(
                        "NEW",
                        &new,
                        &format!("the newest other run of {scenario}"),
                        err,
                    )?;
                }
                (None, _) => {
                    newest_run::tell("NEW", &new, "the newest", err)?;
                    newest_run::tell(
                        "BASE",
                        &base,
                        &format!("the run of {scenario} before it"),
                        err,
                    )?;
                }
            }
            comparison
        }
        Err(error) => {
            complain(&error, err)?;
            return Ok(Exit::Usage);
        }
    };
    if arguments.json {
        serde_json::to_writer_pretty(&mut *out, &comparison)?;
        writeln!(out)?;
    } else {
        let columns = columns(&console::Term::stdout());
        compare::write_words(&comparison, columns, out)?;
    }
    Ok(comparison.exit())
}

/// Both sides: the named ones, and the newest that fit for the others.
fn sides(arguments: &Arguments) -> Result<(PathBuf, PathBuf), String> {
    let scenario = |of: &Path| newest_run::scenario(of).map_err(|error| error.to_string());
    match (&arguments.base, &arguments.new) {
        (Some(base), Some(new)) => Ok((base.clone(), new.clone())),
        (Some(base), None) => {
            let (side, _) = compare::read(base).map_err(|error| error.to_string())?;
            Ok((base.clone(), newest_run::newest_of(&side.scenario, base, "NEW")?))
        }
        (None, _) => {
            let new = newest_run::newest()?;
            Ok((newest_run::newest_of(&scenario(&new)?, &new, "BASE")?, new))
        }
    }
}

/// An error with its help, without terminal control: parts of it come from files.
pub(super) fn complain(error: &str, err: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<String> = error.lines().map(printable).collect();
    writeln!(err, "error: {}", lines.join("\n"))
}

fn both(base: &Path, new: &Path, options: Options) -> Result<Comparison, ReadError> {
    let (base_side, _) = compare::read(base)?;
    let (new_side, _) = compare::read(new)?;
    let (base, new) = (base.display().to_string(), new.display().to_string());
    Ok(compare::compare((&base, &base_side), (&new, &new_side), options))
}
