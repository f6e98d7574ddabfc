//! `chaos plan FILE`: prints what a run would do, when, and to which node; starts nothing.

use super::changes::{Changes, KafkaFrom};
use super::scenario_argument;
use crate::exit::Exit;
use crate::model::{Controllers, Flavour, Properties, counted};
use crate::plan::{Cell, Plan, ProducerPlan, Role, Study};
use crate::timeline::brokers;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `chaos plan`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  chaos plan scenarios/minisr2.yaml
  chaos plan matrix --sweep faults=kill --seed 1
  chaos plan minisr2 --set cluster.timing=fast --json")]
pub struct PlanArgs {
    /// Scenario file, the name of a built-in scenario, or - for standard input
    #[arg(value_name = "SCENARIO")]
    pub file: PathBuf,
    #[command(flatten)]
    pub changes: Changes,
    #[command(flatten)]
    pub from: KafkaFrom,
    /// The run's seed, instead of the scenario's or a drawn one
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
}

/// The plan on `out`, or every problem on `err` and [`Exit::Usage`].
pub fn run(args: &PlanArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    match scenario_argument::study_for(&args.file, &args.changes, args.seed, &args.from) {
        Ok(study) if args.json => {
            serde_json::to_writer_pretty(&mut *out, &study)?;
            writeln!(out)?;
            Ok(Exit::Pass)
        }
        Ok(study) => {
            print(&study, out)?;
            Ok(Exit::Pass)
        }
        Err(problems) => {
            write!(err, "{problems}")?;
            Ok(Exit::Usage)
        }
    }
}

fn print(study: &Study, out: &mut dyn Write) -> io::Result<()> {
    let first = study.first();
    writeln!(out, "{}  {}", first.name, first.summary)?;
    writeln!(out, "from {}, seed {}", first.source, first.seed)?;
    for note in study.notes() {
        writeln!(out, "note: {note}")?;
    }
    let count = study.plans.len();
    let mut previous: Option<&Plan> = None;
    for (i, plan) in study.plans.iter().enumerate() {
        if count > 1 {
            writeln!(out, "\nrun {} of {count}: {}", i + 1, plan.label())?;
        }
        match previous {
            Some(other) if other.cluster == plan.cluster => {
                writeln!(out, "\ncluster as in run {i}")?;
            }
            _ => print_cluster(plan, out)?,
        }
        print_timeline(plan, out)?;
        match previous {
            Some(other) if is_alike(other, plan) => print_expectations(plan, i, out)?,
            _ => print_cells(plan, out)?,
        }
        previous = Some(plan);
    }
    Ok(())
}

/// Whether the cells differ by their expectations only.
fn is_alike(a: &Plan, b: &Plan) -> bool {
    let same = |(a, b): (&Cell, &Cell)| a.topic == b.topic && a.clients == b.clients;
    a.cells.len() == b.cells.len() && a.cells.iter().zip(&b.cells).all(same)
}

fn print_expectations(plan: &Plan, run: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\ncells as in run {run}")?;
    for cell in &plan.cells {
        let texts: Vec<&str> = cell.expectations.iter().map(|e| e.text.as_str()).collect();
        writeln!(out, "  {}: expect {}", cell.id, texts.join(", "))?;
    }
    Ok(())
}

fn print_cluster(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let cluster = &plan.cluster;
    let ids = brokers(&cluster.broker_ids);
    let controllers = match (cluster.controllers, &cluster.compose) {
        (Controllers::Combined, None) => "each a controller too",
        (Controllers::Combined, Some(_)) => "every controller is one of them",
        (Controllers::Isolated, None) => "and controllers 100, 101, 102",
        (Controllers::Isolated, Some(_)) => "and separate controllers",
    };
    let timing = cluster.timing.word();
    writeln!(out, "\ncluster")?;
    writeln!(
        out,
        "  Kafka {}, {ids}, {controllers}; timing {timing}: 1 session = {} s, \
         1 lag = {} s",
        cluster.kafka_in_words(),
        seconds(cluster.clocks.session_ms),
        seconds(cluster.clocks.lag_ms),
    )?;
    if let Some(file) = &cluster.compose {
        let flavour = cluster.flavour.map_or("", Flavour::word);
        let flavour =
            if flavour.is_empty() { String::new() } else { format!(", flavour {flavour}") };
        writeln!(out, "  from {}{flavour}", file.display())?;
    }
    print_properties(&cluster.config, "    ", out)
}

fn print_timeline(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\ntimeline, from the moment when every partition has an acknowledgement")?;
    let layout = plan.layout();
    for fault in &plan.faults {
        let most = if fault.action.ends_by_itself() { "at most " } else { "" };
        let length = format!("for {most}{} s", seconds(fault.for_ms));
        writeln!(out, "  {:>7} s  {}, {length}", seconds(fault.at_ms), fault.action)?;
        for line in fault.action.spec().outlook(&layout) {
            writeln!(out, "             {line}")?;
        }
    }
    let end = seconds(plan.planned_end_ms());
    match (plan.duration_ms, plan.faults.is_empty()) {
        (Some(_), _) => writeln!(out, "  {end:>7} s  sending ends"),
        (None, false) => writeln!(
            out,
            "  {end:>7} s  sending ends once all replicas are in sync and every partition is \
             acknowledged again"
        ),
        (None, true) => writeln!(out, "             sending ends after the last message"),
    }
}

fn print_cells(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let topics: Vec<&Properties> = plan.cells.iter().map(|cell| &cell.topic.config).collect();
    let producers: Vec<&Properties> =
        plan.cells.iter().flat_map(Cell::producers).map(|one| &one.config).collect();
    let (topic, producer) = (common(&topics), common(&producers));
    if plan.cells.len() > 1 {
        writeln!(out, "\nall {}", counted(plan.cells.len(), "cell"))?;
        writeln!(out, "  topic")?;
        print_properties(&topic, "    ", out)?;
        writeln!(out, "  producer")?;
        print_properties(&producer, "    ", out)?;
    }
    for cell in &plan.cells {
        writeln!(out, "\ncell {}", cell.id)?;
        if plan.cells.len() > 1 {
            print_cell(cell, &topic, &producer, out)?;
        } else {
            print_cell(cell, &Properties::new(), &Properties::new(), out)?;
        }
    }
    Ok(())
}

/// A cell without what was printed for all cells already.
fn print_cell(
    cell: &Cell,
    topic: &Properties,
    producer: &Properties,
    out: &mut dyn Write,
) -> io::Result<()> {
    let partitions = counted(cell.topic.placement.len(), "partition");
    let replicas = cell.topic.replication_factor();
    writeln!(
        out,
        "  topic {}: {partitions}, replication.factor {replicas}, preferred leader first:",
        cell.topic.name
    )?;
    for (partition, brokers) in cell.topic.placement.iter().enumerate() {
        writeln!(out, "    partition {partition} on brokers {brokers:?}")?;
    }
    print_properties(&difference(&cell.topic.config, topic), "    ", out)?;
    for client in &cell.clients {
        match &client.role {
            Role::Producer(plan) => print_producer(plan, producer, out)?,
        }
    }
    for expectation in &cell.expectations {
        writeln!(out, "  expect {}", expectation.text)?;
    }
    Ok(())
}

fn print_producer(plan: &ProducerPlan, told: &Properties, out: &mut dyn Write) -> io::Result<()> {
    let limit = plan.messages.map_or(String::new(), |n| format!(", {n} messages"));
    writeln!(
        out,
        "  producer: {}, values of {} bytes{limit}{}",
        plan.rate,
        plan.message_bytes,
        if plan.saturate { ", saturating" } else { "" }
    )?;
    print_properties(&difference(&plan.config, told), "    ", out)
}

fn common(all: &[&Properties]) -> Properties {
    let Some((first, rest)) = all.split_first() else { return Properties::new() };
    let everywhere = |(name, value): &(&String, &String)| {
        rest.iter().all(|other| other.get(*name) == Some(*value))
    };
    let same = first.iter().filter(everywhere);
    same.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn difference(all: &Properties, known: &Properties) -> Properties {
    let new = all.iter().filter(|(name, value)| known.get(*name) != Some(*value));
    new.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn print_properties(properties: &Properties, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    for (name, value) in properties {
        writeln!(out, "{indent}{name}={value}")?;
    }
    Ok(())
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1e3
}
