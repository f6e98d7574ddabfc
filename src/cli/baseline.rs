//! `chaos baseline RUN`: writes the small file that a CI job keeps, to compare later runs with.

use super::new_file::{Refused, end, unwritten};
use super::newest_run::named_or_newest;
use crate::compare::{self, Kind, Side};
use crate::exit::Exit;
use crate::model::counted;
use crate::report::printable;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Write the small file that later runs are compared with
#[derive(Debug, clap::Args)]
#[command(after_help = "\
RUN is a run's folder, or its report.json; the newest run in chaos-out if it is
not given. The file has each trial's figures, the configuration and the
expectations, and nothing else; the same run gives the same bytes.

Examples:
  chaos baseline
  chaos baseline chaos-out/latest -o ci/minisr2.json --force

Exit status:
  0  written
  2  the command line or the run is wrong, or the file already exists
  4  the file cannot be written")]
pub(super) struct Arguments {
    /// The run to keep; the newest in chaos-out if not given
    #[arg(value_name = "RUN")]
    run: Option<PathBuf>,
    /// File to write; SCENARIO.baseline.json if not given
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

/// Prints on `out` what was written where, or on `err` why nothing was.
pub(super) fn run(
    arguments: &Arguments,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let named = named_or_newest(arguments.run.as_ref(), err)?;
    let written = named.map_err(|why| (Exit::Usage, why)).and_then(|run| go(&run, arguments));
    end(written.map(|line| printable(&line)), out, err)
}

fn go(run: &Path, arguments: &Arguments) -> Result<String, Refused> {
    let usage = |why: String| (Exit::Usage, why);
    let (side, kind) = compare::read(run).map_err(|e| usage(e.to_string()))?;
    let run = run.display();
    if kind == Kind::Baseline {
        return Err(usage(format!("{run}: is already a baseline\n  help: copy it")));
    }
    if !side.is_comparable() {
        return Err(usage(format!(
            "{run}: no cell can be compared{}\n  help: run the scenario again, and keep a run that \
             proves something",
            why_not(&side)
        )));
    }
    let file = match (&arguments.out, compare::default_name(&side)) {
        (Some(file), _) => file.clone(),
        (None, Some(name)) => PathBuf::from(name),
        (None, None) => {
            let why = "the scenario's name cannot be a file name\n  help: name the file with --out";
            return Err(usage(format!("{run}: {why}")));
        }
    };
    let text = compare::baseline_text(&side)
        .map_err(|e| (Exit::Environment, format!("cannot write JSON: {e}")))?;
    write(&file, &text, arguments.force)?;
    let cells = counted(side.cells.len(), "cell");
    let most = side.cells.iter().map(|cell| cell.trials.len()).max().unwrap_or(0);
    let trials = counted(most, "trial");
    Ok(format!("{}: {cells} of {trials}, {} bytes", file.display(), text.len()))
}

fn why_not(side: &Side) -> String {
    let left_out = side.cells.iter().flat_map(|cell| &cell.left_out).next();
    left_out.map_or(String::new(), |left| format!(": {}", left.why))
}

/// With `force` atomically: a reader sees the old file, or all of the new one.
fn write(file: &Path, text: &str, force: bool) -> Result<(), Refused> {
    let if_there = "replace it with --force, or name another one with --out";
    let failed = |e: io::Error| unwritten(file, &e, if_there);
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(format!(".{}", std::process::id()));
    let target = if force { PathBuf::from(fresh) } else { file.to_path_buf() };
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(!force).create(force).truncate(force).open(&target);
    let mut to = opened.map_err(failed)?;
    let written = to.write_all(text.as_bytes()).and_then(|()| to.sync_all());
    let placed = written.and_then(|()| if force { fs::rename(&target, file) } else { Ok(()) });
    placed.map_err(|e| {
        // Half a file is useless; if it cannot be removed, its name shows what it is.
        drop(fs::remove_file(&target));
        failed(e)
    })
}
