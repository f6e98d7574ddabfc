//! A rehearsal: everything that a run does to a cluster, once, without a scenario: start, serve,
//! each kind of fault with its proof, teardown. If this works, a run on this machine works.

use super::{Bus, Phases, RunFolder, setup};
use crate::clock::Epoch;
use crate::exit::Interrupt;
use crate::fault::{Cancel, Journal, Site, Situation, live};
use crate::plan::Plan;
use crate::report::environment::made_of;
use crate::runtime::{Cluster, Order, Provider, RuntimeError, Stop};
use crate::timeline::{Act, Facility, FaultAction, FaultKind, FaultPlan, KINDS, Target};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, mpsc};
use std::time::Instant;

/// How long each fault may take to show itself; proofs come within a tenth of it.
const FAULT_MS: u64 = 2_000;

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub name: String,
    pub ok: bool,
    /// What was seen, or what went wrong.
    pub text: String,
    /// What a person can do about it.
    pub help: Option<String>,
    /// Milliseconds.
    pub ms: f64,
}

impl Step {
    /// A step that ended now with this result.
    pub(crate) fn ended(name: &str, begun: Instant, result: Result<String, RuntimeError>) -> Step {
        let (name, ms) = (name.to_owned(), begun.elapsed().as_secs_f64() * 1e3);
        match result {
            Ok(text) => Step { name, ok: true, text, help: None, ms },
            Err(e) => Step { name, ok: false, text: e.what, help: e.advice, ms },
        }
    }
}

/// Goes through everything once and reports each step. The plan says which cluster; its cells and
/// faults do not matter. Everything started is removed.
///
/// # Errors
/// The first step that a run needs; or the interrupt.
pub(crate) fn rehearse(
    runtime: &dyn Provider,
    plan: &Plan,
    folder: &RunFolder,
    interrupt: &Interrupt,
    tell: &dyn Fn(Step),
) -> Result<(), Stop> {
    // Nobody listens to the bus: a rehearsal reports steps, not events.
    let (listener, _) = mpsc::channel();
    let bus = Bus::new(Epoch::now(), listener);
    let mut phases = Phases::new(bus.clone());
    let begun = Instant::now();
    let launched = runtime.launch(Order {
        plan,
        folder: folder.path(),
        node_logs: &folder.nodes(),
        phase: &mut |name| phases.begin(name, None),
        interrupt,
        note: &|_| {},
        step: &|_, _| {},
    });
    let cluster = told("start", begun, launched, tell, |(_, it)| made_of(it))?.0;
    let begun = Instant::now();
    let ready = setup::wait_until_ready(cluster.as_ref(), interrupt, &|_, _| {});
    let served = told("serve", begun, ready, tell, |()| {
        format!("{} brokers know each other", plan.cluster.brokers)
    });
    let actions = actions(cluster.as_ref(), runtime.has_freezer());
    let tried = served.and_then(|()| try_faults(actions, &cluster, folder, &bus, interrupt, tell));
    let begun = Instant::now();
    let destroyed = cluster.destroy().map_err(Stop::from);
    let gone = told("teardown", begun, destroyed, tell, |()| "nothing is left".to_owned());
    tried.and(gone)
}

/// Reports how a step ended, and passes its result on.
fn told<T>(
    name: &str,
    begun: Instant,
    result: Result<T, Stop>,
    tell: &dyn Fn(Step),
    words: impl Fn(&T) -> String,
) -> Result<T, Stop> {
    match &result {
        Ok(value) => tell(Step::ended(name, begun, Ok(words(value)))),
        Err(Stop::Failed(e)) => {
            let error =
                RuntimeError { what: e.what.clone(), advice: e.advice.clone(), source: None };
            tell(Step::ended(name, begun, Err(error)));
        }
        Err(Stop::Interrupted(_)) => {}
    }
    result
}

/// Tries every fault, whatever the result of the others.
fn try_faults(
    actions: Vec<FaultAction>,
    cluster: &Arc<dyn Cluster>,
    folder: &RunFolder,
    bus: &Bus,
    interrupt: &Interrupt,
    tell: &dyn Fn(Step),
) -> Result<(), Stop> {
    let path = folder.path().join("journal.jsonl");
    let journal = Journal::create(&path)
        .map_err(|e| RuntimeError::io(format!("cannot make {}", path.display()), e))?;
    let seen = Arc::clone(cluster);
    let situation = move || Situation {
        nodes: seen.nodes(),
        leader: None,
        replicas: Vec::new(),
        controller: None,
    };
    let site = Site {
        cluster: Arc::clone(cluster),
        situation: Box::new(situation),
        custody: Arc::default(),
        history: Arc::default(),
        environment: Box::new(Vec::new),
        journal,
        epoch: bus.epoch(),
        zero_us: 0,
        cancel: Cancel::default(),
        folder: folder.path().to_owned(),
        called: Box::new(|_, _| {}),
        tell: Box::new(|_, _| {}),
    };
    let mut outcome = Ok(());
    for (index, action) in (0..).zip(actions) {
        Stop::if_asked(interrupt)?;
        let begun = Instant::now();
        let fault = FaultPlan { index, action, at_ms: 0, for_ms: FAULT_MS };
        let record = live(&fault, &site);
        let proof = record.evidence.into_iter().find(|e| e.proves).map(|e| e.text);
        let result = match (record.effective, proof) {
            (true, Some(text)) => Ok(text),
            _ => Err(RuntimeError::new(record.reason.unwrap_or_default())),
        };
        let failed = result.is_err();
        tell(Step::ended(fault.action.name(), begun, result));
        if failed {
            outcome = Err(Stop::Failed(RuntimeError::new("a fault could not be rehearsed")));
        }
    }
    outcome
}

/// One fault of each kind that the runtime has, on the first broker. Kills come last: a starting
/// broker disturbs the others for a while.
fn actions(cluster: &dyn Cluster, has_freezer: bool) -> Vec<FaultAction> {
    let brokers: Vec<Target> =
        (cluster.nodes().iter().filter(|n| n.is_broker())).map(|n| Target::Broker(n.id)).collect();
    let is_there = |kind: &&&FaultKind| match kind.needs.map(|need| need.facility) {
        None => true,
        Some(Facility::Freezer) => has_freezer,
    };
    let kinds = KINDS.iter().filter(is_there);
    let mut actions: Vec<FaultAction> =
        kinds.filter_map(|kind| (kind.rehearsal)(brokers[0], &brokers[1..])).collect();
    actions.sort_by_key(|action| action.spec().act() == Act::Kill);
    actions
}
