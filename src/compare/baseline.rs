//! The file that `chaos baseline` writes: a [`Side`] as small as possible, the same bytes for the
//! same run. One line per cell, so that version control shows which cells changed.

use super::side::{LeftOut, Promise, Side, SideCell, Trial};
use crate::model::{ByMetric, Metric, Properties, as_fields};
use serde::{Deserialize, Serialize};

/// The schema's name and version.
pub(super) const SCHEMA: &str = "kafka-chaos/baseline/1";

/// A baseline as written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Baseline {
    schema: String,
    scenario: String,
    started_at: String,
    setup: Properties,
    environment: Properties,
    notes: Vec<String>,
    /// What all cells' configurations share.
    config: Properties,
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Cell {
    id: String,
    axes: Properties,
    /// Its own configuration, beyond the shared part.
    config: Properties,
    expectations: Vec<Promise>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOut>,
    trials: Columns,
}

/// Trials as columns: each name is written once, not once per trial.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Columns {
    trial: Vec<u32>,
    /// `None` for a count that the writing version did not know.
    #[serde(flatten, with = "as_fields::per_trial")]
    counts: ByMetric<Option<Vec<Option<u64>>>>,
    unavailable_ms: Vec<Option<f64>>,
    p99_before_us: Vec<Option<u64>>,
    p99_during_us: Vec<Option<u64>>,
}

pub(crate) fn baseline_text(side: &Side) -> serde_json::Result<String> {
    let config = common(side);
    let cells: Vec<String> =
        side.cells.iter().map(|cell| cell_text(cell, &config)).collect::<Result<_, _>>()?;
    let head = Baseline {
        schema: SCHEMA.to_owned(),
        scenario: side.scenario.clone(),
        started_at: side.started_at.clone(),
        setup: side.setup.clone(),
        environment: side.environment.clone(),
        notes: side.notes.clone(),
        config,
        cells: Vec::new(),
    };
    let head = serde_json::to_string(&head)?;
    // The cells come last, and none is there yet.
    let head = head.strip_suffix("]}").unwrap_or(&head);
    Ok(format!("{head}\n{}\n]}}\n", cells.join(",\n")))
}

/// The default name of a scenario's baseline file; `None` if it could lead out of the current
/// folder.
pub(crate) fn default_name(side: &Side) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = &side.scenario;
    let good = !name.is_empty() && !name.starts_with('.') && name.chars().all(plain);
    good.then(|| format!("{name}.baseline.json"))
}

fn common(side: &Side) -> Properties {
    let Some((first, rest)) = side.cells.split_first() else { return Properties::new() };
    let mut config = first.config.clone();
    config.retain(|name, value| rest.iter().all(|cell| cell.config.get(name) == Some(&*value)));
    config
}

fn cell_text(cell: &SideCell, common: &Properties) -> serde_json::Result<String> {
    let mut config = cell.config.clone();
    config.retain(|name, _| !common.contains_key(name));
    serde_json::to_string(&Cell {
        id: cell.id.clone(),
        axes: cell.axes.clone(),
        config,
        expectations: cell.promises.clone(),
        left_out: cell.left_out.clone(),
        trials: Columns::of(&cell.trials),
    })
}

impl Columns {
    fn of(trials: &[Trial]) -> Self {
        let counts = |metric| Some(trials.iter().map(|trial| trial.counts[metric]).collect());
        let mut columns = Columns { counts: ByMetric::of(counts), ..Columns::default() };
        for trial in trials {
            columns.trial.push(trial.number);
            columns.unavailable_ms.push(trial.unavailable_ms);
            columns.p99_before_us.push(trial.p99_before_us);
            columns.p99_during_us.push(trial.p99_during_us);
        }
        columns
    }

    /// The trials; `None` if the columns have different lengths.
    fn trials(&self) -> Option<Vec<Trial>> {
        let lengths =
            [self.unavailable_ms.len(), self.p99_before_us.len(), self.p99_during_us.len()];
        let counts = Metric::counts().filter_map(|metric| self.counts[metric].as_ref());
        let even = lengths
            .into_iter()
            .chain(counts.map(Vec::len))
            .all(|length| length == self.trial.len());
        let trial = |i: usize| Trial {
            number: self.trial[i],
            counts: ByMetric::of(|metric| *self.counts[metric].as_ref()?.get(i)?),
            unavailable_ms: self.unavailable_ms[i],
            p99_before_us: self.p99_before_us[i],
            p99_during_us: self.p99_during_us[i],
        };
        even.then(|| (0..self.trial.len()).map(trial).collect())
    }
}

impl Baseline {
    /// The side that it was made from. Fails if a cell's columns have different lengths.
    pub(super) fn side(self) -> Result<Side, String> {
        let cell = |cell: Cell| {
            let uneven = || format!("the columns of cell `{}` are not of one length", cell.id);
            let trials = cell.trials.trials().ok_or_else(uneven)?;
            let mut config = self.config.clone();
            config.extend(cell.config);
            Ok(SideCell {
                id: cell.id,
                axes: cell.axes,
                config,
                promises: cell.expectations,
                left_out: cell.left_out,
                trials,
            })
        };
        let cells = self.cells.into_iter().map(cell).collect::<Result<Vec<SideCell>, String>>()?;
        Ok(Side {
            scenario: self.scenario,
            started_at: self.started_at,
            setup: self.setup,
            environment: self.environment,
            notes: self.notes,
            cells,
        })
    }
}
