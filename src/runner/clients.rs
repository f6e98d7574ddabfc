//! [`Client`]: the clients of a run, all cells' in one list: started, told to begin, stopped.

use super::RunFolder;
use super::known::Known;
use super::scene::Scene;
use crate::client::wire::Account;
use crate::client::{Ending, Worker, WorkerError, WorkerSpec};
use crate::clock::Epoch;
use crate::ledger::{Ledger, ProducerId};
use crate::plan::{Cell, ClientPlan, Plan};
use crate::result::ClientFacts;
use crate::runtime::{Cluster, RuntimeError};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A worker must have made its client within this time.
const READY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a worker may flush when it is told to stop.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(60);
/// How long workers may flush after an interrupt.
const INTERRUPTED_FLUSH: Duration = Duration::from_secs(2);
/// How long workers that are stopped are waited for.
const STOPPED_FLUSH: Duration = Duration::from_secs(3);

/// One client at work.
pub(super) struct Client<'p> {
    pub(super) cell: &'p Cell,
    pub(super) plan: &'p ClientPlan,
    pub(super) worker: Worker,
    pub(super) ledger: Ledger,
    account: Option<Box<Account>>,
}

impl Client<'_> {
    /// `the producer`, or its name where it is not the only client of its cell.
    fn who(&self) -> &str {
        if self.cell.clients.len() == 1 { "the producer" } else { &self.plan.name }
    }

    /// Who it is, in the whole run.
    pub(super) fn title(&self) -> String {
        format!("{} of cell {} (process {})", self.who(), self.cell.id, self.worker.pid())
    }

    /// What is known of it when the run is over. Its worker is killed if it still lives.
    pub(super) fn into_facts(self) -> ClientFacts {
        ClientFacts { ledger: self.ledger, account: self.account.map(|account| *account) }
    }
}

/// Where a client's files are: a cell's only client has the cell's own folder.
fn folder_of(folder: &RunFolder, cell: &Cell, client: &ClientPlan) -> PathBuf {
    let of_cell = folder.cell(cell.index);
    if cell.clients.len() == 1 { of_cell } else { of_cell.join(&client.name) }
}

/// Starts every client; all of them are ready to begin afterwards.
///
/// # Errors
/// When one cannot be started.
pub(super) fn start<'p>(
    cluster: &dyn Cluster,
    plan: &'p Plan,
    epoch: Epoch,
    folder: &RunFolder,
) -> Result<Vec<Client<'p>>, RuntimeError> {
    // A later run must not take an earlier run's messages for its own.
    let run = fastrand::u64(..);
    let of_cell = |cell: &'p Cell| (0..).zip(&cell.clients).map(move |one| (cell, one));
    let mut started = Vec::new();
    for (cell, (number, client)) in plan.cells.iter().flat_map(of_cell) {
        let dir = folder_of(folder, cell, client);
        let spec = WorkerSpec {
            name: client.name.clone(),
            id: ProducerId { run, cell: cell.index, producer: number },
            epoch,
            topic: cell.topic.name.clone(),
            partitions: cell.topic.partitions(),
            bootstrap_servers: cluster.client_bootstrap_servers(),
            seed: plan.seed,
            ledger_dir: dir.join("ledger"),
            flush_timeout_ms: FLUSH_TIMEOUT.as_millis() as u64,
            role: client.role.clone(),
        };
        let worker = Worker::spawn(&|command| cluster.spawn_client(command), &spec, &dir)
            .map_err(|e| RuntimeError::new(format!("cell {}: {e}", cell.id)))?;
        started.push((cell, client, worker, spec.ledger_dir));
    }
    let ready = |(cell, plan, mut worker, ledger): (&'p Cell, _, Worker, PathBuf)| {
        worker
            .wait_ready(READY_TIMEOUT)
            .map_err(|e| RuntimeError::new(format!("cell {}: {e}", cell.id)))?;
        let ledger = Ledger::open(&ledger).map_err(|e| {
            RuntimeError::io(format!("cannot open the ledger {}", ledger.display()), e)
        })?;
        Ok(Client { cell, plan, worker, ledger, account: None })
    };
    started.into_iter().map(ready).collect()
}

/// Tells all clients to stop, then waits for each; after an interrupt it does not wait long.
pub(super) fn stop(
    clients: &mut [Client<'_>],
    scene: &Scene<'_>,
    known: &mut Known,
    patient: bool,
) {
    let mut unheard = Vec::new();
    for (index, client) in clients.iter_mut().enumerate() {
        if scene.monitor.owns_end_of_client(index) {
            client.worker.excuse_death();
        }
        unheard.push(client.worker.stop().err());
    }
    let deadline = wait(clients, scene, patient);
    for (client, unheard) in clients.iter_mut().zip(unheard) {
        let ended = client.worker.finish(deadline.saturating_duration_since(Instant::now()));
        let cell = client.cell.index;
        let mut failed = |who: &str, error: WorkerError| {
            let text = format!("{who} failed: {error}");
            known.note(scene.bus, format!("cell {cell}: {text}"));
            known.unsettled.push((cell, text));
        };
        match ended {
            Ok(Ending::Finished(account)) => {
                client.account = Some(account);
                if let Some(error) = unheard {
                    failed(client.who(), error);
                }
            }
            Ok(Ending::KilledByFault) => {
                let text = format!("cell {cell}: {} was killed by a fault", client.who());
                known.note(scene.bus, text);
            }
            Err(error) if patient => failed(client.who(), error),
            // After an interrupt a worker that does not end at once is killed by design.
            Err(_) => {}
        }
    }
}

/// Waits until all have ended, or no more is to be expected of them; gives the time until which
/// each may still take.
fn wait(clients: &[Client<'_>], scene: &Scene<'_>, patient: bool) -> Instant {
    const TURN: Duration = Duration::from_millis(10);
    let begun = Instant::now();
    let limit = if patient { FLUSH_TIMEOUT + Duration::from_secs(10) } else { INTERRUPTED_FLUSH };
    let deadline = begun + limit;
    let workers = || clients.iter().map(|client| &client.worker);
    while Instant::now() < deadline && !workers().all(Worker::has_ended) {
        // Nobody wakes a stopped one any more: every fault is healed.
        if begun.elapsed() >= STOPPED_FLUSH && workers().all(|w| w.has_ended() || w.is_stopped()) {
            return Instant::now();
        }
        if !patient {
            // Interrupted before: its own sleep would return at once.
            std::thread::sleep(TURN);
        } else if scene.interrupt.sleep(TURN).is_some() {
            return deadline.min(Instant::now() + INTERRUPTED_FLUSH);
        }
    }
    deadline
}
