//! The faults of the page: the list with their proofs, and their bars behind charts and in lanes.
//!
//! Each kind of fault with its targets has a name and a color, and each fault a number, so that
//! nobody has to distinguish colors.

use super::chart::Axis;
use super::lanes::Segment;
use crate::fault::FaultRecord;
use crate::report::lines::printable;
use crate::report::prose::Prose;
use crate::report::summary::{NOT_EFFECTIVE, alike, why_not};
use crate::result::Report;
use serde::Serialize;

/// The number of colors, from `--f0` on.
const LOOKS: usize = 6;
/// The most lanes, and the most bars in each; the list has all faults.
const LANES_MAX: usize = 8;
const BARS_MAX: usize = 40;

/// A fault and its proof.
#[derive(Debug)]
pub(super) struct Fault {
    /// From 1.
    pub number: usize,
    /// The class of its color; empty if no chart shows it.
    pub look: String,
    /// In the scenario's words.
    pub what: String,
    /// The nodes it hit.
    pub nodes: String,
    /// When it was scheduled, called, effective, healed.
    pub times: Option<String>,
    /// Whether it was proved.
    pub effective: bool,
    /// The proof, or why there is none.
    pub proof: Prose,
    /// What else was seen.
    pub evidence: Vec<Prose>,
}

/// A fault as a bar behind the charts.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Band {
    /// Its number in the list.
    pub number: usize,
    /// What was done to whom, without the time.
    pub name: String,
    /// The index of its color: one per name.
    pub look: usize,
    /// When it took effect, in milliseconds of the scenario's clock.
    pub from_ms: f64,
    /// When it was healed.
    pub to_ms: f64,
    /// Whether it was proved.
    pub effective: bool,
}

/// The faults of one name, under the time axis of the charts.
#[derive(Debug, PartialEq)]
pub(super) struct Lane {
    /// What was done to whom; and whether none of it took effect.
    pub name: String,
    /// At which end of the lane the name has room: `left` or `right`.
    pub side: &'static str,
    /// How far from that end, in percent of the axis.
    pub inset: f64,
    pub bars: Vec<Segment>,
    /// Faults without a bar.
    pub left_out: usize,
}

/// Every fault of a single run; for several trials, those with the same words together.
pub(super) fn faults(report: &Report, bands: &[Band]) -> Vec<Fault> {
    if report.trials.is_empty() {
        let look =
            |number| bands.iter().find(|band| band.number == number).map_or(String::new(), look);
        let one = |(index, one)| fault(index + 1, look(index + 1), one);
        return report.faults.iter().enumerate().map(one).collect();
    }
    let several = |(index, (what, same)): (usize, (&str, Vec<&FaultRecord>))| {
        let proved = same.iter().filter(|fault| fault.effective).count();
        Fault {
            number: index + 1,
            look: String::new(),
            what: printable(what),
            nodes: printable(&same[0].nodes.join(", ")),
            times: None,
            effective: proved == same.len(),
            proof: Prose::new(format!("in {proved} of {}", same.len())),
            evidence: Vec::new(),
        }
    };
    alike(&report.faults).into_iter().enumerate().map(several).collect()
}

fn fault(number: usize, look: String, fault: &FaultRecord) -> Fault {
    let at = |ms: Option<f64>| ms.map_or("never".to_owned(), |ms| format!("{:.3} s", ms / 1e3));
    let proof = fault.evidence.iter().find(|e| e.proves).filter(|_| fault.effective);
    let rest = fault.evidence.iter().filter(|evidence| Some(*evidence) != proof);
    Fault {
        number,
        look,
        what: printable(&fault.what),
        nodes: printable(&fault.nodes.join(", ")),
        times: Some(format!(
            "scheduled {}, called {}, effective {}, healed {}",
            at(Some(fault.scheduled_at_ms)),
            at(fault.called_at_ms),
            at(fault.effective_at_ms),
            at(fault.healed_at_ms),
        )),
        effective: fault.effective,
        proof: Prose::new(proof.map_or(why_not(fault), |proof| &proof.text)),
        evidence: rest.map(|e| Prose::new(format!("{}: {}", at(Some(e.at_ms)), e.text))).collect(),
    }
}

/// A band for each fault that was called.
pub(super) fn bands(report: &Report, axis: &Axis) -> Vec<Band> {
    let mut names: Vec<String> = Vec::new();
    let band = |(index, fault): (usize, &FaultRecord)| {
        let from_ms = fault.effective_at_ms.or(fault.called_at_ms)?;
        let name = name(report, fault);
        let look = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name.clone());
            names.len() - 1
        });
        Some(Band {
            number: index + 1,
            name,
            look,
            from_ms,
            to_ms: fault.healed_at_ms.unwrap_or(axis.to_ms),
            effective: fault.effective,
        })
    };
    report.faults.iter().enumerate().filter_map(band).collect()
}

/// What the plan does to whom.
fn name(report: &Report, fault: &FaultRecord) -> String {
    let plan = report.plan.faults.iter().find(|plan| plan.index == fault.index);
    printable(&plan.map_or(fault.kind.clone(), |plan| plan.action.to_string()))
}

/// The class of a band's color.
fn look(band: &Band) -> String {
    if band.effective { format!("f{}", band.look % LOOKS) } else { "ineffective".to_owned() }
}

/// The lanes of the bands, and how many more names there are.
pub(super) fn lanes(bands: &[Band], axis: &Axis) -> (Vec<Lane>, usize) {
    let names = bands.iter().map(|band| band.look + 1).max().unwrap_or(0);
    let lanes = (0..names.min(LANES_MAX)).map(|name| {
        let same: Vec<&Band> = bands.iter().filter(|band| band.look == name).collect();
        lane(&same, axis)
    });
    (lanes.collect(), names.saturating_sub(LANES_MAX))
}

fn lane(bands: &[&Band], axis: &Axis) -> Lane {
    let bars = bands.iter().take(BARS_MAX).map(|band| {
        let (left, width) =
            axis.percent(band.from_ms.max(axis.from_ms), band.to_ms.min(axis.to_ms));
        let (from_s, to_s) = (band.from_ms / 1e3, band.to_ms / 1e3);
        let title = format!("{} {}, {from_s:.1} s to {to_s:.1} s", band.number, band.name);
        Segment { label: band.number.to_string(), title, class: look(band), left, width }
    });
    let bars: Vec<Segment> = bars.collect();
    let begin = bars.iter().map(|bar| bar.left).fold(100.0, f64::min);
    let end = bars.iter().map(|bar| bar.left + bar.width).fold(0.0, f64::max);
    // The name begins after the bar, or ends before it, wherever there is more room.
    let (side, inset) = if 100.0 - end >= begin { ("left", end) } else { ("right", 100.0 - begin) };
    let proved = bands.iter().any(|band| band.effective);
    let mark = if proved { "" } else { NOT_EFFECTIVE };
    Lane {
        name: format!("{} {mark}", bands[0].name).trim_end().to_owned(),
        side,
        inset: (inset * 100.0).round() / 100.0,
        left_out: bands.len() - bars.len(),
        bars,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: Axis = Axis { from_ms: 0.0, to_ms: 10_000.0 };

    fn band(number: usize, look: usize, from_ms: f64, to_ms: f64) -> Band {
        Band { number, name: format!("fault {look}"), look, from_ms, to_ms, effective: true }
    }

    #[test]
    fn every_fault_has_its_number_and_its_name_in_a_lane() {
        let bands: Vec<Band> = (0..12)
            .map(|i| band(i + 1, i % 3, i as f64 * 500.0, i as f64 * 500.0 + 400.0))
            .collect();
        let (lanes, more) = lanes(&bands, &AXIS);
        assert_eq!((lanes.len(), more), (3, 0));
        for band in &bands {
            let lane = &lanes[band.look];
            assert_eq!(lane.name, band.name);
            assert!(lane.bars.iter().any(|bar| bar.label == band.number.to_string()), "{band:?}");
        }
        let looks: Vec<&str> = lanes.iter().map(|lane| lane.bars[0].class.as_str()).collect();
        assert_eq!(looks, ["f0", "f1", "f2"]);
    }

    #[test]
    fn a_name_stands_where_there_is_room() {
        let lane = |from_ms, to_ms| lane(&[&band(1, 0, from_ms, to_ms)], &AXIS);
        assert_eq!((lane(1e3, 3e3).side, lane(1e3, 3e3).inset), ("left", 30.0));
        assert_eq!((lane(7e3, 9e3).side, lane(7e3, 9e3).inset), ("right", 30.0));
    }

    #[test]
    fn very_many_faults_are_bounded_and_said_to_be() {
        let bands: Vec<Band> = (0..100).map(|i| band(i + 1, 0, 0.0, 1.0)).collect();
        let (lanes, more) = lanes(&bands, &AXIS);
        assert_eq!((lanes[0].bars.len(), lanes[0].left_out, more), (BARS_MAX, 60, 0));
        let bands: Vec<Band> = (0..20).map(|i| band(i + 1, i, 0.0, 1.0)).collect();
        assert_eq!(super::lanes(&bands, &AXIS).1, 20 - LANES_MAX);
    }

    #[test]
    fn a_fault_without_effect_says_so_without_a_colour() {
        let band = Band { effective: false, ..band(1, 0, 1e3, 2e3) };
        let lane = lane(&[&band], &AXIS);
        assert_eq!(lane.name, "fault 0 NOT EFFECTIVE");
        assert_eq!(lane.bars[0].class, "ineffective");
    }
}
