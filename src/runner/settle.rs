//! Between the last message and reading the log: the replicas come back into sync, and the
//! zombies have their time to end.

use super::{Interrupt, Stop};
use crate::clock::Epoch;
use crate::kafka::ClusterView;
use crate::plan::{Cell, Plan, TopicPlan};
use std::time::{Duration, Instant};

/// A former leader goes on answering as leader for up to 3.4 s after the heal (measured), and
/// what it acknowledges then is lost: nothing is read before this time has passed.
pub const ZOMBIE: Duration = Duration::from_secs(4);
/// Replicas that are not in sync so long after the heal make the cell inconclusive.
pub const IN_SYNC_TIMEOUT: Duration = Duration::from_secs(90);

/// Waits for the zombies' end, then for every partition's full ISR. Gives, for each cell whose
/// replicas did not all return, what was seen.
///
/// # Errors
/// When the run is interrupted.
pub fn settle(
    plan: &Plan,
    view: &dyn Fn() -> ClusterView,
    epoch: Epoch,
    healed_us: Option<u64>,
    interrupt: &Interrupt,
) -> Result<Vec<(u16, String)>, Stop> {
    if let Some(healed_us) = healed_us {
        let left = epoch.until_us(healed_us + ZOMBIE.as_micros() as u64);
        if let Some(exit) = interrupt.sleep(left) {
            return Err(Stop::Interrupted(exit));
        }
    }
    // A broker that slept may be in sync for a moment and be fenced then, so only what was asked
    // from here on counts.
    let (begun, since_us) = (Instant::now(), epoch.elapsed_us());
    let mut missing = missing(plan, &view(), since_us);
    while !missing.is_empty() && begun.elapsed() < IN_SYNC_TIMEOUT {
        if let Some(exit) = interrupt.sleep(Duration::from_millis(50)) {
            return Err(Stop::Interrupted(exit));
        }
        missing = self::missing(plan, &view(), since_us);
    }
    Ok(missing)
}

fn missing(plan: &Plan, view: &ClusterView, since_us: u64) -> Vec<(u16, String)> {
    let seen = |cell: &Cell| behind(&cell.topic, view, since_us).map(|text| (cell.index, text));
    plan.cells.iter().filter_map(seen).collect()
}

/// What still separates a topic from having all replicas in sync by their own words, each asked
/// since `since_us` of the run's clock; `None` when nothing does.
pub fn behind(topic: &TopicPlan, view: &ClusterView, since_us: u64) -> Option<String> {
    let partitions = topic.placement.iter().enumerate();
    partitions
        .map(|(p, replicas)| view.recovered(&topic.name, p as i32, replicas, since_us))
        .find_map(Result::err)
}
