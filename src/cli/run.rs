//! `chaos run`: scenarios, one after another, each on a cluster of its own.

use crate::clock::Epoch;
use crate::exit::Exit;
use crate::plan::{self, Plan};
use crate::report::{self, Live};
use crate::runner::{self, Bus, Interrupt, NodeOptions, Request, RunFolder};
use crate::runtime::RuntimeError;
use crate::runtime::local::{Host, HostOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc;

/// Run scenarios: start Kafka, send, inject faults, heal, read everything back, judge
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chaos run scenarios/minisr2.yaml
  chaos run scenarios/*.yaml --set cluster.timing=fast
  chaos run scenarios/minisr2.yaml --set producer.rate=200 --out out/slow")]
pub(super) struct Arguments {
    /// Scenario files
    #[arg(required = true, value_name = "SCENARIO")]
    files: Vec<PathBuf>,
    /// Set a value of the scenario, e.g. cluster.timing=fast (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Put the run's files there; with several scenarios, a folder each inside it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Take this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Where nodes run; `auto` takes what this machine can do
    #[arg(long, value_enum, default_value_t = RuntimeChoice::Auto)]
    runtime: RuntimeChoice,
    /// Take this unpacked Kafka instead of the scenario's version
    #[arg(long, value_name = "DIR", env = "KAFKA_HOME")]
    kafka_home: Option<PathBuf>,
    /// Heap of each Kafka process, MiB
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(64..=65_536))]
    heap_mib: u32,
    /// Print only the result
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RuntimeChoice {
    /// The best that this machine can do.
    Auto,
    /// Processes in namespaces of their own; no root, no Docker.
    Local,
}

impl RuntimeChoice {
    fn in_words(self) -> &'static str {
        match self {
            RuntimeChoice::Auto => "local (auto: the only runtime of this version)",
            RuntimeChoice::Local => "local (as asked)",
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let plans = match plans(arguments) {
        Ok(plans) => plans,
        Err(exit) => return exit,
    };
    // Before any thread exists: namespaces and the signal mask are inherited.
    let host = match Host::enter(&HostOptions::from_env()) {
        Ok(host) => host,
        Err(error) => return complain(&error),
    };
    let interrupt = match Interrupt::install() {
        Ok(interrupt) => interrupt,
        Err(error) => return complain(&RuntimeError::io("cannot take over signals", error)),
    };
    let mut worst = Exit::Pass;
    let several = plans.len() > 1;
    for plan in &plans {
        let exit =
            one(&host, plan, arguments, several, &interrupt).unwrap_or_else(|e| complain(&e));
        worst = worst.worst(exit);
        if interrupt.asked().is_some() {
            break;
        }
    }
    worst
}

/// Reads and plans all files; every problem of every file is told before anything starts.
fn plans(arguments: &Arguments) -> Result<Vec<Plan>, Exit> {
    let mut plans = Vec::new();
    let mut wrong = false;
    for file in &arguments.files {
        match plan::from_file(file, &arguments.overrides, arguments.seed) {
            Ok(plan) => plans.push(plan),
            Err(diagnostics) => {
                wrong = true;
                // With stderr closed there is nobody to tell; the exit status still does.
                drop(write!(io::stderr(), "{diagnostics}"));
            }
        }
    }
    if wrong { Err(Exit::Usage) } else { Ok(plans) }
}

fn one(
    host: &Host,
    plan: &Plan,
    arguments: &Arguments,
    several: bool,
    interrupt: &Interrupt,
) -> Result<Exit, RuntimeError> {
    let out = arguments.out.as_ref().map(|o| if several { o.join(&plan.name) } else { o.clone() });
    let folder = RunFolder::create(out.as_deref(), &plan.name)?;
    let (listener, events) = mpsc::channel();
    let live = Live::listen(events, &folder.path().join("events.jsonl"), arguments.quiet)
        .map_err(|e| RuntimeError::io("cannot write events.jsonl", e))?;
    let bus = Bus::new(Epoch::now(), listener);
    let options =
        NodeOptions { kafka_home: arguments.kafka_home.clone(), heap_mib: arguments.heap_mib };
    let runtime = arguments.runtime.in_words();
    let request = Request { plan, options: &options, folder: &folder, runtime };
    let report = runner::run(host, &request, &bus, interrupt);
    // The listener ends when nobody is left who could tell it anything.
    drop(bus);
    let told = live.finish();
    report::write_json(&report, folder.path())
        .map_err(|e| RuntimeError::io("cannot write report.json", e))?;
    report::write_table(&report, &mut io::stdout().lock())
        .map_err(|e| RuntimeError::io("cannot write the result", e))?;
    told.map_err(|e| RuntimeError::io("cannot write events.jsonl", e))?;
    Ok(report.exit())
}

pub(super) fn complain(error: &RuntimeError) -> Exit {
    // With stderr closed there is nobody to tell; the exit status still does.
    drop(writeln!(io::stderr(), "error: {error}"));
    Exit::Environment
}
