//! How long nobody got an acknowledgement.
//!
//! A partition's outage is the time between two successive acknowledgements of it. Outages are
//! counted from its first acknowledgement on (a partition that never got one: from its first
//! send), for as long as there is demand. After the last acknowledgement there is demand only
//! while a message waits: until the last report that one was rejected or of unknown outcome, or,
//! if messages were left without any outcome, until sending ended. When everything sent before
//! it was settled by the last acknowledgement, nobody waited, and there is no outage behind it.

use super::cell::CellInput;
use super::types::{FaultOutage, Outage};
use crate::ledger::PulseRow;

/// A time without an acknowledgement, microseconds of the run's clock.
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

/// All outages of a partition that can be the longest of any window that does not cut a pulse
/// row: between rows, and the longest within each row. In a window that cuts a row, a gap
/// within that row that is not its longest is not seen; so what is said of such a window is at
/// most the length of a row too short.
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
        let partitions = input.ledger.partitions.iter().zip(&input.ledger.pulses);
        let by_partition = partitions.map(|(ledger, rows)| {
            let settled = ledger.acked.count() + ledger.rejected.count() + ledger.reported_unknown;
            gaps(rows, ledger.sent.saturating_sub(settled), input.sending_ended_us)
        });
        Outages { by_partition: by_partition.collect(), zero_us: input.zero_us }
    }

    /// The longest of all; of equally long ones the first of the lowest partition.
    pub(super) fn longest(&self) -> Option<Outage> {
        self.longest_within(0, u64::MAX)
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

/// Milliseconds of the scenario's clock.
pub(super) fn scenario_ms(at_us: u64, zero_us: u64) -> f64 {
    (at_us as f64 - zero_us as f64) / 1e3
}
