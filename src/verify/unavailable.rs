//! How long nobody got an acknowledgement.
//!
//! A partition's outage is the time between two successive acknowledgements of it. Outages count
//! from its first acknowledgement on (or from its first send, if it never got one), as long as
//! there is demand. After the last acknowledgement there is demand only while a message waits:
//! until the last report of a rejected or unknown outcome, or, if messages had no outcome at all,
//! until sending ended. If the last acknowledgement settled everything sent before it, nobody
//! waited, and there is no outage after it.
//!
//! Of several clients each waits for itself: the longest wait of any of them counts.
//!
//! What was before the scenario's zero is reported separately: an outage that spans zero is cut
//! there.

use super::cell::CellInput;
use super::types::{FaultOutage, Outage};
use crate::ledger::PulseRow;

/// A time without an acknowledgement, in microseconds of the run's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) from_us: u64,
    pub(super) to_us: u64,
}

impl Gap {
    fn length_us(self) -> u64 {
        self.to_us.saturating_sub(self.from_us)
    }

    fn clip(self, from_us: u64, to_us: u64) -> Gap {
        Gap { from_us: self.from_us.max(from_us), to_us: self.to_us.min(to_us) }
    }
}

/// All outages of a partition that can be the longest in a window that does not cut a pulse row:
/// between rows, and the longest within each row. In a window that cuts a row, other gaps within
/// that row are not seen, so the result is at most a row's length too short.
pub(super) fn gaps(rows: &[PulseRow], unsettled: u64, sending_ended_us: u64) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut last_us = None;
    let mut waited_until_us = 0;
    for row in rows {
        if row.acked > 0 {
            if let Some(from_us) = last_us {
                gaps.push(Gap { from_us, to_us: row.first_ack_us });
            }
            if row.max_gap_us > 0 {
                let to_us = row.max_gap_end_us;
                gaps.push(Gap { from_us: to_us.saturating_sub(row.max_gap_us), to_us });
            }
            last_us = Some(row.last_ack_us);
        }
        if row.rejected + row.unknown > 0 {
            waited_until_us = waited_until_us.max(row.at_us);
        }
    }
    if unsettled > 0 {
        waited_until_us = waited_until_us.max(sending_ended_us);
    }
    let first_send_us = || rows.iter().find(|row| row.sent > 0).map(|row| row.at_us);
    if let Some(from_us) = last_us.or_else(first_send_us)
        && waited_until_us > from_us
    {
        gaps.push(Gap { from_us, to_us: waited_until_us });
    }
    gaps
}

/// The outages of every partition of a cell.
pub(super) struct Outages {
    by_partition: Vec<Vec<Gap>>,
    zero_us: u64,
}

impl Outages {
    pub(super) fn of(input: &CellInput<'_>) -> Self {
        let mut by_partition: Vec<Vec<Gap>> = Vec::new();
        for client in input.clients {
            let partitions = client.ledger.partitions.iter().zip(&client.ledger.pulses);
            for (partition, (own, rows)) in partitions.enumerate() {
                let settled = own.acked.count() + own.rejected.count() + own.reported_unknown;
                let unsettled = own.sent.saturating_sub(settled);
                let room = by_partition.len().max(partition + 1);
                by_partition.resize_with(room, Vec::new);
                by_partition[partition].extend(gaps(rows, unsettled, client.sending_ended_us));
            }
        }
        Outages { by_partition, zero_us: input.zero_us }
    }

    /// The longest from zero on; of equally long ones the first of the lowest partition.
    pub(super) fn longest(&self) -> Option<Outage> {
        self.longest_within(self.zero_us, u64::MAX)
    }

    /// The longest before zero.
    pub(super) fn before_zero(&self) -> Option<Outage> {
        self.longest_within(0, self.zero_us)
    }

    /// The longest within each fault, from its injection to its heal.
    pub(super) fn within_faults(&self, input: &CellInput<'_>) -> Vec<FaultOutage> {
        let within = |fault: &super::types::FaultWindow| FaultOutage {
            fault: fault.index,
            what: fault.what.clone(),
            outage: self.longest_within(fault.called_us, fault.healed_us),
        };
        input.faults.iter().map(within).collect()
    }

    fn longest_within(&self, from_us: u64, to_us: u64) -> Option<Outage> {
        let mut longest: Option<(u32, Gap)> = None;
        for (partition, gaps) in (0..).zip(&self.by_partition) {
            for gap in gaps.iter().map(|gap| gap.clip(from_us, to_us)) {
                let least_us = longest.map_or(0, |(_, longest)| longest.length_us());
                if gap.length_us() > least_us {
                    longest = Some((partition, gap));
                }
            }
        }
        longest.map(|(partition, gap)| Outage {
            partition,
            from_ms: scenario_ms(gap.from_us, self.zero_us),
            to_ms: scenario_ms(gap.to_us, self.zero_us),
            ms: gap.length_us() as f64 / 1e3,
        })
    }
}

/// Converts to milliseconds of the scenario's clock.
pub(super) fn scenario_ms(at_us: u64, zero_us: u64) -> f64 {
    (at_us as f64 - zero_us as f64) / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{LedgerRecord, Observed, PartitionLedger};
    use crate::verify::tests::{client, input};
    use crate::verify::{Act, FaultWindow};

    fn row(at_us: u64) -> PulseRow {
        PulseRow { at_us, ..PulseRow::default() }
    }

    /// A row with acknowledgements between two times.
    fn acks(first_ack_us: u64, last_ack_us: u64) -> PulseRow {
        let at_us = first_ack_us / 100_000 * 100_000;
        PulseRow { acked: 2, sent: 2, first_ack_us, last_ack_us, ..row(at_us) }
    }

    fn spans(gaps: &[Gap]) -> Vec<(u64, u64)> {
        gaps.iter().map(|gap| (gap.from_us, gap.to_us)).collect()
    }

    // Between rows the gap is exact: from the last acknowledgement of one to the first of the next,
    // however many rows lie between. Everything is settled, so the end opens none.
    #[test]
    fn the_gap_between_rows_is_exact() {
        let rows = [acks(110_000, 190_000), row(300_000), acks(5_200_001, 5_250_000)];
        assert_eq!(spans(&gaps(&rows, 0, 9_000_000)), [(190_000, 5_200_001)]);
    }

    // Within a row the longest is kept with its end.
    #[test]
    fn the_longest_gap_within_a_row_is_known_by_its_end() {
        let rows =
            [PulseRow { max_gap_us: 30_000, max_gap_end_us: 180_000, ..acks(110_000, 190_000) }];
        assert_eq!(spans(&gaps(&rows, 0, 0)), [(150_000, 180_000)]);
    }

    // Messages had no outcome at all: somebody waited until sending ended.
    #[test]
    fn a_gap_at_the_end_lasts_while_messages_are_unsettled() {
        let rows = [acks(110_000, 190_000), PulseRow { sent: 5, ..row(200_000) }];
        assert_eq!(spans(&gaps(&rows, 5, 9_000_000)), [(190_000, 9_000_000)]);
        assert_eq!(spans(&gaps(&rows, 0, 9_000_000)), []);
        // A worker that died before its last acknowledgement was due waits for nothing.
        assert_eq!(spans(&gaps(&rows, 5, 190_000)), []);
    }

    // Rejections and unknown outcomes after the last acknowledgement: somebody waited for them,
    // also after sending ended. Those before it open nothing.
    #[test]
    fn a_gap_at_the_end_lasts_until_the_last_report() {
        let end = [
            PulseRow { rejected: 1, ..row(300_000) },
            PulseRow { unknown: 1, ..row(700_000) },
            row(900_000),
        ];
        let rows = [&[acks(110_000, 190_000)][..], &end].concat();
        assert_eq!(spans(&gaps(&rows, 0, 500_000)), [(190_000, 700_000)]);
        assert_eq!(spans(&gaps(&rows[..2], 0, 0)), [(190_000, 300_000)]);
        let before = [PulseRow { rejected: 1, ..row(0) }, acks(110_000, 190_000)];
        assert_eq!(spans(&gaps(&before, 0, 500_000)), []);
    }

    // Never an acknowledgement: from the first send on. Otherwise nothing before the first one.
    #[test]
    fn a_partition_that_never_answered_was_unavailable_from_its_first_send() {
        let sends = [row(100_000), PulseRow { sent: 3, ..row(200_000) }];
        assert_eq!(spans(&gaps(&sends, 3, 9_000_000)), [(200_000, 9_000_000)]);
        let answered = [PulseRow { sent: 3, ..row(0) }, acks(5_110_000, 5_190_000)];
        assert_eq!(spans(&gaps(&answered, 0, 9_000_000)), []);
        assert_eq!(spans(&gaps(&[], 0, 9_000_000)), []);
    }

    fn outages(pulses: Vec<Vec<PulseRow>>, faults: &[(u64, u64)]) -> (Outages, Vec<FaultOutage>) {
        let settled = |rows: &Vec<PulseRow>| {
            let acked: u64 = rows.iter().map(|row| row.acked).sum();
            let sent = rows.iter().map(|row| row.sent).sum();
            PartitionLedger { sent, acked: (0..acked).collect(), ..PartitionLedger::default() }
        };
        let partitions = pulses.iter().map(settled).collect();
        let ledger = LedgerRecord { partitions, pulses, ..LedgerRecord::default() };
        let window = |(index, (called_us, healed_us)): (usize, &(u64, u64))| FaultWindow {
            index: index as u16,
            what: format!("fault {index}"),
            effective_us: None,
            called_us: *called_us,
            healed_us: *healed_us,
            act: Act::Other,
            brokers: Vec::new(),
        };
        let faults: Vec<FaultWindow> = faults.iter().enumerate().map(window).collect();
        let (clients, observed) = ([client(ledger, 9_000_000)], Observed::default());
        let input = CellInput { faults: &faults, zero_us: 1_000_000, ..input(&clients, &observed) };
        let outages = Outages::of(&input);
        let within = outages.within_faults(&input);
        (outages, within)
    }

    // Partition 1 has the longest gap, 2 s to 6 s; partition 0 one of a second, 3 s to 4 s. The
    // fault from 5 s to 7 s saw the last second of the longer; the one from 7 s saw none.
    #[test]
    fn the_longest_gap_is_of_one_partition_and_clipped_to_each_fault() {
        let short = vec![acks(2_900_000, 3_000_000), acks(4_000_000, 4_000_000)];
        let long = vec![acks(1_900_000, 2_000_000), acks(6_000_000, 6_000_000)];
        let faults = [(5_000_000, 7_000_000), (7_000_000, 8_000_000), (1_000_000, 2_500_000)];
        let (outages, within) = outages(vec![short, long], &faults);
        let outage =
            |from_ms, to_ms| Some(Outage { partition: 1, from_ms, to_ms, ms: to_ms - from_ms });
        assert_eq!(outages.longest(), outage(1_000.0, 5_000.0));
        let found: Vec<_> = within.iter().map(|one| (one.fault, one.outage)).collect();
        let expected = [(0, outage(4_000.0, 5_000.0)), (1, None), (2, outage(1_000.0, 1_500.0))];
        assert_eq!(found, expected);
        assert_eq!(within[2].what, "fault 2");
    }

    // Zero is at 1 s. Nobody got an acknowledgement from 0.2 s to 1.7 s: 0.8 s of that were before
    // zero and do not count, 0.7 s are the scenario's own.
    #[test]
    fn an_outage_that_spans_zero_is_cut_there() {
        let rows = vec![acks(100_000, 200_000), acks(1_700_000, 1_700_000)];
        let (outages, _) = outages(vec![rows], &[]);
        let outage = |from_ms, to_ms, ms| Some(Outage { partition: 0, from_ms, to_ms, ms });
        assert_eq!(outages.longest(), outage(0.0, 700.0, 700.0));
        assert_eq!(outages.before_zero(), outage(-800.0, 0.0, 800.0));
    }

    // One that was over by then is not the scenario's.
    #[test]
    fn an_outage_before_zero_is_none_of_the_scenario_s() {
        let rows = vec![acks(100_000, 200_000), acks(900_000, 950_000), acks(1_000_000, 1_090_000)];
        let (outages, _) = outages(vec![rows], &[]);
        assert_eq!(outages.longest(), None);
        assert_eq!(outages.before_zero().map(|outage| outage.ms), Some(700.0));
    }

    // Reported unknown outcomes are settled; only the rest is waited for until the end.
    #[test]
    fn what_was_reported_unknown_is_no_longer_waited_for() {
        let rows = vec![acks(100_000, 100_000), PulseRow { sent: 2, unknown: 1, ..row(300_000) }];
        let (outages, _) = outages(vec![rows.clone()], &[]);
        assert_eq!(outages.longest().map(|outage| outage.to_ms), Some(8_000.0));
        let ledger = PartitionLedger {
            sent: 4,
            acked: (0..2).collect(),
            rejected: (2..3).collect(),
            reported_unknown: 1,
            ..PartitionLedger::default()
        };
        let record =
            LedgerRecord { partitions: vec![ledger], pulses: vec![rows], ..Default::default() };
        let (clients, observed) = ([client(record, 9_000_000)], Observed::default());
        let outage = Outages::of(&input(&clients, &observed)).longest().unwrap();
        assert_eq!((outage.from_ms, outage.to_ms), (100.0, 300.0));
    }
}
