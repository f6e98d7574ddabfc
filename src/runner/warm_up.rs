//! The warm-up: every partition has an acknowledgement, and each cell keeps up with its rate.

use super::clients::Client;
use super::load::{Load, TICK};
use crate::plan::Cell;
use crate::result::{acked_min, latency_max, wanted_rate};
use crate::runtime::{RuntimeError, Stop};
use std::time::{Duration, Instant};

/// Every partition must be acknowledged once within this time of the start.
const FIRST_ACK_TIMEOUT: Duration = Duration::from_secs(60);
/// Latencies must be so much below the limit at the scenario's zero.
const CALM_BELOW: Duration = Duration::from_millis(300);
/// Several cells side by side need seconds of calm: a young broker that compiles keeps up for a
/// second and stalls in the next.
const SEVERAL_CELLS: WarmUp =
    WarmUp { look: Duration::from_secs(1), looks: 3, most: Duration::from_secs(30) };
/// A cell alone has what piled up before its first acknowledgement settled soon, mostly in less
/// than half a second, and then it keeps up.
const ONE_CELL: WarmUp =
    WarmUp { look: Duration::from_millis(20), looks: 5, most: Duration::from_secs(10) };

/// How calm is waited for.
struct WarmUp {
    /// How long each look takes.
    look: Duration,
    /// All cells must keep up at so many looks in a row.
    looks: u32,
    /// So long at most.
    most: Duration,
}

impl Load<'_> {
    /// Waits until every partition of every cell has an acknowledgement and each cell keeps up with
    /// its rate. Cells that never do are judged by their baseline.
    ///
    /// # Errors
    /// When there are no acknowledgements in time, or the run is interrupted.
    pub(super) fn wait_until_flowing(&self) -> Result<(), Stop> {
        self.wait_for_first_acks()?;
        let warm_up = if self.clients.len() > 1 { SEVERAL_CELLS } else { ONE_CELL };
        let begun = Instant::now();
        let mut calm = 0;
        while calm < warm_up.looks && begun.elapsed() < warm_up.most {
            let acked = |client: &Client<'_>| client.ledger.progress().acked;
            let before: Vec<u64> = self.clients.iter().map(acked).collect();
            let looked = Instant::now();
            if let Some(exit) = self.interrupt.sleep(warm_up.look) {
                return Err(Stop::Interrupted(exit));
            }
            (self.health)()?;
            if warm_up.look > TICK {
                self.tell_progress();
            }
            let seconds = looked.elapsed().as_secs_f64();
            let all_flow = self.plan.cells.iter().all(|cell| {
                let all = || self.clients.iter().zip(&before);
                let own = || all().filter(|(client, _)| client.cell.index == cell.index);
                let acked = own().map(|(client, before)| acked(client) - before).sum();
                let open = own().map(|(client, _)| client.ledger.open_messages()).sum();
                flows(cell, acked, open, seconds)
                    || own().all(|(client, _)| client.worker.has_ended())
            });
            calm = if all_flow { calm + 1 } else { 0 };
        }
        Ok(())
    }

    fn wait_for_first_acks(&self) -> Result<(), Stop> {
        let deadline = Instant::now() + FIRST_ACK_TIMEOUT;
        loop {
            let silent = self.clients.iter().find(|client| {
                client.ledger.acked_partitions() < client.cell.topic.partitions()
                    && !client.worker.has_ended()
            });
            let Some(Client { cell, ledger, .. }) = silent else { return Ok(()) };
            if let Some(exit) = self.interrupt.sleep(Duration::from_millis(5)) {
                return Err(Stop::Interrupted(exit));
            }
            (self.health)()?;
            if Instant::now() >= deadline {
                let (got, of) = (ledger.acked_partitions(), cell.topic.partitions());
                let limit_s = FIRST_ACK_TIMEOUT.as_secs();
                return Err(RuntimeError::new(format!(
                    "cell {}: {got} of {of} partitions were acknowledged within {limit_s} s",
                    cell.id
                ))
                .advise("see the worker's log in the run's folder")
                .into());
            }
        }
    }
}

/// Whether a cell keeps up: acknowledgements come at its rate (of which a look of less than a tenth
/// of a second says nothing), and by Little's law (messages open = rate x latency) well below the
/// limit: what is sent next waits behind the open ones, and is held against that.
fn flows(cell: &Cell, acked: u64, open: u64, seconds: f64) -> bool {
    let Some(wanted) = wanted_rate(cell) else { return true };
    if cell.producers().any(|one| one.saturate) {
        return true;
    }
    let (acked, open) = (acked as f64, open as f64);
    let open_max = wanted * (latency_max(cell) - CALM_BELOW).as_secs_f64() + 1.0;
    (seconds < 0.1 || acked >= acked_min(cell, wanted, seconds)) && open <= open_max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_flows_when_it_is_acknowledged_at_its_rate_and_little_is_open() {
        let cell = |rate: &str| {
            let text = format!("name: t\nduration: 9s\nproducer: {{rate: {rate}}}\n");
            crate::plan::from_text("t.yaml", &text, &[], Some(1)).unwrap().cells.remove(0)
        };
        let paced = cell("1000");
        assert!(flows(&paced, 1000, 100, 1.0));
        assert!(flows(&paced, 900, 0, 1.0));
        assert!(!flows(&paced, 870, 130, 1.0), "too slow");
        assert!(flows(&paced, 0, 20, 0.02), "a look so short counts none");
        assert!(flows(&paced, 1000, 200, 1.0));
        assert!(!flows(&paced, 1000, 300, 1.0), "300 ms behind");
        assert!(flows(&cell("max"), 1, 8999, 1.0), "it has no clock");
        assert!(flows(&cell("1, saturate: true"), 1, 8, 1.0), "so it is wanted");
        assert!(flows(&cell("1"), 0, 1, 1.0), "the next comes in a moment");
    }
}
