//! The words under a matrix's table: which configurations lost and duplicated nothing, and what
//! happened to the others. They say under which faults and in how many trials, leave out what is
//! not settled, and recommend nothing.

mod configuration;

use super::grid::{pairs, varying};
use super::lines::printable;
use super::summary::alike;
use crate::model::Metric;
use crate::plan::makes_plans;
use crate::result::{Report, lead};
use configuration::{Configuration, compared, configurations};
use std::collections::BTreeMap;

/// How many configurations with losses or duplicates are listed.
const COSTS_MAX: usize = 12;
/// How many faults, and left-out configurations, are named.
const NAMES_MAX: usize = 4;

/// The axis whose values are timelines of faults.
const FAULTS_AXIS: &str = "faults";

/// The lines; empty if nothing is compared.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let varying = varying(report);
    let (outer, mut inner): (Vec<&str>, Vec<&str>) =
        varying.iter().partition(|axis| makes_plans(axis));
    if inner.is_empty() {
        inner = varying;
    }
    let (configurations, unsettled) = configurations(report, &inner);
    if configurations.len() + unsettled.len() < 2 {
        return Vec::new();
    }
    let left_out = match unsettled.len() {
        0 => None,
        1 => Some(format!("left out, because it is not settled: {}", unsettled[0])),
        n => {
            let names = named(unsettled.iter().map(String::as_str));
            Some(format!("left out, because they are not settled: {n} configurations: {names}"))
        }
    };
    if configurations.len() < 2 {
        let why = "nothing is compared: fewer than two configurations are settled".to_owned();
        return std::iter::once(why).chain(left_out).collect();
    }
    let mut lines = vec![circumstances(report, &configurations, &outer)];
    lines.extend(whole(&configurations));
    lines.extend(costs(&configurations, &inner, &outer));
    lines.extend(left_out);
    lines
}

/// `under kill leader at 5 s, once:`; if plans differ in more than their faults, `under kill leader
/// at 5 s, with cluster.kafka=3.8.1; cluster.kafka=4.0.0, once:`.
fn circumstances(report: &Report, configurations: &[Configuration<'_>], outer: &[&str]) -> String {
    let cells = || configurations.iter().flat_map(|one| &one.cells);
    let mut places: Vec<String> = Vec::new();
    for place in cells().map(|(cell, _)| printable(&pairs(cell, outer))) {
        if !place.is_empty() && !places.contains(&place) {
            places.push(place);
        }
    }
    let faults: Vec<String> =
        alike(&report.faults).into_iter().map(|(what, _)| printable(what)).collect();
    let places = named(places.iter().map(String::as_str));
    let faults = named(faults.iter().map(String::as_str));
    let under = match (outer.contains(&FAULTS_AXIS), faults.as_str()) {
        (true, _) => format!("under {places}"),
        (false, "") => "without a fault".to_owned(),
        (false, faults) => format!("under {faults}"),
    };
    let with = match outer.is_empty() || outer.contains(&FAULTS_AXIS) {
        true => String::new(),
        false => format!(", with {places}"),
    };
    let trials = || cells().map(|(_, seen)| seen.trials);
    let often = match (trials().min().unwrap_or(0), trials().max().unwrap_or(0)) {
        (1, 1) => "once".to_owned(),
        (least, most) if least == most => format!("in {most} trials"),
        (least, most) => format!("in {least} to {most} trials"),
    };
    format!("{under}{with}, {often}:")
}

/// `a; b; c and 2 more`.
fn named<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMES_MAX);
    let told = names.take(NAMES_MAX).collect::<Vec<_>>().join("; ");
    if more > 0 { format!("{told} and {more} more") } else { told }
}

/// Those in which nothing happened to any message.
fn whole(configurations: &[Configuration<'_>]) -> Vec<String> {
    let whole: Vec<&Configuration<'_>> = configurations.iter().filter(|c| c.is_whole()).collect();
    let of = configurations.len();
    let Some(most) = whole.iter().max_by_key(|c| c.promise()) else {
        return vec![format!("nothing lost or duplicated: none of {of} configurations")];
    };
    let (name, seconds) = (&most.name, most.unavailable_s());
    if whole.len() == 1 {
        return vec![format!(
            "nothing lost or duplicated: only {name}, of {of} configurations; unavailable for \
             {seconds:.1} s"
        )];
    }
    let mut lines = vec![format!(
        "nothing lost or duplicated: {} of {of} configurations; of these {name} has the strongest \
         guarantees; unavailable for {seconds:.1} s",
        whole.len()
    )];
    let measured = whole.iter().filter_map(|c| Some((c, c.all().p99_before_us?)));
    if let Some((quick, p99_us)) = measured.min_by_key(|(_, p99_us)| *p99_us) {
        lines.push(format!(
            "lowest latency of these: {}; p99 {:.1} ms before the fault, unavailable for {:.1} s",
            quick.name,
            p99_us as f64 / 1e3,
            quick.unavailable_s()
        ));
    }
    lines
}

/// What happened in the others, anomaly by anomaly, the largest count first; described by the
/// fewest axes that separate them from those in which it did not happen.
fn costs(configurations: &[Configuration<'_>], inner: &[&str], outer: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for metric in compared() {
        let (word, deciding) = (metric.word(), deciding(configurations, inner, metric));
        let mut groups: BTreeMap<String, Vec<&Configuration<'_>>> = BTreeMap::new();
        for one in configurations.iter().filter(|c| c.all().counts[metric] > 0) {
            groups.entry(printable(&pairs(one.cells[0].0, &deciding))).or_default().push(one);
        }
        let sum = |group: &[&Configuration<'_>], of: Metric| {
            group.iter().map(|one| one.all().counts[of]).sum::<u64>()
        };
        let mut groups: Vec<(String, Vec<&Configuration<'_>>)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, group)| std::cmp::Reverse(sum(group, metric)));
        for (name, group) in groups {
            // A value that all share is no axis.
            let name = match name.as_str() {
                "" => format!("all {} configurations", group.len()),
                name => name.to_owned(),
            };
            let (bad, acked) = (sum(&group, metric), sum(&group, Metric::Acked));
            let percent = bad as f64 / acked.max(1) as f64 * 100.0;
            let many = match group.len() {
                n if n > 1 && !deciding.is_empty() => format!(" ({n} configurations)"),
                _ => String::new(),
            };
            let noun = lead::acked_messages(group.iter().flat_map(|one| &one.cells).map(|c| c.0));
            let place = worst_place(&group, outer, metric);
            lines.push(format!(
                "{word}: {name}{many}: {bad} of {acked} {noun} ({percent:.2} %){place}"
            ));
        }
    }
    let more = lines.len().saturating_sub(COSTS_MAX);
    lines.truncate(COSTS_MAX);
    if more > 0 {
        lines.push(format!("and {more} more, see the table"));
    }
    lines
}

/// The fewest axes, the first of several, whose values decide whether a configuration has it;
/// `None` if all have it.
fn deciding<'a>(
    configurations: &[Configuration<'_>],
    inner: &[&'a str],
    metric: Metric,
) -> Vec<&'a str> {
    let decides = |axes: &[&str]| {
        let mut known: BTreeMap<String, bool> = BTreeMap::new();
        configurations.iter().all(|one| {
            let has = one.all().counts[metric] > 0;
            *known.entry(pairs(one.cells[0].0, axes)).or_insert(has) == has
        })
    };
    // Few axes have few subsets; if the first of many do not decide, all are named.
    let few = &inner[..inner.len().min(10)];
    let subsets = 1_u32 << few.len();
    let subset = |bits: u32| -> Vec<&'a str> {
        let chosen = few.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1);
        chosen.map(|(_, axis)| *axis).collect()
    };
    let found = (0..subsets).map(subset).filter(|axes| decides(axes)).min_by_key(Vec::len);
    found.unwrap_or_else(|| inner.to_vec())
}

/// Where a group was at its worst, if there are several plans.
fn worst_place(group: &[&Configuration<'_>], outer: &[&str], metric: Metric) -> String {
    let cells = group.iter().flat_map(|one| &one.cells);
    match cells.max_by_key(|(_, seen)| seen.counts[metric]).map(|(cell, _)| pairs(cell, outer)) {
        Some(place) if !place.is_empty() => format!("; most under {}", printable(&place)),
        _ => String::new(),
    }
}
