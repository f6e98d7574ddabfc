//! What the page's script draws: the axis that all charts share, and each cell's timeline.

use crate::report::Report;
use serde::Serialize;

/// The time that all charts and lanes show, milliseconds of the scenario's clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Axis {
    /// Its left end.
    pub from_ms: f64,
    /// Its right end; behind the left one.
    pub to_ms: f64,
}

impl Axis {
    /// From the first message of any cell to the last, and to the end of every fault.
    pub fn of(report: &Report) -> Self {
        let timelines = || report.cells.iter().filter_map(|cell| cell.timeline.as_ref());
        let from_ms = timelines().map(|t| t.from_ms).fold(0.0, f64::min);
        let healed = report.faults.iter().filter_map(|fault| fault.healed_at_ms);
        let ends = timelines().map(crate::verify::Timeline::to_ms).chain(healed);
        Axis { from_ms, to_ms: ends.fold(from_ms + 1.0, f64::max) }
    }

    /// Where a stretch begins and how long it is, in percent of the axis, to two digits.
    pub fn percent(&self, from_ms: f64, to_ms: f64) -> (f64, f64) {
        let of = |ms: f64| (ms - self.from_ms) / (self.to_ms - self.from_ms) * 1e4;
        let (left, right) = (of(from_ms).round(), of(to_ms).round());
        (left / 100.0, (right - left) / 100.0)
    }
}

/// Everything that is drawn.
#[derive(Debug, Serialize)]
struct Charts<'a> {
    axis: Axis,
    faults: Vec<Band<'a>>,
    cells: Vec<Option<&'a crate::verify::Timeline>>,
}

/// A fault as a bar behind the charts.
#[derive(Debug, Serialize)]
struct Band<'a> {
    number: usize,
    what: &'a str,
    from_ms: f64,
    to_ms: f64,
    effective: bool,
}

/// The charts as JSON that may stand in a script element: without `<`, so that nothing in it ends
/// the element.
pub fn json(report: &Report, axis: Axis) -> String {
    let faults = report.faults.iter().enumerate().filter_map(|(index, fault)| {
        Some(Band {
            number: index + 1,
            what: &fault.what,
            from_ms: fault.effective_at_ms.or(fault.called_at_ms)?,
            to_ms: fault.healed_at_ms.unwrap_or(axis.to_ms),
            effective: fault.effective,
        })
    });
    let cells = report.cells.iter().map(|cell| cell.timeline.as_ref()).collect();
    let charts = Charts { axis, faults: faults.collect(), cells };
    serde_json::json!(charts).to_string().replace('<', "\\u003c")
}
