//! The formats of a report: [`write()`] writes one of them, [`write_files`] all files of a run's
//! folder.
//!
//! Each is made from the [`Report`] alone, so `report.json` is enough to regenerate what a run
//! wrote, byte by byte.

use super::html::write_html;
use super::json::write_json;
use super::junit::write_junit;
use super::markdown::write_markdown;
use super::{Ending, Paint, Sort, write_end};
use crate::result::Report;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Everything, with a versioned schema.
    Json,
    /// Test results, for CI systems.
    Junit,
    /// A summary, for GitHub.
    Markdown,
    /// A page with charts, in one file.
    Html,
    /// What a run prints at its end.
    Table,
}

impl Format {
    /// The one from which the others can be made comes first, and so is written first.
    pub const ALL: &[Format] =
        &[Format::Json, Format::Junit, Format::Markdown, Format::Html, Format::Table];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Table => "table",
        }
    }

    /// Its file in a run's folder; `None` for what goes to the terminal only.
    pub fn file_name(self) -> Option<&'static str> {
        match self {
            Format::Json => Some("report.json"),
            Format::Junit => Some("junit.xml"),
            Format::Markdown => Some("summary.md"),
            Format::Html => Some("report.html"),
            Format::Table => None,
        }
    }
}

/// Writes a report in one format. `sort` is the order of the table's rows; files have the plan's.
pub fn write(report: &Report, format: Format, sort: &Sort, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => write_json(report, out),
        Format::Junit => write_junit(report, out),
        Format::Markdown => write_markdown(report, out),
        Format::Html => write_html(report, out),
        Format::Table => write_end(report, Ending::Full, sort, Paint::plain(), None, out),
    }
}

/// Writes all files into a run's folder, each atomically. An error names the file.
pub fn write_files(report: &Report, folder: &Path) -> io::Result<()> {
    for (format, name) in Format::ALL.iter().filter_map(|f| Some((*f, f.file_name()?))) {
        write_file(report, format, folder, name)
            .map_err(|e| io::Error::new(e.kind(), format!("{name}: {e}")))?;
    }
    Ok(())
}

fn write_file(report: &Report, format: Format, folder: &Path, name: &str) -> io::Result<()> {
    let fresh = folder.join(format!(".{name}"));
    let mut file = BufWriter::new(File::create(&fresh)?);
    write(report, format, &Sort::Plan, &mut file)?;
    file.into_inner()?.sync_all()?;
    fs::rename(fresh, folder.join(name))
}
