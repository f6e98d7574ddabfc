//! `chaos new NAME`: a scenario to start from.

use super::new_file::{Refused, end, unwritten};
use crate::exit::Exit;
use crate::report::printable;
use crate::scenario::{self, builtin};
use crate::timeline;
use clap::builder::PossibleValuesParser;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Runs as it is, and explains each section.
const TEMPLATE: &str = include_str!("template.yaml");

/// Where the schema may be, relative to a scenario.
const SCHEMAS: [&str; 3] =
    ["scenario.schema.json", "schemas/scenario.schema.json", "../schemas/scenario.schema.json"];

/// What an editor's YAML server looks for.
const HEADER: &str = "# yaml-language-server: $schema=";

/// Write a commented scenario to start from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The scenario runs as it is. Nothing is ever overwritten. Where the folder has
scenario.schema.json (`chaos schema` prints it), the file's first line names it
to editors.

Examples:
  chaos new mine
  chaos new mine --out scenarios/mine.yaml
  chaos new mine --from acks1-leader-loss

Exit status:
  0  written
  2  the command line is wrong, or the file already exists
  4  the file cannot be written")]
pub(super) struct Arguments {
    /// Name of the scenario; it names folders and topics
    #[arg(value_name = "NAME")]
    name: String,
    /// File to write; NAME.yaml if not given
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Copy a built-in scenario under the new name
    #[arg(long, value_name = "BUILTIN", value_parser = PossibleValuesParser::new(builtin::names()),
          hide_possible_values = true)]
    from: Option<String>,
}

/// Prints on `out` what was written and what to do with it, or on `err` why nothing was.
pub(super) fn run(
    arguments: &Arguments,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let told = go(arguments).map(|file| {
        let shown = printable(&file.display().to_string());
        format!(
            "{shown}: written\n  \
             chaos plan {shown}  says what a run would do\n  \
             chaos run {shown}   runs it"
        )
    });
    end(told, out, err)
}

fn go(arguments: &Arguments) -> Result<PathBuf, Refused> {
    let (name, file) = meant(&arguments.name);
    if !scenario::is_name(name) {
        let why =
            format!("`{name}` is not a valid scenario name\n  help: {}", scenario::name_form());
        return Err((Exit::Usage, why));
    }
    let file = arguments.out.clone().unwrap_or(file);
    let model = arguments.from.as_deref().and_then(builtin::find);
    let text = match model {
        Some(builtin) => renamed(without_header(builtin.text), builtin.name, name),
        None => renamed(&template(), "NAME", name),
    };
    write(&file, &format!("{}{text}", header(&file)))?;
    Ok(file)
}

/// The scenario's name, and the file if none is given: a file's name means both.
fn meant(typed: &str) -> (&str, PathBuf) {
    match [".yaml", ".yml"].into_iter().find_map(|ending| typed.strip_suffix(ending)) {
        Some(name) => (name, PathBuf::from(typed)),
        None => (typed, PathBuf::from(format!("{typed}.yaml"))),
    }
}

/// The template, with the names of all faults and targets.
fn template() -> String {
    let faults: Vec<&str> = timeline::names().collect();
    let mut targets: Vec<&str> = timeline::TARGETS.iter().map(|(name, _)| *name).collect();
    targets.push("broker:1");
    TEMPLATE.replace("FAULTS", &faults.join(", ")).replace("TARGETS", &targets.join(", "))
}

/// The text with another name in its `name:` line.
fn renamed(text: &str, old: &str, new: &str) -> String {
    // `null` and the like are words to a person, but not in YAML.
    let is_word = serde_yaml::from_str::<serde_yaml::Value>(new).is_ok_and(|read| read.is_string());
    let new = if is_word { new.to_owned() } else { format!("\"{new}\"") };
    text.replacen(&format!("\nname: {old}\n"), &format!("\nname: {new}\n"), 1)
}

/// A shipped file names the schema of its own folder.
fn without_header(text: &str) -> &str {
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with(HEADER) => rest,
        _ => text,
    }
}

/// The line that names the schema to editors, if there is one.
fn header(file: &Path) -> String {
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let there = SCHEMAS.iter().find(|schema| folder.join(schema).is_file());
    there.map_or(String::new(), |schema| format!("{HEADER}{schema}\n"))
}

/// Never overwrites a file.
fn write(file: &Path, text: &str) -> Result<(), Refused> {
    let failed = |e: io::Error| unwritten(file, &e, "name another file with --out");
    let mut to = OpenOptions::new().write(true).create_new(true).open(file).map_err(failed)?;
    to.write_all(text.as_bytes()).map_err(|e| {
        // Half a file is useless; if it cannot be removed, its content shows it.
        drop(fs::remove_file(file));
        failed(e)
    })
}

#[cfg(test)]
mod tests;
