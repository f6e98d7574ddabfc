//! From a path to a [`Side`]: a report, a folder with one, or a baseline.

use super::baseline::{self, Baseline};
use super::report_file::ReportFile;
use super::side::Side;
use crate::result::{self, ReadError, SavedFile, Wanted};
use std::collections::BTreeSet;
use std::path::Path;

const WANTED: Wanted = Wanted {
    not: "neither report nor baseline",
    help: "name a run's folder (chaos-out/NAME-TIME), its report.json, or a file of `chaos baseline`",
};

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Report,
    /// What `chaos baseline` wrote.
    Baseline,
}

/// Reads one side of a comparison. Fails if it is no report or baseline of a known version, or if
/// the run did not get far enough to compare anything.
pub fn read(path: &Path) -> Result<(Side, Kind), ReadError> {
    let file = SavedFile::open(path, WANTED)?;
    let (side, kind) = match file.schema.as_str() {
        result::SCHEMA | result::FIRST_SCHEMA => {
            let report: ReportFile = file.parse("report")?;
            let side = report.side();
            if let Some(why) = report.unfinished(&side) {
                return Err(file.problem(
                    format!("nothing can be compared: {why}"),
                    "run the scenario again to its end, and compare that run",
                ));
            }
            (side, Kind::Report)
        }
        baseline::SCHEMA => {
            let baseline: Baseline = file.parse("baseline")?;
            let damaged = |what: String| {
                file.problem(what, "write the baseline again: `chaos baseline RUN --force`")
            };
            (baseline.side().map_err(damaged)?, Kind::Baseline)
        }
        _ => return Err(file.unknown(&[result::SCHEMA, result::FIRST_SCHEMA, baseline::SCHEMA])),
    };
    let mut ids = BTreeSet::new();
    match side.cells.iter().find(|cell| !ids.insert(&cell.id)) {
        Some(twice) => Err(file.problem(
            format!("two cells have the id `{}`", twice.id),
            "the file was changed by hand, or put together wrongly: run again",
        )),
        None => Ok((side, kind)),
    }
}
