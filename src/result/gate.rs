//! How fast a cell sent, and whether cluster and machine kept up before the first fault: the gate,
//! because time-outs caused by overload write duplicates that no fault made.

use super::achieved_rate::{AchievedRate, LATENCY_MAX, RATE_MIN};
use crate::ledger::{PULSE_ROW_US, PulseRow};
use crate::model::Rate;
use crate::plan::{Cell, ProducerPlan};
use crate::verify::ClientRecord;
use std::ops::Range;
use std::time::Duration;

/// A shorter baseline says nothing about a rate.
const BASELINE_MIN_US: u64 = 1_000_000;

/// Periods of the run's clock, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    pub zero_us: u64,
    /// The first fault's call; `None` without faults.
    pub first_fault_us: Option<u64>,
    /// The end of the cell's own sending.
    pub end_us: u64,
}

impl Windows {
    /// The baseline: from zero to the first fault, or to the end without one, in whole rows, since
    /// a row has only its sum.
    fn baseline(&self) -> Range<u64> {
        self.rows_to(self.first_fault_us.unwrap_or(self.end_us).min(self.end_us))
    }

    fn rows_to(&self, to_us: u64) -> Range<u64> {
        self.zero_us.div_ceil(PULSE_ROW_US)..to_us / PULSE_ROW_US
    }
}

fn seconds(rows: &Range<u64>) -> f64 {
    rows.end.saturating_sub(rows.start) as f64 * PULSE_ROW_US as f64 / 1e6
}

/// Messages per second that all producers of a cell are to send; none without a clock.
pub(crate) fn wanted_rate(cell: &Cell) -> Option<f64> {
    let rate = |producer: &ProducerPlan| match producer.rate {
        Rate::PerSecond(rate) => Some(f64::from(rate)),
        Rate::Max => None,
    };
    cell.producers().map(rate).sum()
}

/// A cell's rate; `None` without a schedule.
pub(super) fn achieved(
    cell: &Cell,
    clients: &[ClientRecord<'_>],
    windows: &Windows,
) -> Option<AchievedRate> {
    let wanted = wanted_rate(cell)?;
    let Windows { zero_us, first_fault_us, end_us } = *windows;
    if end_us <= zero_us {
        return None;
    }
    let rate = |count: fn(&PulseRow) -> u64, window: Range<u64>| {
        let rows = clients.iter().flat_map(|client| client.ledger.pulses.iter().flatten());
        let rows = rows.filter(|row| window.contains(&(row.at_us / PULSE_ROW_US)));
        let seconds = seconds(&window);
        (seconds > 0.0).then(|| rows.map(count).sum::<u64>() as f64 / seconds)
    };
    let baseline_end_us = first_fault_us.unwrap_or(end_us).min(end_us);
    let long_enough = baseline_end_us >= zero_us + BASELINE_MIN_US;
    Some(AchievedRate {
        wanted,
        sent: rate(|row| row.sent, windows.rows_to(end_us))?,
        baseline: rate(|row| row.acked, windows.baseline()).filter(|_| long_enough),
    })
}

/// The wait for a batch to fill, which is the scenario's own.
pub(super) fn linger(cell: &Cell) -> Duration {
    let linger_ms = cell.producers().filter_map(|one| one.config.get("linger.ms")?.parse().ok());
    let linger_ms = linger_ms.reduce(f64::max).unwrap_or(0.0);
    Duration::from_secs_f64(linger_ms.clamp(0.0, 1e6) / 1e3)
}

/// The latency up to which a machine keeps up with a cell.
pub(crate) fn latency_max(cell: &Cell) -> Duration {
    LATENCY_MAX + linger(cell)
}

/// The acknowledgements that show that a cell keeps up with its rate in this time. At the end a
/// batch may be filling, and a message more or less may fall into it.
pub(crate) fn acked_min(cell: &Cell, wanted: f64, seconds: f64) -> f64 {
    RATE_MIN * wanted * (seconds - linger(cell).as_secs_f64()) - 2.0
}

/// Why the baseline shows overload; `None` if it does not, or if the scenario wants to saturate
/// cluster and machine.
pub(super) fn overload(
    cell: &Cell,
    rate: Option<&AchievedRate>,
    p99_before_us: Option<u64>,
    windows: &Windows,
) -> Option<String> {
    let rate = rate.filter(|_| cell.producers().all(|one| !one.saturate))?;
    let (baseline, seconds) = (rate.baseline?, seconds(&windows.baseline()));
    let advice = "take fewer cells, a lower rate or a longer linger.ms, or say \
                  `producer.saturate: true` if the rate may be more than they can sustain";
    if baseline * seconds < acked_min(cell, rate.wanted, seconds) {
        let wanted = rate.wanted;
        return Some(format!(
            "the cluster and the machine did not keep up before any fault: {baseline:.0} of \
             {wanted:.0} messages per second were acknowledged; {advice}"
        ));
    }
    let p99_ms = p99_before_us? as f64 / 1e3;
    let limit_ms = latency_max(cell).as_millis();
    (p99_ms > limit_ms as f64).then(|| {
        format!(
            "the cluster and the machine did not keep up before any fault: the 99th percentile of \
             acknowledgements is {p99_ms:.0} ms, more than {limit_ms} ms; {advice}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{
        Found, Ledger, LedgerRecord, LedgerWriter, Observed, PartitionObserved, ProducerId,
    };
    use crate::result::{Assembly, ClientFacts};
    use crate::verify::Verdict;

    fn cell(text: &str) -> Cell {
        let ends = text.contains("messages");
        let end = if ends { "" } else { "duration: 9s\n" };
        let text = format!("name: t\n{end}producer: {{{text}}}\n");
        crate::plan::from_text("t.yaml", &text, &[], Some(1)).unwrap().cells.remove(0)
    }

    /// 100 messages per second are sent from 1 s to 11 s, and acknowledged except in the sixth
    /// second.
    fn clients() -> [ClientRecord<'static>; 1] {
        let row = |i: u64| PulseRow {
            at_us: i * PULSE_ROW_US,
            sent: 10,
            acked: if (60..70).contains(&i) { 0 } else { 10 },
            ..PulseRow::default()
        };
        let pulses = vec![(10..110).map(row).collect()];
        let ledger = LedgerRecord { pulses, ..LedgerRecord::default() };
        let (confirmed, all_in_sync) = (true, true);
        [ClientRecord { name: "p", confirmed, all_in_sync, ledger, sending_ended_us: 0 }]
    }

    /// From 1 s to the end of the ledger.
    fn at(first_fault_us: Option<u64>, end_us: u64) -> Windows {
        Windows { zero_us: 1_000_000, first_fault_us, end_us }
    }

    /// What the gate says of a cell over [`clients`].
    fn gate(text: &str, p99_us: Option<u64>, windows: Windows) -> Option<String> {
        let cell = cell(text);
        overload(&cell, achieved(&cell, &clients(), &windows).as_ref(), p99_us, &windows)
    }

    #[test]
    fn the_baseline_ends_with_the_first_fault() {
        let early = at(Some(6_000_000), 11_000_000);
        let rate = achieved(&cell("rate: 100"), &clients(), &early).unwrap();
        assert_eq!((rate.sent, rate.baseline), (100.0, Some(100.0)));
        assert!(rate.is_kept() && gate("rate: 100", Some(20_000), early).is_none());
        assert!(gate("rate: 100", Some(600_000), early).unwrap().contains("600 ms"));
        let rate = achieved(&cell("rate: 100"), &clients(), &at(None, 11_000_000)).unwrap();
        assert_eq!(rate.baseline, Some(90.0));
        let rate = achieved(&cell("rate: 200"), &clients(), &early).unwrap();
        assert!(!rate.is_kept());
        let slow = gate("rate: 200", None, early).unwrap();
        assert!(slow.contains("100 of 200 messages per second"), "{slow}");
    }

    #[test]
    fn who_wants_to_saturate_has_no_gate() {
        let early = at(Some(6_000_000), 11_000_000);
        assert!(gate("rate: 200, saturate: false", Some(9_000_000), early).is_some());
        assert_eq!(gate("rate: 200, saturate: true", Some(9_000_000), early), None);
        assert_eq!(gate("rate: max", Some(9_000_000), early), None);
    }

    #[test]
    fn the_wait_for_a_batch_is_the_scenario_s_own() {
        let limit = |text: &str| latency_max(&cell(text)).as_millis();
        assert_eq!(limit("rate: 100, config: {linger.ms: 700}"), 1200);
        assert_eq!(limit("rate: 100, config: {linger.ms: 0.5}"), 500);
        // 500 messages came in 6 s, and none in the last of them: of 600 that is too little, unless
        // a batch of a second was filling.
        let late = at(Some(7_000_000), 11_000_000);
        assert!(gate("rate: 100, config: {linger.ms: 0}", None, late).is_some());
        assert!(gate("rate: 100, config: {linger.ms: 900}", None, late).is_none());
    }

    // One message per second: 2 in 2.9 s are as many as can come.
    #[test]
    fn a_message_more_or_less_is_no_overload() {
        assert!(acked_min(&cell("rate: 1"), 1.0, 2.9) < 2.0);
        // 90 % of 2000, less two, as in docs/verdicts.md.
        assert_eq!(acked_min(&cell("rate: 1000, config: {linger.ms: 0}"), 1000.0, 2.0), 1798.0);
        let docs = include_str!("../../docs/verdicts.md");
        assert!(docs.contains("at 1000 per second in 2 s, 1798"));
    }

    #[test]
    fn a_cell_that_ends_by_a_count_has_a_rate_until_then() {
        let counted = "rate: 100, messages: 500";
        let rate = achieved(&cell(counted), &clients(), &at(None, 6_000_000)).unwrap();
        assert_eq!((rate.sent, rate.baseline), (100.0, Some(100.0)));
        assert!(gate(counted, Some(600_000), at(None, 6_000_000)).is_some());
    }

    /// The verdict on a single cell of which every second message was acknowledged.
    fn half_acknowledged(producer: &str) -> (Verdict, String) {
        let text =
            format!("name: t\nduration: 4s\nproducer: {{{producer}}}\nexpect: {{lost: 0}}\n");
        let plan = crate::plan::from_text("t.yaml", &text, &[], Some(1)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let id = ProducerId { run: 1, cell: 0, producer: 0 };
        let (mut sends, mut outcomes) = LedgerWriter::create(dir.path(), id, 1).unwrap().split();
        let mut log = PartitionObserved::new(4_000);
        for sequence in 0..4_000 {
            let at_us = 100_000 + sequence * 1_000;
            sends.sent(0, sequence, at_us).unwrap();
            if sequence % 2 == 0 {
                let offset = sequence as i64 / 2;
                outcomes.acked(0, sequence, offset, at_us + 900, 900).unwrap();
                log.record(offset, 0, Found::Ours { sequence });
            }
        }
        let observed = Observed {
            clients: vec![vec![log]],
            log_start: vec![0],
            end: vec![2_000],
            unreadable: vec![None],
            ..Observed::default()
        };
        let report = Assembly {
            zero_us: Some(100_000),
            sending_ended_us: Some(4_100_000),
            clients: &[ClientFacts { ledger: Ledger::open(dir.path()).unwrap(), account: None }],
            observed: vec![observed],
            ..Assembly::new(&plan)
        };
        let report = report.report();
        (report.verdict, report.reasons.concat())
    }

    #[test]
    fn a_cell_alone_must_keep_up_unless_it_is_to_saturate() {
        let (verdict, reasons) = half_acknowledged("rate: 1000");
        assert_eq!(verdict, Verdict::Inconclusive);
        assert!(reasons.contains("500 of 1000 messages per second"), "{reasons}");
        let (verdict, reasons) = half_acknowledged("rate: 1000, saturate: true");
        assert_eq!(verdict, Verdict::Pass, "{reasons}");
        assert_eq!(half_acknowledged("rate: max").0, Verdict::Pass);
    }

    #[test]
    fn without_a_clock_or_with_too_short_a_baseline_there_is_nothing_to_keep() {
        let short = at(Some(1_500_000), 11_000_000);
        let rate = achieved(&cell("rate: 100"), &clients(), &short).unwrap();
        assert_eq!(rate.baseline, None);
        assert_eq!(gate("rate: 100", Some(900_000), short), None);
        assert_eq!(achieved(&cell("rate: max"), &clients(), &short), None);
    }
}
