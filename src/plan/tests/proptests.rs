//! No text makes reading, planning or printing a scenario panic.

use super::super::{Asked, study_from_text};
use super::cells::MOST_CELLS;
use crate::scenario::MOST_PLANS;
use crate::scenario::mutated::{SHIPPED, mutated};
use proptest::prelude::*;

/// Axes of a sweep.
const SWEPT: &[&str] = &["acks", "faults", "cluster.kafka", "cluster.brokers", "linger.ms", "x"];

fn plan_and_print(text: &str, overrides: &[String], sweeps: &[String]) {
    let asked = Asked { overrides, sweeps, seed: Some(1), versions: None };
    match study_from_text("test.yaml", text, &asked) {
        Ok(study) => {
            assert!(!study.plans.is_empty() && study.plans.len() <= MOST_PLANS);
            for plan in study.plans {
                assert!(!plan.cells.is_empty() && plan.cells.len() <= MOST_CELLS);
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
