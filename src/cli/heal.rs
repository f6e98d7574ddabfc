//! `chaos heal`: removes what killed runs left behind.

use crate::exit::Exit;
use crate::runtime::docker::heal::{Findings, Healed, heal_each, survey, survey_local};
use crate::runtime::docker::{Engine, Threads, is_installed};
use crate::runtime::local::HostOptions;
use crate::runtime::{RuntimeError, docker};
use std::io::{self, Write};

/// Remove what killed runs left behind: containers, networks, volumes, processes, scratch folders
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Touches nothing of a running run, and nothing that chaos did not make.

Examples:
  chaos heal --dry-run
  chaos heal

Exit status:
  0  nothing is left
  4  something could not be healed")]
pub(super) struct Arguments {
    /// Say what would be removed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed, in either form.
struct Told {
    findings: Findings,
    healed: Vec<Healed>,
    /// Why not everything could be checked.
    incomplete: Option<RuntimeError>,
    /// A note for a person.
    note: Option<String>,
    dry_run: bool,
}

pub(super) fn run(
    arguments: &Arguments,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let told = go(arguments.dry_run);
    if arguments.json {
        writeln!(out, "{}", told.as_json())?;
    } else {
        told.print(out)?;
    }
    if let Some(error) = &told.incomplete {
        writeln!(err, "error: {error}")?;
    }
    out.flush()?;
    Ok(told.exit())
}

fn go(dry_run: bool) -> Told {
    let scratch = HostOptions::from_env().scratch_parent;
    let (mut incomplete, mut note) = (None, None);
    let engine = match Engine::connect(Threads::None) {
        Ok(engine) => Some(engine),
        Err(error) if is_installed() => {
            incomplete = Some(error);
            None
        }
        Err(_) => {
            let host = docker::host();
            note = Some(format!(
                "no Docker daemon is installed ({host}): only this machine's own leftovers were \
                 looked for"
            ));
            None
        }
    };
    let found = engine.as_ref().map(survey).transpose().map_err(|e| incomplete = Some(e));
    let mut findings = found.ok().flatten().unwrap_or_default();
    findings.leftovers.extend(survey_local(&scratch).leftovers);
    let healed = if dry_run { Vec::new() } else { heal_each(engine.as_ref(), &findings) };
    Told { findings, healed, incomplete, note, dry_run }
}

impl Told {
    fn exit(&self) -> Exit {
        let failed = self.healed.iter().any(|healed| healed.failure.is_some());
        let left = !self.findings.unjudged.is_empty()
            || (self.dry_run && !self.findings.leftovers.is_empty());
        if self.incomplete.is_some() || failed || left { Exit::Environment } else { Exit::Pass }
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(note) = &self.note {
            writeln!(out, "{note}")?;
        }
        for line in &self.findings.in_use {
            writeln!(out, "left alone: {line}")?;
        }
        for line in &self.findings.unjudged {
            writeln!(out, "not judged: {line}")?;
        }
        if self.dry_run {
            for leftover in &self.findings.leftovers {
                writeln!(out, "would remove: {leftover}")?;
            }
        }
        for Healed { leftover, failure } in &self.healed {
            match failure {
                None => writeln!(out, "removed: {leftover}")?,
                Some(reason) => writeln!(out, "NOT removed: {leftover}: {reason}")?,
            }
        }
        if self.findings.is_clean() && self.incomplete.is_none() {
            writeln!(out, "nothing to heal")?;
        }
        Ok(())
    }

    fn as_json(&self) -> serde_json::Value {
        let failure = |index: usize| self.healed.get(index).and_then(|h| h.failure.clone());
        // In the order of healing.
        let leftovers: Vec<_> = match self.dry_run {
            true => self.findings.leftovers.iter().collect(),
            false => self.healed.iter().map(|healed| &healed.leftover).collect(),
        };
        let found: Vec<serde_json::Value> = (leftovers.into_iter().enumerate())
            .map(|(index, leftover)| {
                serde_json::json!({
                    "kind": leftover.kind,
                    "name": leftover.name,
                    "project": leftover.project,
                    "run_dir": leftover.folder,
                    "state": leftover.state,
                    "healed": !self.dry_run && failure(index).is_none(),
                    "failure": failure(index),
                })
            })
            .collect();
        serde_json::json!({
            "dry_run": self.dry_run,
            "found": found,
            "in_use": self.findings.in_use,
            "not_judged": self.findings.unjudged,
            "note": self.note,
            "error": self.incomplete.as_ref().map(ToString::to_string),
        })
    }
}
