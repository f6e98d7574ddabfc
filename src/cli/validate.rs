//! `chaos validate FILE…`: validates scenarios; starts nothing.

use super::changes::{Changes, KafkaFrom};
use super::scenario_argument;
use crate::exit::Exit;
use crate::model::counted;
use crate::plan::{Plan, Study};
use crate::yaml::{Diagnostic, Diagnostics};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `chaos validate`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  chaos validate scenarios/*.yaml
  chaos validate minisr2 --sweep acks=0,1,all --set cluster.brokers=5
  chaos validate - --json < mine.yaml

Exit status:
  0  all of them could run
  2  one of them could not")]
pub struct ValidateArgs {
    /// Scenario files, names of built-in scenarios, or - for standard input
    #[arg(required = true, value_name = "SCENARIO")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub changes: Changes,
    #[command(flatten)]
    pub from: KafkaFrom,
    /// Print one JSON document: sound scenarios, and every problem and note with its place
    #[arg(long)]
    pub json: bool,
}

/// One line on `out` for every valid file, every problem of the others on `err`; or all of it in
/// JSON on `out`. [`Exit::Usage`] if any file has a problem.
pub fn run(args: &ValidateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let studies: Vec<Result<Study, Diagnostics>> = scenario_argument::each(&args.files, |f| {
        scenario_argument::study_for(f, &args.changes, None, &args.from)
    });
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &json(&studies))?;
        writeln!(out)?;
    } else {
        print(&studies, out, err)?;
    }
    Ok(if studies.iter().all(Result::is_ok) { Exit::Pass } else { Exit::Usage })
}

fn print(
    studies: &[Result<Study, Diagnostics>],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    let mut broken = 0;
    for study in studies {
        match study {
            Ok(study) => {
                writeln!(out, "{}", line(study))?;
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
    Ok(())
}

/// The same for machines. An unknown place is null.
fn json(studies: &[Result<Study, Diagnostics>]) -> Value {
    let mut scenarios = Vec::new();
    let mut diagnostics = Vec::new();
    for study in studies {
        match study {
            Ok(study) => {
                let first = study.first();
                scenarios.push(json!({
                    "file": first.source,
                    "name": first.name,
                    "runs": study.plans.len(),
                    "cells": study.plans.iter().map(|plan| plan.cells.len()).sum::<usize>(),
                    "planned_ms": study.plans.iter().map(Plan::planned_end_ms).sum::<u64>(),
                }));
                let note = |message: String| {
                    json!({
                        "severity": "note", "file": first.source, "argument": null, "line": null,
                        "column": null, "length": null, "message": message, "help": null,
                    })
                };
                diagnostics.extend(study.notes().into_iter().map(note));
            }
            Err(problems) => diagnostics.extend(problems.list.iter().map(error)),
        }
    }
    json!({ "scenarios": scenarios, "diagnostics": diagnostics })
}

fn error(problem: &Diagnostic) -> Value {
    let known = |number: u32| (problem.line > 0).then_some(number);
    json!({
        "severity": "error",
        "file": problem.file,
        "argument": problem.argument,
        "line": known(problem.line),
        "column": known(problem.column),
        "length": known(problem.length),
        "message": problem.message,
        "help": problem.help,
    })
}

fn line(study: &Study) -> String {
    let plan = study.first();
    let compose = plan.cluster.compose.as_ref();
    let from = compose.map_or(String::new(), |file| format!(", on {}", file.display()));
    format!("ok  {}  {}{from}", plan.name, extent(study))
}

/// The size of a study: runs, cells, faults, and how long it takes.
pub(super) fn extent(study: &Study) -> String {
    let plan = study.first();
    let cells = counted(study.plans.iter().map(|plan| plan.cells.len()).sum::<usize>(), "cell");
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
