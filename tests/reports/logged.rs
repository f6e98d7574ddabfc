//! Reports made from ledgers and logs, as a run makes them: what was sent and acknowledged, and
//! what the log holds. Everything is in the first partition.

use kafka_chaos::testing::client::{Account, Summary};
use kafka_chaos::testing::event::Evidence;
use kafka_chaos::testing::fault::FaultRecord;
use kafka_chaos::testing::ledger::{
    Found, Ledger, LedgerWriter, Observed, PartitionObserved, ProducerId,
};
use kafka_chaos::testing::plan::{self, Plan};
use kafka_chaos::testing::result::{Assembly, ClientFacts, Report};
use std::path::Path;
use tempfile::TempDir;

/// What happens in one partition of one cell: messages are acknowledged one by one, a millisecond
/// each, from the scenario's zero on.
#[derive(Clone, Copy, Default)]
pub struct Told {
    /// Acknowledged, except the rejected and unknown ones, which are the last.
    pub sent: u64,
    pub rejected: u64,
    pub unknown: u64,
    /// The last of the acknowledged ones are not in the log.
    pub lost: u64,
    /// The first ones are there a second time.
    pub duplicated: u64,
    /// Everything below is gone.
    pub log_start: i64,
}

const ZERO_US: u64 = 1_000_000;

impl Told {
    fn acked(self) -> u64 {
        self.sent - self.rejected - self.unknown
    }

    fn ledger(self, cell: u16, partitions: u32, folder: &Path) -> Ledger {
        let id = ProducerId { run: 1, cell, producer: 0 };
        let (mut sends, mut outcomes) =
            LedgerWriter::create(folder, id, partitions).unwrap().split();
        for sequence in 0..self.sent {
            let at_us = ZERO_US + sequence * 1_000;
            sends.sent(0, sequence, at_us).unwrap();
            let offset = i64::try_from(sequence).unwrap();
            match sequence {
                n if n < self.acked() => outcomes.acked(0, n, offset, at_us, 900).unwrap(),
                n if n < self.acked() + self.rejected => outcomes.rejected(0, n, at_us).unwrap(),
                n => outcomes.unknown(0, n, at_us).unwrap(),
            }
        }
        Ledger::open(folder).unwrap()
    }

    fn observed(self, partitions: usize) -> Observed {
        let mut partition = PartitionObserved::new(self.sent);
        let there = (0..self.acked() - self.lost).chain(0..self.duplicated);
        let mut end = 0;
        for (offset, sequence) in (0..).zip(there) {
            if offset >= self.log_start {
                partition.record(offset, 0, Found::Ours { sequence });
            }
            end = offset + 1;
        }
        let padded = |first: i64| [vec![first], vec![0; partitions - 1]].concat();
        let mut read = vec![partition];
        read.resize_with(partitions, || PartitionObserved::new(0));
        Observed {
            clients: vec![read],
            log_start: padded(self.log_start),
            end: padded(end),
            unreadable: vec![None; partitions],
            ..Observed::default()
        }
    }
}

/// The plan of a scenario.
pub fn plan(text: &str) -> Plan {
    plan::from_text("trial.yaml", text, &[], Some(1)).unwrap_or_else(|e| panic!("{e}"))
}

/// The report of a run of this plan in which every fault took effect.
pub fn report(plan: &Plan, cells: &[Told]) -> Report {
    report_with(plan, cells, vec![None; cells.len()])
}

/// The same with the producers' own accounts.
pub fn report_with(plan: &Plan, cells: &[Told], producers: Vec<Option<Summary>>) -> Report {
    let partitions = plan.cells[0].topic.partitions();
    assert_eq!(plan.cells.len(), cells.len());
    let folders: Vec<TempDir> = cells.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    let numbered = (0..).zip(cells).zip(&folders);
    let ledgers = numbered.map(|((i, told), folder)| told.ledger(i, partitions, folder.path()));
    let clients = ledgers
        .zip(producers)
        .map(|(ledger, summary)| ClientFacts { ledger, account: summary.map(Account::Producer) });
    let clients: Vec<ClientFacts> = clients.collect();
    let last = cells.iter().map(|told| told.sent).max().unwrap_or(0);
    let assembly = Assembly {
        started_at: "2026-01-01T03:00:00Z".into(),
        zero_us: Some(ZERO_US),
        sending_ended_us: Some(ZERO_US + last * 1_000),
        faults: plan.faults.iter().map(|fault| proved(fault.index, &fault.to_string())).collect(),
        clients: &clients,
        observed: cells.iter().map(|told| told.observed(partitions as usize)).collect(),
        notes: plan.notes.clone(),
        ..Assembly::new(plan)
    };
    assembly.report()
}

fn proved(index: u16, what: &str) -> FaultRecord {
    FaultRecord {
        trial: None,
        index,
        kind: "exec".into(),
        what: what.into(),
        nodes: vec!["broker-0".into()],
        scheduled_at_ms: 3_000.0,
        called_at_ms: Some(3_000.0),
        effective_at_ms: Some(3_001.0),
        healed_at_ms: Some(4_000.0),
        effective: true,
        undone: None,
        reason: None,
        evidence: vec![Evidence { at_ms: 3_001.0, text: "seen".into(), proves: true }],
    }
}
