//! The live view of cells: rates, silence, the worst of many.

use super::super::view::{Room, width};
use super::Cells;
use crate::event::Progress;
use insta::assert_snapshot;
use std::collections::BTreeMap;

const ROOM: Room = Room::plain(80, 24);

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("cell={i:02}")).collect()
}

fn told(cells: &mut Cells, at_ms: f64, counts: &[(&str, u64, u64)]) {
    let progress = |(id, sent, acked): &(&str, u64, u64)| {
        ((*id).to_owned(), Progress { sent: *sent, acked: *acked, rejected: 0 })
    };
    cells.progress(at_ms, &counts.iter().map(progress).collect::<BTreeMap<_, _>>());
}

/// The words of the row with this begin.
fn row<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    let found = lines.iter().find(|line| line.starts_with(name));
    let line = found.unwrap_or_else(|| panic!("no {name} in {lines:#?}"));
    line[name.len()..].split_whitespace().collect()
}

#[test]
fn the_rate_is_that_of_the_last_second() {
    let mut cells = Cells::of(&["main".to_owned()]);
    // 1000 per second for two seconds, then 500 per second for two.
    for tick in 0..=20_u64 {
        let acked = if tick <= 10 { tick * 200 } else { 2_000 + (tick - 10) * 100 };
        told(&mut cells, tick as f64 * 200.0, &[("main", acked + 30, acked)]);
        let seen = cells.lines(tick as f64 * 200.0, 9, ROOM);
        let expected = match tick {
            0 => "-",
            1..=10 => "1000",
            // The window of 5 ticks contains both.
            11 => "900",
            12 => "800",
            15.. => "500",
            _ => continue,
        };
        assert_eq!(row(&seen, "main")[0], expected, "tick {tick}");
    }
    let last = cells.lines(4_000.0, 9, ROOM);
    assert_eq!(row(&last, "main"), ["500", "30", "3000", "0", "-"]);
    assert_eq!(last.len(), 2, "one cell needs no sum: {last:#?}");
}

#[test]
fn a_cell_is_silent_while_messages_wait_and_none_is_acknowledged() {
    let mut cells = Cells::of(&["main".to_owned()]);
    told(&mut cells, 0.0, &[("main", 100, 100)]);
    told(&mut cells, 3_000.0, &[("main", 100, 100)]);
    let silent = |cells: &Cells, at_ms| row(&cells.lines(at_ms, 9, ROOM), "main")[4..].join(" ");
    assert_eq!(silent(&cells, 3_000.0), "-", "nothing waits");
    told(&mut cells, 3_200.0, &[("main", 101, 100)]);
    assert_eq!(silent(&cells, 3_300.0), "3.3 s");
    told(&mut cells, 3_400.0, &[("main", 102, 101)]);
    assert_eq!(silent(&cells, 3_400.0), "-");
    assert_eq!(silent(&cells, 4_500.0), "1.1 s");
}

#[test]
fn counts_that_are_no_longer_told_are_not_shown() {
    let mut cells = Cells::of(&["main".to_owned()]);
    assert_eq!(cells.lines(0.0, 9, ROOM), [""; 0]);
    told(&mut cells, 1_000.0, &[("main", 5, 5)]);
    assert_eq!(cells.lines(3_900.0, 9, ROOM).len(), 2);
    assert_eq!(cells.lines(4_100.0, 9, ROOM), [""; 0]);
}

/// 36 cells; 7 waits with 900 messages, and 20 with as many and is silent.
fn many() -> Cells {
    let ids = ids(36);
    let mut cells = Cells::of(&ids);
    for tick in 0..=10_u64 {
        let acked = |i: usize| if i == 20 { 50 } else { tick * 200 };
        let open = |i: usize| if i == 7 || i == 20 { 900 } else { 10 };
        let counts: Vec<(&str, u64, u64)> = (ids.iter().enumerate())
            .map(|(i, id)| (id.as_str(), acked(i) + open(i), acked(i)))
            .collect();
        told(&mut cells, tick as f64 * 200.0, &counts);
    }
    cells
}

#[test]
fn of_many_cells_the_worst_are_shown_and_the_sum_of_all() {
    assert_snapshot!(many().lines(2_000.0, 6, ROOM).join("\n"), @"
    worst 4 of 36    acked/s     open      acked  rejected   silent
    cell=20                0      900         50         0    2.0 s
    cell=07             1000      900       2000         0        -
    cell=00             1000       10       2000         0        -
    cell=01             1000       10       2000         0        -
    all 36 cells       35000     2140      70050         0        -
    ");
}

#[test]
fn a_wide_terminal_has_cells_side_by_side() {
    let (narrow, wide) = (ROOM, Room::plain(200, 50));
    let lines = many().lines(2_000.0, 20, wide);
    assert!(lines.iter().all(|line| width(line) <= 200), "{lines:#?}");
    // 18 rows of two contain all 36, in the plan's order.
    assert_eq!(lines.len(), 20);
    assert!(lines[1].starts_with("cell=00") && lines[1].contains("    cell=01 "), "{}", lines[1]);
    assert!(lines[0].matches("acked/s").count() == 2 && !lines[0].contains("worst"));
    // If one column is enough, it is one.
    let few = many().lines(2_000.0, 40, wide);
    assert_eq!((few.len(), few[0].matches("acked/s").count()), (38, 1));
    assert_eq!(many().lines(2_000.0, 40, narrow).len(), 38);
}

#[test]
fn names_that_are_too_long_keep_their_values() {
    let id = |acks: &str| format!("min.insync.replicas=2,enable.idempotence=false,acks={acks}");
    let ids = [id("1"), id("all")];
    let mut cells = Cells::of(&ids);
    told(&mut cells, 0.0, &[(&ids[0], 1, 1), (&ids[1], 1, 1)]);
    let lines = cells.lines(0.0, 9, ROOM);
    assert!(lines.iter().all(|line| width(line) <= 80), "{lines:#?}");
    assert!(lines[0].starts_with("cell: min.insync.replicas,enab"), "{lines:#?}");
    assert!(lines[1].starts_with("2,false,1 ") && lines[2].starts_with("2,false,all "));
    let wide = cells.lines(0.0, 9, Room::plain(200, 50));
    assert!(wide[0].starts_with("cell  ") && wide[1].starts_with(&ids[0]), "{wide:#?}");
}
