//! No text whatever makes reading, planning or printing a scenario panic.

use crate::plan::{self, Asked};
use proptest::prelude::*;

/// Scenarios to begin with.
pub const SHIPPED: &[&str] = &[
    include_str!("../../scenarios/minisr2.yaml"),
    include_str!("../../scenarios/acks1-leader-loss.yaml"),
    include_str!("../../scenarios/retry-duplicates.yaml"),
    include_str!("../../scenarios/matrix.yaml"),
];

/// Bits of text that turn one kind of value into another.
const PIECES: &[&str] = &[
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "  ",
    "*a",
    "&a ",
    "<<: ",
    "|\n",
    ">\n",
    "#",
    "\"",
    "'",
    "~",
    "!!int ",
    "!!binary ",
    "---\n",
    "\t",
    "\u{feff}",
    "é",
    "\0",
    "0x",
    ".nan",
    "-1",
    "1e999",
    "..",
    "99999999999999999999",
    "1 session",
    "broker:9",
    "all",
    "null",
    "expect: {}",
    "matrix: [1]",
    "  cluster.kafka: [3.8.1, 4.4.0]\n",
    "  cluster.brokers: [2, 3]\n",
    "  faults: {a: [], b: [{exec: x, at: 1s}]}\n",
    ",",
    "=",
    "cluster.config.",
];

/// One change to the text: at a share of its length, remove some characters and put a piece in.
pub type Change = (f64, usize, usize);

/// The text after these changes.
pub fn mutated(text: &str, changes: &[Change]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (share, removed, piece) in changes {
        let at = (share * chars.len() as f64) as usize;
        let end = (at + removed).min(chars.len());
        chars.splice(at.min(end)..end, PIECES[piece % PIECES.len()].chars());
    }
    chars.into_iter().collect()
}

/// What a sweep may be about.
const SWEPT: &[&str] = &["acks", "faults", "cluster.kafka", "cluster.brokers", "linger.ms", "x"];

fn plan_and_print(text: &str, overrides: &[String], sweeps: &[String]) {
    let asked = Asked { overrides, sweeps, seed: Some(1), versions: None };
    match plan::study_from_text("test.yaml", text, &asked) {
        Ok(study) => {
            assert!(!study.plans.is_empty() && study.plans.len() <= plan::MOST_PLANS);
            for plan in study.plans {
                assert!(!plan.cells.is_empty() && plan.cells.len() <= plan::MOST_CELLS);
            }
        }
        Err(problems) => {
            assert!(!problems.list.is_empty());
            assert!(!problems.to_string().is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn mutated_scenarios_never_panic(
        base in 0..SHIPPED.len(),
        changes in prop::collection::vec((0.0..1.0f64, 0..12usize, any::<usize>()), 1..8),
    ) {
        plan_and_print(&mutated(SHIPPED[base], &changes), &[], &[]);
    }

    #[test]
    fn any_text_and_any_override_never_panic(text in ".{0,200}", argument in ".{0,40}") {
        plan_and_print(&text, &[], std::slice::from_ref(&argument));
        plan_and_print(SHIPPED[0], &[argument], &[]);
    }

    #[test]
    fn mutated_sweeps_never_panic(
        base in 0..SHIPPED.len(),
        swept in 0..SWEPT.len(),
        changes in prop::collection::vec((0.0..1.0f64, 0..6usize, any::<usize>()), 0..4),
        any in ".{0,20}",
    ) {
        let argument = mutated(&format!("{}=1,all,stop,3.8.1", SWEPT[swept]), &changes);
        plan_and_print(SHIPPED[base], &[], &[argument, format!("{}={any}", SWEPT[swept])]);
    }
}
