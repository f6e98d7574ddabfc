//! The verifier against a naive model: random histories of several partitions, counted once by
//! bitsets and once by hash maps, must agree on every count and on what the witnesses name.

use kafka_chaos::testing::ledger::{
    AckStretch, CHUNK_SEQUENCES, Found, LedgerRecord, LedgerWriter,
};
use kafka_chaos::testing::ledger::{
    Ledger, LogEnd, Observed, PartitionLedger, PartitionObserved, ProducerId, Stretch,
};
use kafka_chaos::testing::model::{ByMetric, Metric};
use kafka_chaos::testing::verify::{Bounds, CellFindings, CellInput, ClientRecord, Counts, cell};
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// Outcomes by position in `SEQUENCES`, records in the order of the log, and how many of these were
/// there before any fault.
#[derive(Clone, Debug)]
struct History {
    outcomes: Vec<Outcome>,
    log: Vec<Record>,
    early: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Acked,
    Rejected,
    Unknown,
}

#[derive(Clone, Copy, Debug)]
enum Record {
    Ours(usize),
    NeverSent(u64),
    Foreign,
    Corrupt,
}

const CHUNK: u64 = CHUNK_SEQUENCES;

/// The sequences in a history: around the edges of words and chunks.
const SEQUENCES: [u64; 18] = [
    0,
    1,
    2,
    3,
    62,
    63,
    64,
    65,
    4_095,
    4_096,
    4_097,
    CHUNK - 2,
    CHUNK - 1,
    CHUNK,
    CHUNK + 1,
    2 * CHUNK - 1,
    2 * CHUNK,
    2 * CHUNK + 1,
];
const SENT: u64 = 2 * CHUNK + 2;

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Acked),
        1 => Just(Outcome::Rejected),
        1 => Just(Outcome::Unknown),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        20 => (0..SEQUENCES.len()).prop_map(Record::Ours),
        1 => prop_oneof![Just(SENT), Just(SENT + 63), Just(u64::MAX)].prop_map(Record::NeverSent),
        1 => Just(Record::Foreign),
        1 => Just(Record::Corrupt),
    ]
}

/// The log in order with some dropped, then a few records moved, copied or foreign.
fn history() -> impl Strategy<Value = History> {
    let outcomes = prop::collection::vec(outcome(), SEQUENCES.len());
    let kept = prop::collection::vec(prop::bool::weighted(0.8), SEQUENCES.len());
    let inserted = prop::collection::vec((any::<prop::sample::Index>(), record()), 0..12);
    let early = any::<prop::sample::Index>();
    (outcomes, kept, inserted, early).prop_map(|(outcomes, kept, inserted, early)| {
        let in_order = (0..SEQUENCES.len()).filter(|index| kept[*index]);
        let mut log: Vec<Record> = in_order.map(Record::Ours).collect();
        for (at, record) in inserted {
            let at = at.index(log.len() + 1);
            log.insert(at, record);
        }
        let early = early.index(log.len() + 1);
        History { outcomes, log, early }
    })
}

/// What a first draft would do.
#[derive(Debug, Default, PartialEq)]
struct Model {
    sent: u64,
    counts: ByMetric<u64>,
    copies: u64,
    unknown_present: u64,
    /// Lost (if acknowledgements have offsets), duplicated and reordered before any fault.
    early: [u64; 3],
    sets: HashMap<&'static str, BTreeSet<(u32, u64)>>,
}

fn model(histories: &[History]) -> Model {
    let mut model = Model::default();
    for (partition, history) in (0_u32..).zip(histories) {
        let mut offsets: HashMap<u64, Vec<usize>> = HashMap::new();
        for (offset, record) in history.log.iter().enumerate() {
            match record {
                Record::Ours(index) => offsets.entry(SEQUENCES[*index]).or_default().push(offset),
                Record::NeverSent(_) | Record::Foreign => model.counts[Metric::Foreign] += 1,
                Record::Corrupt => model.counts[Metric::Corrupt] += 1,
            }
        }
        let mut lost_early = 0;
        model.sent += SENT;
        model.counts[Metric::Unknown] += SENT - SEQUENCES.len() as u64;
        for (sequence, outcome) in SEQUENCES.iter().zip(&history.outcomes) {
            let there = offsets.get(sequence);
            let mut add = |name: &'static str| {
                model.sets.entry(name).or_default().insert((partition, *sequence));
            };
            match (outcome, there) {
                (Outcome::Acked, None) => {
                    add("lost");
                    lost_early += u64::from(*sequence < history.early as u64);
                }
                (Outcome::Rejected, Some(_)) => add("phantom"),
                (Outcome::Unknown, Some(_)) => model.unknown_present += 1,
                _ => {}
            }
            match outcome {
                Outcome::Acked => model.counts[Metric::Acked] += 1,
                Outcome::Rejected => model.counts[Metric::Rejected] += 1,
                Outcome::Unknown => model.counts[Metric::Unknown] += 1,
            }
            let Some(copies) = there else { continue };
            if copies.len() > 1 {
                add("duplicated");
                model.early[1] += u64::from(copies[1] < history.early);
            }
            model.copies += copies.len() as u64 - 1;
            let higher = offsets.iter().filter(|(other, _)| *other > sequence);
            if higher.flat_map(|(_, offsets)| offsets).any(|offset| *offset < copies[0]) {
                add("reordered");
                model.early[2] += u64::from(copies[0] < history.early);
            }
        }
        // A damaged record was there, so as many of the lost may have been.
        let damaged = |record: &&Record| matches!(record, Record::Corrupt);
        let damaged = history.log.iter().filter(damaged).count() as u64;
        model.early[0] += lost_early.saturating_sub(damaged);
    }
    let size = |name| model.sets.get(name).map_or(0, BTreeSet::len) as u64;
    let (lost, duplicated) = (size("lost"), size("duplicated"));
    let (reordered, phantom) = (size("reordered"), size("phantom"));
    let counts = [
        (Metric::Lost, lost),
        (Metric::Duplicated, duplicated),
        (Metric::Reordered, reordered),
        (Metric::Phantom, phantom),
    ];
    model.counts = counts.into_iter().fold(model.counts, |all, (m, count)| all.with(m, count));
    model
}

fn observe(history: &History) -> PartitionObserved {
    // After all acknowledgements: that of a sequence comes as many microseconds after the start.
    let end = LogEnd { offset: history.early as i64, epoch: 1, at_us: SENT };
    let mut observed = PartitionObserved::new(SENT).with_early_end(Some(end));
    for (offset, record) in (0..).zip(&history.log) {
        let found = match record {
            Record::Ours(index) => Found::Ours { sequence: SEQUENCES[*index] },
            Record::NeverSent(sequence) => Found::Ours { sequence: *sequence },
            Record::Foreign => Found::Foreign,
            Record::Corrupt => Found::Corrupt,
        };
        observed.record(offset, 1, found);
    }
    observed
}

fn in_memory(history: &History) -> PartitionLedger {
    let with = |wanted: Outcome| {
        let all = SEQUENCES.iter().zip(&history.outcomes);
        all.filter(move |(_, outcome)| **outcome == wanted).map(|(sequence, _)| *sequence)
    };
    let stretch = |sequence| AckStretch {
        stretch: Stretch { sequence, offset: sequence as i64, count: 1 },
        first_ack_us: sequence,
        last_ack_us: sequence,
    };
    PartitionLedger {
        sent: SENT,
        reported_unknown: 0,
        acked: with(Outcome::Acked).collect(),
        rejected: with(Outcome::Rejected).collect(),
        stretches: with(Outcome::Acked).map(stretch).collect(),
    }
}

fn verify(ledger: &LedgerRecord, histories: &[History]) -> CellFindings {
    let partitions: Vec<PartitionObserved> = histories.iter().map(observe).collect();
    let observed = Observed {
        log_start: vec![0; partitions.len()],
        end: histories.iter().map(|history| history.log.len() as i64).collect(),
        unreadable: vec![None; partitions.len()],
        clients: vec![partitions],
        ..Observed::default()
    };
    let client = ClientRecord {
        name: "producer-0",
        confirmed: true,
        all_in_sync: true,
        ledger: ledger.clone(),
        sending_ended_us: 0,
    };
    cell(&CellInput {
        topic: "t",
        unclean_elections: false,
        clients: &[client],
        observed: &observed,
        observations: &[],
        faults: &[],
        zero_us: 0,
        holes_explained: None,
    })
}

/// The messages that witnesses name, by anomaly; with so few, none is left out unless there are
/// more ranges than witnesses.
fn named(findings: &CellFindings, anomaly: Metric) -> BTreeSet<(u32, u64)> {
    let witnesses = findings.witnesses.iter().filter(|witness| witness.anomaly == anomaly);
    let messages = witnesses.flat_map(|witness| {
        let sequences = witness.sequences.expect("messages have sequences");
        assert_eq!(witness.count, sequences.last - sequences.first + 1);
        (sequences.first..=sequences.last).map(|sequence| (witness.partition, sequence))
    });
    messages.collect()
}

fn agree(findings: &CellFindings, model: &Model) {
    let by = ByMetric::of(|metric| Bounds::exact(model.counts[metric]));
    assert_eq!(findings.counts, Counts { sent: model.sent, by });
    assert_eq!(findings.copies, model.copies);
    assert_eq!(findings.unknown_present, model.unknown_present);
    let early = [Metric::Lost, Metric::Duplicated, Metric::Reordered];
    assert_eq!(early.map(|metric| findings.early.counts[metric]), model.early);
    let names = [
        (Metric::Lost, "lost"),
        (Metric::Duplicated, "duplicated"),
        (Metric::Reordered, "reordered"),
        (Metric::Phantom, "phantom"),
    ];
    for (anomaly, name) in names {
        let all = model.sets.get(name).cloned().unwrap_or_default();
        let named = named(findings, anomaly);
        assert!(named.is_subset(&all), "{name}: {named:?} are not all of {all:?}");
        let left_out = findings.omitted.iter().find(|omitted| omitted.anomaly == anomaly);
        let left_out = left_out.map_or(0, |omitted| omitted.count);
        assert_eq!(named.len() as u64 + left_out, all.len() as u64, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn bitsets_and_hash_maps_agree(histories in prop::collection::vec(history(), 1..4)) {
        let ledger = LedgerRecord {
            partitions: histories.iter().map(in_memory).collect(),
            pulses: vec![Vec::new(); histories.len()],
            ..LedgerRecord::default()
        };
        agree(&verify(&ledger, &histories), &model(&histories));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn they_agree_through_the_ledgers_files_too(
        histories in prop::collection::vec(history(), 1..3),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let id = ProducerId { run: 1, cell: 2, producer: 3 };
        let writer = LedgerWriter::create(dir.path(), id, histories.len() as u32).unwrap();
        let (mut sends, mut outcomes) = writer.split();
        for (partition, history) in (0..).zip(&histories) {
            (0..SENT).for_each(|sequence| sends.sent(partition, sequence, 0).unwrap());
            for (sequence, outcome) in SEQUENCES.into_iter().zip(&history.outcomes) {
                match outcome {
                    Outcome::Acked => outcomes.acked(partition, sequence, -1, sequence, 1).unwrap(),
                    Outcome::Rejected => outcomes.rejected(partition, sequence, sequence).unwrap(),
                    Outcome::Unknown => outcomes.unknown(partition, sequence, sequence).unwrap(),
                }
            }
        }
        let ledger = Ledger::open(dir.path()).unwrap().record().unwrap();
        let model = model(&histories);
        // Its acknowledgements have no offset, so their places are unknown.
        let early = [0, model.early[1], model.early[2]];
        agree(&verify(&ledger, &histories), &Model { early, ..model });
    }
}
