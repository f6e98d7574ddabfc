//! [`latencies`]: how long messages waited for their acknowledgement, phase by phase.
//!
//! The worker counts each acknowledgement by the time when its message was due. This adds messages
//! that were never acknowledged, or never sent because the producer was more than a second late:
//! each waits until a later message of its partition is acknowledged, because only then does the
//! partition take messages again. The client's own report is no measure of that: it may give up at
//! once. A message's due time is known to the tenth of a second in which it was sent, whose end
//! counts. So the computed wait never exceeds the true one.

use super::cell::CellInput;
use super::client::ClientRecord;
use super::runs::Runs;
use super::types::PhaseLatency;
use crate::ledger::{
    AckStretch, LatencyHistogram, LatencyPhase, PULSE_ROW_US, PartitionLedger, PulseRow, waits,
};

/// One entry per phase, in their order.
pub(super) fn latencies(input: &CellInput<'_>) -> Vec<PhaseLatency> {
    let mut phases = LatencyPhase::ALL.map(|_| Waits::default());
    input.clients.iter().for_each(|client| add_waits(client, &mut phases));
    let summary = |(phase, waits): (LatencyPhase, Waits)| PhaseLatency {
        phase,
        count: waits.all.count(),
        unacked: waits.unacked,
        p50_us: waits.all.percentile(0.5),
        p99_us: waits.all.percentile(0.99),
        max_us: waits.all.max_us(),
    };
    LatencyPhase::ALL.into_iter().zip(phases).map(summary).collect()
}

/// Adds how long the messages of one client waited.
fn add_waits(client: &ClientRecord<'_>, phases: &mut [Waits]) {
    let (ledger, ended_us) = (&client.ledger, client.sending_ended_us);
    for (phase, acked) in phases.iter_mut().zip(&ledger.latencies) {
        phase.all.merge(acked);
    }
    let mut add = |due_us: u64, until_us: u64, count: u64| {
        let changes = &ledger.changes;
        for (phase, wait_us) in waits(changes.len(), |i| changes[i], due_us, until_us) {
            let phase = &mut phases[phase as usize];
            phase.all.record_many(wait_us, count);
            phase.unacked += count;
        }
    };
    let partitions = ledger.partitions.iter().zip(&ledger.pulses);
    let services: Vec<Service<'_>> =
        partitions.map(|(own, rows)| Service::new(own, rows, ended_us)).collect();
    services.iter().for_each(|service| service.unacknowledged(&mut add));
    for row in &ledger.skipped {
        let due_us = row.at_us + PULSE_ROW_US;
        let served = services.iter().map(|one| one.served_from(one.sent_by(due_us)));
        add(due_us, served.min().unwrap_or(ended_us), row.count);
    }
}

#[derive(Default)]
struct Waits {
    all: LatencyHistogram,
    unacked: u64,
}

/// When the messages of one partition were sent, and when it took messages.
struct Service<'a> {
    ledger: &'a PartitionLedger,
    /// The end of each row in which messages were sent, and how many were sent by then.
    sends: Vec<(u64, u64)>,
    /// The first sequence of each stretch of acknowledgements, and the earliest acknowledgement
    /// from it on.
    acks: Vec<(u64, u64)>,
    /// The sequence after each stretch, and its first acknowledgement, in the same order.
    ends: Vec<(u64, u64)>,
    /// The end of all waiting.
    end_us: u64,
}

impl<'a> Service<'a> {
    fn new(ledger: &'a PartitionLedger, rows: &[PulseRow], sending_ended_us: u64) -> Self {
        let mut sent = 0;
        let sends = rows.iter().filter(|row| row.sent > 0).map(|row| {
            sent += row.sent;
            (row.at_us + PULSE_ROW_US, sent)
        });
        let sends = sends.collect();
        let mut stretches: Vec<&AckStretch> = ledger.stretches.iter().collect();
        stretches.sort_unstable_by_key(|ack| (ack.stretch.sequence, ack.first_ack_us));
        let of = |ack: &&AckStretch| (ack.stretch.sequence, ack.first_ack_us);
        let mut acks: Vec<(u64, u64)> = stretches.iter().map(of).collect();
        let end = |ack: &&AckStretch| (ack.stretch.sequence + ack.stretch.count, ack.first_ack_us);
        let ends = stretches.iter().map(end).collect();
        let mut earliest_us = u64::MAX;
        for (_, ack_us) in acks.iter_mut().rev() {
            earliest_us = earliest_us.min(*ack_us);
            *ack_us = earliest_us;
        }
        let last_row_us = rows.last().map_or(0, |row| row.at_us);
        Service { ledger, sends, acks, ends, end_us: sending_ended_us.max(last_row_us) }
    }

    /// How many messages were sent by the end of a row.
    fn sent_by(&self, at_us: u64) -> u64 {
        let rows = self.sends.partition_point(|(end_us, _)| *end_us <= at_us);
        rows.checked_sub(1).map_or(0, |last| self.sends[last].1)
    }

    /// When a message with this sequence or a higher one was first acknowledged, or a lower bound
    /// of that; the end of all waiting, if none was.
    fn served_from(&self, sequence: u64) -> u64 {
        let before = self.acks.partition_point(|(first, _)| *first < sequence);
        let behind = self.acks.get(before).map_or(self.end_us, |(_, ack_us)| *ack_us);
        // Within a stretch it is not known which message was acknowledged when: none before the
        // stretch's first acknowledgement, nor before it was sent.
        let within = before.checked_sub(1).map(|last| self.ends[last]);
        let within = within.filter(|(end, _)| sequence < *end);
        let within = within.map(|(_, ack_us)| ack_us.max(self.sent_from(sequence)));
        within.map_or(behind, |within_us| behind.min(within_us))
    }

    /// The begin of the row in which a message was sent.
    fn sent_from(&self, sequence: u64) -> u64 {
        let row = self.sends.partition_point(|(_, sent)| *sent <= sequence);
        self.sends.get(row).map_or(0, |(end_us, _)| end_us - PULSE_ROW_US)
    }

    /// Passes on every message without an acknowledgement: when it was due, until when it waited,
    /// and how many there are of this kind.
    fn unacknowledged(&self, add: &mut impl FnMut(u64, u64, u64)) {
        for run in Runs::new(self.ledger.sent, |word| !self.ledger.acked.word(word)) {
            let until_us = self.served_from(run.end);
            let mut sequence = run.start;
            while sequence < run.end {
                let row = self.sends.partition_point(|(_, sent)| *sent <= sequence);
                // A killed worker may have counted a message but no row.
                let (due_us, sent) = self.sends.get(row).map_or((until_us, run.end), |row| *row);
                let end = sent.min(run.end);
                add(due_us, until_us, end - sequence);
                sequence = end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{LedgerRecord, Observed, PhaseChange, SkippedRow, Stretch};
    use crate::verify::tests::{client, input};

    const S: u64 = 1_000_000;

    /// One partition: `sent` messages in rows that begin at these times, of which stretches from a
    /// sequence on were acknowledged at a time; zero at 1 s, a fault from 3 s to 23 s.
    fn record(sent: &[(u64, u64)], acked: &[(u64, u64, u64)]) -> LedgerRecord {
        let row = |(at_us, sent): &(u64, u64)| PulseRow {
            at_us: *at_us,
            sent: *sent,
            ..PulseRow::default()
        };
        let stretch = |(sequence, count, at_us): &(u64, u64, u64)| AckStretch {
            stretch: Stretch { sequence: *sequence, offset: 0, count: *count },
            first_ack_us: *at_us,
            last_ack_us: *at_us,
        };
        let all = acked.iter().flat_map(|(sequence, count, _)| *sequence..*sequence + *count);
        let partition = PartitionLedger {
            sent: sent.iter().map(|(_, count)| count).sum(),
            acked: all.collect(),
            stretches: acked.iter().map(stretch).collect(),
            ..PartitionLedger::default()
        };
        let change = |at_us, phase| PhaseChange { at_us, phase };
        LedgerRecord {
            partitions: vec![partition],
            pulses: vec![sent.iter().map(row).collect()],
            changes: vec![
                change(S, LatencyPhase::Before),
                change(3 * S, LatencyPhase::During),
                change(23 * S, LatencyPhase::After),
            ],
            ..LedgerRecord::default()
        }
    }

    fn of(ledger: &LedgerRecord, phase: LatencyPhase) -> PhaseLatency {
        let (clients, observed) = ([client(ledger.clone(), 30 * S)], Observed::default());
        let all = latencies(&CellInput { zero_us: S, ..input(&clients, &observed) });
        assert_eq!(all.len(), 4);
        all.into_iter().find(|one| one.phase == phase).unwrap()
    }

    fn max_s(latency: &PhaseLatency) -> (u64, u64, Option<f64>) {
        (latency.count, latency.unacked, latency.max_us.map(|us| us as f64 / S as f64))
    }

    // Ten messages in the tenth of a second that ends at 5 s were rejected within milliseconds, by
    // a client without retries. The partition took the next message at 24 s: they waited 19 s, and
    // longer if the outage had been longer.
    #[test]
    fn what_was_rejected_at_once_waits_until_the_partition_takes_messages_again() {
        let sent = [(4_900_000, 10), (23_900_000, 5)];
        let ledger = record(&sent, &[(10, 5, 24 * S)]);
        assert_eq!(max_s(&of(&ledger, LatencyPhase::During)), (10, 10, Some(19.0)));
        let longer = record(&[(4_900_000, 10), (27_900_000, 5)], &[(10, 5, 28 * S)]);
        assert_eq!(max_s(&of(&longer, LatencyPhase::During)), (10, 10, Some(23.0)));
        assert_eq!(max_s(&of(&longer, LatencyPhase::After)), (0, 0, None));
    }

    // The partition never came back: they waited until sending ended, at 30 s. Two were sent in the
    // row that ends at 2 s, before the fault: when it struck they had waited 1 s.
    #[test]
    fn without_a_later_acknowledgement_they_wait_until_sending_ends() {
        let ledger = record(&[(1_900_000, 2), (4_900_000, 3)], &[]);
        assert_eq!(max_s(&of(&ledger, LatencyPhase::Before)), (2, 2, Some(1.0)));
        assert_eq!(max_s(&of(&ledger, LatencyPhase::During)), (5, 5, Some(28.0)));
    }

    // An acknowledgement of an earlier message says nothing about a later one; one in the middle
    // divides them.
    #[test]
    fn each_waits_for_the_next_acknowledged_one_behind_it() {
        let ledger = record(
            &[(4_900_000, 3), (5_900_000, 2)],
            // 1 of 0, 1, 2 at 7 s, and 4 at 9 s; 0, 2 and 3 never.
            &[(1, 1, 7 * S), (4, 1, 9 * S)],
        );
        // 0: 5 to 7 s, 2: 5 to 9 s, 3: 6 to 9 s.
        let during = of(&ledger, LatencyPhase::During);
        assert_eq!(max_s(&during), (3, 3, Some(4.0)));
        let p50_s = during.p50_us.unwrap() as f64 / S as f64;
        assert!((3.0..3.4).contains(&p50_s), "{p50_s}");
    }

    // The client took no message from 5 s to 20 s: those due then were never sent, and waited all
    // the same, until the first one sent later was acknowledged.
    #[test]
    fn what_could_not_be_sent_in_time_waits_too() {
        let mut ledger =
            record(&[(1_900_000, 5), (20_900_000, 5)], &[(0, 5, 2 * S), (5, 5, 21 * S)]);
        ledger.skipped = vec![SkippedRow { at_us: 5_900_000, count: 1000 }];
        assert_eq!(max_s(&of(&ledger, LatencyPhase::During)), (1000, 1000, Some(15.0)));
        assert_eq!(max_s(&of(&ledger, LatencyPhase::Before)), (0, 0, None));
    }

    // 5 to 9 were sent from 20.9 s on, in one stretch with 0 to 4, whose first acknowledgement was
    // at 2 s. Those due at 6 s and never sent waited until 20.9 s; not until 10 was acknowledged,
    // at 29 s. With the stretch's first acknowledgement at 21 s it was that.
    #[test]
    fn the_stretch_that_a_message_stands_in_says_when_it_was_served() {
        let wait_s = |first_row_us, first_ack_us| {
            let sent = [(first_row_us, 5), (20_900_000, 6)];
            let mut ledger = record(&sent, &[(0, 10, first_ack_us), (10, 1, 29 * S)]);
            ledger.skipped = vec![SkippedRow { at_us: 5_900_000, count: 1000 }];
            max_s(&of(&ledger, LatencyPhase::During))
        };
        assert_eq!(wait_s(1_900_000, 2 * S), (1000, 1000, Some(14.9)));
        assert_eq!(wait_s(5_800_000, 21 * S), (1000, 1000, Some(15.0)));
    }

    // What the worker counted is beside it.
    #[test]
    fn acknowledged_and_unacknowledged_are_one_distribution() {
        let mut ledger = record(&[(4_900_000, 1)], &[]);
        ledger.latencies = vec![LatencyHistogram::new(); 4];
        (0..99).for_each(|_| ledger.latencies[LatencyPhase::During as usize].record(5));
        let during = of(&ledger, LatencyPhase::During);
        assert_eq!((during.count, during.unacked), (100, 1));
        assert_eq!((during.p50_us, during.p99_us, during.max_us), (Some(5), Some(5), Some(25 * S)));
    }
}
