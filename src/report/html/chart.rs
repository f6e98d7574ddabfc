//! The data for the page's script: the axis that all charts share, and each cell's timeline.

use super::faults::Band;
use crate::result::Report;
use serde::Serialize;

/// The most ticks of a time axis: narrow pages have no room for more.
const TICKS_MAX: usize = 11;

/// The period that all charts and lanes show, in milliseconds of the scenario's clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Axis {
    pub from_ms: f64,
    /// Greater than `from_ms`.
    pub to_ms: f64,
}

impl Axis {
    /// From the first message of any cell to the last, and to the end of every fault.
    pub(super) fn of(report: &Report) -> Self {
        let timelines = || report.cells.iter().filter_map(|cell| cell.timeline.as_ref());
        let from_ms = timelines().map(|t| t.from_ms).fold(0.0, f64::min);
        let healed = report.faults.iter().filter_map(|fault| fault.healed_at_ms);
        let ends = timelines().map(crate::verify::Timeline::to_ms).chain(healed);
        Axis { from_ms, to_ms: ends.fold(from_ms + 1.0, f64::max) }
    }

    /// The begin and length of a period in percent of the axis, to two digits.
    pub(super) fn percent(&self, from_ms: f64, to_ms: f64) -> (f64, f64) {
        let of = |ms: f64| (ms - self.from_ms) / (self.to_ms - self.from_ms) * 1e4;
        let (left, right) = (of(from_ms).round(), of(to_ms).round());
        (left / 100.0, (right - left) / 100.0)
    }

    /// Round times in milliseconds, for the lines of charts and lanes.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let steps_ms = (0..).map(|i| [1.0, 2.0, 5.0][i % 3] * 10_f64.powi(i as i32 / 3));
        let ticks = |step_ms: f64| {
            let (first, last) = ((self.from_ms / step_ms).ceil(), (self.to_ms / step_ms).floor());
            (first as i64..=last as i64).map(move |n| n as f64 * step_ms)
        };
        steps_ms
            .map(ticks)
            .find(|ticks| ticks.clone().count() <= TICKS_MAX)
            .into_iter()
            .flatten()
            .collect()
    }
}

/// Everything that is drawn.
#[derive(Debug, Serialize)]
struct Charts<'a> {
    axis: Axis,
    ticks: Vec<f64>,
    faults: &'a [Band],
    cells: Vec<Option<&'a crate::verify::Timeline>>,
}

/// The charts as JSON for a script element: without `<`, so that nothing in it ends the element.
pub(super) fn json(report: &Report, axis: Axis, faults: &[Band]) -> String {
    let cells = report.cells.iter().map(|cell| cell.timeline.as_ref()).collect();
    let charts = Charts { axis, ticks: axis.ticks(), faults, cells };
    serde_json::json!(charts).to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = |from_ms, to_ms| Axis { from_ms, to_ms }.ticks();
        assert_eq!(
            ticks(-3_543.0, 16_357.0),
            [-2e3, 0.0, 2e3, 4e3, 6e3, 8e3, 1e4, 12e3, 14e3, 16e3]
        );
        assert_eq!(ticks(0.0, 1.0), [0.0, 1.0]);
        for to_ms in [10.0, 999.0, 12_345.0, 3.6e6, 8.64e7] {
            let ticks = ticks(0.0, to_ms);
            assert!((2..=TICKS_MAX).contains(&ticks.len()), "{to_ms}: {ticks:?}");
        }
    }
}
