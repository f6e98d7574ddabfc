//! Hand-written histories with one argued answer each: every anomaly, with and without it. This
//! file has what they are written with.

mod causes;
mod clients;
mod early;
mod loss;
mod presence;
mod reading;
mod timeline;

use super::*;
use crate::event::{BrokerView, Observation};
use crate::ledger::{
    AckStretch, Found, LatencyHistogram, LatencyPhase, LedgerRecord, LogEnd, Observed,
    PartitionLedger, PartitionObserved, PulseRow, Stretch, TopicFate,
};
use crate::model::Metric;
use std::ops::Range;

const TOPIC: &str = "t";
const S: u64 = 1_000_000;

/// A history of one partition.
struct History {
    ledger: PartitionLedger,
    read: PartitionObserved,
    pulse: Vec<PulseRow>,
    start: i64,
    end: i64,
    unreadable: Option<String>,
    observations: Vec<Observation>,
    faults: Vec<FaultWindow>,
    confirmed: bool,
    all_in_sync: bool,
    unclean_elections: bool,
    topic: TopicFate,
    holes_explained: Option<&'static str>,
}

/// This many messages sent, nothing known about them, an empty log.
fn sent(sent: u64) -> History {
    History {
        ledger: PartitionLedger { sent, ..PartitionLedger::default() },
        read: PartitionObserved::new(sent),
        pulse: Vec::new(),
        start: 0,
        end: 0,
        unreadable: None,
        observations: Vec::new(),
        faults: Vec::new(),
        confirmed: true,
        all_in_sync: false,
        unclean_elections: true,
        topic: TopicFate::Kept,
        holes_explained: None,
    }
}

impl History {
    /// Acknowledged from this offset on, between two times.
    fn acked(mut self, sequences: Range<u64>, offset: i64, from_us: u64, to_us: u64) -> Self {
        let known = (0..self.ledger.sent).filter(|sequence| self.ledger.acked.get(*sequence));
        self.ledger.acked = known.chain(sequences.clone()).collect();
        let count = sequences.end - sequences.start;
        self.ledger.stretches.push(AckStretch {
            stretch: Stretch { sequence: sequences.start, offset, count },
            first_ack_us: from_us,
            last_ack_us: to_us,
        });
        self
    }

    /// Where the log ended before any fault, according to its leader.
    fn ended_early(mut self, offset: i64, epoch: i32, at_us: u64) -> Self {
        self.read = self.read.with_early_end(Some(LogEnd { offset, epoch, at_us }));
        self
    }

    fn rejected(mut self, sequences: Range<u64>) -> Self {
        self.ledger.rejected = sequences.collect();
        self
    }

    /// The log's content from this offset on; the log ends after it.
    fn log(mut self, offset: i64, epoch: i32, records: impl IntoIterator<Item = Found>) -> Self {
        self.end = offset;
        for record in records {
            self.read.record(self.end, epoch, record);
            self.end += 1;
        }
        self
    }

    /// A broker's claim about the leader.
    fn says(self, at_us: u64, asked: i32, leader: i32, epoch: i32) -> Self {
        self.says_isr(at_us, asked, (leader, epoch), &[])
    }

    /// A broker's claim about the leader and the in-sync replicas.
    fn says_isr(
        mut self,
        at_us: u64,
        asked: i32,
        (leader, epoch): (i32, i32),
        isr: &[i32],
    ) -> Self {
        self.observations.push(Observation::said(at_us, asked, leader, epoch, isr));
        self
    }

    fn answers(mut self, at_us: u64, broker: i32, answers: bool) -> Self {
        self.observations.push(Observation::Broker(BrokerView { at_us, broker, answers }));
        self
    }

    fn fault(mut self, what: &str, called_us: u64, healed_us: u64) -> Self {
        let (index, what) = (self.faults.len() as u16, what.to_owned());
        self.faults.push(FaultWindow {
            index,
            what,
            effective_us: None,
            called_us,
            healed_us,
            act: Act::Other,
            brokers: Vec::new(),
        });
        self
    }

    /// A fault that was proved at once, with its effect and its brokers.
    fn act(self, act: Act, brokers: &[i32], what: &str, called_us: u64, healed_us: u64) -> Self {
        let mut history = self.fault(what, called_us, healed_us);
        let fault = history.faults.last_mut().unwrap();
        (fault.act, fault.effective_us) = (act, Some(called_us));
        fault.brokers = brokers.to_vec();
        history
    }

    /// What the ledger counted in the tenth of a second that begins here.
    fn counted(mut self, at_us: u64, sent: u64, acked: u64, max_latency_us: u64) -> Self {
        self.pulse.push(PulseRow { at_us, sent, acked, max_latency_us, ..PulseRow::default() });
        self
    }

    fn verify(self) -> CellFindings {
        self.with(cell)
    }

    fn with<T>(self, look: fn(&CellInput<'_>) -> T) -> T {
        let ledger = LedgerRecord {
            partitions: vec![self.ledger],
            pulses: vec![self.pulse],
            ..LedgerRecord::default()
        };
        let observed = Observed {
            clients: vec![vec![self.read]],
            log_start: vec![self.start],
            end: vec![self.end],
            unreadable: vec![self.unreadable],
            topic: self.topic,
        };
        let client = ClientRecord {
            confirmed: self.confirmed,
            all_in_sync: self.all_in_sync,
            ..client(ledger, 60 * S)
        };
        look(&CellInput {
            unclean_elections: self.unclean_elections,
            observations: &self.observations,
            faults: &self.faults,
            holes_explained: self.holes_explained,
            ..input(&[client], &observed)
        })
    }
}

/// A client with acks=all.
pub(super) fn client(ledger: LedgerRecord, sending_ended_us: u64) -> ClientRecord<'static> {
    let (confirmed, all_in_sync) = (true, true);
    ClientRecord { name: "producer-0", confirmed, all_in_sync, ledger, sending_ended_us }
}

/// A cell without faults of which nobody saw anything.
pub(super) fn input<'a>(clients: &'a [ClientRecord<'a>], observed: &'a Observed) -> CellInput<'a> {
    CellInput {
        topic: TOPIC,
        unclean_elections: false,
        clients,
        observed,
        observations: &[],
        faults: &[],
        zero_us: 0,
        holes_explained: None,
    }
}

fn ours(sequences: Range<u64>) -> impl Iterator<Item = Found> {
    sequences.map(|sequence| Found::Ours { sequence })
}

fn only_witness(findings: &CellFindings) -> &Witness {
    assert_eq!(findings.witnesses.len(), 1, "{:#?}", findings.witnesses);
    &findings.witnesses[0]
}
