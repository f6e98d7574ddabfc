//! While messages flow: wait for the first acknowledgements, let the faults live on threads of
//! their own, show progress, and decide when sending ends.

use super::Bus;
use crate::client::Worker;
use crate::event::RunEvent;
use crate::exit::Interrupt;
use crate::fault::{Cancel, FaultRecord, Site, live};
use crate::kafka::{self, ClusterView};
use crate::ledger::Ledger;
use crate::model::Rate;
use crate::plan::{Cell, Plan};
use crate::result::{acked_min, latency_max};
use crate::runtime::{RuntimeError, Stop};
use std::sync::Mutex;
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
/// Progress is told, and the end considered, so often.
const TICK: Duration = Duration::from_millis(200);
/// Without a `duration`, sending goes on for so long after recovery was seen.
const AFTER_RECOVERY: Duration = Duration::from_secs(2);
/// Without a `duration`, recovery is waited for so long after the last heal.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(90);
/// Without a fault, a limit or a `duration`, sending goes on for so long.
const IDLE_DURATION: Duration = Duration::from_secs(10);
/// With a limit on messages, sending ends when nothing was acknowledged for so long.
const SILENCE_MAX: Duration = Duration::from_secs(150);

/// How calm is waited for.
struct WarmUp {
    /// How long each look takes.
    look: Duration,
    /// All cells must keep up at so many looks in a row.
    looks: u32,
    /// So long at most.
    most: Duration,
}

/// What the load phases work on.
pub(super) struct Load<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// One a cell.
    pub workers: &'a [Worker],
    /// One a cell.
    pub ledgers: &'a [Ledger],
    /// Told of progress.
    pub bus: &'a Bus,
    /// Told what the report must say, too.
    pub note: &'a (dyn Fn(String) + Sync),
    /// May end the run.
    pub interrupt: &'a Interrupt,
    /// What each broker said last.
    pub view: &'a (dyn Fn() -> ClusterView + Sync),
    /// Fails when a node died that no fault killed.
    pub health: &'a (dyn Fn() -> Result<(), RuntimeError> + Sync),
}

impl Load<'_> {
    /// Waits until every partition of every cell has an acknowledgement and each cell keeps up with
    /// its rate. Cells that never do are judged by their baseline.
    ///
    /// # Errors
    /// When there are no acknowledgements in time, or the run is interrupted.
    pub(super) fn wait_until_flowing(&self) -> Result<(), Stop> {
        self.wait_for_first_acks()?;
        let warm_up = if self.ledgers.len() > 1 { SEVERAL_CELLS } else { ONE_CELL };
        let begun = Instant::now();
        let mut calm = 0;
        while calm < warm_up.looks && begun.elapsed() < warm_up.most {
            let acked = |ledger: &Ledger| ledger.progress().acked;
            let before: Vec<u64> = self.ledgers.iter().map(acked).collect();
            let looked = Instant::now();
            if let Some(exit) = self.interrupt.sleep(warm_up.look) {
                return Err(Stop::Interrupted(exit));
            }
            (self.health)()?;
            if warm_up.look > TICK {
                self.tell_progress();
            }
            let seconds = looked.elapsed().as_secs_f64();
            let mut cells = self.plan.cells.iter().zip(self.ledgers.iter().zip(before));
            let all_flow = cells.all(|(cell, (ledger, before))| {
                flows(cell, acked(ledger) - before, ledger.open_messages(), seconds)
                    || self.workers[usize::from(cell.index)].has_ended()
            });
            calm = if all_flow { calm + 1 } else { 0 };
        }
        Ok(())
    }

    fn wait_for_first_acks(&self) -> Result<(), Stop> {
        let deadline = Instant::now() + FIRST_ACK_TIMEOUT;
        loop {
            let silent = self.plan.cells.iter().zip(self.ledgers).find(|(cell, ledger)| {
                ledger.acked_partitions() < cell.topic.partitions()
                    && !self.workers[usize::from(cell.index)].has_ended()
            });
            let Some((cell, ledger)) = silent else { return Ok(()) };
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

    /// Lets the faults live while messages flow, until sending should end.
    /// Every fault is healed when this returns, whatever it returns.
    pub(super) fn run_faults(&self, site: &Site<'_>) -> (Vec<FaultRecord>, Result<(), Stop>) {
        let healed: Mutex<Vec<FaultRecord>> = Mutex::new(Vec::new());
        let records = || healed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let end = std::thread::scope(|scope| {
            // However this ends, no fault outlives it.
            let _healed = CancelOnDrop(&site.cancel);
            for plan in &self.plan.faults {
                let (records, site) = (&records, &site);
                std::thread::Builder::new()
                    .name(format!("fault-{}", plan.index))
                    .spawn_scoped(scope, move || {
                        let record = live(plan, site);
                        records().push(record);
                    })
                    .map_err(|e| RuntimeError::io("cannot start a fault's thread", e))?;
            }
            let unhealed = || records().iter().find_map(FaultRecord::not_healed);
            self.until_the_end(site, &|| records().len(), &unhealed)
        });
        let mut records = healed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        records.sort_by_key(|r| r.index);
        (records, end)
    }

    /// Waits for the end of sending; fails when the run must end before it.
    fn until_the_end(
        &self,
        site: &Site<'_>,
        over: &dyn Fn() -> usize,
        unhealed: &dyn Fn() -> Option<String>,
    ) -> Result<(), Stop> {
        let mut heal: Option<Healed> = None;
        let mut progress = (0, Instant::now());
        loop {
            if let Some(exit) = self.interrupt.sleep(TICK) {
                return Err(Stop::Interrupted(exit));
            }
            (self.health)()?;
            let acked = self.tell_progress();
            let sum = acked.iter().sum();
            if sum > progress.0 {
                progress = (sum, Instant::now());
            }
            // No recovery can come, and whatever else is seen is this fault's doing, too.
            if let Some(reason) = unhealed() {
                return Err(RuntimeError::new(reason).into());
            }
            if over() < self.plan.faults.len() {
                continue;
            }
            let heal = heal.get_or_insert_with(|| Healed {
                at: Instant::now(),
                at_us: self.bus.epoch().elapsed_us(),
                acked: acked.clone(),
                recovered: None,
            });
            let over = if self.limited() {
                self.workers.iter().all(Worker::has_ended) || progress.1.elapsed() > SILENCE_MAX
            } else if let Some(duration_ms) = self.plan.duration_ms {
                site.now_ms() >= duration_ms as f64
            } else if self.plan.faults.is_empty() {
                heal.at.elapsed() >= IDLE_DURATION
            } else {
                self.has_settled(heal, &acked)
            };
            if over {
                return Ok(());
            }
        }
    }

    /// Whether recovery was seen a while ago, or was waited for long enough.
    fn has_settled(&self, heal: &mut Healed, acked: &[u64]) -> bool {
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

    fn limited(&self) -> bool {
        self.plan.cells.iter().any(|c| c.producer.messages.is_some())
    }

    /// All replicas in sync, by answers given after the heal, and every cell acknowledged since.
    fn has_recovered(&self, heal: &Healed, acked: &[u64]) -> bool {
        let view = (self.view)();
        self.plan.cells.iter().enumerate().all(|(i, cell)| {
            let flows = acked[i] > heal.acked[i] || self.workers[i].has_ended();
            flows
                && kafka::recovery_lacks(&view, &cell.topic, heal.at_us).all(|lack| lack.is_none())
        })
    }

    fn tell_progress(&self) -> Vec<u64> {
        let progress: Vec<_> = self.ledgers.iter().map(Ledger::progress).collect();
        let ids = self.plan.cells.iter().map(|c| c.id.clone());
        self.bus.tell(RunEvent::Progress { cells: ids.zip(progress.iter().copied()).collect() });
        progress.iter().map(|p| p.acked).collect()
    }
}

/// Whether a cell keeps up: acknowledgements come at its rate (of which a look of less than a tenth
/// of a second says nothing), and by Little's law (messages open = rate x latency) well below the
/// limit: what is sent next waits behind the open ones, and is held against that.
fn flows(cell: &Cell, acked: u64, open: u64, seconds: f64) -> bool {
    let Rate::PerSecond(wanted) = cell.producer.rate else { return true };
    if cell.producer.saturate {
        return true;
    }
    let wanted = f64::from(wanted);
    let (acked, open) = (acked as f64, open as f64);
    let open_max = wanted * (latency_max(cell) - CALM_BELOW).as_secs_f64() + 1.0;
    (seconds < 0.1 || acked >= acked_min(cell, wanted, seconds)) && open <= open_max
}

/// The moment when the last fault was seen to be over.
struct Healed {
    at: Instant,
    at_us: u64,
    acked: Vec<u64>,
    recovered: Option<Instant>,
}

/// Calls the faults off when it goes out of scope.
struct CancelOnDrop<'a>(&'a Cancel);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.0.call();
    }
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
