//! `report.json`.

use super::Report;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes `report.json` into the run's folder, in one step: a reader sees all of it or nothing.
///
/// # Errors
/// When it cannot be written.
pub fn write_json(report: &Report, folder: &Path) -> io::Result<()> {
    let fresh = folder.join(".report.json");
    let mut file = BufWriter::new(File::create(&fresh)?);
    serde_json::to_writer_pretty(&mut file, report)?;
    file.write_all(b"\n")?;
    file.into_inner()?.sync_all()?;
    std::fs::rename(fresh, folder.join("report.json"))
}
