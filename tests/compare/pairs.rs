//! Which cells are compared with which.

use super::world::{SOUND, compared, losing, report, scenario, words};
use kafka_chaos::testing::compare::Outcome;
use serde_json::Value;

fn matrix(lines: &str) -> Value {
    report(&scenario(&format!("{lines}\nexpect: {{duplicated: 0}}")), 1, |_, _| SOUND)
}

fn paired(base: &Value, new: &Value) -> Vec<String> {
    compared(base, new).cells.iter().map(|c| format!("{} | {}", c.base, c.new)).collect()
}

#[test]
fn an_axis_with_one_value_each_tells_no_cells_apart() {
    let [all, one] = ["all", "1"].map(|acks| matrix(&format!("matrix: {{acks: [\"{acks}\"]}}")));
    assert_eq!(paired(&all, &one), ["acks=all | acks=1"]);
    // One of them may come without a matrix.
    assert_eq!(paired(&all, &matrix("producer: {acks: 1}")), ["acks=all | main"]);
    let wide = |acks: &str| matrix(&format!("matrix: {{acks: [\"{acks}\"], linger.ms: [5, 20]}}"));
    assert_eq!(
        paired(&wide("all"), &wide("1")),
        [
            "acks=all,linger.ms=5 | acks=1,linger.ms=5",
            "acks=all,linger.ms=20 | acks=1,linger.ms=20"
        ]
    );
}

#[test]
fn a_value_of_an_axis_that_varies_finds_its_like() {
    let both = matrix("matrix: {acks: [\"1\", all]}");
    let found = compared(&both, &matrix("matrix: {acks: [all]}"));
    assert_eq!((found.only_in_base.as_slice(), found.cells.len()), (&["acks=1".to_owned()][..], 1));
    assert_eq!((found.outcome, found.exit_code), (Outcome::Inconclusive, 3));
    assert!(words(&found).contains("MISSING in NEW: 1 cell of BASE: acks=1"));
    // A single cell with that setting, without an axis, is the same cell.
    assert_eq!(paired(&both, &matrix("producer: {acks: 1}")), ["acks=1 | main"]);
    // More cells than in BASE do not matter.
    let found = compared(&matrix("matrix: {acks: [all]}"), &both);
    assert_eq!(
        (found.outcome, found.only_in_new.as_slice()),
        (Outcome::Undecided, &["acks=1".to_owned()][..])
    );
}

#[test]
fn axes_pair_whatever_their_order() {
    let there = matrix("matrix: {acks: [\"1\", all], linger.ms: [5, 20]}");
    let back = matrix("matrix: {linger.ms: [20, 5], acks: [all, \"1\"]}");
    assert_eq!(
        paired(&there, &back)[..2],
        ["acks=1,linger.ms=5 | linger.ms=5,acks=1", "acks=1,linger.ms=20 | linger.ms=20,acks=1"]
    );
}

#[test]
fn runs_without_a_common_cell_are_inconclusive() {
    let found = compared(&matrix("matrix: {acks: [\"1\", all]}"), &matrix("producer: {acks: 0}"));
    assert_eq!((found.outcome, found.exit_code), (Outcome::Inconclusive, 3));
    let last = words(&found);
    assert_eq!(last.lines().last(), Some("INCONCLUSIVE: the runs have no cell in common"));
}

#[test]
fn thirty_six_cells_stay_readable() {
    let text = scenario(
        "matrix: {acks: [\"0\", \"1\", all], linger.ms: [0, 5, 20, 100], min.insync.replicas: [1, 2, 3]}\n\
         expect: {duplicated: 0}",
    );
    let base = report(&text, 20, |_, _| SOUND);
    let new = report(&text, 20, |id, n| {
        if id.starts_with("acks=1,linger.ms=5,") { losing(u64::from(n) * 12_345) } else { SOUND }
    });
    let found = compared(&base, &new);
    let text = words(&found);
    let table =
        text.lines().skip_while(|line| !line.starts_with("cell ")).take_while(|l| !l.is_empty());
    let table: Vec<&str> = table.collect();
    assert!(table.len() == 5 && table.iter().all(|line| line.chars().count() <= 100), "{text}");
    assert!(table[1].starts_with("acks=1,linger.ms=5,min.insync.replicas=1  lost "), "{text}");
    assert!(text.lines().count() < 30 && text.contains("33 cells: no change"), "{text}");
    assert!(
        text.lines()
            .last()
            .unwrap()
            .starts_with("REGRESSION: in 3 of 36 cells: acks=1,linger.ms=5,"),
        "{text}"
    );
    // And when every figure of 36 single trials differs.
    let other = report(&text_of_36(), 1, |_, _| SOUND);
    let slower = report(&text_of_36(), 1, |_, _| kafka_chaos::testing::result::CellTrial {
        p99_before_us: Some(9_000_000),
        p99_during_us: Some(90_000_000),
        unavailable_ms: Some(9e4),
        ..SOUND
    });
    let text = words(&compared(&other, &slower));
    assert!(text.lines().count() < 40, "{text}");
}

fn text_of_36() -> String {
    scenario(
        "matrix: {acks: [\"0\", \"1\", all], linger.ms: [0, 5, 20, 100], min.insync.replicas: [1, 2, 3]}\n\
         expect: {duplicated: 0}",
    )
}
