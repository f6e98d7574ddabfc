//! How soon a fault is in effect: `process_stop` (SIGSTOP, until every thread is in state T)
//! compared with `pause` (Docker's freezer, until every thread is in state D), in turns on one real
//! Kafka broker in a container, each injected and proved as in a run. Started by `script/bench`.

use clap::Parser;
use kafka_chaos::testing::clock::Epoch;
use kafka_chaos::testing::exit::Interrupt;
use kafka_chaos::testing::fault::{Cancel, Journal, Site, Situation, live};
use kafka_chaos::testing::plan;
use kafka_chaos::testing::runner::{RunFolder, wait_until_ready};
use kafka_chaos::testing::runtime::docker::{DockerOptions, DockerProvider, Pull};
use kafka_chaos::testing::runtime::{Cluster, Order, Provider, RuntimeError, Stop};
use kafka_chaos::testing::timeline::{FaultAction, FaultPlan, Pause, ProcessStop, Target};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How long each fault lasts; both are in effect well before.
const FAULT_MS: u64 = 400;
/// Between two faults the broker catches up.
const BREATH: Duration = Duration::from_millis(100);
/// As in `chaos`: the environment failed.
const ENVIRONMENT: u8 = 4;

/// Compares how soon SIGSTOP and Docker's pause are proved to be in effect.
#[derive(Parser)]
struct Args {
    /// An image with the environment of the Bitnami one, such as `chaos image build` makes.
    #[arg(long, default_value = "chaos-kafka:3.8.1")]
    image: String,
    /// The cluster's first port on 127.0.0.1.
    #[arg(long, default_value_t = 10_000)]
    port_base: u16,
    /// How often each is tried.
    #[arg(long, default_value_t = 25)]
    tries: usize,
    /// The 90th percentile of SIGSTOP may be at most this part of that of the pause.
    #[arg(long, default_value_t = 0.2)]
    ratio: f64,
}

fn main() -> ExitCode {
    match bench(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Stop::Interrupted(exit)) => exit.into(),
        Err(Stop::Failed(error)) => {
            eprintln!("error: {error}");
            ExitCode::from(ENVIRONMENT)
        }
    }
}

/// Whether the ratio is as good as it must be.
fn bench(args: &Args) -> Result<bool, Stop> {
    let folder = tempfile::tempdir().map_err(|e| RuntimeError::io("a folder", e))?;
    let interrupt =
        Interrupt::install().map_err(|e| RuntimeError::io("cannot take over signals", e))?;
    let cluster = start(args, folder.path(), &interrupt)?;
    let (mut stops, mut pauses) = (Vec::new(), Vec::new());
    for _ in 0..args.tries {
        stops.push(effective_after_us(&cluster, process_stop(), folder.path())?);
        pauses.push(effective_after_us(&cluster, pause(), folder.path())?);
        if let Some(exit) = interrupt.asked() {
            return Err(Stop::Interrupted(exit));
        }
    }
    cluster.destroy()?;
    println!("{:14}{:>10}{:>10}{:>10}{:>10}", "us", "min", "median", "p90", "max");
    let stop_p90 = row("process_stop", &mut stops);
    let pause_p90 = row("pause", &mut pauses);
    let ratio = stop_p90 / pause_p90;
    let verdict = if ratio <= args.ratio { "ok" } else { "TOO SLOW" };
    println!("p90 of process_stop / p90 of pause: {ratio:.3} (at most {}): {verdict}", args.ratio);
    Ok(ratio <= args.ratio)
}

/// The cluster that a run would start; dropping it removes it.
fn start(args: &Args, folder: &Path, interrupt: &Interrupt) -> Result<Arc<dyn Cluster>, Stop> {
    let options = DockerOptions {
        image: Some(args.image.clone()),
        pull: Pull::Never,
        port_base: Some(args.port_base),
        heap_mib: 256,
    };
    let runtime = DockerProvider::connect(options, "for the benchmark")?;
    let plan = plan::from_text("bench", "name: bench-fault\nduration: 1s\n", &[], None)
        .map_err(|e| RuntimeError::new(e.to_string()))?;
    let run = RunFolder::create(Some(&folder.join("run")), &plan.name)?;
    let (cluster, _) = runtime.launch(Order {
        plan: &plan,
        folder: run.path(),
        node_logs: &run.nodes(),
        phase: &mut |_| {},
        interrupt,
        note: &|text| eprintln!("note: {text}"),
        step: &|_, _| {},
    })?;
    wait_until_ready(cluster.as_ref(), interrupt, &|_, _| {})?;
    Ok(cluster)
}

fn process_stop() -> FaultAction {
    ProcessStop { targets: vec![Target::Leader] }.into()
}

fn pause() -> FaultAction {
    Pause { targets: vec![Target::Leader] }.into()
}

/// Prints a row of the table; returns the 90th percentile.
fn row(name: &str, us: &mut [f64]) -> f64 {
    us.sort_by(f64::total_cmp);
    // The smallest value that this share of all values does not exceed.
    let at = |part: f64| us[((us.len() as f64 * part).ceil() as usize).clamp(1, us.len()) - 1];
    let (min, median, p90, max) = (at(0.0), at(0.5), at(0.9), at(1.0));
    println!("{name:14}{min:>10.0}{median:>10.0}{p90:>10.0}{max:>10.0}");
    p90
}

/// One fault from its call to its proof, in microseconds.
fn effective_after_us(
    cluster: &Arc<dyn Cluster>,
    action: FaultAction,
    folder: &Path,
) -> Result<f64, RuntimeError> {
    std::thread::sleep(BREATH);
    let failed = |e| RuntimeError::io("the journal", e);
    let seen = Arc::clone(cluster);
    let site = Site {
        cluster: Arc::clone(cluster),
        situation: Box::new(move || Situation {
            nodes: seen.nodes(),
            leader: Some(0),
            replicas: vec![0],
            controller: Some(0),
        }),
        custody: Arc::default(),
        history: Arc::default(),
        environment: Box::new(Vec::new),
        journal: Journal::create(&folder.join("journal.jsonl")).map_err(failed)?,
        epoch: Epoch::now(),
        zero_us: 0,
        cancel: Cancel::default(),
        folder: folder.to_owned(),
        called: Box::new(|_, _| {}),
        tell: Box::new(|_, _| {}),
    };
    let record = live(&FaultPlan { index: 0, action, at_ms: 0, for_ms: FAULT_MS }, &site);
    match (record.called_at_ms, record.effective_at_ms) {
        (Some(called), Some(effective)) if record.effective => Ok((effective - called) * 1e3),
        _ => {
            let reason = record.reason.unwrap_or_default();
            Err(RuntimeError::new(format!("{} took no effect: {reason}", record.kind)))
        }
    }
}
