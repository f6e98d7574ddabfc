//! `chaos cluster up`: a cluster in the foreground, for manual work.

use super::conduct::complain;
use crate::clock::Epoch;
use crate::distribution::KNOWN_VERSIONS;
use crate::exit::{Exit, Interrupt};
use crate::plan::{self, Asked, Plan};
use crate::report::{Detail, Live, Show};
use crate::runner::{self, Bus, Phases, RunFolder};
use crate::runtime::local::{
    Forwarder, Host, HostOptions, LocalCluster, LocalProvider, NodeOptions,
};
use crate::runtime::{Cluster, Order, RuntimeError, Stop};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

/// Start a cluster without a scenario
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  chaos cluster up")]
pub(super) enum Command {
    /// Keep a cluster running in the foreground until Ctrl-C, and print how to reach it
    Up(Up),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It runs on the local runtime; clients reach it by the addresses that it prints.

Examples:
  chaos cluster up
  chaos cluster up --set cluster.kafka=4.4.0 --set cluster.brokers=1
  chaos cluster up --port-base 20000 --out /tmp/logs")]
pub(super) struct Up {
    /// Set a value as in a scenario, e.g. cluster.kafka=4.4.0 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// First port on 127.0.0.1; free ports if not given
    #[arg(long, value_name = "PORT")]
    port_base: Option<u16>,
    /// Write the nodes' logs to this folder
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Use this unpacked Kafka instead
    #[arg(long, value_name = "DIR", env = "KAFKA_HOME")]
    kafka_home: Option<PathBuf>,
    /// Heap of each Kafka process, MiB
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(64..=65_536))]
    heap_mib: u32,
}

pub(super) fn run(command: &Command) -> Exit {
    let Command::Up(up) = command;
    // A cluster is what a scenario without faults and expectations starts; its duration does not
    // matter.
    let text = "name: cluster-up\nsummary: A cluster to try things on.\nduration: 1s\n";
    let versions = up.kafka_home.is_none().then_some(KNOWN_VERSIONS);
    let asked = Asked { overrides: &up.overrides, versions, ..Asked::default() };
    let plan = match plan::study_from_text("cluster up", text, &asked) {
        Ok(mut study) => study.plans.swap_remove(0),
        Err(diagnostics) => {
            // With stderr closed there is nobody to tell; the exit status still does.
            drop(write!(io::stderr(), "{diagnostics}"));
            return Exit::Usage;
        }
    };
    if let Some(problem) = up.out.as_deref().and_then(RunFolder::unfit) {
        // With stderr closed there is nobody to tell; the exit status still does.
        drop(writeln!(io::stderr(), "error: {problem}"));
        return Exit::Usage;
    }
    // Before any thread exists: namespaces and the signal mask are inherited.
    let host = match Host::enter(&HostOptions::from_env()) {
        Ok(host) => host,
        Err(error) => return complain(&error),
    };
    let provider = LocalProvider {
        host,
        options: NodeOptions { kafka_home: up.kafka_home.clone(), heap_mib: up.heap_mib },
        why: "as asked".to_owned(),
        serve: runner::serve_a_topic,
    };
    match hold(&provider, &plan, up) {
        Ok(exit) => exit,
        Err(Stop::Interrupted(exit)) => exit,
        Err(Stop::Failed(error)) => complain(&error),
    }
}

fn hold(provider: &LocalProvider, plan: &Plan, up: &Up) -> Result<Exit, Stop> {
    let interrupt =
        Interrupt::install().map_err(|e| RuntimeError::io("cannot take over signals", e))?;
    let folder = RunFolder::create(up.out.as_deref(), &plan.name)?;
    let (listener, events) = mpsc::channel();
    // Lines only: printed text would end up in the middle of a block.
    let show = Show::lines(Detail::Events);
    let live = Live::listen(events, &folder.path().join("events.jsonl"), show)
        .map_err(|e| RuntimeError::io("cannot write the events", e))?;
    let bus = Bus::new(Epoch::now(), listener);
    let outcome = hold_cluster(provider, plan, up, &folder, &bus, &interrupt);
    drop(bus);
    live.finish().map_err(|e| RuntimeError::io("cannot write the events", e))?;
    outcome
}

fn hold_cluster(
    provider: &LocalProvider,
    plan: &Plan,
    up: &Up,
    folder: &RunFolder,
    bus: &Bus,
    interrupt: &Interrupt,
) -> Result<Exit, Stop> {
    let mut phases = Phases::new(bus.clone());
    let (mut spec, _) = provider.spec(&mut Order {
        plan,
        folder: folder.path(),
        node_logs: &folder.nodes(),
        phase: &mut |name| phases.begin(name, None),
        interrupt,
        note: &|text| bus.note(text),
        step: &|_, _| {},
    })?;
    let ports = ports(plan.cluster.brokers, up.port_base)?;
    spec.external = Some(ports.clone());
    phases.begin("cluster", None);
    let cluster = LocalCluster::start(&provider.host, spec)?;
    runner::wait_until_ready(&cluster, interrupt, &|_, _| {})?;
    phases.end();
    let forwarder = Forwarder::start(&cluster.vantage(), &cluster.external_listeners())
        .map_err(|e| RuntimeError::io("cannot forward ports", e))?;
    say(&cluster.describe(), &ports).map_err(|e| RuntimeError::io("cannot print", e))?;
    let exit = loop {
        if let Some(exit) = interrupt.sleep(Duration::from_secs(3_600)) {
            break exit;
        }
    };
    forwarder.stop();
    cluster.destroy()?;
    // Ctrl-C is the normal end of a cluster in the foreground.
    Ok(if exit == Exit::Interrupted { Exit::Pass } else { exit })
}

/// Ports on the host's loopback, one per broker: from the base on, or free ones.
fn ports(brokers: u16, port_base: Option<u16>) -> Result<Vec<u16>, RuntimeError> {
    // All are held until all are known, so that none is given twice. The forwarder binds them
    // again; if one was taken meanwhile, that fails with a clear error.
    let listen = |i: u16| {
        let port = port_base.map_or(0, |base| base.saturating_add(i));
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .and_then(|listener| Ok((listener.local_addr()?.port(), listener)))
            .map_err(|e| RuntimeError::io(format!("cannot listen on 127.0.0.1:{port}"), e))
    };
    let held: Vec<(u16, TcpListener)> = (0..brokers).map(listen).collect::<Result<_, _>>()?;
    Ok(held.into_iter().map(|(port, _)| port).collect())
}

fn say(describe: &str, ports: &[u16]) -> io::Result<()> {
    let servers: Vec<String> = ports.iter().map(|p| format!("127.0.0.1:{p}")).collect();
    let mut out = io::stdout().lock();
    writeln!(out, "{describe}")?;
    writeln!(out, "bootstrap.servers={}", servers.join(","))?;
    writeln!(out, "for example: kcat -b {} -L", servers[0])?;
    writeln!(out, "Ctrl-C ends it; only the logs are kept.")?;
    out.flush()
}
