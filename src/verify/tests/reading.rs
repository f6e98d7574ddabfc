//! What an incomplete reading proves, and what it leaves open.

use super::*;

fn bounds(findings: &CellFindings, metric: Metric) -> (u64, Option<u64>) {
    let Bounds { least, most } = findings.counts[metric];
    (least, most)
}

// Every message that is not found may be where nobody looked: lost is 0 to 2; but the copy that was
// seen is a copy whatever else is in the log.
#[test]
fn a_log_start_above_zero_leaves_the_loss_open_and_not_the_copies() {
    let mut history = sent(3).acked(0..3, 0, S, S).log(2, 1, ours(2..3).chain(ours(2..3)));
    history.start = 2;
    let findings = history.verify();
    assert_eq!(
        findings.inconclusive,
        ["partition 0: the log starts at offset 2: what was before it is gone and was not read"]
    );
    assert_eq!(bounds(&findings, Metric::Lost), (0, Some(2)));
    assert_eq!(bounds(&findings, Metric::Duplicated), (1, None));
    assert_eq!(bounds(&findings, Metric::Reordered), (0, None));
    let lost = &findings.witnesses[0];
    assert_eq!(lost.cause, Some(Cause::BelowLogStart));
    assert!(
        lost.text.ends_with("are not visible: the log starts at offset 2 now"),
        "{}",
        lost.text
    );
}

// What precedes an unread tail comes first: a message after a higher one is reordered whatever the
// tail holds. After a gap it may be a second copy.
#[test]
fn an_unread_tail_leaves_reordering_proved_and_a_gap_does_not() {
    let read = || sent(3).acked(0..3, 0, S, S).log(0, 1, ours(1..2).chain(ours(0..1)));
    let mut tail = read();
    tail.end = 3;
    let tail = tail.verify();
    assert_eq!(
        tail.inconclusive,
        ["partition 0: the log ends at offset 3, but was read only to 2"]
    );
    assert_eq!(
        (bounds(&tail, Metric::Reordered), bounds(&tail, Metric::Lost)),
        ((1, None), (0, Some(1)))
    );
    assert_eq!(tail.witnesses[0].cause, Some(Cause::Unread));
    let mut gap = read();
    gap.start = -1; // the first record was to be at -1, and the first read is at 0
    let gap = gap.verify();
    assert_eq!(gap.inconclusive, ["partition 0: the first record read is at offset 0, not at -1"]);
    assert_eq!(bounds(&gap, Metric::Reordered), (0, None));
}

// Offsets without a record: inconclusive, unless compaction or transactions explain them.
#[test]
fn a_hole_is_inconclusive_unless_it_is_explained() {
    let history = || sent(4).acked(0..4, 0, S, S).log(0, 1, ours(0..1)).log(3, 1, ours(3..4));
    let findings = history().verify();
    assert_eq!(
        findings.inconclusive,
        ["partition 0: 2 offsets held no record, the first at offset 1"]
    );
    assert_eq!(bounds(&findings, Metric::Lost), (0, Some(2)));
    assert_eq!(only_witness(&findings).cause, Some(Cause::Missing));
    assert_eq!(only_witness(&findings).offsets, Some(Span { first: 1, last: 2 }));
    let mut explained = history();
    explained.holes_explained = Some("transactions");
    let explained = explained.verify();
    assert!(explained.inconclusive.is_empty());
    assert_eq!(bounds(&explained, Metric::Lost), (2, Some(2)));
    assert!(Metric::counts().all(|metric| explained.counts[metric].settled().is_some()));
    assert_eq!(explained.notes, ["partition 0: 2 offsets without a record (transactions)"]);
}

// Nothing was read of the log: everything acknowledged is absent, and nothing is proved.
#[test]
fn an_unreadable_partition_proves_no_loss() {
    let mut history = sent(2).acked(0..2, 0, S, S);
    history.unreadable = Some("no leader".to_owned());
    let findings = history.verify();
    assert_eq!(findings.inconclusive, ["partition 0: the log could not be read: no leader"]);
    assert_eq!(bounds(&findings, Metric::Lost), (0, Some(2)));
    assert_eq!(only_witness(&findings).cause, Some(Cause::Unread));
    assert!(only_witness(&findings).text.ends_with("were not found: the log was not read whole"));
}

// The reader was told that one message was sent, so it took the second for foreign.
#[test]
fn a_reading_with_the_wrong_count_proves_nothing() {
    let mut history = sent(2).acked(0..2, 0, S, S);
    history.read = PartitionObserved::new(1);
    let findings = history.log(0, 1, ours(0..2)).verify();
    assert_eq!(
        findings.inconclusive,
        ["partition 0: the log was read as if 1 messages had been sent, and 2 were"]
    );
    assert_eq!(bounds(&findings, Metric::Foreign), (0, None));
    assert_eq!(bounds(&findings, Metric::Lost), (0, Some(1)));
}

// If nothing was sent or acknowledged, nothing could go wrong: no verdict rests on that.
#[test]
fn a_run_that_could_not_fail_is_inconclusive() {
    assert_eq!(sent(0).verify().inconclusive, ["nothing was sent, so nothing was tested"]);
    assert_eq!(sent(0).verify().unavailable_ms, None);
    let rejected = sent(1).rejected(0..1);
    assert_eq!(
        rejected.verify().inconclusive,
        ["nothing was acknowledged, so nothing could be lost"]
    );
    assert!(sent(1).verify().notes.is_empty(), "the reason says it already");
    let mut unconfirmed = sent(1);
    unconfirmed.confirmed = false;
    let reasons = unconfirmed.verify().inconclusive;
    assert_eq!(reasons, ["nothing was reported as sent, so nothing could be lost"]);
}

// Of two partitions, one read whole and one not at all: the first one's loss is certain.
#[test]
fn a_partition_read_whole_proves_its_loss_whatever_another_hides() {
    let lost_one = sent(2).acked(0..2, 0, S, S).log(0, 1, ours(0..1));
    let ledger = LedgerRecord {
        partitions: vec![lost_one.ledger.clone(), lost_one.ledger.clone()],
        pulses: vec![Vec::new(); 2],
        latencies: vec![LatencyHistogram::new(); 4],
        ..LedgerRecord::default()
    };
    let observed = Observed {
        clients: vec![vec![lost_one.read]],
        log_start: vec![0],
        end: vec![1],
        unreadable: vec![None],
        ..Observed::default()
    };
    let mut ledger = ledger;
    ledger.latencies[LatencyPhase::Before as usize].record(5);
    ledger.latencies[LatencyPhase::After as usize].record(7);
    let findings = cell(&input(&[client(ledger, 0)], &observed));
    assert_eq!(findings.inconclusive, ["partition 1: the log was not read"]);
    assert_eq!(bounds(&findings, Metric::Lost), (1, Some(3)));
    let latencies: Vec<_> =
        findings.latencies.iter().map(|one| (one.phase, one.count, one.max_us)).collect();
    use LatencyPhase::{After, Before, During, WarmUp};
    let (before, after) = ((Before, 1, Some(5)), (After, 1, Some(7)));
    assert_eq!(latencies, [(WarmUp, 0, None), before, (During, 0, None), after]);
    let json = serde_json::to_string(&findings).unwrap();
    assert_eq!(serde_json::from_str::<CellFindings>(&json).unwrap(), findings);
    for name in ["\"counts\":{\"sent\":4,\"acked\":4,", "\"unavailable_ms\":0.0", "\"witnesses\":["]
    {
        assert!(json.contains(name), "{name} in {json}");
    }
}
