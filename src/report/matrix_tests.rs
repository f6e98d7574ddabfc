//! Reports of many cells and many trials: the tables, the words under them, the sums.

use super::*;
use crate::plan::{self, Plan};
use crate::runner::{Repeats, Trial, series};
use crate::verify::{PhaseLatency, Verdict};

/// 36 cells: all that the comparison of configurations knows.
fn study() -> plan::Study {
    let text = "name: t\nsummary: a test\nduration: 9s\nexpect: {lost: 0}\n\
                matrix:\n  min.insync.replicas: [1, 2, 3]\n  acks: ['0', '1', all]\n  \
                unclean.leader.election.enable: [false, true]\n  compression.type: [none, lz4]\n";
    plan::Study { plans: vec![plan::from_text("t.yaml", text, &[], Some(1)).unwrap()] }
}

/// A run in which acks=0 and 1 lost messages, in every trial `more` than in the one before.
fn report(plan: &Plan, more: u64) -> Report {
    let mut report = blank(plan, None);
    for (i, cell) in report.cells.iter_mut().enumerate() {
        let lost = if cell.axes["acks"] == "all" { 0 } else { 990 + more };
        let counts = &mut cell.counts;
        (counts.sent, counts.acked, counts.lost) = (120_000, 119_000, Some(lost));
        (counts.duplicated, counts.phantom) = (Some(0), Some(0));
        (counts.reordered, counts.corrupt, counts.foreign) = (Some(0), Some(0), Some(0));
        cell.bounds.clear();
        cell.witnesses.clear();
        cell.verdict = if lost > 0 { Verdict::Fail } else { Verdict::Pass };
        cell.unavailable_ms = Some(26_600.0 + i as f64);
        let latency = |label: &str, p99_us| PhaseLatency {
            label: label.to_owned(),
            count: 10,
            p50_us: Some(9_000),
            p99_us: Some(p99_us),
            max_us: Some(9_999_999),
        };
        cell.latencies = vec![latency("before", 21_000 + i as u64), latency("during", 13_192_800)];
    }
    report
}

/// The report of several trials put together.
fn merged(trials: u32) -> Report {
    let mut run = |trial: &Trial| Ok::<_, ()>(report(&trial.plan, u64::from(trial.number) - 1));
    merge(series(&study(), Repeats { most: trials, until_decided: None }, &mut run).unwrap())
}

fn end(report: &Report, sort: &str) -> String {
    let mut out = Vec::new();
    let sort = Sort::parse(sort, &report.axes).unwrap();
    write_end(report, &sort, Paint::plain(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn rows(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with(['1', '2', '3']) && line.contains("26.6 s"))
        .collect()
}

#[test]
fn thirty_six_cells_fit_into_100_columns() {
    for report in [report(&study().plans[0], 0), merged(20)] {
        let text = end(&report, "min.insync.replicas");
        let table = text.split("safest").next().unwrap();
        let long: Vec<&str> = table.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "{long:#?}");
        assert_eq!(rows(&text).len(), 36, "{text}");
    }
}

#[test]
fn rows_stand_in_the_order_that_was_asked_for() {
    let report = report(&study().plans[0], 0);
    let text = end(&report, "lost");
    assert!(rows(&text)[..24].iter().all(|row| row.contains(" 990 ")), "{text}");
    let text = end(&report, "unavailable");
    assert!(rows(&text)[0].starts_with("3 "), "the longest outage is the last cell's: {text}");
    assert!(Sort::parse("nothing", &report.axes).unwrap_err().contains("unavailable"));
}

#[test]
fn words_name_the_safest_the_fastest_and_what_the_others_cost() {
    let text = end(&report(&study().plans[0], 0), "verdict").replace("\n  ", " ");
    let line = |begin: &str| text.lines().find(|l| l.starts_with(begin)).unwrap_or_default();
    let safest = line("safest: ");
    assert!(safest.contains("min.insync.replicas=3, acks=all"), "{text}");
    assert!(safest.contains("unclean.leader.election.enable=false"), "{text}");
    assert!(safest.contains("12 of 36 configurations"), "{text}");
    assert!(line("fastest of these: ").contains("p99 21.0 ms"), "{text}");
    let unsafe_: Vec<&str> = text.lines().filter(|l| l.starts_with("unsafe: ")).collect();
    assert_eq!(unsafe_.len(), 2, "acks alone decides: {text}");
    assert!(unsafe_.iter().any(|l| l.starts_with("unsafe: acks=1 (12 configurations)")), "{text}");
    assert!(unsafe_[0].contains("11880 of 1428000 acknowledged messages lost (0.83 %)"), "{text}");
}

#[test]
fn each_anomaly_is_told_by_the_axes_that_decide_it() {
    let mut report = report(&study().plans[0], 0);
    for cell in &mut report.cells {
        if cell.axes["acks"] == "all" && cell.axes["min.insync.replicas"] == "3" {
            cell.counts.duplicated = Some(7);
        }
    }
    let text = end(&report, "verdict").replace("\n  ", " ");
    let told: Vec<&str> = text.lines().filter(|l| l.starts_with("unsafe: ")).collect();
    assert_eq!(told.len(), 3, "{text}");
    assert!(told[1].starts_with("unsafe: acks="), "{text}");
    let duplicated = "unsafe: min.insync.replicas=3, acks=all (4 configurations): 28 of ";
    assert!(told[2].starts_with(duplicated), "{text}");
}

#[test]
fn trials_are_put_together_cell_by_cell() {
    let report = merged(20);
    assert_eq!((report.cells.len(), report.trials.len()), (36, 20));
    assert_eq!((report.verdict, report.exit_code), (Verdict::Inconclusive, 3));
    let cell = |id: &str| report.cells.iter().find(|c| c.id.contains(id)).unwrap();
    let victim = cell("acks=1");
    let trials = victim.trials.as_ref().unwrap();
    assert_eq!((trials.lost.share.hits, trials.lost.share.of), (20, 20));
    let count = trials.lost.count.unwrap();
    assert_eq!((count.median, count.min, count.max), (999.5, 990.0, 1009.0));
    assert_eq!(victim.counts.lost, Some((990..=1009).sum()));
    assert_eq!(victim.verdict, Verdict::Fail);
    let safe = cell("acks=all").trials.as_ref().unwrap();
    assert_eq!((safe.lost.share.hits, safe.duplicated.share.hits), (0, 0));
    let text = end(&report, "lost");
    assert!(text.contains("20/20  84-100 %  1000 (990-1009)"), "{text}");
    assert!(text.contains("0/20    0-16 %"), "{text}");
}

#[test]
fn an_open_count_of_one_trial_leaves_the_sum_open() {
    let mut run = |trial: &Trial| {
        let mut report = report(&trial.plan, 0);
        if trial.number == 2 {
            let cell = &mut report.cells[0];
            cell.counts.lost = None;
            let metric = crate::plan::Metric::Lost;
            cell.bounds = vec![crate::verify::Bounds { metric, least: 3, most: Some(8) }];
        }
        Ok::<_, ()>(report)
    };
    let trials = series(&study(), Repeats { most: 3, until_decided: None }, &mut run).unwrap();
    let cell = &merge(trials).cells[0];
    assert_eq!(cell.counts.lost, None);
    assert_eq!((cell.bounds[0].least, cell.bounds[0].most), (990 * 2 + 3, Some(990 * 2 + 8)));
    assert_eq!(cell.trials.as_ref().unwrap().lost.share.of, 2, "an open trial is no trial");
}
