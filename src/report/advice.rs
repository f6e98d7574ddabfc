//! Under the table of a matrix, in words: the safest configuration, the fastest safe one, and what
//! each unsafe one cost.

use super::grid::{pairs, varying};
use super::lines::printable;
use super::{CellReport, Report};
use crate::plan::makes_plans;
use crate::verify::Verdict;
use std::collections::BTreeMap;

/// At most so many unsafe configurations are told.
const UNSAFE_MAX: usize = 12;

/// One configuration under all faults and on all clusters that the study has.
struct Configuration<'a> {
    /// The values of its axes.
    name: String,
    /// Its cells, one a plan.
    cells: Vec<&'a CellReport>,
}

impl Configuration<'_> {
    fn sum(&self, count: fn(&CellReport) -> Option<u64>) -> Option<u64> {
        self.cells.iter().map(|cell| count(cell)).sum()
    }

    fn lost(&self) -> Option<u64> {
        self.sum(|c| c.counts.lost)
    }

    fn duplicated(&self) -> Option<u64> {
        self.sum(|c| c.counts.duplicated)
    }

    /// Nothing lost, doubled or unexpectedly there, in logs that settle it.
    fn is_safe(&self) -> bool {
        let none = |count: Option<u64>| count == Some(0);
        none(self.lost()) && none(self.duplicated()) && none(self.sum(|c| c.counts.phantom))
    }

    /// Whether the logs settle all three.
    fn is_counted(&self) -> bool {
        let phantom = self.sum(|c| c.counts.phantom);
        self.lost().is_some() && self.duplicated().is_some() && phantom.is_some()
    }

    fn is_settled(&self) -> bool {
        self.cells.iter().all(|cell| cell.verdict != Verdict::Inconclusive)
    }

    /// How much Kafka promises of it, for configurations that measurement does not tell apart:
    /// acks, idempotence, clean elections, min.insync.replicas.
    fn promise(&self) -> (u8, bool, bool, u32) {
        let config = &self.cells[0].config;
        let value = |name: &str| config.get(name).map_or("", String::as_str);
        let acks = match value("acks") {
            "0" => 0,
            "1" => 1,
            _ => 2,
        };
        let clean = value("unclean.leader.election.enable") != "true";
        let min_isr = value("min.insync.replicas").parse().unwrap_or(0);
        (acks, value("enable.idempotence") == "true", clean, min_isr)
    }

    fn most(&self, of: fn(&CellReport) -> Option<f64>) -> f64 {
        self.cells.iter().filter_map(|c| of(c)).fold(0.0, f64::max)
    }

    fn p99_before_ms(&self) -> f64 {
        self.most(|c| c.p99_us("before").map(|us| us as f64 / 1e3))
    }

    fn unavailable_s(&self) -> f64 {
        self.most(|c| c.unavailable_ms) / 1e3
    }
}

/// The lines; none where nothing is compared.
pub fn lines(report: &Report) -> Vec<String> {
    let varying = varying(report);
    let (outer, mut inner): (Vec<&str>, Vec<&str>) =
        varying.iter().partition(|axis| makes_plans(axis));
    if inner.is_empty() {
        inner = varying;
    }
    let configurations = configurations(&report.cells, &inner);
    if configurations.len() < 2 {
        return Vec::new();
    }
    let safe: Vec<&Configuration<'_>> = configurations.iter().filter(|c| c.is_safe()).collect();
    let mut lines = Vec::new();
    let of = configurations.len();
    match safe.iter().max_by_key(|c| (c.is_settled(), c.promise())) {
        None => lines.push("safest: none; every configuration lost or duplicated messages".into()),
        Some(best) => {
            let why = match safe.len() {
                1 => format!("the only one of {of} that lost and duplicated nothing"),
                n => format!(
                    "{n} of {of} configurations lost and duplicated nothing, and this one promises most"
                ),
            };
            let (name, seconds) = (&best.name, best.unavailable_s());
            lines.push(format!("safest: {name}; {why}; unavailable for {seconds:.1} s"));
        }
    }
    let fast = safe.iter().filter(|c| safe.len() > 1 && c.is_settled());
    if let Some(fast) = fast.min_by(|a, b| a.p99_before_ms().total_cmp(&b.p99_before_ms())) {
        lines.push(format!(
            "fastest of these: {}; p99 {:.1} ms before the fault, unavailable for {:.1} s",
            fast.name,
            fast.p99_before_ms(),
            fast.unavailable_s()
        ));
    }
    lines.extend(costs(&configurations, &inner, &outer));
    for one in configurations.iter().filter(|c| !c.is_counted()) {
        lines.push(format!("not settled: {}", one.name));
    }
    lines
}

fn configurations<'a>(cells: &'a [CellReport], inner: &[&str]) -> Vec<Configuration<'a>> {
    let mut order: Vec<String> = Vec::new();
    let mut by_name: BTreeMap<String, Vec<&CellReport>> = BTreeMap::new();
    for cell in cells {
        let name = printable(&pairs(cell, inner));
        if !order.contains(&name) {
            order.push(name.clone());
        }
        by_name.entry(name).or_default().push(cell);
    }
    let mut cells_of = |name: &String| by_name.remove(name).unwrap_or_default();
    order.into_iter().map(|name| Configuration { cells: cells_of(&name), name }).collect()
}

/// An anomaly that makes a configuration unsafe: its name, and how to count it.
type Cost = (&'static str, fn(&CellReport) -> Option<u64>);

const COSTS: [Cost; 3] = [
    ("lost", |cell| cell.counts.lost),
    ("duplicated", |cell| cell.counts.duplicated),
    ("phantom", |cell| cell.counts.phantom),
];

/// What the unsafe ones cost, anomaly by anomaly and the costliest first: told by the fewest axes
/// that tell them from the others.
fn costs(configurations: &[Configuration<'_>], inner: &[&str], outer: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for (word, count) in COSTS {
        let deciding = deciding(configurations, inner, count);
        let mut groups: BTreeMap<String, Vec<&Configuration<'_>>> = BTreeMap::new();
        for one in configurations.iter().filter(|c| c.sum(count).is_some_and(|n| n > 0)) {
            groups.entry(printable(&pairs(one.cells[0], &deciding))).or_default().push(one);
        }
        let sum = |group: &[&Configuration<'_>], of: fn(&CellReport) -> Option<u64>| {
            group.iter().filter_map(|one| one.sum(of)).sum::<u64>()
        };
        let mut groups: Vec<(String, Vec<&Configuration<'_>>)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, group)| std::cmp::Reverse(sum(group, count)));
        for (name, group) in groups {
            let (bad, acked) = (sum(&group, count), sum(&group, |c| Some(c.counts.acked)));
            let percent = bad as f64 / acked.max(1) as f64 * 100.0;
            let many = match group.len() {
                1 => String::new(),
                n => format!(" ({n} configurations)"),
            };
            let place = worst_place(&group, outer, count);
            lines.push(format!(
                "unsafe: {name}{many}: {bad} of {acked} acknowledged messages {word} \
                 ({percent:.2} %){place}"
            ));
        }
    }
    let more = lines.len().saturating_sub(UNSAFE_MAX);
    lines.truncate(UNSAFE_MAX);
    if more > 0 {
        lines.push(format!("unsafe: and {more} more, see the table"));
    }
    lines
}

/// The fewest axes, the first of several, whose values tell whether a configuration has it.
fn deciding<'a>(
    configurations: &[Configuration<'_>],
    inner: &[&'a str],
    count: fn(&CellReport) -> Option<u64>,
) -> Vec<&'a str> {
    let decides = |axes: &[&str]| {
        let mut known: BTreeMap<String, bool> = BTreeMap::new();
        configurations.iter().all(|one| {
            let has = one.sum(count).is_some_and(|n| n > 0);
            *known.entry(pairs(one.cells[0], axes)).or_insert(has) == has
        })
    };
    // Few axes have few subsets; where the first of many do not decide, all are named.
    let few = &inner[..inner.len().min(10)];
    let subsets = 1_u32 << few.len();
    let subset = |bits: u32| -> Vec<&'a str> {
        let chosen = few.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1);
        chosen.map(|(_, axis)| *axis).collect()
    };
    let found = (1..subsets).map(subset).filter(|axes| decides(axes)).min_by_key(Vec::len);
    found.unwrap_or_else(|| inner.to_vec())
}

/// Where a group was at its worst, when there are several plans.
fn worst_place(
    group: &[&Configuration<'_>],
    outer: &[&str],
    count: fn(&CellReport) -> Option<u64>,
) -> String {
    let cells = group.iter().flat_map(|one| &one.cells);
    match cells.max_by_key(|cell| count(cell)).map(|cell| pairs(cell, outer)) {
        Some(place) if !place.is_empty() => format!("; worst under {}", printable(&place)),
        _ => String::new(),
    }
}
