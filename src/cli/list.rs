//! `chaos list`: the built-in scenarios.

use super::scenario_argument;
use super::validate::extent;
use crate::exit::Exit;
use crate::model::counted;
use crate::plan::{Asked, Plan, Study};
use crate::report::printable;
use crate::scenario::builtin;
use serde::Serialize;
use std::io::{self, Write};

/// Show the built-in scenarios
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`chaos run NAME` runs one of them from any folder, `chaos plan NAME` says what
that would do, and `chaos new MINE --from NAME` writes it to a file of your own.

Examples:
  chaos list
  chaos list --json")]
pub(super) struct Arguments {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What is printed about a scenario.
#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    summary: String,
    /// One per plan.
    runs: usize,
    /// Over all runs.
    cells: usize,
    /// Their kinds over all runs, in the order of the timelines.
    faults: Vec<&'static str>,
    /// The earliest end of sending, over all runs; recovery is extra.
    planned_ms: u64,
    /// The same in words.
    #[serde(skip)]
    extent: String,
}

impl Entry {
    fn of(study: &Study) -> Self {
        let first = study.first();
        let mut faults: Vec<&'static str> = Vec::new();
        for fault in study.plans.iter().flat_map(|plan| &plan.faults) {
            if !faults.contains(&fault.action.name()) {
                faults.push(fault.action.name());
            }
        }
        Entry {
            name: first.name.clone(),
            summary: first.summary.clone(),
            runs: study.plans.len(),
            cells: study.plans.iter().map(|plan| plan.cells.len()).sum(),
            faults,
            planned_ms: study.plans.iter().map(Plan::planned_end_ms).sum(),
            extent: extent(study),
        }
    }
}

pub(super) fn run(
    arguments: &Arguments,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    // The seed changes nothing here.
    let asked = Asked { seed: Some(0), ..Asked::default() };
    let mut entries = Vec::new();
    for builtin in builtin::BUILTIN {
        match scenario_argument::of_builtin(builtin, &asked) {
            Ok(study) => entries.push(Entry::of(&study)),
            Err(problems) => {
                write!(err, "{problems}")?;
                return Ok(Exit::Usage);
            }
        }
    }
    if arguments.json {
        serde_json::to_writer_pretty(&mut *out, &serde_json::json!({ "scenarios": entries }))?;
        writeln!(out)?;
        return Ok(Exit::Pass);
    }
    for entry in &entries {
        writeln!(out, "{}  {}", entry.name, entry.extent)?;
        writeln!(out, "    {}", printable(&entry.summary))?;
        writeln!(out, "    faults: {}", entry.faults.join(", "))?;
    }
    writeln!(out, "{}; `chaos run NAME` runs one", counted(entries.len(), "scenario"))?;
    Ok(Exit::Pass)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: bool) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = run(&Arguments { json }, &mut out, &mut err).unwrap();
        assert_eq!((exit, err.as_slice()), (Exit::Pass, [].as_slice()));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_built_in_scenario_is_told_in_three_lines() {
        let text = told(false);
        // The first fault ends at 23 s, the second begins at 35 s and lasts two sessions of 9 s.
        let expected = "minisr2  1 cell, 2 faults, 53 s and recovery\n    RF 3, min.insync.replicas \
                        2, the safe setting: one broker may go, and no acknowledged message may.\n    \
                        faults: process_stop, network_partition\n";
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.lines().count(), 3 * builtin::BUILTIN.len() + 1);
    }

    #[test]
    fn the_json_has_the_same_in_numbers() {
        let json: serde_json::Value = serde_json::from_str(&told(true)).unwrap();
        let all = json["scenarios"].as_array().unwrap();
        let names: Vec<&str> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, builtin::names().collect::<Vec<_>>());
        let of = |name: &str| &all[names.iter().position(|other| *other == name).unwrap()];
        let safe = of("minisr2");
        assert_eq!(
            (&safe["runs"], &safe["cells"], &safe["planned_ms"]),
            (&1.into(), &1.into(), &53_000.into())
        );
        // 24 configurations under four timelines, without contradictory ones.
        let matrix = of("matrix");
        assert_eq!((&matrix["runs"], &matrix["cells"]), (&4.into(), &96.into()));
    }
}
