//! The order of a table's rows.

use crate::ledger::LatencyPhase;
use crate::model::Metric;
use crate::result::CellReport;
use std::cmp::Ordering;

/// The order of the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The plan's order.
    #[default]
    Plan,
    /// By one of [`sort_columns`], the greatest first.
    Column(&'static str),
    /// By the values of an axis.
    Axis(String),
}

/// The columns that rows can be sorted by, beside the axes.
pub(crate) fn sort_columns() -> impl Iterator<Item = &'static str> {
    let bad = Metric::ALL.iter().filter(|metric| metric.about().bad && metric.is_per_trial());
    bad.map(|metric| metric.word()).chain(["p99-before", "p99-during", "verdict"])
}

/// What `--sort` accepts, in words.
pub(crate) fn sort_help() -> String {
    let columns: Vec<&str> = sort_columns().collect();
    format!("Order of the table's rows: {}, or an axis", columns.join(", "))
}

impl Sort {
    /// From its name on the command line. The error lists what it may be.
    pub fn parse(name: &str, axes: &[String]) -> Result<Self, String> {
        if let Some(column) = sort_columns().find(|column| *column == name) {
            return Ok(Sort::Column(column));
        }
        if axes.iter().any(|axis| axis == name) {
            return Ok(Sort::Axis(name.to_owned()));
        }
        let mut known: Vec<&str> = sort_columns().collect();
        known.extend(axes.iter().map(String::as_str));
        Err(known.join(", "))
    }

    pub(super) fn compare(&self, a: &CellReport, b: &CellReport) -> Ordering {
        let figure = |cell: &CellReport, column: &str| -> f64 {
            let us = |us: Option<u64>| us.map_or(-1.0, |us| us as f64);
            match column {
                "p99-before" => us(cell.p99_us(LatencyPhase::Before)),
                "p99-during" => us(cell.p99_us(LatencyPhase::During)),
                word => match Metric::find(word) {
                    Some(metric) if metric.is_time() => cell.unavailable_ms.unwrap_or(-1.0),
                    Some(metric) => cell.counts.of(metric) as f64,
                    None => f64::from(cell.verdict as u8),
                },
            }
        };
        match self {
            Sort::Plan => Ordering::Equal,
            Sort::Column(column) => figure(b, column).total_cmp(&figure(a, column)),
            Sort::Axis(axis) => a.axes.get(axis).cmp(&b.axes.get(axis)),
        }
    }
}
