//! The command line as a whole.

use super::{
    baseline, cluster, compare, completions, doctor, filter, heal, hints, image, list, man, matrix,
    new, plan, report, run, schema, validate, worker,
};
use crate::exit::Exit;
use clap::{CommandFactory, Parser, Subcommand};
use std::io::{self, Write, stderr, stdout};

/// Which acknowledged Kafka messages are lost or duplicated when a broker stops or the network
/// splits, and why.
#[derive(Debug, Parser)]
#[command(name = "chaos", version, about, long_about = None, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  chaos list
  chaos run minisr2
  chaos new mine
  chaos plan mine.yaml

Exit status:
  0    every expectation was met, or nothing was expected
  1    an expectation was violated
  2    the command line or a scenario is wrong; nothing was started
  3    inconclusive: a fault did not take effect, a control did not bite,
       or the log could not be read to its end
  4    the environment failed: Kafka, Java, Docker, disk, namespaces
  130  interrupted (143: terminated); faults were healed, and what was known
       is reported";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Matrix(matrix::Arguments),
    /// Validate scenarios and report every problem with its location; start nothing
    Validate(validate::ValidateArgs),
    /// Print what a run would do, when, and to which node; start nothing
    Plan(plan::PlanArgs),
    Report(report::Arguments),
    List(list::Arguments),
    New(new::Arguments),
    Schema(schema::Arguments),
    Compare(compare::Arguments),
    Baseline(baseline::Arguments),
    #[command(subcommand)]
    Cluster(cluster::Command),
    Doctor(doctor::Arguments),
    #[command(subcommand)]
    Image(image::Command),
    Heal(heal::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
    #[command(hide = true)]
    Worker(worker::Arguments),
    #[command(hide = true)]
    Filter(filter::Arguments),
}

pub(super) fn command() -> clap::Command {
    Arguments::command()
}

/// Parses the command line and executes it. Call it before any thread exists.
pub fn main() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(mut error) => {
            hints::add(&mut error, std::env::args_os());
            // Help and version are answers; everything else is a usage error.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Pass };
            return error.print().map_or(Exit::Environment, |()| exit);
        }
    };
    match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Matrix(arguments) => matrix::run(&arguments),
        Command::Validate(arguments) => {
            validate::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::Plan(arguments) => {
            plan::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::Report(arguments) => {
            report::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::List(arguments) => {
            list::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::New(arguments) => {
            new::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::Schema(_) => schema::run(&mut stdout()).unwrap_or_else(unwritten),
        Command::Completions(arguments) => {
            completions::run(&arguments, &mut stdout()).unwrap_or_else(unwritten)
        }
        Command::Man(arguments) => {
            man::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::Compare(arguments) => {
            compare::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::Baseline(arguments) => {
            baseline::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::Cluster(command) => cluster::run(&command),
        Command::Image(command) => image::run(&command),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Heal(arguments) => {
            heal::run(&arguments, &mut stdout(), &mut stderr()).unwrap_or_else(unwritten)
        }
        Command::Worker(arguments) => worker::run(&arguments),
        Command::Filter(arguments) => filter::run(&arguments),
    }
}

/// The answer could not be written. A reader that has seen enough (`| head`) is no failure.
#[expect(clippy::needless_pass_by_value, reason = "it is what `unwrap_or_else` gives")]
fn unwritten(error: io::Error) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Exit::Pass;
    }
    // With stderr closed too there is nobody to tell; the exit status still does.
    drop(writeln!(stderr(), "error: cannot write: {error}"));
    Exit::Environment
}

#[cfg(test)]
mod tests;
