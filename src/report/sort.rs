//! In which order the rows of a table stand.

use crate::model::Metric;
use crate::result::CellReport;
use std::cmp::Ordering;

/// In which order the rows stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As the plan has the cells.
    #[default]
    Plan,
    /// By one of [`SORT_COLUMNS`], the greatest first.
    Column(&'static str),
    /// By the values of an axis.
    Axis(String),
}

/// The columns that rows can be sorted by, beside the axes.
pub const SORT_COLUMNS: &[&str] =
    &["lost", "duplicated", "phantom", "unavailable", "p99-before", "p99-during", "verdict"];

impl Sort {
    /// From its name on the command line.
    ///
    /// # Errors
    /// What it may be instead.
    pub fn parse(name: &str, axes: &[String]) -> Result<Self, String> {
        if let Some(column) = SORT_COLUMNS.iter().find(|column| **column == name) {
            return Ok(Sort::Column(column));
        }
        if axes.iter().any(|axis| axis == name) {
            return Ok(Sort::Axis(name.to_owned()));
        }
        let known = SORT_COLUMNS.iter().copied().chain(axes.iter().map(String::as_str));
        Err(known.collect::<Vec<_>>().join(", "))
    }

    pub(super) fn compare(&self, a: &CellReport, b: &CellReport) -> Ordering {
        let figure = |cell: &CellReport, column: &str| -> f64 {
            let us = |us: Option<u64>| us.map_or(-1.0, |us| us as f64);
            match column {
                "lost" => cell.counts.of(Metric::Lost) as f64,
                "duplicated" => cell.counts.of(Metric::Duplicated) as f64,
                "phantom" => cell.counts.of(Metric::Phantom) as f64,
                "unavailable" => cell.unavailable_ms.unwrap_or(-1.0),
                "p99-before" => us(cell.p99_us("before")),
                "p99-during" => us(cell.p99_us("during")),
                _ => f64::from(cell.verdict as u8),
            }
        };
        match self {
            Sort::Plan => Ordering::Equal,
            Sort::Column(column) => figure(b, column).total_cmp(&figure(a, column)),
            Sort::Axis(axis) => a.axes.get(axis).cmp(&b.axes.get(axis)),
        }
    }
}
