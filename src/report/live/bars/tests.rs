//! Bars and spinners as lines: what they say, at which widths, and until when.

use super::super::view::{Room, width};
use super::{Bars, Series};
use crate::event::{Far, RunEvent, Step};
use std::time::Duration;

fn step(what: &'static str, far: Far) -> RunEvent {
    RunEvent::Step(Step { what, far })
}

fn line(bars: &Bars, columns: usize) -> String {
    bars.lines(Room::plain(columns, 24)).join("\n")
}

#[test]
fn a_download_is_a_bar_with_its_bytes() {
    let mut bars = Bars::new(None);
    assert_eq!(line(&bars, 80), "");
    bars.fold(&step("fetch", Far::Bytes(12_300_000, 49_200_000)));
    let full = line(&bars, 80);
    assert!(full.starts_with("fetch   █████░░░░░░░░░░░░░░░ 12.30 MB of 49.20 MB, "), "{full}");
    let narrow = line(&bars, 40);
    assert!(narrow.starts_with("fetch   ██░░░░░░░░ 12.30 MB of 49.20 MB"), "{narrow}");
    assert!(narrow.ends_with('…') && width(&narrow) == 40, "{narrow}");
    bars.fold(&step("fetch", Far::Bytes(49_200_000, 49_200_000)));
    let done = line(&bars, 80);
    assert_eq!(done, "fetch   ████████████████████ 49.20 MB of 49.20 MB");
}

#[test]
fn what_has_no_length_is_a_spinner_that_turns() {
    let mut bars = Bars::new(None);
    bars.fold(&step("nodes", Far::Waiting("broker 1 has not\u{1b}[2J answered yet".to_owned())));
    let (one, other) = (line(&bars, 80), line(&bars, 80));
    for line in [&one, &other] {
        assert!(line.starts_with("nodes   "), "{line}");
        assert!(line.ends_with(" broker 1 has not\u{fffd}[2J answered yet"), "{line}");
    }
    let turns: std::collections::BTreeSet<String> = (0..8).map(|_| line(&bars, 80)).collect();
    assert!(turns.len() > 1, "{turns:?}");
}

#[test]
fn a_step_is_replaced_by_the_next_and_ends_with_its_phase() {
    let mut bars = Bars::new(None);
    bars.fold(&step("read", Far::Count(1_500, 6_000, "messages in cell main".to_owned())));
    let read = "read    █████░░░░░░░░░░░░░░░ 1,500 of 6,000 messages in cell main";
    assert!(line(&bars, 80).starts_with(read), "{}", line(&bars, 80));
    bars.fold(&RunEvent::Note { text: "beside".to_owned() });
    assert!(line(&bars, 80).starts_with("read"));
    bars.fold(&step("build", Far::Count(0, 9, "steps".to_owned())));
    assert_eq!(line(&bars, 80), "build   ░░░░░░░░░░░░░░░░░░░░ 0 of 9 steps");
    bars.fold(&RunEvent::Phase { name: "verify".to_owned(), expected_ms: None });
    assert_eq!(line(&bars, 80), "");
}

#[test]
fn a_series_tells_how_long_the_rest_takes_once_a_trial_is_over() {
    let series = |over| Some(Series { over, of: 20, took: Duration::from_secs(60 * over as u64) });
    let first = line(&Bars::new(series(0)), 80);
    assert_eq!(first, "trials  ░░░░░░░░░░░░░░░░░░░░ 0 of 20 over");
    let mut bars = Bars::new(series(5));
    assert_eq!(line(&bars, 80), "trials  █████░░░░░░░░░░░░░░░ 5 of 20 over, 15m left");
    bars.fold(&step("nodes", Far::Waiting("broker 0".to_owned())));
    assert_eq!(bars.lines(Room::plain(80, 24)).len(), 2, "the step comes first");
}
