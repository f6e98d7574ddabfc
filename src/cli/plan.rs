//! `chaos plan FILE`: prints what a run would do, when, and to which node, starting nothing.

use super::validate::counted;
use crate::exit::Exit;
use crate::plan::{self, Cell, Controllers, FaultAction, Plan, Properties, Target, Timing};
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `chaos plan`.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    /// Scenario file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Override a value, as in producer.acks=1 or topic.min.insync.replicas=1; may be repeated
    #[arg(long = "set", value_name = "SECTION.PROPERTY=VALUE")]
    pub overrides: Vec<String>,
    /// The run's seed, instead of the scenario's or a drawn one
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
}

/// The plan on `out`, or every problem on `err` and [`Exit::Usage`].
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: &PlanArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    match plan::from_file(&args.file, &args.overrides, args.seed) {
        Ok(plan) if args.json => {
            serde_json::to_writer_pretty(&mut *out, &plan)?;
            writeln!(out)?;
            Ok(Exit::Pass)
        }
        Ok(plan) => {
            print(&plan, out)?;
            Ok(Exit::Pass)
        }
        Err(problems) => {
            write!(err, "{problems}")?;
            Ok(Exit::Usage)
        }
    }
}

fn print(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  {}", plan.name, plan.summary)?;
    writeln!(out, "from {}, seed {}", plan.source, plan.seed)?;
    for note in &plan.notes {
        writeln!(out, "note: {note}")?;
    }
    print_cluster(plan, out)?;
    print_timeline(plan, out)?;
    print_cells(plan, out)
}

fn print_cluster(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let cluster = &plan.cluster;
    let last = cluster.brokers.saturating_sub(1);
    let controllers = match cluster.controllers {
        Controllers::Combined => "each a controller too",
        Controllers::Isolated => "and controllers 100, 101, 102",
    };
    let timing = match cluster.timing {
        Timing::Stock => "stock",
        Timing::Fast => "fast",
    };
    writeln!(out, "\ncluster")?;
    writeln!(
        out,
        "  Kafka {}, brokers 0 to {last}, {controllers}; timing {timing}: 1 session = {} s, \
         1 lag = {} s",
        cluster.kafka,
        seconds(cluster.clocks.session_ms),
        seconds(cluster.clocks.lag_ms),
    )?;
    print_properties(&cluster.config, "    ", out)
}

fn print_timeline(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\ntimeline, from the moment when every partition has an acknowledgement")?;
    for fault in &plan.faults {
        let length = match &fault.action {
            FaultAction::Exec { .. } => format!("for at most {} s", seconds(fault.for_ms)),
            _ => format!("for {} s", seconds(fault.for_ms)),
        };
        writeln!(out, "  {:>7} s  {}, {length}", seconds(fault.at_ms), fault.action)?;
        for line in expected_nodes(plan, &fault.action) {
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

/// Whom each target means when no election came before; afterwards it is looked up anew.
fn expected_nodes(plan: &Plan, action: &FaultAction) -> Vec<String> {
    let groups: Vec<&[Target]> = match action {
        FaultAction::ProcessStop { targets } | FaultAction::Kill { targets } => vec![targets],
        FaultAction::NetworkPartition { groups, .. } => groups.iter().map(Vec::as_slice).collect(),
        FaultAction::Exec { .. } => return vec!["run among the clients".to_owned()],
    };
    groups.into_iter().flatten().map(|target| expected_node(plan, *target)).collect()
}

fn expected_node(plan: &Plan, target: Target) -> String {
    let replicas = plan.cells.first().and_then(|cell| cell.topic.placement.first());
    let replicas: &[i32] = replicas.map_or(&[], Vec::as_slice);
    let unmoved = "unless an election moved it";
    match target {
        Target::Leader => {
            format!("leader: of partition 0; {}, {unmoved}", brokers(replicas.get(..1)))
        }
        Target::Follower => {
            format!("follower: of partition 0; {}, {unmoved}", brokers(replicas.get(1..2)))
        }
        Target::Followers => {
            format!("followers: of partition 0; {}, {unmoved}", brokers(replicas.get(1..)))
        }
        Target::Controller => "controller: the active one, asked for at that time".to_owned(),
        Target::Broker(id) => format!("broker:{id}: broker {id}"),
        Target::Clients => "clients: every producer".to_owned(),
        Target::All => "all: every broker and controller".to_owned(),
    }
}

fn brokers(ids: Option<&[i32]>) -> String {
    match ids.unwrap_or_default() {
        [] => "nobody".to_owned(),
        [one] => format!("broker {one}"),
        many => {
            let ids: Vec<String> = many.iter().map(ToString::to_string).collect();
            format!("brokers {}", ids.join(", "))
        }
    }
}

fn print_cells(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let topics: Vec<&Properties> = plan.cells.iter().map(|cell| &cell.topic.config).collect();
    let producers: Vec<&Properties> = plan.cells.iter().map(|cell| &cell.producer.config).collect();
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

/// A cell without what was told of all cells already.
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
    let limit = cell.producer.messages.map_or(String::new(), |n| format!(", {n} messages"));
    writeln!(
        out,
        "  producer: {}, values of {} bytes{limit}",
        cell.producer.rate, cell.producer.message_bytes
    )?;
    print_properties(&difference(&cell.producer.config, producer), "    ", out)?;
    for expectation in &cell.expectations {
        writeln!(out, "  expect {}", expectation.text)?;
    }
    Ok(())
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
