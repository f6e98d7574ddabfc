//! `chaos doctor`: really tries what a run does, on each runtime, each in its own process.

use super::choose_runtime::Options;
use super::conduct::complain;
use crate::exit::{Exit, Interrupt};
use crate::model::RuntimeKind;
use crate::plan;
use crate::report;
use crate::runner::{RunFolder, Step, rehearse};
use crate::runtime::{Provider, RuntimeError, Stop};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde::Serialize;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// Try everything that a run does, and say what is missing: namespaces, Kafka, Docker, each fault
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Starts a cluster of three brokers on each runtime, uses it, stops, cuts and
kills nodes, and removes it. Exits with 0 when one runtime works, or the named
one.

Examples:
  chaos doctor
  chaos doctor --runtime docker --port-base 20000")]
pub(super) struct Arguments {
    /// Try this runtime only
    #[arg(long, value_enum)]
    runtime: Option<RuntimeKind>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    options: Options,
    /// Be the process that tries it, in this folder, telling each step as a line of JSON
    #[arg(long, hide = true, value_name = "DIR", requires = "runtime")]
    child: Option<PathBuf>,
}

impl ValueEnum for RuntimeKind {
    fn value_variants<'a>() -> &'a [Self] {
        &[RuntimeKind::Local, RuntimeKind::Docker]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()))
    }
}

/// The result for one runtime.
#[derive(Debug, Serialize)]
struct Tried {
    runtime: RuntimeKind,
    works: bool,
    steps: Vec<Step>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    if let (Some(folder), Some(kind)) = (&arguments.child, arguments.runtime) {
        return try_here(kind, arguments, folder);
    }
    // Ctrl-C goes to the children too: they clean up, and this process waits for them.
    let interrupt = match Interrupt::install() {
        Ok(interrupt) => interrupt,
        Err(e) => return complain(&RuntimeError::io("cannot take over signals", e)),
    };
    let kinds =
        arguments.runtime.map_or(vec![RuntimeKind::Local, RuntimeKind::Docker], |kind| vec![kind]);
    let mut tried = Vec::new();
    for kind in kinds {
        match try_in_child(kind, arguments) {
            Ok(one) => tried.push(one),
            Err(error) => return complain(&error),
        }
        if let Some(exit) = interrupt.asked() {
            return exit;
        }
    }
    let works = tried.iter().any(|t| t.works);
    match conclude(&tried, arguments.json) {
        Err(e) => complain(&RuntimeError::io("cannot print", e)),
        Ok(()) if works => Exit::Pass,
        Ok(()) => Exit::Environment,
    }
}

/// Starts this program again, and prints each step as it comes.
fn try_in_child(kind: RuntimeKind, arguments: &Arguments) -> Result<Tried, RuntimeError> {
    let folder = std::env::temp_dir().join(format!("kafka-chaos-doctor-{}", std::process::id()));
    let exe = std::env::current_exe().map_err(|e| RuntimeError::io("own program", e))?;
    let mut command = Command::new(exe);
    command.args(["doctor", "--runtime", kind.word(), "--child"]).arg(&folder);
    arguments.options.pass_on(&mut command);
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| RuntimeError::io("cannot start a child process", e))?;
    let tried = listen(kind, child, arguments.json);
    // The child leaves logs there; it has reported their last lines.
    drop(std::fs::remove_dir_all(&folder));
    tried
}

fn listen(kind: RuntimeKind, mut child: Child, quiet: bool) -> Result<Tried, RuntimeError> {
    let mut steps: Vec<Step> = Vec::new();
    let lines = child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines);
    for line in lines {
        let line = line.map_err(|e| RuntimeError::io("reading from the child process", e))?;
        let step: Step = serde_json::from_str(&line)
            .map_err(|e| RuntimeError::new(format!("the child process said `{line}`: {e}")))?;
        if !quiet {
            print(kind, &step).map_err(|e| RuntimeError::io("cannot print", e))?;
        }
        steps.push(step);
    }
    let status = child.wait().map_err(|e| RuntimeError::io("waiting for the child process", e))?;
    let works = status.success() && steps.iter().all(|s| s.ok);
    if !works && steps.iter().all(|s| s.ok) {
        let error = RuntimeError::new(format!("the process that tried it ended with {status}"));
        let step = Step::ended("end", Instant::now(), Err(error));
        if !quiet {
            print(kind, &step).map_err(|e| RuntimeError::io("cannot print", e))?;
        }
        steps.push(step);
    }
    Ok(Tried { runtime: kind, works, steps })
}

fn print(kind: RuntimeKind, step: &Step) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mark = if step.ok { "ok" } else { "NO" };
    let took = format!("{:.0} ms", step.ms);
    let mut lines = step.text.lines();
    let first = lines.next().unwrap_or_default();
    writeln!(out, "{:<7} {:<18} {mark} {took:>9}  {first}", kind.word(), step.name)?;
    for line in lines {
        writeln!(out, "{:41}{line}", "")?;
    }
    for line in step.help.iter().flat_map(|help| help.lines()) {
        writeln!(out, "{:41}help: {line}", "")?;
    }
    out.flush()
}

fn conclude(tried: &[Tried], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let notes = notes(cfg!(librdkafka_spins));
    if json {
        let document = serde_json::json!({ "runtimes": tried, "notes": notes });
        serde_json::to_writer_pretty(&mut out, &document)?;
        return writeln!(out);
    }
    for note in notes {
        writeln!(out, "note: {note}")?;
    }
    for one in tried {
        let verdict = if one.works { "works" } else { "does not work" };
        writeln!(out, "--runtime {} {verdict} on this machine", one.runtime.word())?;
    }
    Ok(())
}

/// Notes that apply to every runtime.
fn notes(librdkafka_spins: bool) -> Vec<&'static str> {
    let spins = "this program was built with a linker that does not know --wrap: each idempotent \
                 producer takes up to a whole processor while it waits for acknowledgements, so \
                 many cells disturb each other; build it with GNU ld, lld or mold";
    librdkafka_spins.then_some(spins).into_iter().collect()
}

/// In the child: tries one runtime, and reports each step on standard output.
fn try_here(kind: RuntimeKind, arguments: &Arguments, folder: &Path) -> Exit {
    let tell = |step: Step| {
        let mut out = io::stdout().lock();
        drop(serde_json::to_writer(&mut out, &step).map(|()| writeln!(out)));
    };
    let begun = Instant::now();
    let name = match kind {
        RuntimeKind::Local => "namespaces",
        RuntimeKind::Docker => "daemon",
    };
    let runtime = match kind {
        RuntimeKind::Local => arguments.options.local("as asked"),
        RuntimeKind::Docker => arguments.options.docker("as asked"),
    };
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(Step::ended(name, begun, Err(error)));
            return Exit::Environment;
        }
    };
    match try_runtime(runtime.as_ref(), (name, begun), folder, &tell) {
        Ok(()) => Exit::Pass,
        Err(Stop::Interrupted(exit)) => exit,
        // Reported as a step.
        Err(Stop::Failed(_)) => Exit::Environment,
    }
}

fn try_runtime(
    runtime: &dyn Provider,
    (name, begun): (&str, Instant),
    folder: &Path,
    tell: &dyn Fn(Step),
) -> Result<(), Stop> {
    let text = "name: doctor\nsummary: What a run does, tried.\nduration: 1s\n";
    let plan = plan::from_text("doctor", text, &[], None)
        .map_err(|e| RuntimeError::new(format!("the doctor's own plan is wrong: {e}")))?;
    let words = report::environment::runtime(&runtime.facts(&plan.cluster));
    tell(Step::ended(name, begun, Ok(words)));
    let interrupt =
        Interrupt::install().map_err(|e| RuntimeError::io("cannot take over signals", e))?;
    let folder = RunFolder::create(Some(folder), &plan.name)?;
    rehearse(runtime, &plan, &folder, &interrupt, tell)
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn a_client_that_spins_is_told() {
        assert!(notes(true)[0].contains("--wrap"));
        assert!(notes(false).is_empty());
    }
}
