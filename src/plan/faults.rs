//! The timeline: faults in the order of their times, and whether they can have the intended effect.

use super::make::Maker;
use super::types::{Cell, ClusterPlan};
use crate::scenario::FaultItem;
use crate::timeline::{FaultPlan, Layout, Problem};

pub(super) fn plan(maker: &mut Maker<'_>, cluster: &ClusterPlan, cells: &[Cell]) -> Vec<FaultPlan> {
    let scenario = maker.scenario;
    let layout = cluster.layout(cells);
    let mut faults: Vec<FaultPlan> = Vec::new();
    for item in &scenario.faults {
        check(maker, item, &layout);
        let length = item.duration.as_ref().map(|d| d.value.millis(&cluster.clocks));
        let action = item.action.clone();
        let most_ms = action.kind().most_ms;
        faults.push(FaultPlan {
            index: 0,
            action,
            at_ms: item.at.value.millis(&cluster.clocks),
            for_ms: length.or(most_ms).unwrap_or_default(),
        });
    }
    check_lengths(maker, &faults);
    check_inside(maker, cluster, &faults);
    faults.sort_by_key(|fault| fault.at_ms);
    for (index, fault) in (0..).zip(faults.iter_mut()) {
        fault.index = index;
    }
    faults
}

/// A fault's targets must exist, and the fault must be able to act on them.
fn check(maker: &mut Maker<'_>, item: &FaultItem, layout: &Layout<'_>) {
    let spec = item.action.spec();
    let targets = spec.groups().concat();
    let targets = targets.iter().zip(&item.places.targets);
    let of_targets = targets.filter_map(|(target, place)| target.problem(*place, layout));
    for problem in of_targets.chain(spec.problems(&item.places, layout)) {
        let Problem { place, message, help, rests_on } = problem;
        if maker.scenario.is_sound(rests_on) {
            maker.report(place, message, help);
        }
    }
}

/// A fault that is healed at the moment when it begins could prove nothing.
fn check_lengths(maker: &mut Maker<'_>, faults: &[FaultPlan]) {
    let scenario = maker.scenario;
    for (item, fault) in scenario.faults.iter().zip(faults) {
        if let (Some(length), 0) = (&item.duration, fault.for_ms) {
            let message = format!("`{}` lasts 0 ms", fault.action.name());
            maker.report(length.place, message, "write how long, as in `for: 10s`");
        }
    }
}

/// A fault must begin and be healed before sending ends, or nobody would see its effect.
fn check_inside(maker: &mut Maker<'_>, cluster: &ClusterPlan, faults: &[FaultPlan]) {
    let scenario = maker.scenario;
    let Some(duration) = &scenario.duration else { return };
    if !scenario.is_sound(&["timing"]) {
        return;
    }
    let end_ms = duration.value.millis(&cluster.clocks);
    for (item, fault) in scenario.faults.iter().zip(faults) {
        let kind = fault.action.name();
        if fault.at_ms >= end_ms {
            let message =
                format!("`{kind}` begins at {} ms, but the run ends at {end_ms} ms", fault.at_ms);
            maker.report(item.at.place, message, "begin it earlier, or make `duration` longer");
        } else if let (Some(length), true) = (&item.duration, fault.end_ms() > end_ms) {
            let message = format!(
                "`{kind}` is healed at {} ms, but the run ends at {end_ms} ms",
                fault.end_ms()
            );
            maker.report(length.place, message, "shorten it, or make `duration` longer");
        }
    }
}
