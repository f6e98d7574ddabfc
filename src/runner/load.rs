//! [`Load`]: while messages flow, the faults live on threads of their own, progress is shown, and
//! it is decided when sending ends.

use super::Bus;
use super::clients::Client;
use super::recovery::Healed;
use crate::event::{Progress, RunEvent};
use crate::exit::Interrupt;
use crate::fault::{Cancel, FaultRecord, Site, live};
use crate::kafka::ClusterView;
use crate::plan::{Cell, Plan};
use crate::runtime::{RuntimeError, Stop};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often progress is reported and the end is considered.
pub(super) const TICK: Duration = Duration::from_millis(200);
/// How long sending goes on without a fault, a limit or a `duration`.
const IDLE_DURATION: Duration = Duration::from_secs(10);
/// With a limit on messages, sending ends after this long without an acknowledgement.
const SILENCE_MAX: Duration = Duration::from_secs(150);

/// What the load phases work on.
pub(super) struct Load<'a> {
    pub(super) plan: &'a Plan,
    /// Those of all cells.
    pub(super) clients: &'a [Client<'a>],
    /// For progress.
    pub(super) bus: &'a Bus,
    /// For notes that the report must have, too.
    pub(super) note: &'a (dyn Fn(String) + Sync),
    /// May end the run.
    pub(super) interrupt: &'a Interrupt,
    /// What each broker said last.
    pub(super) view: &'a (dyn Fn() -> ClusterView + Sync),
    /// Fails when a node died that no fault killed.
    pub(super) health: &'a (dyn Fn() -> Result<(), RuntimeError> + Sync),
}

impl Load<'_> {
    /// Runs the faults while messages flow, until sending should end. Every fault is healed when
    /// this returns, whatever it returns.
    pub(super) fn run_faults(&self, site: &Site<'_>) -> (Vec<FaultRecord>, Result<(), Stop>) {
        let healed: Mutex<Vec<FaultRecord>> = Mutex::new(Vec::new());
        let records = || healed.lock();
        let end = std::thread::scope(|scope| {
            // No fault outlives this.
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
        let mut records = healed.into_inner();
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
            // There can be no recovery, and whatever else happens is this fault's doing, too.
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
                self.clients.iter().all(|one| one.worker.has_ended())
                    || progress.1.elapsed() > SILENCE_MAX
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

    fn limited(&self) -> bool {
        self.plan.cells.iter().flat_map(Cell::producers).any(|one| one.messages.is_some())
    }

    /// Tells each cell's progress, and gives each client's acknowledgements.
    pub(super) fn tell_progress(&self) -> Vec<u64> {
        let mut cells = BTreeMap::<String, Progress>::new();
        let mut acked = Vec::new();
        for client in self.clients {
            let Progress { sent, acked: own, rejected } = client.ledger.progress();
            let cell = cells.entry(client.cell.id.clone()).or_default();
            cell.sent += sent;
            cell.acked += own;
            cell.rejected += rejected;
            acked.push(own);
        }
        self.bus.tell(RunEvent::Progress { cells });
        acked
    }
}

/// Calls the faults off when dropped.
struct CancelOnDrop<'a>(&'a Cancel);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.0.call();
    }
}
