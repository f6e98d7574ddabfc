//! How fast a cell sent, and whether the machine kept up before the first fault: the gate of a
//! paired comparison.

use super::{AchievedRate, CellReport, LATENCY_MAX, RATE_MIN};
use crate::ledger::{LedgerRecord, PULSE_ROW_US, PulseRow};
use crate::plan::{Cell, Rate};
use std::time::Duration;

/// A shorter baseline says nothing of a rate.
const BASELINE_MIN_US: u64 = 1_000_000;

/// Stretches of the run's clock, microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    /// The scenario's zero.
    pub zero_us: u64,
    /// The first fault's call; none without faults.
    pub first_fault_us: Option<u64>,
    /// The end of the cell's own sending.
    pub end_us: u64,
}

/// A cell's rate; none without a clock.
pub fn achieved(cell: &Cell, ledger: &LedgerRecord, windows: &Windows) -> Option<AchievedRate> {
    let Rate::PerSecond(wanted) = cell.producer.rate else { return None };
    let Windows { zero_us, first_fault_us, end_us } = *windows;
    if end_us <= zero_us {
        return None;
    }
    let rate = |count: fn(&PulseRow) -> u64, to_us: u64| {
        // Whole rows only: a row knows its sum, and not when in its tenth of a second.
        let (from, to) = (zero_us.div_ceil(PULSE_ROW_US), to_us / PULSE_ROW_US);
        let rows = ledger.pulses.iter().flatten().filter(|row| {
            let at = row.at_us / PULSE_ROW_US;
            (from..to).contains(&at)
        });
        let seconds = to.saturating_sub(from) as f64 * PULSE_ROW_US as f64 / 1e6;
        (seconds > 0.0).then(|| rows.map(count).sum::<u64>() as f64 / seconds)
    };
    let baseline_end_us = first_fault_us.unwrap_or(end_us).min(end_us);
    let long_enough = baseline_end_us >= zero_us + BASELINE_MIN_US;
    Some(AchievedRate {
        wanted: f64::from(wanted),
        sent: rate(|row| row.sent, end_us)?,
        baseline: rate(|row| row.acked, baseline_end_us).filter(|_| long_enough),
    })
}

/// The latency up to which a machine keeps up with a cell: the wait for a batch to fill is the
/// scenario's own, the rest is [`LATENCY_MAX`].
pub fn latency_max(cell: &Cell) -> Duration {
    let linger_ms: f64 =
        cell.producer.config.get("linger.ms").and_then(|ms| ms.parse().ok()).unwrap_or(0.0);
    LATENCY_MAX + Duration::from_secs_f64(linger_ms.clamp(0.0, 1e6) / 1e3)
}

/// Why the baseline shows that this machine does not bear so many cells; none if it bears them.
pub fn overload(
    rate: Option<&AchievedRate>,
    p99_before_us: Option<u64>,
    limit: Duration,
) -> Option<String> {
    let rate = rate?;
    let baseline = rate.baseline?;
    let advice = "fewer cells, a lower rate or a longer linger.ms";
    if baseline < RATE_MIN * rate.wanted {
        let wanted = rate.wanted;
        return Some(format!(
            "the machine did not keep up before any fault: {baseline:.0} of {wanted:.0} messages a \
             second were acknowledged; take {advice}"
        ));
    }
    let p99_ms = p99_before_us? as f64 / 1e3;
    let limit_ms = limit.as_millis();
    (p99_ms > limit_ms as f64).then(|| {
        format!(
            "the machine did not keep up before any fault: the 99th percentile of acknowledgements \
             is {p99_ms:.0} ms, more than {limit_ms} ms; take {advice}"
        )
    })
}

/// The cell's share of its rate as the table marks it; none where it kept its rate.
pub fn mark(cell: &CellReport) -> Option<String> {
    let rate = cell.rate.as_ref().filter(|rate| !rate.is_kept())?;
    Some(format!("{:.0} % of rate", rate.share() * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> Cell {
        let ends = text.contains("messages");
        let end = if ends { "" } else { "duration: 9s\n" };
        let text = format!("name: t\n{end}producer: {{{text}}}\n");
        crate::plan::from_text("t.yaml", &text, &[], Some(1)).unwrap().cells.remove(0)
    }

    /// 100 messages a second are sent from 1 s to 11 s, and acknowledged but for the sixth second.
    fn ledger() -> LedgerRecord {
        let row = |i: u64| PulseRow {
            at_us: i * PULSE_ROW_US,
            sent: 10,
            acked: if (60..70).contains(&i) { 0 } else { 10 },
            ..PulseRow::default()
        };
        LedgerRecord { pulses: vec![(10..110).map(row).collect()], ..LedgerRecord::default() }
    }

    #[test]
    fn the_baseline_ends_with_the_first_fault() {
        let at =
            |first_fault_us| Windows { zero_us: 1_000_000, first_fault_us, end_us: 11_000_000 };
        let rate = achieved(&cell("rate: 100"), &ledger(), &at(Some(6_000_000))).unwrap();
        assert_eq!((rate.sent, rate.baseline), (100.0, Some(100.0)));
        assert!(rate.is_kept() && overload(Some(&rate), Some(20_000), LATENCY_MAX).is_none());
        assert!(overload(Some(&rate), Some(600_000), LATENCY_MAX).unwrap().contains("600 ms"));
        let rate = achieved(&cell("rate: 100"), &ledger(), &at(None)).unwrap();
        assert_eq!(rate.baseline, Some(90.0));
        let rate = achieved(&cell("rate: 200"), &ledger(), &at(Some(6_000_000))).unwrap();
        assert!(!rate.is_kept());
        assert!(
            overload(Some(&rate), None, LATENCY_MAX)
                .unwrap()
                .contains("100 of 200 messages a second")
        );
    }

    #[test]
    fn the_wait_for_a_batch_is_the_scenario_s_own() {
        let limit = |text: &str| latency_max(&cell(text)).as_millis();
        assert_eq!(limit("rate: 100, config: {linger.ms: 700}"), 1200);
        assert_eq!(limit("rate: 100, config: {linger.ms: 0.5}"), 500);
    }

    #[test]
    fn a_cell_that_ends_by_a_count_has_a_rate_until_then() {
        let at = |end_us| Windows { zero_us: 1_000_000, first_fault_us: None, end_us };
        let counted = cell("rate: 100, messages: 500");
        let rate = achieved(&counted, &ledger(), &at(6_000_000)).unwrap();
        assert_eq!((rate.sent, rate.baseline), (100.0, Some(100.0)));
        assert!(overload(Some(&rate), Some(600_000), LATENCY_MAX).is_some());
    }

    #[test]
    fn without_a_clock_or_with_too_short_a_baseline_there_is_nothing_to_keep() {
        let windows =
            Windows { zero_us: 1_000_000, first_fault_us: Some(1_500_000), end_us: 11_000_000 };
        let rate = achieved(&cell("rate: 100"), &ledger(), &windows).unwrap();
        assert_eq!(rate.baseline, None);
        assert_eq!(overload(Some(&rate), Some(900_000), LATENCY_MAX), None);
        assert_eq!(achieved(&cell("rate: max"), &ledger(), &windows), None);
    }
}
