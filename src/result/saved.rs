//! JSON files that the tool wrote and reads again: [`SavedFile`] finds one, and checks what it is
//! before using its content.

use super::first_version::{FIRST_SCHEMA, OldCell, why};
use super::lead;
use super::report::{Report, SCHEMA};
use crate::verify::most_telling_first;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Files are read into memory; the tool wrote none larger than this.
const BYTES_MAX: u64 = 512 << 20;
/// How many folders are suggested at most.
const HINTS_MAX: usize = 5;

/// Why a path gives nothing usable.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}\n  help: {help}", path.display())]
pub struct ReadError {
    pub path: PathBuf,
    pub what: String,
    pub help: String,
}

/// What a caller looks for, in the words of its errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// What JSON without a schema is not: `neither report nor baseline`.
    pub not: &'static str,
    /// What to name instead.
    pub help: &'static str,
}

/// A JSON file with a schema.
#[derive(Debug)]
pub(crate) struct SavedFile {
    /// Within the folder, if one was named.
    pub path: PathBuf,
    /// Name and version of its schema.
    pub schema: String,
    bytes: Vec<u8>,
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
}

impl SavedFile {
    /// The file at this path, or the `report.json` in this folder. Fails if it is not JSON with a
    /// schema.
    pub(crate) fn open(path: &Path, wanted: Wanted) -> Result<Self, ReadError> {
        let mut file =
            SavedFile { path: find(path, wanted)?, schema: String::new(), bytes: Vec::new() };
        file.bytes = bytes(&file.path)
            .map_err(|e| file.problem(format!("cannot be read: {e}"), wanted.help))?;
        let schema = serde_json::from_slice::<Schema>(&file.bytes).map_err(|e| {
            let what = if e.is_data() {
                format!("is JSON, but {}", wanted.not)
            } else {
                "is not JSON".into()
            };
            file.damaged(&e, &what)
        })?;
        file.schema = schema.schema;
        Ok(file)
    }

    /// Its content, if the schema is the one that `T` reads; `noun` names what it should be.
    pub(crate) fn parse<T: DeserializeOwned>(&self, noun: &str) -> Result<T, ReadError> {
        serde_json::from_slice(&self.bytes)
            .map_err(|e| self.damaged(&e, &format!("is not a {noun} that this version can read")))
    }

    pub(crate) fn problem(&self, what: String, help: &str) -> ReadError {
        ReadError { path: self.path.clone(), what, help: help.to_owned() }
    }

    /// The error for an unknown schema.
    pub(crate) fn unknown(&self, known: &[&str]) -> ReadError {
        let (schema, known) = (&self.schema, known.join(" and "));
        self.problem(
            format!("its schema is `{schema}`, and this version reads {known}"),
            "use the version of chaos that wrote it, or run again with this one",
        )
    }

    fn damaged(&self, error: &serde_json::Error, what: &str) -> ReadError {
        let help = "the file is damaged, or was not written by chaos";
        self.problem(format!("{what}: {error}"), help)
    }
}

/// Reads a whole report: from its file, or from the folder of its run. Fails if its version is not
/// known.
pub fn read(path: &Path) -> Result<Report, ReadError> {
    let help = "name a run's folder (chaos-out/NAME-TIME), or its report.json";
    let file = SavedFile::open(path, Wanted { not: "no report", help })?;
    match file.schema.as_str() {
        SCHEMA => file.parse("report"),
        FIRST_SCHEMA => file.parse("report").map(completed),
        _ => Err(file.unknown(&[SCHEMA, FIRST_SCHEMA])),
    }
}

/// Completes a report of the first version, which gave some things in words only.
fn completed(mut report: Report) -> Report {
    let cells: Vec<OldCell<'_>> =
        report.cells.iter().map(|cell| (cell.id.as_str(), &cell.expectations[..])).collect();
    let mut all = match report.trials.as_slice() {
        [] => why(report.exit_code, &report.reasons, &cells, None),
        trials => {
            let of = |t: &super::TrialReport| why(t.exit_code, &t.reasons, &cells, Some(t.number));
            trials.iter().flat_map(of).collect()
        }
    };
    most_telling_first(&mut all);
    if !all.is_empty() {
        report.reasons = lead::lines(&all);
    }
    report.why = all;
    report
}

fn find(path: &Path, wanted: Wanted) -> Result<PathBuf, ReadError> {
    let problem = |what: String, help: String| ReadError { path: path.to_path_buf(), what, help };
    let help = || wanted.help.to_owned();
    let metadata =
        fs::metadata(path).map_err(|e| problem(format!("cannot be read: {e}"), help()))?;
    if metadata.is_file() {
        return Ok(path.to_path_buf());
    }
    if !metadata.is_dir() {
        return Err(problem("is neither a file nor a folder".to_owned(), help()));
    }
    let report = path.join("report.json");
    if report.is_file() {
        return Ok(report);
    }
    let inside = runs_in(path);
    let help = if inside.is_empty() {
        format!("the run has not ended, or was killed before it could write one; {}", help())
    } else {
        format!("it holds runs: name one of them, as {}", inside.join(", "))
    };
    Err(problem("the folder has no report.json".to_owned(), help))
}

/// Folders inside that have a report.
fn runs_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut runs: Vec<String> = paths
        .filter(|path| path.join("report.json").is_file())
        .map(|path| path.display().to_string())
        .collect();
    runs.sort();
    runs.truncate(HINTS_MAX);
    runs
}

fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(io::Error::other(format!("larger than {} MiB", BYTES_MAX >> 20)));
    }
    Ok(bytes)
}
