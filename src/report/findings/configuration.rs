//! [`Configuration`]: what was seen of one configuration under all faults, in settled trials.

use crate::model::{ByMetric, Metric};
use crate::report::grid::pairs;
use crate::report::lines::printable;
use crate::result::{CellReport, CellTrial, Report, is_settled};
use std::collections::BTreeMap;

/// What was seen of a cell, or of all cells of a configuration, in settled trials.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) trials: usize,
    pub(super) counts: ByMetric<u64>,
    pub(super) unavailable_ms: f64,
    pub(super) p99_before_us: Option<u64>,
}

impl Seen {
    /// From one trial; `None` if its log does not settle all counts.
    fn of(trial: &CellTrial) -> Option<Self> {
        if !compared().all(|metric| trial.counts[metric].is_some()) {
            return None;
        }
        Some(Seen {
            trials: 1,
            counts: ByMetric::of(|metric| trial.counts[metric].unwrap_or(0)),
            unavailable_ms: trial.unavailable_ms.unwrap_or(0.0),
            p99_before_us: trial.p99_before_us,
        })
    }

    fn of_cell(report: &Report, cell: &CellReport) -> Option<Self> {
        let single = || vec![CellTrial::of(1, cell, is_settled(report, cell))];
        let each = cell.trials.as_ref().map_or_else(single, |trials| trials.each.clone());
        each.iter().filter(|trial| trial.is_settled()).filter_map(Seen::of).reduce(Seen::with)
    }

    pub(super) fn with(self, other: Self) -> Self {
        Seen {
            trials: self.trials + other.trials,
            counts: ByMetric::of(|metric| self.counts[metric] + other.counts[metric]),
            unavailable_ms: self.unavailable_ms.max(other.unavailable_ms),
            p99_before_us: self.p99_before_us.max(other.p99_before_us),
        }
    }
}

/// One configuration under all of the study's faults and on all its clusters.
pub(super) struct Configuration<'a> {
    /// The values of its axes.
    pub(super) name: String,
    /// Its cells, one per plan, each with what was seen of it.
    pub(super) cells: Vec<(&'a CellReport, Seen)>,
}

impl Configuration<'_> {
    pub(super) fn all(&self) -> Seen {
        self.cells.iter().map(|(_, seen)| *seen).reduce(Seen::with).unwrap_or_default()
    }

    /// Nothing lost, duplicated or unexpected.
    pub(super) fn is_whole(&self) -> bool {
        let counts = self.all().counts;
        compared().all(|metric| counts[metric] == 0)
    }

    /// How much Kafka promises for it, to rank configurations with equal measurements: acks,
    /// idempotence, clean elections, min.insync.replicas.
    pub(super) fn promise(&self) -> (u8, bool, bool, u32) {
        let config = &self.cells[0].0.config;
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

    pub(super) fn unavailable_s(&self) -> f64 {
        self.all().unavailable_ms / 1e3
    }
}

/// The configurations whose cells are all settled, and the names of the others.
pub(super) fn configurations<'a>(
    report: &'a Report,
    inner: &[&str],
) -> (Vec<Configuration<'a>>, Vec<String>) {
    let mut order: Vec<String> = Vec::new();
    let mut by_name: BTreeMap<String, Vec<&CellReport>> = BTreeMap::new();
    for cell in &report.cells {
        let name = printable(&pairs(cell, inner));
        if !order.contains(&name) {
            order.push(name.clone());
        }
        by_name.entry(name).or_default().push(cell);
    }
    let (mut settled, mut unsettled) = (Vec::new(), Vec::new());
    for name in order {
        let cells = by_name.remove(&name).unwrap_or_default();
        let seen = |cell: &&'a CellReport| Some((*cell, Seen::of_cell(report, cell)?));
        match cells.iter().map(seen).collect::<Option<Vec<_>>>() {
            Some(cells) => settled.push(Configuration { name, cells }),
            None => unsettled.push(name),
        }
    }
    (settled, unsettled)
}

/// What can happen to messages and is reported per trial.
pub(super) fn compared() -> impl Iterator<Item = Metric> {
    Metric::anomalies().filter(|metric| metric.is_per_trial())
}
