//! When to cease sending without a `duration`: a while after recovery was seen.

use super::load::Load;
use crate::kafka;
use std::time::{Duration, Instant};

/// Without a `duration`, sending goes on for so long after recovery was seen.
const AFTER_RECOVERY: Duration = Duration::from_secs(2);
/// Without a `duration`, recovery is waited for so long after the last heal.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(90);

/// The moment when the last fault was seen to be over.
pub(super) struct Healed {
    pub(super) at: Instant,
    pub(super) at_us: u64,
    pub(super) acked: Vec<u64>,
    pub(super) recovered: Option<Instant>,
}

impl Load<'_> {
    /// Whether recovery was seen a while ago, or was waited for long enough.
    pub(super) fn has_settled(&self, heal: &mut Healed, acked: &[u64]) -> bool {
        if heal.recovered.is_none() && self.has_recovered(heal, acked) {
            heal.recovered = Some(Instant::now());
        }
        if heal.at.elapsed() >= RECOVERY_TIMEOUT {
            let limit_s = RECOVERY_TIMEOUT.as_secs();
            (self.note)(format!("recovery was not seen within {limit_s} s of the heal"));
            return true;
        }
        heal.recovered.is_some_and(|t| t.elapsed() >= AFTER_RECOVERY)
    }

    /// All replicas in sync, by answers given after the heal, and every client acknowledged since.
    fn has_recovered(&self, heal: &Healed, acked: &[u64]) -> bool {
        let view = (self.view)();
        let acked = acked.iter().zip(&heal.acked);
        let mut clients = self.clients.iter().zip(acked);
        clients.all(|(client, (now, then))| now > then || client.worker.has_ended())
            && self.plan.cells.iter().all(|cell| {
                kafka::recovery_lacks(&view, &cell.topic, heal.at_us).all(|lack| lack.is_none())
            })
    }
}
