//! `chaos report`: a finished run's report in another format, made from its `report.json` alone.

use super::compare::complain;
use super::newest_run::named_or_newest;
use super::output::columns;
use crate::exit::Exit;
use crate::report::{self, Ending, Format, Paint, Sort, printable};
use crate::result::{self, Report};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Show a finished run, or write its report in another format
#[derive(Debug, clap::Args)]
#[command(after_help = "\
RUN is a run's folder, or its report.json; the newest run in chaos-out if it is
not given. The files that a run wrote into its folder are made again, byte by
byte; the table is what the run printed at its end.

Examples:
  chaos report
  chaos report chaos-out/latest --sort lost
  chaos report report.json --format junit --out junit.xml
  chaos report chaos-out/latest --format markdown >> \"$GITHUB_STEP_SUMMARY\"

Exit status:
  0  written, whatever the run's verdict is
  2  the command line or the run is wrong
  4  the file cannot be written")]
pub(super) struct Arguments {
    /// The run to show; the newest in chaos-out if not given
    #[arg(value_name = "RUN")]
    run: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[arg(long, value_name = "COLUMN", help = report::sort_help())]
    sort: Option<String>,
    /// Write to this file, replacing it if it exists; standard output if not given
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        Format::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

/// The report on `out` or in the file, or what is wrong on `err`.
pub(super) fn run(
    arguments: &Arguments,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let named = named_or_newest(arguments.run.as_ref(), err)?;
    let (report, sort) = match named.and_then(|run| asked(&run, arguments)) {
        Ok(asked) => asked,
        Err(why) => {
            complain(&why, err)?;
            return Ok(Exit::Usage);
        }
    };
    // In memory first: an existing file stays as it is if no new one can be made.
    let mut text = Vec::new();
    if let (Format::Table, None) = (arguments.format, &arguments.out) {
        let columns = columns(&console::Term::stdout());
        report::write_end(&report, Ending::Full, &sort, Paint::plain(), columns, &mut text)?;
    } else {
        report::write(&report, arguments.format, &sort, &mut text)?;
    }
    let Some(file) = &arguments.out else {
        out.write_all(&text)?;
        return Ok(Exit::Pass);
    };
    if let Err(e) = fs::write(file, &text) {
        complain(&format!("{}: cannot be written: {e}", file.display()), err)?;
        return Ok(Exit::Environment);
    }
    Ok(Exit::Pass)
}

/// The named report, and the order of its rows.
fn asked(run: &Path, arguments: &Arguments) -> Result<(Report, Sort), String> {
    let report = result::read(run).map_err(|e| e.to_string())?;
    let Some(name) = &arguments.sort else { return Ok((report, Sort::Plan)) };
    if arguments.format != Format::Table {
        return Err("`--sort` is for the table only\n  help: leave it out".to_owned());
    }
    let sort = Sort::parse(name, &report.axes).map_err(|known| {
        let name = printable(name);
        format!("`--sort {name}`: no such column; use one of {known}")
    })?;
    Ok((report, sort))
}
