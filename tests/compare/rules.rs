//! Each rule of docs/compare.md, on reports of a few trials.

use super::world::{SOUND, cell, compared, losing, of, report, scenario, words};
use kafka_chaos::testing::compare::{self, Change, Outcome, Rule};
use kafka_chaos::testing::model::Metric;
use kafka_chaos::testing::result::CellTrial;
use kafka_chaos::testing::verify::Verdict;
use serde_json::json;

/// A trial whose log leaves these counts open.
fn open(metrics: &[Metric]) -> CellTrial {
    let counts = metrics.iter().fold(SOUND.counts, |counts, metric| counts.with(*metric, None));
    CellTrial { counts, ..SOUND }
}

const LOSSLESS: &str = "expect: {lost: 0}";
const UNASKED: &str = "expect: {acked: \">= 1\"}";

#[test]
fn a_run_compared_with_itself_has_not_changed() {
    let matrix = scenario("matrix: {acks: [\"0\", \"1\", all]}\nexpect: {duplicated: 0}");
    for trials in [1, 2, 20] {
        let run = report(&matrix, trials, |id, n| match id {
            "acks=all" => SOUND,
            _ => losing(u64::from(n) * 7 % 5 * 100),
        });
        let same = compared(&run, &run);
        assert_eq!(same.exit_code, 0, "{}", words(&same));
        assert!(same.cells.iter().all(|c| c.findings.iter().all(|f| f.change == Change::None)));
        let last = words(&same).lines().last().unwrap().to_owned();
        if trials == 20 {
            assert_eq!(
                (same.outcome, last.as_str()),
                (Outcome::NoChange, "NO CHANGE: 3 cells compared")
            );
        } else {
            let few = "too few trials for any test: run both with --repeat ";
            let wanted = format!("NOT DECIDED: 3 cells compared; {few}");
            assert!(same.outcome == Outcome::Undecided && last.starts_with(&wanted), "{last}");
        }
    }
}

#[test]
fn a_broken_promise_needs_no_statistics() {
    let base = report(&scenario(LOSSLESS), 20, |_, _| SOUND);
    // Once in twenty trials: Fisher would say 0.5.
    let new = report(&scenario(LOSSLESS), 20, |_, n| losing(u64::from(n == 7)));
    let found = compared(&base, &new);
    assert_eq!((found.outcome, found.exit_code), (Outcome::Regression, 1));
    let promise = of(&found, "lost: 0")[0];
    assert_eq!((promise.rule, promise.change), (Rule::Promise, Change::Worse));
    assert!(promise.text.contains("broken in 1 of 20 by NEW"), "{}", promise.text);
    assert_eq!(of(&found, "lost")[0].change, Change::None);
    // What BASE broke too is no regression, and that NEW keeps it no improvement: once in twenty is
    // luck.
    assert_eq!(compared(&new, &new).outcome, Outcome::NoChange);
    assert_eq!(compared(&new, &base).outcome, Outcome::NoChange);
}

#[test]
fn a_promise_stands_although_new_s_scenario_no_longer_makes_it() {
    let base = report(&scenario(LOSSLESS), 1, |_, _| SOUND);
    let new = report(&scenario("expect: {lost: \"<= 2000\"}"), 1, |_, _| losing(990));
    let found = compared(&base, &new);
    assert_eq!(found.outcome, Outcome::Regression);
    let text = &of(&found, "lost: 0")[0].text;
    assert!(text.contains("its scenario expects `lost: \"<= 2000\"`"), "{text}");
}

#[test]
fn what_base_never_promised_is_told_and_alarms_nobody() {
    let base = report(&scenario(UNASKED), 1, |_, _| SOUND);
    let new = report(&scenario("expect: {acked: \">= 1\", lost: 0}"), 1, |_, _| losing(3));
    let found = compared(&base, &new);
    assert_eq!((found.outcome, found.exit_code), (Outcome::Undecided, 0));
    assert!(words(&found).contains("lost: 0"), "{}", words(&found));
}

#[test]
fn a_share_is_judged_by_fisher() {
    let lossy =
        |hits: u32| report(&scenario(UNASKED), 20, move |_, n| losing(u64::from(n <= hits)));
    // 2 of 20 against 15 of 20: p = 5e-5. Against 6 of 20: p = 0.12.
    let found = compared(&lossy(2), &lossy(15));
    assert_eq!(found.outcome, Outcome::Regression);
    let share = of(&found, "lost")[0];
    assert_eq!(
        (share.rule, share.base.as_str(), share.new.as_str()),
        (Rule::Share, "in 2 of 20", "in 15 of 20")
    );
    assert_eq!(compared(&lossy(2), &lossy(6)).outcome, Outcome::NoChange);
    let found = compared(&lossy(15), &lossy(2));
    assert_eq!((found.outcome, found.exit_code), (Outcome::Improved, 0));
    assert_eq!(words(&found).lines().last(), Some("IMPROVED: in 1 of 1 cells: main"));
}

#[test]
fn every_trial_against_none_is_believed_where_a_cause_is_known() {
    let base =
        report(&scenario("producer: {acks: all}\nexpect: {acked: \">= 1\"}"), 2, |_, _| SOUND);
    let acks1 = "producer: {acks: 1}\nexpect: {acked: \">= 1\"}";
    let new = report(&scenario(acks1), 2, |_, _| losing(990));
    let found = compared(&base, &new);
    assert_eq!((found.outcome, found.exit_code), (Outcome::Regression, 1));
    let share = of(&found, "lost")[0];
    assert_eq!(share.rule, Rule::EveryTrial);
    assert!(share.text.contains("acks all -> 1"), "{}", share.text);
    assert_eq!(compared(&new, &base).outcome, Outcome::Improved);
    // Another version of Kafka is a cause, too; another runtime is not.
    let mut newer = report(&scenario(UNASKED), 2, |_, _| losing(990));
    newer["plan"]["cluster"]["kafka"] = json!("4.4.0");
    let found = compared(&base, &newer);
    assert_eq!(found.outcome, Outcome::Regression);
    assert!(words(&found).contains("cluster.kafka 3.8.1 -> 4.4.0"), "{}", words(&found));
    let mut elsewhere = report(&scenario(UNASKED), 2, |_, _| losing(990));
    elsewhere["environment"]["runtime"]["name"] = json!("docker");
    let found = compared(&base, &elsewhere);
    assert_eq!(found.outcome, Outcome::Undecided);
    assert!(words(&found).contains("runtime local -> docker"), "{}", words(&found));
}

/// Whatever differs: a fault loses messages now and then, and once on each side is no pattern.
#[test]
fn one_trial_each_decides_nothing_but_a_broken_promise() {
    let with = |acks: &str, lost: u64| {
        let text = format!("producer: {{acks: {acks}}}\n{UNASKED}");
        report(&scenario(&text), 1, move |_, _| losing(lost))
    };
    for (base, new) in [(0, 990), (990, 0)] {
        let found = compared(&with("all", base), &with("1", new));
        assert_eq!((found.outcome, found.exit_code), (Outcome::Undecided, 0), "{}", words(&found));
        assert_eq!(of(&found, "lost")[0].change, Change::Undecided);
        let text = words(&found);
        assert!(
            text.lines().last().unwrap().starts_with("NOT DECIDED: 1 cell compared; "),
            "{text}"
        );
    }
    let base = report(&scenario(LOSSLESS), 1, |_, _| SOUND);
    let new = report(&scenario(LOSSLESS), 1, |_, _| losing(1));
    assert_eq!(compared(&base, &new).outcome, Outcome::Regression);
}

/// Six times as long is worth a word, even if one trial decides nothing, or many disagree.
#[test]
fn a_time_three_times_as_long_is_told() {
    let with = |us: u64, unavailable_ms: f64| {
        report(&scenario(UNASKED), 1, move |_, _| CellTrial {
            p99_during_us: Some(us),
            unavailable_ms: Some(unavailable_ms),
            ..SOUND
        })
    };
    let base = with(40_000, 2_000.0);
    let found = compared(&base, &with(240_000, 7_000.0));
    let text = words(&found);
    assert!(text.contains("  not decided: p99 during: 40.0 ms -> 240.0 ms, +500 %; "), "{text}");
    assert!(text.contains("  not decided: unavailable: 2.0 s -> 7.0 s, +250 %; "), "{text}");
    assert!(text.contains("; 1 with a time at least three times as long; "), "{text}");
    assert_eq!((found.outcome, found.exit_code), (Outcome::Undecided, 0));
    // Less than that, or next to nothing, or better: no word.
    for new in [with(110_000, 5_000.0), with(42_000, 2_000.0), with(1_000, 100.0)] {
        let found = compared(&base, &new);
        assert!(found.cells[0].findings.iter().all(|f| !f.striking), "{}", words(&found));
    }
    let wild = |factor: u64| {
        report(&scenario(UNASKED), 8, move |_, n| CellTrial {
            p99_during_us: Some(40_000 * if n % 2 == 0 { 1 } else { factor }),
            ..SOUND
        })
    };
    let found = compared(&wild(1), &wild(40));
    let one = of(&found, "p99 during")[0];
    assert_eq!((one.striking, one.change), (true, Change::None), "{one:?}");
    assert!(words(&found).contains("  not certain: p99 during: "), "{}", words(&found));
}

/// Differences in what was done precede the clocks that follow from them.
#[test]
fn what_differs_in_the_experiment_is_told_before_clocks() {
    let text = |timing: &str| format!("{}cluster: {{timing: {timing}}}\n", scenario(UNASKED));
    let base = report(&text("stock"), 1, |_, _| SOUND);
    let mut new = report(&text("fast").replace("for: 10s", "for: 5s"), 1, |_, _| SOUND);
    // As reports of earlier versions have it.
    new["environment"] = json!(null);
    new["about"] =
        json!(["runtime  docker 29.1 (as asked)", "kafka    3.8.1, 3 brokers, combined"]);
    let found = compared(&base, &new);
    let names: Vec<&str> = found.differences.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names[..3], ["runtime", "cluster.timing", "faults"], "{names:?}");
    let first_clock = names.iter().position(|name| name.ends_with(".ms")).unwrap();
    assert!(names[first_clock..].iter().all(|name| name.ends_with(".ms")), "{names:?}");
    assert!(names.len() > first_clock + 3, "{names:?}");
}

#[test]
fn equal_configurations_with_few_trials_are_not_decided() {
    let base = report(&scenario(UNASKED), 2, |_, _| SOUND);
    let new = report(&scenario(UNASKED), 2, |_, _| losing(990));
    let found = compared(&base, &new);
    assert_eq!(found.outcome, Outcome::Undecided);
    let share = of(&found, "lost")[0];
    assert_eq!((share.rule, share.change), (Rule::EveryTrial, Change::Undecided));
    // The share, three times and the bound on `acked` (which is idle): 4 tests, 0.05/4 = 1/80.
    assert_eq!(found.trials_needed, Some(5));
    assert!(share.text.contains("2 trials: run both with --repeat 5"), "{}", share.text);
    // And that many trials do decide.
    let [base, new] = [0, 990].map(|lost| report(&scenario(UNASKED), 5, move |_, _| losing(lost)));
    assert_eq!(compared(&base, &new).outcome, Outcome::Regression);
}

#[test]
fn more_lost_in_each_trial_is_worse_from_four_trials_on() {
    let with = |trials: u32, lost: u64| {
        report(&scenario(UNASKED), trials, move |_, n| losing(lost + u64::from(n) * 3))
    };
    let found = compared(&with(8, 900), &with(8, 1900));
    assert_eq!(found.outcome, Outcome::Regression);
    let amount = of(&found, "lost").into_iter().find(|f| f.rule == Rule::Amount).unwrap();
    assert_eq!(amount.change, Change::Worse);
    assert!((amount.ratio.unwrap().estimate - 1913.5 / 913.5).abs() < 0.02, "{amount:?}");
    // Certain, and less than a fifth more: no regression.
    let found = compared(&with(8, 900), &with(8, 1000));
    let amount = of(&found, "lost").into_iter().find(|f| f.rule == Rule::Amount).unwrap();
    assert!(amount.worse.unwrap().is_rejected() && amount.change == Change::None, "{amount:?}");
    // With one trial it is reported, and never judged.
    let found = compared(&with(1, 900), &with(1, 90_000));
    assert_eq!(found.outcome, Outcome::Undecided);
    assert!(words(&found).contains("not decided"), "{}", words(&found));
}

fn slow(trials: u32, p99_during_us: u64) -> serde_json::Value {
    report(&scenario(UNASKED), trials, move |_, n| CellTrial {
        p99_during_us: Some(p99_during_us + u64::from(n) * 500),
        ..SOUND
    })
}

#[test]
fn a_latency_needs_an_interval_and_more_than_the_tolerance() {
    let found = compared(&slow(8, 40_000), &slow(8, 80_000));
    assert_eq!(found.outcome, Outcome::Regression);
    let latency = of(&found, "p99 during")[0];
    let ratio = latency.ratio.unwrap();
    assert!(ratio.low.unwrap() > 1.5 && ratio.high.unwrap() < 2.5, "{latency:?}");
    assert_eq!(compared(&slow(8, 80_000), &slow(8, 40_000)).outcome, Outcome::Improved);
    // 12 % more: certain, and within the tolerance.
    let found = compared(&slow(8, 40_000), &slow(8, 45_000));
    let latency = of(&found, "p99 during")[0];
    assert!(latency.worse.unwrap().is_rejected() && latency.change == Change::None, "{latency:?}");
    // Twice 2 ms is less than 5 ms more.
    let fast = |us: u64| {
        report(&scenario(UNASKED), 8, move |_, _| CellTrial { p99_before_us: Some(us), ..SOUND })
    };
    assert_eq!(compared(&fast(2_000), &fast(4_000)).outcome, Outcome::NoChange);
    // Twice with three trials: reported, not judged.
    let found = compared(&slow(3, 40_000), &slow(3, 80_000));
    assert_eq!(found.outcome, Outcome::Undecided);
    assert_eq!(of(&found, "p99 during")[0].change, Change::Undecided);
}

#[test]
fn a_bound_on_unavailability_goes_by_shares_where_trials_are_many() {
    let text = scenario("expect: {unavailable: \"<= 13s\"}");
    let with = |trials: u32, broken: u32| {
        report(&text, trials, move |_, n| CellTrial {
            unavailable_ms: Some(if n <= broken { 13_100.0 } else { 12_900.0 }),
            ..SOUND
        })
    };
    // 1 of 20 is luck, all of 20 are not; one trial each decides nothing.
    assert_eq!(compared(&with(20, 0), &with(20, 1)).outcome, Outcome::NoChange);
    assert_eq!(compared(&with(20, 0), &with(20, 20)).outcome, Outcome::Regression);
    assert_eq!(compared(&with(1, 0), &with(1, 1)).outcome, Outcome::Undecided);
    assert_eq!(compared(&with(1, 1), &with(1, 0)).outcome, Outcome::Undecided);
}

#[test]
fn inconclusive_trials_are_told_and_not_compared() {
    let spoilt = |_: &str, n: u32| match n {
        3 => CellTrial { verdict: Verdict::Inconclusive, ..open(&[Metric::Lost]) },
        _ => SOUND,
    };
    let base = report(&scenario(LOSSLESS), 4, |_, _| SOUND);
    let found = compared(&base, &report(&scenario(LOSSLESS), 4, spoilt));
    assert_eq!(found.outcome, Outcome::Undecided, "four against three are too few");
    assert_eq!(of(&found, "lost")[0].trials, (4, 3));
    assert!(words(&found).contains("trial 3 not compared: inconclusive"), "{}", words(&found));
    // A trial of BASE that was not read does not undo what the others kept.
    let base = report(&scenario(LOSSLESS), 4, spoilt);
    let found = compared(&base, &report(&scenario(LOSSLESS), 4, |_, n| losing(u64::from(n == 1))));
    assert_eq!(of(&found, "lost: 0")[0].change, Change::Worse);
}

/// What an overloaded machine lost, no version of Kafka lost.
#[test]
fn overloaded_trials_are_told_and_not_compared_although_they_failed() {
    let base = report(&scenario(LOSSLESS), 4, |_, _| SOUND);
    let overloaded = |_: &str, n: u32| match n {
        3 => CellTrial { unsettled: true, ..losing(990) },
        _ => SOUND,
    };
    let found = compared(&base, &report(&scenario(LOSSLESS), 4, overloaded));
    assert_eq!(found.outcome, Outcome::Undecided, "{}", words(&found));
    assert_eq!(of(&found, "lost")[0].trials, (4, 3));
    assert!(words(&found).contains("trial 3 not compared: not settled"), "{}", words(&found));
    // A single run has it among its reasons.
    let mut run = report(&scenario(LOSSLESS), 1, |_, _| losing(990));
    let violated = json!({"kind": "violated", "scope": {"cell": "main"}, "text": "lost"});
    let text = "the machine did not keep up";
    let overload = json!({"kind": "overload", "scope": {"cell": "main"}, "text": text});
    run["why"] = json!([violated]);
    assert_eq!(compared(&base, &run).outcome, Outcome::Regression);
    run["why"] = json!([violated, overload]);
    let found = compared(&base, &run);
    assert_eq!((found.outcome, found.exit_code), (Outcome::Inconclusive, 3));
    let told = "NOT COMPARABLE: NEW: not settled: the machine did not keep up";
    assert!(words(&found).contains(told), "{}", words(&found));
}

/// A fault without effect spoils its trial for every cell, and so does a control that did not bite,
/// although the other cells passed.
#[test]
fn a_trial_that_proves_nothing_is_spoilt_for_every_cell() {
    let text = scenario(
        "matrix: {acks: [\"1\", all]}\nexpect:\n  - {when: {acks: \"1\"}, lost: \">= 1\"}\n  - {when: {acks: all}, lost: 0}",
    );
    let bites = |id: &str, n: u32| if id == "acks=1" && n != 2 { losing(9) } else { SOUND };
    let run = report(&text, 3, bites);
    let found = compared(&run, &run);
    assert!(found.cells.iter().all(|c| c.findings.iter().all(|f| f.trials.1 <= 2)), "{found:?}");
    assert!(
        words(&found)
            .contains("trial 2 not compared: `lost: \">= 1\"` of cell acks=1 did not happen")
    );

    let mut run = report(&text, 3, |id, _| if id == "acks=1" { losing(9) } else { SOUND });
    run["faults"] = json!([{
        "trial": 3, "index": 0, "kind": "process_stop", "what": "process_stop leader", "nodes": [],
        "scheduled_at_ms": 1.0, "called_at_ms": null, "effective_at_ms": null,
        "healed_at_ms": null, "effective": false, "reason": "nobody leads", "evidence": [],
    }]);
    let found = compared(&run, &run);
    let text = words(&found);
    assert!(
        text.contains("trial 3 not compared: process_stop leader did not take effect"),
        "{text}"
    );
    assert_eq!(cell(&found, "acks=all").findings.last().unwrap().trials, (2, 2));
}

#[test]
fn a_cell_without_evidence_keeps_new_from_passing() {
    let text = scenario("matrix: {acks: [\"1\", all]}\nexpect: {duplicated: 0}");
    let unread = || CellTrial {
        verdict: Verdict::Inconclusive,
        ..open(&[Metric::Lost, Metric::Duplicated])
    };
    let whole = report(&text, 1, |_, _| SOUND);
    let half = report(&text, 1, |id, _| if id == "acks=1" { unread() } else { SOUND });
    let found = compared(&whole, &half);
    assert_eq!((found.outcome, found.exit_code), (Outcome::Inconclusive, 3));
    assert!(words(&found).contains("NOT COMPARABLE: NEW: "), "{}", words(&found));
    // NEW cannot lack what BASE never knew: nothing got worse there that anybody could know.
    assert_eq!(compared(&half, &whole).outcome, Outcome::Undecided);
    assert_eq!(compared(&half, &half).outcome, Outcome::Undecided);
    let none = report(&text, 1, |_, _| unread());
    assert_eq!(compared(&none, &whole).outcome, Outcome::Inconclusive);
}

/// The table is as wide as the terminal allows, and no word is broken in its middle.
#[test]
fn the_table_fits_and_times_are_told_as_times() {
    let [base, new] = [40_000, 13_000_000].map(|us| slow(8, us));
    let found = compared(&base, &new);
    assert!(words(&found).contains(" times as long ("), "{}", words(&found));
    assert!(!words(&found).contains(" times to "), "{}", words(&found));
    for columns in [60, 80, 200] {
        let mut out = Vec::new();
        compare::write_words(&found, Some(columns), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= columns), "{columns}: {text}");
        for word in ["WORSE", "times", "during", "REGRESSION:"] {
            let is_whole = text.split_whitespace().any(|found| found == word);
            assert!(is_whole || word == "{columns}: {word}: {text}");
        }
    }
}
