//! Between the last message and reading the log: replicas come back into sync, and zombies step
//! down.

use crate::clock::Epoch;
use crate::exit::Interrupt;
use crate::kafka::{self, ClusterView, Patience};
use crate::plan::Plan;
use crate::runtime::Stop;
use std::time::{Duration, Instant};

/// A former leader answers as leader for up to 3.4 s after the heal (measured), and what it
/// acknowledges then is lost: nothing is read before this time has passed.
pub(super) const ZOMBIE: Duration = Duration::from_secs(4);
/// Replicas still out of sync after this time make the cell inconclusive.
pub(super) const IN_SYNC_TIMEOUT: Duration = Duration::from_secs(90);

/// Waits for the zombies' end, then for every partition's full ISR. Returns, for each cell whose
/// replicas did not all come back, what was seen. `alive` ends the wait for a cell.
pub(super) fn settle(
    plan: &Plan,
    view: &dyn Fn() -> ClusterView,
    epoch: Epoch,
    healed_us: Option<u64>,
    interrupt: &Interrupt,
    alive: &dyn Fn() -> Result<(), String>,
) -> Result<Vec<(u16, String)>, Stop> {
    if let Some(healed_us) = healed_us {
        let left = epoch.until_us(healed_us + ZOMBIE.as_micros() as u64);
        if let Some(exit) = interrupt.sleep(left) {
            return Err(Stop::Interrupted(exit));
        }
    }
    // A broker that slept may be in sync for a moment and be fenced then, so only questions from
    // here on count.
    let since_us = epoch.elapsed_us();
    let deadline = Instant::now() + IN_SYNC_TIMEOUT;
    let mut behind = Vec::new();
    for cell in &plan.cells {
        let mut patience = Patience::new(deadline.saturating_duration_since(Instant::now()), alive);
        let topics = std::slice::from_ref(&cell.topic);
        let waited = kafka::wait_for_full_isr(view, topics, since_us, &mut patience);
        Stop::if_asked(interrupt)?;
        if let Err(error) = waited {
            behind.push((cell.index, error.to_string()));
        }
    }
    Ok(behind)
}
