//! Reports of many cells and many trials: the tables, the words under them, the sums.

use super::super::*;
use crate::fault::FaultRecord;
use crate::ledger::LatencyPhase;
use crate::model::Metric;
use crate::plan::{self, Plan};
use crate::result::{AchievedRate, Report, blank, merge, trials};
use crate::verify::{Bounds, Counts, PhaseLatency, Reason, ReasonKind, Scope, Verdict};
use insta::assert_snapshot;

/// 36 cells: everything that the comparison of configurations covers.
fn plan() -> Plan {
    let text = "name: t\nsummary: a test\nduration: 9s\nexpect: {lost: 0}\n\
                matrix:\n  min.insync.replicas: [1, 2, 3]\n  acks: ['0', '1', all]\n  \
                unclean.leader.election.enable: [false, true]\n  compression.type: [none, lz4]\n";
    plan::from_text("t.yaml", text, &[], Some(1)).unwrap()
}

/// A run in which acks=0 and 1 lost messages, in every trial `more` than in the one before.
fn report(plan: &Plan, more: u64) -> Report {
    let mut report = blank(plan, None);
    report.why.clear();
    for (i, cell) in report.cells.iter_mut().enumerate() {
        let lost = if cell.axes["acks"] == "all" { 0 } else { 990 + more };
        let counts = [(Metric::Acked, 119_000), (Metric::Lost, lost)];
        cell.counts = Counts::exact(120_000, counts);
        cell.witnesses.clear();
        cell.verdict = if lost > 0 { Verdict::Fail } else { Verdict::Pass };
        cell.unavailable_ms = Some(26_600.0 + i as f64);
        let latency = |phase, p99_us| PhaseLatency {
            phase,
            count: 10,
            unacked: 0,
            p50_us: Some(9_000),
            p99_us: Some(p99_us),
            max_us: Some(9_999_999),
        };
        cell.latencies = vec![
            latency(LatencyPhase::Before, 21_000 + i as u64),
            latency(LatencyPhase::During, 13_192_800),
        ];
    }
    report
}

/// The merged report of several trials.
fn merged(most: u32) -> Report {
    merge(trials(&plan(), most, &mut |number, plan| report(plan, u64::from(number) - 1)))
}

fn end(report: &Report, sort: &str) -> String {
    let mut out = Vec::new();
    let sort = Sort::parse(sort, &report.axes).unwrap();
    write_end(report, Ending::Full, &sort, Paint::plain(), None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn rows(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with(['1', '2', '3']) && line.contains("26.6 s"))
        .collect()
}

#[test]
fn thirty_six_cells_fit_into_100_columns() {
    for report in [report(&plan(), 0), merged(20)] {
        let text = end(&report, "min.insync.replicas");
        let table = text.split("without a fault").next().unwrap();
        let long: Vec<&str> = table.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "{long:#?}");
        assert_eq!(rows(&text).len(), 36, "{text}");
    }
}

/// A table on a terminal of this width.
fn table(report: &Report, columns: usize) -> String {
    let mut out = Vec::new();
    write_end(report, Ending::Full, &Sort::Plan, Paint::plain(), Some(columns), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn no_line_is_longer_than_the_terminal_and_no_word_is_broken() {
    for mut report in [report(&plan(), 0), merged(20)] {
        for cell in &mut report.cells {
            let counts = &mut cell.counts;
            counts.set(Metric::Reordered, 216);
            counts.set(Metric::Phantom, 3);
            counts.set(Metric::Rejected, 1_517);
            counts.set(Metric::Unknown, 196);
            cell.verdict = Verdict::Inconclusive;
        }
        for columns in [80, 120, 200] {
            let text = table(&report, columns);
            let long: Vec<&str> = text.lines().filter(|l| l.chars().count() > columns).collect();
            assert!(long.is_empty(), "{columns}: {long:#?}");
            let end = text.find("safest").unwrap_or(text.len());
            let words: Vec<&str> = text[..end].split([' ', '\n']).collect();
            for word in [
                "insync",
                "replicas",
                "unclean",
                "election",
                "compression",
                "acked",
                "rejected",
                "unknown",
                "phantom",
                "reord",
                "unavail",
                "p99",
                "before",
                "during",
                "verdict",
                "inconclusive",
            ] {
                let whole = |found: &&str| found.split('.').any(|part| part == word);
                assert!(words.iter().any(whole), "{columns}: {word}\n{text}");
            }
        }
    }
}

#[test]
fn wide_terminals_have_whole_headings_and_narrow_ones_a_verdict_in_every_first_table() {
    let report = report(&plan(), 0);
    let wide = table(&report, 200);
    assert!(wide.contains("min.insync.replicas  acks  unclean.leader.election.enable"), "{wide}");
    let first = table(&report, 60).split("\n\n").next().unwrap().to_owned();
    assert!(first.lines().any(|line| line.ends_with("  fail")), "{first}");
}

#[test]
fn a_footnote_of_many_cells_is_one_line() {
    let mut report = report(&plan(), 0);
    for (i, cell) in report.cells.iter_mut().enumerate().take(3) {
        let sent = 500.0 + i as f64 * 100.0;
        cell.rate = Some(AchievedRate { wanted: 1_000.0, sent, baseline: None });
    }
    let text = table(&report, 100);
    let notes: Vec<&str> = text.lines().filter(|line| line.starts_with("* ")).collect();
    assert_eq!(notes, ["* 3 cells sent 50 to 70 % of their rates"]);
}

#[test]
fn rows_stand_in_the_order_that_was_asked_for() {
    let report = report(&plan(), 0);
    let text = end(&report, "lost");
    assert!(rows(&text)[..24].iter().all(|row| row.contains(" 990 ")), "{text}");
    let text = end(&report, "unavailable");
    assert!(rows(&text)[0].starts_with("3 "), "the longest outage is the last cell's: {text}");
    assert!(Sort::parse("nothing", &report.axes).unwrap_err().contains("unavailable"));
}

/// The text under the table.
fn words(report: &Report) -> String {
    findings::lines(report).join("\n")
}

#[test]
fn words_name_what_lost_nothing_and_what_happened_in_the_others() {
    assert_snapshot!(words(&report(&plan(), 0)), @"
    without a fault, once:
    nothing lost or duplicated: 12 of 36 configurations; of these min.insync.replicas=3, acks=all, unclean.leader.election.enable=false, compression.type=lz4 has the strongest guarantees; unavailable for 26.6 s
    lowest latency of these: min.insync.replicas=1, acks=all, unclean.leader.election.enable=false, compression.type=none; p99 21.0 ms before the fault, unavailable for 26.6 s
    lost: acks=0 (12 configurations): 11880 of 1428000 unconfirmed messages (0.83 %)
    lost: acks=1 (12 configurations): 11880 of 1428000 acknowledged messages (0.83 %)
    ");
}

#[test]
fn each_anomaly_is_told_by_the_axes_that_decide_it() {
    let mut report = report(&plan(), 0);
    for cell in &mut report.cells {
        if cell.axes["acks"] == "all" && cell.axes["min.insync.replicas"] == "3" {
            cell.counts.set(Metric::Duplicated, 7);
        }
    }
    assert_snapshot!(words(&report), @"
    without a fault, once:
    nothing lost or duplicated: 8 of 36 configurations; of these min.insync.replicas=2, acks=all, unclean.leader.election.enable=false, compression.type=lz4 has the strongest guarantees; unavailable for 26.6 s
    lowest latency of these: min.insync.replicas=1, acks=all, unclean.leader.election.enable=false, compression.type=none; p99 21.0 ms before the fault, unavailable for 26.6 s
    lost: acks=0 (12 configurations): 11880 of 1428000 unconfirmed messages (0.83 %)
    lost: acks=1 (12 configurations): 11880 of 1428000 acknowledged messages (0.83 %)
    duplicated: min.insync.replicas=3, acks=all (4 configurations): 28 of 476000 acknowledged messages (0.01 %)
    ");
}

/// The cells of acks=1 overloaded the machine, in a single run and in two trials of three.
#[test]
fn nothing_is_concluded_from_what_is_not_settled() {
    let starve = |report: &mut Report| {
        for cell in report.cells.iter().filter(|cell| cell.axes["acks"] == "1") {
            let scope = Scope::Cell(cell.id.clone());
            report.why.push(Reason::new(ReasonKind::Overload, scope, "overloaded".into()));
        }
    };
    let mut starved = report(&plan(), 0);
    starve(&mut starved);
    assert_snapshot!(words(&starved), @"
    without a fault, once:
    nothing lost or duplicated: 12 of 24 configurations; of these min.insync.replicas=3, acks=all, unclean.leader.election.enable=false, compression.type=lz4 has the strongest guarantees; unavailable for 26.6 s
    lowest latency of these: min.insync.replicas=1, acks=all, unclean.leader.election.enable=false, compression.type=none; p99 21.0 ms before the fault, unavailable for 26.6 s
    lost: acks=0 (12 configurations): 11880 of 1428000 unconfirmed messages (0.83 %)
    left out, because they are not settled: 12 configurations: min.insync.replicas=1, acks=1, unclean.leader.election.enable=false, compression.type=none; min.insync.replicas=1, acks=1, unclean.leader.election.enable=false, compression.type=lz4; min.insync.replicas=1, acks=1, unclean.leader.election.enable=true, compression.type=none; min.insync.replicas=1, acks=1, unclean.leader.election.enable=true, compression.type=lz4 and 8 more
    ");

    let mut run = |number, plan: &Plan| {
        let mut report = report(plan, 0);
        if number > 1 {
            starve(&mut report);
        }
        report
    };
    let merged = merge(trials(&plan(), 3, &mut run));
    let victim = merged.cells.iter().find(|cell| cell.axes["acks"] == "1").unwrap();
    let share = victim.trials.as_ref().unwrap().tallies[Metric::Lost].share;
    assert_eq!((share.hits, share.of), (1, 1), "what was starved is no trial");
    assert_snapshot!(words(&merged), @"
    without a fault, in 1 to 3 trials:
    nothing lost or duplicated: 12 of 36 configurations; of these min.insync.replicas=3, acks=all, unclean.leader.election.enable=false, compression.type=lz4 has the strongest guarantees; unavailable for 26.6 s
    lowest latency of these: min.insync.replicas=1, acks=all, unclean.leader.election.enable=false, compression.type=none; p99 21.0 ms before the fault, unavailable for 26.6 s
    lost: acks=0 (12 configurations): 35640 of 4284000 unconfirmed messages (0.83 %)
    lost: acks=1 (12 configurations): 11880 of 1428000 acknowledged messages (0.83 %)
    ");
    let text = end(&merged, "verdict");
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(" 1/1 ")).collect();
    assert!(rows.len() == 12 && rows.iter().all(|row| row.contains(" 1/1 ")), "{text}");
    assert!(rows.iter().all(|row| !row.contains('%')), "one trial has no interval: {text}");
}

#[test]
fn one_trial_each_has_no_share() {
    let merged = merged(1);
    assert_eq!(merged.trials.len(), 1);
    let text = end(&merged, "verdict");
    assert!(!text.contains("95 %") && text.contains("without a fault, once:"), "{text}");
}

#[test]
fn trials_are_put_together_cell_by_cell() {
    let report = merged(20);
    assert_eq!((report.cells.len(), report.trials.len()), (36, 20));
    assert_eq!((report.verdict, report.exit_code), (Verdict::Inconclusive, 3));
    let cell = |id: &str| report.cells.iter().find(|c| c.id.contains(id)).unwrap();
    let victim = cell("acks=1");
    let trials = victim.trials.as_ref().unwrap();
    let lost = trials.tallies[Metric::Lost];
    assert_eq!((lost.share.hits, lost.share.of), (20, 20));
    let count = lost.count.unwrap();
    assert_eq!((count.median, count.min, count.max), (999.5, 990.0, 1009.0));
    assert_eq!(victim.counts.of(Metric::Lost), (990..=1009).sum::<u64>());
    assert_eq!(victim.verdict, Verdict::Fail);
    let safe = cell("acks=all").trials.as_ref().unwrap();
    for metric in [Metric::Lost, Metric::Duplicated] {
        assert_eq!(safe.tallies[metric].share.hits, 0);
    }
    let text = end(&report, "lost");
    assert!(text.contains("20/20  84-100 %  1000 (990-1009)"), "{text}");
    assert!(text.contains("0/20    0-16 %"), "{text}");
}

#[test]
fn an_open_count_of_one_trial_leaves_the_sum_open() {
    let mut run = |number, plan: &Plan| {
        let mut report = report(plan, 0);
        if number == 2 {
            report.cells[0].counts[Metric::Lost] = Bounds { least: 3, most: Some(8) };
        }
        report
    };
    let cell = &merge(trials(&plan(), 3, &mut run)).cells[0];
    let open = Bounds { least: 990 * 2 + 3, most: Some(990 * 2 + 8) };
    assert_eq!(cell.counts[Metric::Lost], open);
    let lost = cell.trials.as_ref().unwrap().tallies[Metric::Lost];
    assert_eq!(lost.share.of, 2, "an open trial is no trial");
}

/// What every configuration loses, no axis decides; and what nobody acknowledged is not called
/// acknowledged.
#[test]
fn what_all_configurations_have_is_told_of_all() {
    let mut report = report(&plan(), 0);
    for cell in &mut report.cells {
        cell.counts.set(Metric::Lost, 7);
        cell.confirmed = cell.axes["acks"] != "0";
    }
    assert_snapshot!(words(&report), @"
    without a fault, once:
    nothing lost or duplicated: none of 36 configurations
    lost: all 36 configurations: 252 of 4284000 acknowledged or unconfirmed messages (0.01 %)
    ");
    report.cells.iter_mut().filter(|c| c.confirmed).for_each(|c| c.counts.set(Metric::Lost, 0));
    assert_snapshot!(words(&report), @"
    without a fault, once:
    nothing lost or duplicated: 24 of 36 configurations; of these min.insync.replicas=3, acks=all, unclean.leader.election.enable=false, compression.type=lz4 has the strongest guarantees; unavailable for 26.6 s
    lowest latency of these: min.insync.replicas=1, acks=1, unclean.leader.election.enable=false, compression.type=none; p99 21.0 ms before the fault, unavailable for 26.6 s
    lost: acks=0 (12 configurations): 84 of 1428000 unconfirmed messages (0.01 %)
    ");
}

/// Faults are named, whatever else the plans differ in.
#[test]
fn the_fault_is_named_beside_the_clusters() {
    let text = "name: t\nsummary: a test\nexpect: {lost: 0}\nmatrix: {acks: ['1', all]}\n\
                faults:\n  - {kill: leader, at: 1s, for: 1s}\n";
    let plan = plan::from_text("t.yaml", text, &[], Some(1)).unwrap();
    let mut report = report(&plan, 0);
    report.faults = vec![FaultRecord::proved("kill leader at 1 s for 1 s")];
    report.axes.insert(0, "cluster.kafka".into());
    let mut other = report.cells.clone();
    for (cells, kafka) in [(&mut report.cells, "3.8.1"), (&mut other, "4.0.0")] {
        for cell in cells.iter_mut() {
            cell.axes.insert("cluster.kafka".into(), kafka.into());
        }
    }
    report.cells.append(&mut other);
    assert_snapshot!(words(&report), @"
    under kill leader at 1 s for 1 s, with cluster.kafka=3.8.1; cluster.kafka=4.0.0, once:
    nothing lost or duplicated: only acks=all, of 2 configurations; unavailable for 26.6 s
    lost: acks=1: 1980 of 238000 acknowledged messages (0.83 %); most under cluster.kafka=4.0.0
    ");
}

/// The count of unlisted reasons is complete.
#[test]
fn reasons_of_many_trials_are_counted_to_the_last() {
    let mut run = |_, plan: &Plan| {
        let mut report = report(plan, 0);
        for cell in &report.cells {
            let scope = Scope::Cell(cell.id.clone());
            report.why.push(Reason::new(ReasonKind::Overload, scope, "overloaded".into()));
        }
        report
    };
    let merged = merge(trials(&plan(), 2, &mut run));
    let text = end(&merged, "verdict");
    assert!(text.contains("\nalso: 29 more reasons in report.json\n"), "{text}");
    let mut summary = Vec::new();
    write(&merged, Format::Markdown, &Sort::Plan, &mut summary).unwrap();
    let summary = String::from_utf8(summary).unwrap();
    assert!(summary.contains("\n- and 30 more in report.json\n"), "{summary}");
}
