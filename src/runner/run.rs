//! The whole way of one run, from plan to report. Whatever happens, what is known is reported,
//! faults are healed, and the cluster is removed.

use super::cluster_pool::PooledCluster;
use super::ends::{self, LogEnds};
use super::environment::environment;
use super::latency::LatencyPhases;
use super::load::Load;
use super::monitor::{Disturbance, Monitor};
use super::setup::FLUSH_TIMEOUT;
use super::{Bus, ClusterPool, Phases, RunFolder, readback, settle, setup};
use crate::client::wire::Summary;
use crate::client::{Ending, Worker, WorkerError};
use crate::event::{FAULTS_PHASE, FaultStep, Observation, RunEvent};
use crate::exit::Interrupt;
use crate::fault::{Cancel, Custody, FaultRecord, History, Journal, Site, Situation};
use crate::kafka::{self, Watcher};
use crate::ledger::{Ledger, Observed, TopicFate};
use crate::model::{Clocks, Controllers, Timing};
use crate::plan::Plan;
use crate::result::{Assembly, Report};
use crate::runtime::{Cluster, Node, Order, RuntimeError, Stop};
use crate::timeline::FaultPlan;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How long workers may flush after an interrupt.
const INTERRUPTED_FLUSH: Duration = Duration::from_secs(2);
/// How long workers that are stopped are waited for.
const STOPPED_FLUSH: Duration = Duration::from_secs(3);

/// What to run, and how.
pub(crate) struct Request<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// Where everything that outlives the run is put.
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
    let mut known = Known::new(bus.clone(), request.plan.cells.len());
    let end = go(request, pool, bus, interrupt, &mut known);
    let (mut phases, notes) = (known.phases, known.notes);
    phases.begin("verify", None);
    let observations = known.observations.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let assembly = Assembly {
        plan: request.plan,
        about: known.about,
        started_at: known.started_at,
        zero_us: bus.zero_us(),
        sending_ended_us: known.sending_ended_us,
        brokers: known.brokers,
        faults: known.faults,
        observations,
        ledgers: &known.ledgers,
        observed: known.observed,
        unsettled: known.unsettled,
        producers: known.producers,
        notes: notes.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        stop: end.err(),
    };
    // In this order: the phase ends when the report is there.
    let report = assembly.report();
    Report { phases: phases.into_done(), ..report }
}

/// What is known of the run so far; reported whatever happens next.
struct Known {
    started_at: String,
    about: Vec<String>,
    phases: Phases,
    brokers: BTreeMap<String, i32>,
    faults: Vec<FaultRecord>,
    observations: Arc<Mutex<Vec<Observation>>>,
    ledgers: Vec<Ledger>,
    observed: Vec<Option<Observed>>,
    unsettled: Vec<(u16, String)>,
    producers: Vec<Option<Summary>>,
    /// Whether the cluster keeps eligible leader replicas.
    keeps_eligible: bool,
    sending_ended_us: Option<u64>,
    log_ends: LogEnds,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Known {
    fn new(bus: Bus, cells: usize) -> Self {
        Known {
            started_at: jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            about: Vec::new(),
            phases: Phases::new(bus),
            brokers: BTreeMap::new(),
            faults: Vec::new(),
            observations: Arc::default(),
            ledgers: Vec::new(),
            observed: (0..cells).map(|_| None).collect(),
            unsettled: Vec::new(),
            producers: vec![None; cells],
            keeps_eligible: false,
            sending_ended_us: None,
            log_ends: LogEnds::default(),
            notes: Arc::default(),
        }
    }

    /// Whether nothing of this run is left that the next one on the cluster could see: every
    /// fault is healed, every replica was in sync again, every node lives, every topic is there.
    fn is_clean(&self, standing: &PooledCluster) -> bool {
        let nodes = standing.cluster.nodes();
        self.unsettled.is_empty()
            && self.faults.iter().all(|f| f.not_healed().is_none() && f.undone.is_none())
            && nodes.iter().all(|node| node.id < 0 || !node.pids.is_empty())
            && self.observed.iter().flatten().all(|read| read.topic == TopicFate::Kept)
    }

    /// Says a note now and keeps it for the report.
    fn note(&self, bus: &Bus, text: impl Into<String>) {
        self.noting(bus)(text.into());
    }

    /// The same for somebody else to say.
    fn noting(&self, bus: &Bus) -> impl Fn(String) + Send + Sync + use<> {
        let (notes, told) = (Arc::clone(&self.notes), bus.clone());
        move |text| {
            notes.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
            told.note(text);
        }
    }
}

fn go(
    request: &Request<'_>,
    pool: &mut ClusterPool<'_>,
    bus: &Bus,
    interrupt: &Interrupt,
    known: &mut Known,
) -> Result<(), Stop> {
    let plan = request.plan;
    known.about = about(request, pool);
    announce(plan, bus, &known.about);
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
    })?;
    bus.note(standing.made_of.clone());
    known.about.push(standing.made_of.clone());
    if standing.runs > 0 {
        known.about.push(format!("cluster  warm: {} runs took place on it before", standing.runs));
    }
    let outcome = setup::wait_until_ready(standing.cluster.as_ref(), interrupt)
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

/// Which Kafka it is, by the brokers' own word.
fn hear_kafka(
    cluster: &dyn Cluster,
    plan: &Plan,
    bus: &Bus,
    interrupt: &Interrupt,
    known: &mut Known,
) -> Result<(), Stop> {
    let word = setup::ask_kafka(cluster, interrupt)?;
    known.about.push(format!("brokers  Kafka {word}"));
    known.keeps_eligible = word.keeps_eligible;
    if let Some(surprise) = setup::surprise(&plan.cluster, &word) {
        known.note(bus, surprise);
    }
    Ok(())
}

/// All that needs the cluster; it is destroyed by the caller, on every way out.
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

/// Where a run takes place, and who watches it.
struct Scene<'a> {
    request: &'a Request<'a>,
    cluster: &'a Arc<dyn Cluster>,
    custody: &'a Arc<Custody>,
    monitor: &'a Monitor,
    bus: &'a Bus,
    interrupt: &'a Interrupt,
}

/// From the topics to the end of reading, while the monitor looks.
fn watched(scene: &Scene<'_>, known: &mut Known) -> Result<(), Stop> {
    let Scene { request, cluster, monitor, bus, interrupt, .. } = *scene;
    let plan = request.plan;
    let brokers = cluster.nodes().into_iter().filter(Node::is_broker);
    known.brokers = brokers.map(|broker| (broker.name, broker.id)).collect();
    known.phases.begin("topics", None);
    let made = setup::make_topics(cluster.as_ref(), plan, interrupt)?;

    known.phases.begin("first acknowledgements", None);
    // A later run must not take an earlier run's messages for its own.
    let run = fastrand::u64(..);
    let mut workers = setup::start_workers(cluster, plan, run, bus.epoch(), request.folder)?;
    let cells = plan.cells.iter().map(|cell| cell.id.as_str());
    monitor.watch_workers(cells.zip(workers.iter().map(Worker::pid)));
    known.ledgers = open_ledgers(plan, request.folder)?;
    let watcher = Arc::new(watch(cluster.as_ref(), plan, bus, known)?);
    for worker in &mut workers {
        worker.start().map_err(|e| RuntimeError::new(e.to_string()))?;
    }
    let outcome = under_load(scene, &workers, &watcher, known);
    known.phases.begin("flush", Some(Duration::from_secs(1)));
    stop_workers(&mut workers, scene, known, outcome.is_ok());
    outcome?;
    monitor.check()?;

    let healed_ms = known.faults.iter().filter_map(|f| f.healed_at_ms).reduce(f64::max);
    let healed_us = healed_ms.zip(bus.zero_us()).map(|(ms, zero)| zero + (ms * 1e3) as u64);
    known.phases.begin("replicas in sync", healed_us.map(|_| settle::ZOMBIE));
    let view = || watcher.view();
    let alive = || match interrupt.asked() {
        Some(_) => Err("interrupted".to_owned()),
        None => monitor.check().map_err(|e| e.what),
    };
    let behind = settle::settle(plan, &view, bus.epoch(), healed_us, interrupt, &alive)?;
    known.unsettled.extend(behind);
    monitor.check()?;
    known.phases.begin("read back", None);
    let vantage = cluster.vantage();
    let called_ms = known.faults.iter().filter_map(|f| f.called_at_ms).reduce(f64::min);
    let first_us = called_ms.zip(bus.zero_us()).map(|(ms, zero)| zero + (ms * 1e3) as u64);
    for (i, (cell, made)) in plan.cells.iter().zip(made).enumerate() {
        let ledger = &known.ledgers[i];
        let early_end = |partition: u32| {
            let first_us = first_us.unwrap_or(u64::MAX);
            known.log_ends.before(first_us, &cell.topic.name, partition as i32)
        };
        let early_end = &early_end;
        let source = readback::Source { vantage: &vantage, cell, made, ledger, early_end };
        known.observed[i] = Some(readback::read(&source, bus, interrupt, &alive)?);
        monitor.check()?;
    }
    Ok(())
}

/// From the first acknowledgement to the end of sending.
fn under_load(
    scene: &Scene<'_>,
    workers: &[Worker],
    watcher: &Arc<Watcher>,
    known: &mut Known,
) -> Result<(), Stop> {
    let Scene { request, cluster, monitor, bus, interrupt, .. } = *scene;
    let plan = request.plan;
    let health = || monitor.check();
    let note = known.noting(bus);
    let ledgers = std::mem::take(&mut known.ledgers);
    let load = Load {
        plan,
        workers,
        ledgers: &ledgers,
        bus,
        note: &note,
        interrupt,
        view: &|| watcher.view(),
        health: &health,
    };
    let outcome = load.wait_until_flowing().and_then(|()| {
        let zero_us = bus.zero();
        let phases = LatencyPhases::begin(&ledgers, zero_us);
        let expected = Duration::from_millis(plan.planned_end_ms());
        known.phases.begin(FAULTS_PHASE, Some(expected));
        let history = History::new(plan, known.keeps_eligible, Arc::clone(&known.observations));
        let producers: Vec<u32> = workers.iter().map(Worker::pid).collect();
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
    known.ledgers = ledgers;
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

fn open_ledgers(plan: &Plan, folder: &RunFolder) -> Result<Vec<Ledger>, RuntimeError> {
    let open = |cell: &crate::plan::Cell| {
        let dir = setup::ledger_dir(folder, cell.index);
        Ledger::open(&dir)
            .map_err(|e| RuntimeError::io(format!("cannot open the ledger {}", dir.display()), e))
    };
    plan.cells.iter().map(open).collect()
}

fn watch(
    cluster: &dyn Cluster,
    plan: &Plan,
    bus: &Bus,
    known: &Known,
) -> Result<Watcher, RuntimeError> {
    let (sink, observations) = mpsc::channel::<Observation>();
    let topics: Vec<String> = plan.cells.iter().map(|c| c.topic.name.clone()).collect();
    let controllers: Vec<(i32, SocketAddr)> = cluster
        .nodes()
        .iter()
        .filter_map(|n| Some((n.id, SocketAddr::from((n.address?, n.listeners.controller?)))))
        .collect();
    let watcher = Watcher::start(&cluster.vantage(), &controllers, &topics, bus.epoch(), sink)
        .map_err(|e| RuntimeError::io("cannot start the watcher", e))?;
    let (kept, told) = (Arc::clone(&known.observations), bus.clone());
    // Ends when the watcher's threads end: they hold the sink.
    std::thread::Builder::new()
        .name("observations".to_owned())
        .spawn(move || {
            for observation in observations {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(observation.clone());
                told.tell(RunEvent::Observed(observation));
            }
        })
        .map_err(|e| RuntimeError::io("cannot start a thread", e))?;
    Ok(watcher)
}

/// Tells all workers to stop, then waits for each; after an interrupt it does not wait long.
fn stop_workers(workers: &mut [Worker], scene: &Scene<'_>, known: &mut Known, patient: bool) {
    let Scene { monitor, bus, interrupt, .. } = *scene;
    let failed = |known: &mut Known, cell: usize, error: WorkerError| {
        let text = format!("the producer failed: {error}");
        known.note(bus, format!("cell {cell}: {text}"));
        known.unsettled.push((cell as u16, text));
    };
    let mut unheard = Vec::new();
    for (cell, worker) in workers.iter_mut().enumerate() {
        if monitor.owns_end_of_worker(cell) {
            worker.excuse_death();
        }
        unheard.push(worker.stop().err());
    }
    let limit = if patient { FLUSH_TIMEOUT + Duration::from_secs(10) } else { INTERRUPTED_FLUSH };
    let mut deadline = Instant::now() + limit;
    let begun = Instant::now();
    while Instant::now() < deadline && !workers.iter().all(Worker::has_ended) {
        // Nobody wakes a stopped one any more: every fault is healed.
        if begun.elapsed() >= STOPPED_FLUSH
            && workers.iter().all(|w| w.has_ended() || w.is_stopped())
        {
            deadline = Instant::now();
            break;
        }
        if !patient {
            // Interrupted before: its own sleep would return at once.
            std::thread::sleep(Duration::from_millis(10));
        } else if interrupt.sleep(Duration::from_millis(10)).is_some() {
            deadline = deadline.min(Instant::now() + INTERRUPTED_FLUSH);
            break;
        }
    }
    for ((cell, worker), unheard) in workers.iter_mut().enumerate().zip(unheard) {
        match worker.finish(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ending::Finished(summary)) => {
                known.producers[cell] = Some(*summary);
                if let Some(error) = unheard {
                    failed(known, cell, error);
                }
            }
            Ok(Ending::KilledByFault) => {
                known.note(bus, format!("cell {cell}: the producer was killed by a fault"));
            }
            Err(error) if patient => failed(known, cell, error),
            // After an interrupt a worker that does not end at once is killed by design.
            Err(_) => {}
        }
    }
}

/// What is known before anything is started, a line each.
fn about(request: &Request<'_>, pool: &ClusterPool<'_>) -> Vec<String> {
    let plan = request.plan;
    let cluster = &plan.cluster;
    let controllers = match cluster.controllers {
        Controllers::Combined => "combined controllers",
        Controllers::Isolated => "3 isolated controllers",
    };
    let kafka = pool.runtime.kafka(cluster);
    let timing = match cluster.timing {
        Timing::Stock => "stock",
        Timing::Fast => "fast",
    };
    let Clocks { session_ms, lag_ms } = cluster.clocks;
    vec![
        format!("runtime  {}", pool.runtime.in_words(cluster)),
        format!("kafka    {kafka}, {} brokers, {controllers}", cluster.brokers),
        format!("timing   {timing}: session {session_ms} ms, replica lag {lag_ms} ms"),
        format!("seed     {}", plan.seed),
        format!("folder   {}", request.folder.path().display()),
    ]
}

fn announce(plan: &Plan, bus: &Bus, about: &[String]) {
    bus.tell(RunEvent::Started {
        scenario: plan.name.clone(),
        summary: plan.summary.clone(),
        about: about.to_vec(),
        cells: plan.cells.iter().map(|c| c.id.clone()).collect(),
        faults: plan.faults.iter().map(ToString::to_string).collect(),
        times: plan.faults.iter().map(FaultPlan::time).collect(),
        topics: plan.cells.iter().map(|c| c.topic.shape()).collect(),
    });
}
