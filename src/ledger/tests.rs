//! The ledger through its files: what is written is read, live, across growth and after a kill.

use super::layout::MAX_PHASE_CHANGES;
use super::pulse::MAX_RUN_US;
use super::*;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ID: ProducerId = ProducerId { run: 0xfeed_0000_beef, cell: 7, producer: 3 };

fn create(dir: &Path, partitions: u32) -> (SendLog, OutcomeLog) {
    LedgerWriter::create(dir, ID, partitions).unwrap().split()
}

fn files_bytes(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().metadata().unwrap().blocks() * 512).sum()
}

#[test]
fn every_outcome_is_found_where_it_was_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), 2);
    for sequence in 0..4 {
        sends.sent(1, sequence, 1_000).unwrap();
    }
    outcomes.acked(1, 0, 40, 2_000, 10).unwrap();
    outcomes.rejected(1, 1, 3_000).unwrap();
    outcomes.unknown(1, 2, 4_000).unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!((ledger.id(), ledger.partitions(), ledger.acked_partitions()), (ID, 2, 1));
    let progress = ledger.progress();
    assert_eq!((progress.sent, progress.acked, progress.rejected), (4, 1, 1));
    // One is acknowledged, one rejected, and one is unknown and stays so.
    assert_eq!(ledger.open_messages(), 1);
    let partition = ledger.partition(1).unwrap();
    assert_eq!((partition.sent, partition.reported_unknown), (4, 1));
    assert_eq!((partition.acked.word(0), partition.rejected.word(0)), (0b1, 0b10));
    let stretch = Stretch { sequence: 0, offset: 40, count: 1 };
    let ack = AckStretch { stretch, first_ack_us: 2_000, last_ack_us: 2_000 };
    assert_eq!(partition.stretches, [ack]);
    let empty = ledger.partition(0).unwrap();
    assert_eq!((empty.sent, empty.acked.count(), empty.stretches.len()), (0, 0, 0));
    assert!(ledger.partition(2).is_err() && ledger.pulse(2).is_err());
}

#[test]
fn a_stretch_ends_with_its_sequence_its_offsets_its_size_and_its_age() {
    // (sequence, offset, time), and whether the message begins another stretch.
    let acks = [
        (0, 10, 0, true),
        (1, 11, 0, false),
        (2, 13, 0, true),        // an offset is missing
        (4, 14, 0, true),        // a sequence is missing
        (5, 15, 249_999, false), // just young enough
        (6, 16, 250_000, true),  // just too old
        (7, -1, 250_000, true),  // no offset known
        (8, -1001, 250_000, false),
        (9, 17, 250_000, true), // known again
        (3, 18, 250_000, true),
    ];
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), 1);
    (0..5_000).for_each(|sequence| sends.sent(0, sequence, 0).unwrap());
    let ledger = Ledger::open(dir.path()).unwrap();
    let mut stretches = 0;
    for (sequence, offset, at_us, begins) in acks {
        outcomes.acked(0, sequence, offset, at_us, 1).unwrap();
        stretches += usize::from(begins);
        let found = ledger.partition(0).unwrap().stretches;
        assert_eq!(found.len(), stretches, "after sequence {sequence}");
    }
    let found = ledger.partition(0).unwrap().stretches;
    let unknown = Stretch { sequence: 7, offset: -1, count: 2 };
    assert!(found.iter().any(|ack| ack.stretch == unknown));
    let last = found[2];
    assert_eq!((last.first_ack_us, last.last_ack_us, last.stretch.count), (0, 249_999, 2));
    // 2500 in a row are 1024, 1024 and 452.
    for sequence in 10..2_510 {
        outcomes.acked(0, sequence, 100 + sequence as i64, 300_000, 1).unwrap();
    }
    let found = ledger.partition(0).unwrap().stretches;
    let sizes: Vec<u64> = found[stretches..].iter().map(|ack| ack.stretch.count).collect();
    assert_eq!(sizes, [1024, 1024, 452]);
}

#[test]
fn the_pulse_counts_each_tenth_of_a_second_and_its_gaps() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), 2);
    for sequence in 0..6 {
        sends.sent(0, sequence, 99_999).unwrap();
    }
    sends.sent(1, 0, 100_000).unwrap();
    for (sequence, at_us, latency_us) in
        [(0, 199_999, 5), (1, 200_000, 7), (2, 230_000, 9), (3, 240_000, 8)]
    {
        outcomes.acked(0, sequence, sequence as i64, at_us, latency_us).unwrap();
    }
    outcomes.rejected(0, 4, 200_000).unwrap();
    // A pause of a minute makes the files grow.
    outcomes.unknown(0, 5, 60_000_000).unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let row = |at_us| PulseRow { at_us, ..PulseRow::default() };
    let expected = [
        PulseRow { sent: 6, ..row(0) },
        PulseRow {
            acked: 1,
            first_ack_us: 199_999,
            last_ack_us: 199_999,
            max_latency_us: 5,
            ..row(100_000)
        },
        PulseRow {
            acked: 3,
            rejected: 1,
            first_ack_us: 200_000,
            last_ack_us: 240_000,
            max_gap_us: 30_000,
            max_gap_end_us: 230_000,
            max_latency_us: 9,
            ..row(200_000)
        },
        PulseRow { unknown: 1, ..row(60_000_000) },
    ];
    assert_eq!(ledger.pulse(0).unwrap(), expected);
    assert_eq!(ledger.pulse(1).unwrap(), [PulseRow { sent: 1, ..row(100_000) }]);
}

// The worker learns of a phase while it writes, and counts by the time when a message was due.
#[test]
fn latencies_fall_into_the_phase_in_which_messages_were_due() {
    use LatencyPhase::{After, Before, During, WarmUp};
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), 1);
    (0..5).for_each(|sequence| sends.sent(0, sequence, 0).unwrap());
    let ledger = Ledger::open(dir.path()).unwrap();
    outcomes.acked(0, 0, 0, 900, 3).unwrap();
    let changes = [(1_000, Before), (4_000, During), (9_000, After)];
    let changes = changes.map(|(at_us, phase)| PhaseChange { at_us, phase });
    ledger.begin_phase(changes[0]);
    outcomes.acked(0, 1, 1, 1_005, 6).unwrap();
    outcomes.acked(0, 2, 2, 1_005, 5).unwrap();
    ledger.begin_phase(changes[1]);
    ledger.begin_phase(changes[2]);
    // Due during the fault and acknowledged long after it; and in flight when it struck.
    outcomes.acked(0, 3, 3, 74_000, 70_000).unwrap();
    outcomes.acked(0, 4, 4, 74_000, 70_007).unwrap();
    let of = |phase| (ledger.latency(phase).count(), ledger.latency(phase).max_us());
    assert_eq!([of(WarmUp), of(Before)], [(2, Some(6)), (2, Some(7))]);
    assert_eq!([of(During), of(After)], [(2, Some(70_007)), (0, None)]);
    let record = ledger.record().unwrap();
    assert_eq!(record.changes, changes);
    assert_eq!(record.latencies.iter().map(LatencyHistogram::count).sum::<u64>(), 6);
}

#[test]
fn after_so_many_changes_of_phase_the_last_stays_in_force() {
    let dir = tempfile::tempdir().unwrap();
    drop(create(dir.path(), 1));
    let ledger = Ledger::open(dir.path()).unwrap();
    for at_us in 0..MAX_PHASE_CHANGES as u64 + 9 {
        ledger.begin_phase(PhaseChange { at_us, phase: LatencyPhase::During });
    }
    assert_eq!(ledger.phase_changes().len(), MAX_PHASE_CHANGES);
}

// One message per millisecond is skipped from 150 ms to 349 ms: half a row, a row, half a row.
#[test]
fn what_was_given_up_stands_where_it_was_due() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, _outcomes) = create(dir.path(), 2);
    sends.sent(1, 0, 210_000).unwrap();
    sends.skipped(150_000, 349_000, 200).unwrap();
    sends.skipped(350_000, 350_000, 1).unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let skipped = ledger.record().unwrap().skipped;
    let rows: Vec<(u64, u64)> = skipped.iter().map(|row| (row.at_us, row.count)).collect();
    assert_eq!(rows, [(100_000, 50), (200_000, 100), (300_000, 51)]);
    assert_eq!(ledger.pulse(1).unwrap()[0].sent, 1);
    assert_eq!(ledger.pulse(0).unwrap(), []);
}

#[test]
fn a_message_that_was_never_handed_over_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), 1);
    sends.sent(0, 0, 0).unwrap();
    sends.sent(0, 1, 0).unwrap();
    sends.take_back(0, 0); // not the last: nothing happens
    sends.take_back(0, 1);
    sends.take_back(0, 0); // only one can be taken back
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!((ledger.progress().sent, ledger.pulse(0).unwrap()[0].sent), (1, 1));
    assert!(outcomes.acked(0, 1, 0, 0, 1).is_err(), "it was never sent");
    sends.sent(0, 1, 0).unwrap();
    outcomes.acked(0, 1, 0, 0, 1).unwrap();
}

#[test]
fn what_breaks_the_rules_is_refused_and_not_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), 1);
    sends.sent(0, 0, 0).unwrap();
    sends.sent(0, 1, 0).unwrap();
    outcomes.acked(0, 0, 0, 0, 1).unwrap();
    outcomes.rejected(0, 1, 0).unwrap();
    let refused = [
        sends.sent(0, 1, 0),
        sends.sent(0, 3, 0),
        sends.sent(1, 0, 0),
        sends.sent(0, 2, MAX_RUN_US + 1),
        outcomes.acked(0, 2, 0, 0, 1),
        outcomes.acked(1, 0, 0, 0, 1),
        outcomes.acked(0, 0, 0, 0, 1),
        outcomes.acked(0, 1, 0, 0, 1),
        outcomes.rejected(0, 0, 0),
        outcomes.rejected(0, 1, 0),
        outcomes.unknown(0, 0, 0),
        outcomes.unknown(0, 1, MAX_RUN_US + 1),
    ];
    for (index, result) in refused.into_iter().enumerate() {
        let error = result.expect_err(&format!("case {index} must be refused"));
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "case {index}");
    }
    let progress = Ledger::open(dir.path()).unwrap().progress();
    assert_eq!((progress.sent, progress.acked, progress.rejected), (2, 1, 1));
    assert!(LedgerWriter::create(dir.path(), ID, 1).is_err(), "a ledger is not overwritten");
    for partitions in [0, MAX_PARTITIONS + 1] {
        let elsewhere = dir.path().join("elsewhere");
        assert!(LedgerWriter::create(&elsewhere, ID, partitions).is_err());
    }
}

#[test]
fn a_reader_sees_a_living_writer_grow_across_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), 1);
    let ledger = Ledger::open(dir.path()).unwrap();
    let marks = [1, 64, CHUNK_SEQUENCES - 1, CHUNK_SEQUENCES, CHUNK_SEQUENCES + 1];
    let marks = marks.into_iter().chain([2 * CHUNK_SEQUENCES, 2 * CHUNK_SEQUENCES + 65]);
    let mut sent = 0;
    for mark in marks {
        while sent < mark {
            sends.sent(0, sent, sent).unwrap();
            if sent % 3 == 2 {
                outcomes.rejected(0, sent, sent).unwrap();
            } else {
                outcomes.acked(0, sent, sent as i64, sent, 1).unwrap();
            }
            sent += 1;
        }
        let progress = ledger.progress();
        let rejected = sent / 3;
        let expected = (sent, sent - rejected, rejected);
        assert_eq!((progress.sent, progress.acked, progress.rejected), expected);
        let partition = ledger.partition(0).unwrap();
        let found = (partition.sent, partition.acked.count(), partition.rejected.count());
        assert_eq!(found, expected);
        let edges = [0, sent - 1, sent.saturating_sub(2)];
        for sequence in edges.into_iter().filter(|sequence| *sequence < sent) {
            assert_eq!(partition.rejected.get(sequence), sequence % 3 == 2);
            assert_eq!(partition.acked.get(sequence), sequence % 3 != 2);
        }
        let in_stretches: u64 = partition.stretches.iter().map(|ack| ack.stretch.count).sum();
        assert_eq!(in_stretches, partition.acked.count());
    }
}

#[test]
fn two_threads_write_while_a_third_reads_and_never_sees_more_outcomes_than_sends() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), 2);
    let (hand_over, delivered) = std::sync::mpsc::channel();
    const MESSAGES: u64 = 200_000;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for index in 0..MESSAGES {
                sends.sent((index % 2) as u32, index / 2, index).unwrap();
                hand_over.send(index).unwrap();
            }
        });
        scope.spawn(move || {
            for index in delivered {
                let offset = (index / 2) as i64;
                outcomes.acked((index % 2) as u32, index / 2, offset, index, 1).unwrap();
            }
        });
        let ledger = Ledger::open(dir.path()).unwrap();
        loop {
            let progress = ledger.progress();
            assert!(progress.acked <= progress.sent, "{progress:?}");
            let partition = ledger.partition(1).unwrap();
            assert!(partition.acked.count() <= partition.sent);
            if progress.acked == MESSAGES {
                break;
            }
        }
        let rows = ledger.pulse(0).unwrap();
        assert_eq!(rows.iter().map(|row| (row.sent, row.acked)).sum_pair(), (100_000, 100_000));
    });
}

trait SumPair {
    fn sum_pair(self) -> (u64, u64);
}

impl<I: Iterator<Item = (u64, u64)>> SumPair for I {
    fn sum_pair(self) -> (u64, u64) {
        self.fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1))
    }
}

const CRASH_DIR: &str = "KAFKA_CHAOS_TEST_CRASH_DIR";

/// Runs twice: as the test, and, started by the test, as the writer that is killed.
#[test]
fn a_killed_writer_leaves_a_sound_ledger() {
    if let Some(dir) = std::env::var_os(CRASH_DIR) {
        write_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ledger::tests::a_killed_writer_leaves_a_sound_ledger"])
        .env(CRASH_DIR, dir.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    let ledger = loop {
        assert!(Instant::now() < patience, "the writer never made its ledger");
        match Ledger::open(dir.path()) {
            Ok(ledger) => break ledger,
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
        }
    };
    while ledger.progress().acked < 3 * CHUNK_SEQUENCES {
        assert!(Instant::now() < patience, "the writer stands still");
        std::thread::sleep(Duration::from_millis(1));
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
    let counted = ledger.progress();
    let partition = Ledger::open(dir.path()).unwrap().partition(0).unwrap();
    // The writer sends one message, settles it and goes on: at most one has no outcome, and at most
    // one outcome is not counted yet.
    assert_eq!(counted.sent, partition.sent);
    let settled = partition.acked.count() + partition.rejected.count();
    assert!(partition.sent - settled <= 1, "{settled} of {}", partition.sent);
    assert!(settled - counted.acked - counted.rejected <= 1);
    for sequence in 0..settled {
        assert_eq!(partition.acked.get(sequence), sequence % 1_000 != 999, "{sequence}");
    }
    let in_stretches: u64 = partition.stretches.iter().map(|ack| ack.stretch.count).sum();
    assert!(in_stretches - partition.acked.count() <= 1);
}

fn write_until_killed(dir: &Path) -> ! {
    let (mut sends, mut outcomes) = create(dir, 1);
    for sequence in 0_u64.. {
        sends.sent(0, sequence, sequence).unwrap();
        if sequence % 1_000 == 999 {
            outcomes.rejected(0, sequence, sequence).unwrap();
        } else {
            outcomes.acked(0, sequence, sequence as i64, sequence, 1).unwrap();
        }
    }
    unreachable!("sequences do not end");
}

#[test]
fn a_damaged_ledger_is_an_error_that_names_the_file() {
    type Damage = fn(&Path);
    fn change(path: &Path, at: usize, value: u8) {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[at] ^= value;
        std::fs::write(path, bytes).unwrap();
    }
    fn shorten(path: &Path, by: u64) {
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() - by).unwrap();
    }
    let damages: [(&str, &str, Damage); 11] = [
        ("control", "start", |dir| change(&dir.join("control"), 0, 1)),
        ("control", "version", |dir| change(&dir.join("control"), 8, 2)),
        ("control", "checksum", |dir| change(&dir.join("control"), 16, 1)),
        ("control", "checksum", |dir| change(&dir.join("control"), 32, 1)),
        ("control", "words", |dir| shorten(&dir.join("control"), 8)),
        ("control", "words", |dir| shorten(&dir.join("control"), 3)),
        ("control", "empty", |dir| std::fs::write(dir.join("control"), []).unwrap()),
        ("0.acked", "missing", |dir| std::fs::remove_file(dir.join("0.acked")).unwrap()),
        ("0.acked", "counted", |dir| std::fs::write(dir.join("0.acked"), []).unwrap()),
        ("0.acked", "only 2 were sent", |dir| change(&dir.join("0.acked"), 0, 0b100)),
        ("0.stretches", "room", |dir| std::fs::write(dir.join("0.stretches"), []).unwrap()),
    ];
    for (file, what, damage) in damages {
        let dir = tempfile::tempdir().unwrap();
        let (mut sends, mut outcomes) = create(dir.path(), 1);
        for sequence in 0..2 {
            sends.sent(0, sequence, 0).unwrap();
            outcomes.acked(0, sequence, 0, 0, 1).unwrap();
        }
        drop((sends, outcomes));
        damage(dir.path());
        let opened = Ledger::open(dir.path()).and_then(|ledger| ledger.partition(0));
        let error = opened.expect_err(&format!("{file} {what}")).to_string();
        assert!(error.contains(file) && error.contains(what), "{file} {what}: {error}");
    }
}

#[test]
fn a_full_disk_is_an_error_and_not_a_signal() {
    // More than any disk holds: the kernel refuses the blocks, nothing is mapped, nothing dies.
    let dir = tempfile::tempdir().unwrap();
    let mut growing = growing_file::GrowingFile::create(dir.path().join("bits"), 8).unwrap();
    growing.ensure(7).unwrap();
    let error = growing.ensure(usize::MAX / 64).unwrap_err();
    assert!(error.to_string().contains("cannot grow") && error.to_string().contains("--out"));
    assert!(growing.has(7) && !growing.has(8), "what was there stays");
}

/// 10^7 messages in order, all acknowledged, one in a thousand duplicated in the log: the files,
/// what is read of them, and what is observed, together.
#[test]
fn ten_million_messages_take_at_most_half_a_byte_each() {
    const PARTITIONS: u32 = 4;
    const EACH: u64 = 2_500_000;
    let dir = tempfile::tempdir().unwrap();
    let (mut sends, mut outcomes) = create(dir.path(), PARTITIONS);
    for sequence in 0..EACH {
        for partition in 0..PARTITIONS {
            let at_us = sequence * 4; // a million messages per second
            sends.sent(partition, sequence, at_us).unwrap();
            let offset = sequence as i64;
            outcomes.acked(partition, sequence, offset, at_us, 1_000).unwrap();
        }
    }
    let on_disk = files_bytes(dir.path());
    let ledger = Ledger::open(dir.path()).unwrap();
    let mut in_memory = 0;
    for partition in 0..PARTITIONS {
        let ledger = ledger.partition(partition).unwrap();
        assert_eq!(ledger.acked.count(), EACH);
        let mut observed = PartitionObserved::new(ledger.sent);
        let mut offset = 0;
        for sequence in 0..EACH {
            observed.record(offset, 1, Found::Ours { sequence });
            offset += 1;
            // A batch of twenty comes twice per twenty thousand messages.
            if sequence % 20_000 == 19_999 {
                for again in sequence - 19..=sequence {
                    observed.record(offset, 1, Found::Ours { sequence: again });
                    offset += 1;
                }
            }
        }
        assert_eq!(observed.duplicated(), EACH / 1_000);
        in_memory += ledger.allocated_bytes() + observed.allocated_bytes();
    }
    let messages = (EACH * u64::from(PARTITIONS)) as f64;
    let (on_disk, in_memory) = (on_disk as f64 / messages, in_memory as f64 / messages);
    assert!(on_disk + in_memory <= 0.5, "{on_disk:.3} + {in_memory:.3}");
}
