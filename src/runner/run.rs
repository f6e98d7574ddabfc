//! The whole way of one run, from plan to report. Whatever happens, it reports what is known, heals
//! faults, and removes the cluster.

use super::clients::{self, Client};
use super::faults::under_load;
use super::known::Known;
use super::monitor::{Disturbance, Monitor};
use super::observations::watch;
use super::scene::Scene;
use super::{Bus, ClusterPool, RunFolder, readback, settle, setup};
use crate::event::RunEvent;
use crate::exit::Interrupt;
use crate::kafka::{TopicId, Watcher};
use crate::plan::Plan;
use crate::report::environment::{lines, made_of};
use crate::result::{Assembly, Report};
use crate::runtime::{Cluster, Node, Order, RuntimeError, Stop};
use crate::timeline::FaultPlan;
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Request<'a> {
    pub plan: &'a Plan,
    /// For everything that outlives the run.
    pub folder: &'a RunFolder,
    /// Whether another run may follow on the same cluster.
    pub keep: bool,
}

/// Runs a plan and reports, whatever happens.
pub(crate) fn run(
    request: &Request<'_>,
    pool: &mut ClusterPool<'_>,
    bus: &Bus,
    interrupt: &Interrupt,
) -> Report {
    let mut known = Known::new(bus.clone(), request, pool);
    let end = go(request, pool, bus, interrupt, &mut known);
    let (mut phases, notes) = (known.phases, known.notes);
    phases.begin("verify", None);
    let observations = known.observations.lock().clone();
    let assembly = Assembly {
        plan: request.plan,
        environment: Some(known.environment),
        started_at: known.started_at,
        zero_us: bus.zero_us(),
        sending_ended_us: known.sending_ended_us,
        brokers: known.brokers,
        faults: known.faults,
        observations,
        clients: &known.clients,
        observed: known.observed,
        unsettled: known.unsettled,
        notes: notes.lock().clone(),
        stop: end.err(),
    };
    // In this order: the phase ends when the report is there.
    let report = assembly.report();
    Report { phases: phases.into_done(), ..report }
}

fn go(
    request: &Request<'_>,
    pool: &mut ClusterPool<'_>,
    bus: &Bus,
    interrupt: &Interrupt,
    known: &mut Known,
) -> Result<(), Stop> {
    let plan = request.plan;
    announce(plan, bus, lines(&known.environment, plan));
    for note in pool.runtime.notes().iter().chain(&plan.notes) {
        known.note(bus, note.clone());
    }
    let note = known.noting(bus);
    let standing = pool.take(Order {
        plan,
        folder: request.folder.path(),
        node_logs: &request.folder.nodes(),
        phase: &mut |name| known.phases.begin(name, None),
        interrupt,
        note: &note,
        step: &|what, far| bus.step(what, far),
    })?;
    bus.note(made_of(&standing.made_of));
    known.environment.made_of = Some(standing.made_of.clone());
    known.environment.runs_before = standing.runs;
    let step = |what, far| bus.step(what, far);
    let outcome = setup::wait_until_ready(standing.cluster.as_ref(), interrupt, &step)
        .and_then(|()| hear_kafka(standing.cluster.as_ref(), plan, bus, interrupt, known))
        .and_then(|()| on_cluster(request, &standing.cluster, bus, interrupt, known));
    known.phases.begin("teardown", None);
    let ended = if request.keep && outcome.is_ok() && known.is_clean(&standing) {
        pool.keep(standing, plan, interrupt)
    } else {
        standing.cluster.destroy()
    };
    outcome?;
    Ok(ended?)
}

/// Asks the brokers which Kafka they are.
fn hear_kafka(
    cluster: &dyn Cluster,
    plan: &Plan,
    bus: &Bus,
    interrupt: &Interrupt,
    known: &mut Known,
) -> Result<(), Stop> {
    let word = setup::ask_kafka(cluster, interrupt)?;
    if let Some(surprise) = setup::surprise(&plan.cluster, &word) {
        known.note(bus, surprise);
    }
    known.environment.reported = Some(word);
    Ok(())
}

/// Everything that needs the cluster; the caller destroys it, on every way out.
fn on_cluster(
    request: &Request<'_>,
    cluster: &Arc<dyn Cluster>,
    bus: &Bus,
    interrupt: &Interrupt,
    known: &mut Known,
) -> Result<(), Stop> {
    let custody = Arc::default();
    let monitor = Monitor::start(cluster, &custody, bus.epoch())?;
    let scene = Scene { request, cluster, custody: &custody, monitor: &monitor, bus, interrupt };
    let outcome = watched(&scene, known);
    for Disturbance { cell, text, is_before_zero } in monitor.disturbances(bus.zero_us()) {
        known.note(bus, text.clone());
        let cells = request.plan.cells.iter().map(|c| c.index);
        let hit = cells.filter(|index| !is_before_zero && cell.is_none_or(|cell| cell == *index));
        known.unsettled.extend(hit.map(|index| (index, text.clone())));
    }
    outcome
}

/// From the topics to the end of reading, under the monitor.
fn watched(scene: &Scene<'_>, known: &mut Known) -> Result<(), Stop> {
    let Scene { request, cluster, monitor, bus, interrupt, .. } = *scene;
    let plan = request.plan;
    let brokers = cluster.nodes().into_iter().filter(Node::is_broker);
    known.brokers = brokers.map(|broker| (broker.name, broker.id)).collect();
    known.phases.begin("topics", None);
    let made = setup::make_topics(cluster.as_ref(), plan, interrupt)?;
    known.phases.begin("first acknowledgements", None);
    let mut clients = clients::start(cluster.as_ref(), plan, bus.epoch(), request.folder)?;
    monitor.watch_clients(&clients);
    let sent = send(scene, &mut clients, known);
    known.clients = clients.into_iter().map(Client::into_facts).collect();
    let watcher = sent?;
    monitor.check()?;
    settled(scene, &watcher, known)?;
    monitor.check()?;
    read_back(scene, &made, known)
}

/// From the word to begin to the clients' end; gives who watches the leaders meanwhile.
fn send(
    scene: &Scene<'_>,
    clients: &mut [Client<'_>],
    known: &mut Known,
) -> Result<Arc<Watcher>, Stop> {
    let Scene { request, cluster, bus, .. } = *scene;
    let watcher = Arc::new(watch(cluster.as_ref(), request.plan, bus, known)?);
    for client in &mut *clients {
        client.worker.start().map_err(|e| RuntimeError::new(e.to_string()))?;
    }
    let outcome = under_load(scene, clients, &watcher, known);
    known.phases.begin("flush", Some(Duration::from_secs(1)));
    clients::stop(clients, scene, known, outcome.is_ok());
    outcome.map(|()| watcher)
}

/// Waits until all replicas are in sync again.
fn settled(scene: &Scene<'_>, watcher: &Watcher, known: &mut Known) -> Result<(), Stop> {
    let Scene { request, bus, interrupt, .. } = *scene;
    let healed_ms = known.faults.iter().filter_map(|f| f.healed_at_ms).reduce(f64::max);
    let healed_us = run_us(bus, healed_ms);
    known.phases.begin("replicas in sync", healed_us.map(|_| settle::ZOMBIE));
    let (view, alive) = (|| watcher.view(), || scene.alive());
    let behind = settle::settle(request.plan, &view, bus.epoch(), healed_us, interrupt, &alive)?;
    known.unsettled.extend(behind);
    Ok(())
}

/// Reads every cell's log.
fn read_back(scene: &Scene<'_>, made: &[TopicId], known: &mut Known) -> Result<(), Stop> {
    let Scene { request, cluster, monitor, bus, interrupt, .. } = *scene;
    known.phases.begin("read back", None);
    let vantage = cluster.vantage();
    let called_ms = known.faults.iter().filter_map(|f| f.called_at_ms).reduce(f64::min);
    let first_us = run_us(bus, called_ms).unwrap_or(u64::MAX);
    for (cell, made) in request.plan.cells.iter().zip(made) {
        let own = known.clients.iter().filter(|one| one.ledger.id().cell == cell.index);
        let source = readback::Source {
            vantage: &vantage,
            cell,
            made: *made,
            ledgers: own.map(|one| &one.ledger).collect(),
            early_end: &|partition| {
                known.log_ends.before(first_us, &cell.topic.name, partition as i32)
            },
        };
        let observed = readback::read(&source, bus, interrupt, &|| scene.alive())?;
        known.observed.push(observed);
        monitor.check()?;
    }
    Ok(())
}

/// A time of the scenario's clock on the run's.
fn run_us(bus: &Bus, ms: Option<f64>) -> Option<u64> {
    ms.zip(bus.zero_us()).map(|(ms, zero_us)| zero_us + (ms * 1e3) as u64)
}

fn announce(plan: &Plan, bus: &Bus, about: Vec<String>) {
    bus.tell(RunEvent::Started {
        scenario: plan.name.clone(),
        summary: plan.summary.clone(),
        about,
        cells: plan.cells.iter().map(|c| c.id.clone()).collect(),
        faults: plan.faults.iter().map(ToString::to_string).collect(),
        times: plan.faults.iter().map(FaultPlan::time).collect(),
        topics: plan.cells.iter().map(|c| c.topic.shape()).collect(),
    });
}
