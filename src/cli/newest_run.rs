//! The newest run, for commands without a named one.

use crate::report::printable;
use crate::result::{ReadError, SavedFile, Wanted};
use serde::Deserialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The default folder for runs.
const FOLDER: &str = "chaos-out";
const HELP: &str = "run a scenario first, or name a run's folder or its report.json";

/// Runs in `chaos-out` that wrote a report, the newest report first. `latest` is one of them under
/// another name.
fn runs() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let written = |path: PathBuf| -> io::Result<(SystemTime, PathBuf)> {
        Ok((fs::metadata(path.join("report.json"))?.modified()?, path))
    };
    let mut runs: Vec<_> = folders.filter_map(|entry| written(entry.path()).ok()).collect();
    runs.sort();
    runs.into_iter().rev().map(|(_, path)| path).collect()
}

pub(super) fn newest() -> Result<PathBuf, String> {
    let first = runs().into_iter().next();
    first.ok_or_else(|| format!("there is no run with a report in {FOLDER}\n  help: {HELP}"))
}

/// The newest run of this scenario except this one, for an argument that was not given.
pub(super) fn newest_of(scenario: &str, but: &Path, argument: &str) -> Result<PathBuf, String> {
    let place = |path: &Path| {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if path.is_file() { path.parent().map(Path::to_path_buf).unwrap_or_default() } else { path }
    };
    let but = place(but);
    let is_it =
        |run: &PathBuf| place(run) != but && self::scenario(run).is_ok_and(|name| name == scenario);
    runs().into_iter().find(is_it).ok_or_else(|| {
        let name = printable(scenario);
        format!(
            "there is no other run of `{name}` with a report in {FOLDER}\n  \
             help: run it again, or name {argument}"
        )
    })
}

pub(super) fn scenario(run: &Path) -> Result<String, ReadError> {
    #[derive(Deserialize)]
    struct Report {
        plan: Plan,
    }
    #[derive(Deserialize)]
    struct Plan {
        name: String,
    }
    let file = SavedFile::open(run, Wanted { not: "no report", help: HELP })?;
    Ok(file.parse::<Report>("report")?.plan.name)
}

/// The named run, or the newest one, which is reported on `err`.
pub(super) fn named_or_newest(
    named: Option<&PathBuf>,
    err: &mut dyn Write,
) -> io::Result<Result<PathBuf, String>> {
    if let Some(named) = named {
        return Ok(Ok(named.clone()));
    }
    let found = newest();
    if let Ok(run) = &found {
        tell("RUN", run, "the newest", err)?;
    }
    Ok(found)
}

/// Reports which run is used for an argument that was not given.
pub(super) fn tell(argument: &str, run: &Path, what: &str, err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "{argument}: {}, {}", printable(&run.display().to_string()), printable(what))
}
