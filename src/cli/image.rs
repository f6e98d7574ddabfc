//! `chaos image build`: builds a Kafka image without a registry.

use super::conduct::complain;
use crate::clock::Epoch;
use crate::distribution::{self, Launcher, Surroundings};
use crate::exit::{Exit, Interrupt};
use crate::image::{self, Built, Order, Watch};
use crate::report::{Detail, Live, Show};
use crate::runner::{Bus, Phases};
use crate::runtime::RuntimeError;
use crate::runtime::docker::{Engine, Threads};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

/// Build a Kafka image without a registry
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  chaos image build 4.4.0")]
pub(super) enum Command {
    Build(Build),
}

/// Build chaos-kafka:VERSION from Maven's jars and this machine's JDK; pull nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It needs a Docker daemon that this user may use (DOCKER_HOST, or the usual
socket), Maven, a JDK of 17 or newer with jlink, and a static busybox. On Debian
and Ubuntu:
  apt-get install docker.io maven openjdk-17-jdk-headless busybox-static

Examples:
  chaos image build
  chaos image build 4.4.0
  chaos image build --kafka-home ~/kafka_2.13-3.9.1 --tag kafka:mine")]
pub(super) struct Build {
    /// Version of Kafka
    #[arg(value_name = "VERSION", default_value = "3.8.1", value_parser = known)]
    version: String,
    /// Use this unpacked Kafka instead; its version names the image
    #[arg(long, value_name = "DIR", conflicts_with = "version")]
    kafka_home: Option<PathBuf>,
    /// Name of the image, instead of chaos-kafka:VERSION
    #[arg(long, value_name = "NAME:TAG", value_parser = image::parse_reference)]
    tag: Option<String>,
    /// Build it even if the same image exists
    #[arg(long)]
    force: bool,
    /// Print only the result
    #[arg(short, long)]
    quiet: bool,
}

fn known(version: &str) -> Result<String, String> {
    if distribution::is_known(version) {
        return Ok(version.to_owned());
    }
    let known: Vec<&str> = distribution::known_versions().collect();
    Err(format!("known versions are {}; for others use --kafka-home", known.join(", ")))
}

pub(super) fn run(command: &Command) -> Exit {
    let Command::Build(arguments) = command;
    // Before any thread exists: they inherit the signal mask.
    let interrupt = match Interrupt::install() {
        Ok(interrupt) => interrupt,
        Err(error) => return complain(&RuntimeError::io("cannot take over signals", error)),
    };
    let built = build(arguments, &interrupt);
    if let Some(exit) = interrupt.asked() {
        return exit;
    }
    match built
        .and_then(|built| say(&built).map_err(|e| RuntimeError::io("cannot write the result", e)))
    {
        Ok(()) => Exit::Pass,
        Err(error) => complain(&error),
    }
}

fn build(arguments: &Build, interrupt: &Interrupt) -> Result<Built, RuntimeError> {
    let engine = Engine::connect(Threads::One).map_err(|error| {
        error.advise(
            "start the daemon, or set DOCKER_HOST to its socket; its socket is open to root and \
             to the group that owns it, usually docker",
        )
    })?;
    let (listener, events) = mpsc::channel();
    // The lines are for the waiting person; nobody reads a build's events afterwards.
    let detail = if arguments.quiet { Detail::Nothing } else { Detail::Events };
    let live = Live::listen(events, Path::new("/dev/null"), Show::lines(detail).with_block())
        .map_err(|e| RuntimeError::io("cannot show what goes on", e))?;
    let bus = Bus::new(Epoch::now(), listener);
    let mut phases = Phases::new(bus.clone());
    let asked = interrupt.clone();
    // In its own group: Ctrl-C reaches it through this process, once.
    let launcher = Launcher::new(
        |mut command| command.process_group(0).spawn(),
        move || asked.asked().is_none(),
    );
    let order = Order {
        request: distribution::Request {
            version: arguments.version.clone(),
            kafka_home: arguments.kafka_home.clone(),
            surroundings: Surroundings { launcher, ..Surroundings::of_process() },
        },
        reference: arguments.tag.clone(),
        force: arguments.force,
    };
    let built = image::build(
        &engine,
        &order,
        &mut Watch {
            phase: &mut |name| phases.begin(name, None),
            note: &|text| bus.note(text),
            step: &|what, far| bus.step(what, far),
            wanted: &|| interrupt.asked().is_none(),
        },
    );
    // The listener ends when all senders are gone.
    drop((phases, bus));
    live.finish().map_err(|e| RuntimeError::io("cannot show what goes on", e))?;
    built
}

fn say(built: &Built) -> io::Result<()> {
    let Built { reference, version, bytes, findings, was_there, .. } = built;
    let mut out = io::stdout().lock();
    let what = if *was_there { "is up to date" } else { "is built" };
    writeln!(out, "{reference} {what}: Kafka {version}, {:.0} MB", *bytes as f64 / 1e6)?;
    for finding in findings {
        writeln!(out, "  {finding}")?;
    }
    out.flush()
}
