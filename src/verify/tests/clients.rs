//! Two clients of one cell: each one's messages count by its own ledger, over one log.

use super::*;

/// What the log of one partition holds of each of two clients: who wrote each record, and what it
/// is to that one. What is nobody's is so to the first.
fn log(sent: [u64; 2], records: &[(usize, Found)]) -> Observed {
    let mut read = sent.map(PartitionObserved::new);
    for (offset, (by, found)) in (0..).zip(records) {
        for (client, own) in read.iter_mut().enumerate() {
            own.record(offset, 1, if client == *by { *found } else { Found::Neighbour });
        }
    }
    Observed {
        clients: read.map(|own| vec![own]).to_vec(),
        log_start: vec![0],
        end: vec![records.len() as i64],
        unreadable: vec![None],
        ..Observed::default()
    }
}

/// So many messages, each acknowledged at its offset, and all at one time.
fn acked_at(offsets: &[i64], at_us: u64) -> LedgerRecord {
    let stretch = |(sequence, offset): (u64, &i64)| AckStretch {
        stretch: Stretch { sequence, offset: *offset, count: 1 },
        first_ack_us: at_us,
        last_ack_us: at_us,
    };
    let sent = offsets.len() as u64;
    let acked = (0..sent).collect();
    let stretches = (0..).zip(offsets).map(stretch).collect();
    let row = PulseRow {
        at_us,
        sent,
        acked: sent,
        first_ack_us: at_us,
        last_ack_us: at_us,
        ..PulseRow::default()
    };
    LedgerRecord {
        partitions: vec![PartitionLedger { sent, acked, stretches, ..Default::default() }],
        pulses: vec![vec![row]],
        ..LedgerRecord::default()
    }
}

fn verify([first, second]: [LedgerRecord; 2], observed: &Observed) -> CellFindings {
    let second = ClientRecord { name: "producer-1", ..client(second, 9 * S) };
    cell(&input(&[client(first, 9 * S), second], observed))
}

fn counts(findings: &CellFindings) -> [u64; 4] {
    [Metric::Acked, Metric::Lost, Metric::Duplicated, Metric::Foreign]
        .map(|metric| findings.counts.of(metric))
}

// Both sent messages 0 and 1, and the first one 2, too. The log has all but the first one's 2: at
// its offset stands a second copy of the other's 0. One more record is nobody's.
#[test]
fn each_clients_messages_count_by_its_own_ledger() {
    let ours = |by: usize, sequence| (by, Found::Ours { sequence });
    let records = [ours(0, 0), ours(1, 0), ours(0, 1), ours(1, 0), ours(1, 1), (0, Found::Foreign)];
    let observed = log([3, 2], &records);
    let (first, second) = (acked_at(&[0, 2, 3], S), acked_at(&[1, 4], S));
    let findings = verify([first, second], &observed);
    assert_eq!((findings.counts.sent, counts(&findings)), (5, [5, 1, 1, 1]));
    assert!(findings.inconclusive.is_empty(), "{:?}", findings.inconclusive);
    let told = |witness: &Witness| (witness.anomaly, witness.client.clone().unwrap());
    let whose = [
        (Metric::Lost, "producer-0".to_owned()),
        (Metric::Duplicated, "producer-1".to_owned()),
        (Metric::Foreign, "producer-0".to_owned()),
    ];
    assert_eq!(findings.witnesses.iter().map(told).collect::<Vec<_>>(), whose);
    let lost = &findings.witnesses[0];
    assert_eq!(
        (lost.sequences, lost.cause),
        (Some(Span { first: 2, last: 2 }), Some(Cause::Replaced))
    );
    assert_eq!(lost.standing[0].content, Content::Neighbour);
    assert!(
        lost.text.starts_with("producer-0: 1 message acknowledged at offset 3"),
        "{}",
        lost.text
    );
    assert!(lost.text.contains("other records are there: 1 other message"), "{}", lost.text);
}

// The same log without the second client's ledger is full of strangers to nobody: it is the reader
// who tells whose a record is. With the ledgers in the wrong order nothing fits.
#[test]
fn a_ledger_says_nothing_of_the_other_clients_messages() {
    let ours = |by: usize, sequence| (by, Found::Ours { sequence });
    let observed = log([1, 2], &[ours(0, 0), ours(1, 0), ours(1, 1)]);
    let (first, second) = (acked_at(&[0], S), acked_at(&[1, 2], S));
    assert_eq!(counts(&verify([first.clone(), second.clone()], &observed)), [3, 0, 0, 0]);
    let swapped = verify([second, first], &observed);
    let confused = |limit, sent| {
        format!("the log was read as if {limit} messages had been sent, and {sent} were")
    };
    let reasons =
        [(1, 2), (2, 1)].map(|(limit, sent)| format!("partition 0: {}", confused(limit, sent)));
    assert_eq!(swapped.inconclusive, reasons);
    assert_eq!(swapped.counts[Metric::Lost], Bounds { least: 0, most: Some(1) });
}

// The second client got no acknowledgement from 1 s to 4 s, while the first one did: it waited.
// What meets both, such as an unread tail, is told once.
#[test]
fn the_longest_wait_is_of_one_client_and_a_reason_is_told_once() {
    let mut observed =
        log([1, 1], &[(0, Found::Ours { sequence: 0 }), (1, Found::Ours { sequence: 0 })]);
    observed.end = vec![3];
    let (first, mut second) = (acked_at(&[0], S), acked_at(&[1], S));
    let late = PulseRow {
        at_us: 4 * S,
        acked: 1,
        first_ack_us: 4 * S,
        last_ack_us: 4 * S,
        ..PulseRow::default()
    };
    second.pulses[0].push(late);
    let findings = verify([first, second], &observed);
    assert_eq!(findings.unavailable_ms, Some(3_000.0));
    assert_eq!(
        findings.inconclusive,
        ["partition 0: the log ends at offset 3, but was read only to 2"]
    );
}
