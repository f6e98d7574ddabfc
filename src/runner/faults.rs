//! [`under_load`]: the part of a run in which messages flow and faults strike, from the first
//! acknowledgement to the end of sending.

use super::clients::Client;
use super::ends;
use super::environment::environment;
use super::known::Known;
use super::latency::LatencyPhases;
use super::load::Load;
use super::scene::Scene;
use crate::event::{FAULTS_PHASE, FaultStep, RunEvent};
use crate::fault::{Cancel, History, Journal, Site, Situation};
use crate::kafka::{self, Watcher};
use crate::plan::Plan;
use crate::runtime::{Cluster, RuntimeError, Stop};
use std::sync::Arc;
use std::time::Duration;

/// From the first acknowledgement to the end of sending.
pub(super) fn under_load(
    scene: &Scene<'_>,
    clients: &[Client<'_>],
    watcher: &Arc<Watcher>,
    known: &mut Known,
) -> Result<(), Stop> {
    let Scene { request, cluster, monitor, bus, interrupt, .. } = *scene;
    let plan = request.plan;
    let health = || monitor.check();
    let note = known.noting(bus);
    let load = Load {
        plan,
        clients,
        bus,
        note: &note,
        interrupt,
        view: &|| watcher.view(),
        health: &health,
    };
    let outcome = load.wait_until_flowing().and_then(|()| {
        let zero_us = bus.zero();
        let phases = LatencyPhases::begin(clients.iter().map(|one| &one.ledger), zero_us);
        let expected = Duration::from_millis(plan.planned_end_ms());
        known.phases.begin(FAULTS_PHASE, Some(expected));
        let reported = known.environment.reported.as_ref();
        let keeps_eligible = reported.is_some_and(|kafka| kafka.keeps_eligible);
        let history = History::new(plan, keeps_eligible, Arc::clone(&known.observations));
        let producers = clients.iter().filter(|one| one.plan.role.producer().is_some());
        let producers: Vec<u32> = producers.map(|one| one.worker.pid()).collect();
        let site = site(scene, watcher, zero_us, &phases, history, &producers)?;
        let (vantage, clock) = (cluster.vantage(), (bus.epoch(), zero_us));
        std::thread::scope(|scope| {
            let ask = || ends::ask(&vantage, plan, clock, &site.cancel);
            let asking = std::thread::Builder::new()
                .name("log-ends".to_owned())
                .spawn_scoped(scope, ask)
                .map_err(|e| RuntimeError::io("cannot start a thread", e))?;
            let (records, end) = load.run_faults(&site);
            known.faults = records;
            known.log_ends = asking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            end
        })
    });
    known.sending_ended_us = Some(bus.epoch().elapsed_us());
    outcome
}

fn site<'a>(
    scene: &Scene<'a>,
    watcher: &Arc<Watcher>,
    zero_us: u64,
    phases: &'a LatencyPhases<'a>,
    history: History,
    producers: &[u32],
) -> Result<Site<'a>, RuntimeError> {
    let Scene { request, cluster, bus, .. } = *scene;
    let path = request.folder.path().join("journal.jsonl");
    let journal = Journal::create(&path)
        .map_err(|e| RuntimeError::io(format!("cannot make {}", path.display()), e))?;
    let what: Vec<String> = request.plan.faults.iter().map(ToString::to_string).collect();
    Ok(Site {
        cluster: Arc::clone(cluster),
        situation: situation(cluster, watcher, request.plan),
        custody: Arc::clone(scene.custody),
        history: Arc::new(history),
        environment: environment(cluster, request.plan, request.folder, producers),
        journal,
        epoch: bus.epoch(),
        zero_us,
        cancel: Cancel::default(),
        folder: request.folder.path().to_owned(),
        called: Box::new(move |index, called_at_ms| phases.call(index, called_at_ms)),
        tell: Box::new(move |index, step: FaultStep| {
            phases.step(index, &step, bus.epoch().elapsed_us());
            let what = what[usize::from(index)].clone();
            bus.tell(RunEvent::Fault { index, what, step });
        }),
    })
}

/// What is known of the cluster at the moment of an injection.
fn situation(
    cluster: &Arc<dyn Cluster>,
    watcher: &Arc<Watcher>,
    plan: &Plan,
) -> Box<dyn Fn() -> Situation + Send + Sync> {
    let (cluster, watcher) = (Arc::clone(cluster), Arc::clone(watcher));
    let topic = plan.cells[0].topic.clone();
    Box::new(move || {
        let view = watcher.view();
        Situation {
            nodes: cluster.nodes(),
            leader: view.leader(&topic.name, 0).map(|leader| leader.broker),
            replicas: kafka::replicas_now(&view, &topic, 0).to_vec(),
            controller: view.controller().map(|(controller, _)| controller),
        }
    })
}
