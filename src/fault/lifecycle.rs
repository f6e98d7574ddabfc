//! A fault's life on its own thread: wait, resolve, journal, inject, prove, wait, heal. What was
//! injected is healed, whatever happens in between.

use super::prepare::{Stage, prepare};
use super::{
    Custody, Fault, FaultError, FaultRecord, History, Journal, JournalEntry, Situation, Undone,
};
use crate::clock::Epoch;
use crate::event::{Evidence, FaultStep};
use crate::runtime::Cluster;
use crate::timeline::FaultPlan;
use parking_lot::{Condvar, Mutex};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two looks for a proof, at first; it grows by a quarter, so a proof is seen at most
/// about a quarter late.
const PROOF_INTERVAL_MIN: Duration = Duration::from_micros(100);
/// The longest time between two looks for a proof.
const PROOF_INTERVAL_MAX: Duration = Duration::from_millis(20);

/// Time between two calls of [`Fault::tend`].
const TEND_INTERVAL: Duration = Duration::from_millis(200);

/// Time between two checks whether a proved fault is still in force.
const LOOK_INTERVAL: Duration = Duration::from_millis(25);

/// Calls all faults off: waiting ones are not injected, active ones are healed at once.
#[derive(Debug, Default)]
pub struct Cancel {
    called: Mutex<bool>,
    wake: Condvar,
}

impl Cancel {
    /// Cannot be undone.
    pub fn call(&self) {
        *self.called.lock() = true;
        self.wake.notify_all();
    }

    /// Waits until `deadline`; true as soon as it is called off.
    pub fn wait_until(&self, deadline: Instant) -> bool {
        let mut called = self.called.lock();
        self.wake.wait_while_until(&mut called, |called| !*called, deadline);
        *called
    }
}

/// Where faults act, and what they need to know.
pub struct Site<'a> {
    pub cluster: Arc<dyn Cluster>,
    /// What is known of the cluster now.
    pub situation: Box<dyn Fn() -> Situation + Send + Sync>,
    /// Which fault holds which node.
    pub custody: Arc<Custody>,
    /// What was seen of the partitions so far.
    pub history: Arc<History>,
    /// The environment of `exec`, now.
    pub environment: Box<dyn Fn() -> Vec<(String, String)> + Send + Sync>,
    pub journal: Journal,
    pub epoch: Epoch,
    /// The scenario's zero on it.
    pub zero_us: u64,
    pub cancel: Cancel,
    pub folder: PathBuf,
    /// Called right before a fault touches anything, with its position in the plan and the time in
    /// milliseconds of the scenario's clock.
    pub called: Box<dyn Fn(u16, f64) + Send + Sync + 'a>,
    /// Called at every step.
    pub tell: Box<dyn Fn(u16, FaultStep) + Send + Sync + 'a>,
}

impl Site<'_> {
    /// Now, in milliseconds of the scenario's clock.
    pub fn now_ms(&self) -> f64 {
        (self.epoch.elapsed_us() as f64 - self.zero_us as f64) / 1e3
    }

    fn instant(&self, at_ms: u64) -> Instant {
        Instant::now() + self.epoch.until_us(self.zero_us + at_ms * 1_000)
    }
}

/// Walks one fault through its life; returns when it is healed or was called off.
pub fn live(plan: &FaultPlan, site: &Site<'_>) -> FaultRecord {
    let mut record = FaultRecord {
        trial: None,
        index: plan.index,
        kind: plan.action.name().to_owned(),
        what: plan.to_string(),
        nodes: Vec::new(),
        scheduled_at_ms: plan.at_ms as f64,
        called_at_ms: None,
        effective_at_ms: None,
        healed_at_ms: None,
        effective: false,
        undone: None,
        reason: None,
        evidence: Vec::new(),
    };
    if site.cancel.wait_until(site.instant(plan.at_ms)) {
        record.reason = Some("the run ended before its time".to_owned());
        return record;
    }
    let fault = match prepare(&plan.action, &Stage::now(site, plan.index)) {
        Ok(fault) => fault,
        Err(error) => {
            fail(&mut record, site, error.to_string());
            return record;
        }
    };
    record.nodes = fault.nodes();
    // From here on the guard heals on every way out, panics included.
    let mut guard = Guard { fault, healed: false };
    let outcome = act(plan, site, guard.fault.as_mut(), &mut record);
    // It may have been undone since the last check.
    if record.effective {
        guard.fault.look_for_the_last_time();
    }
    look(site, guard.fault.as_mut(), &mut record);
    if let Some(words) = guard.fault.last_words().filter(|_| record.called_at_ms.is_some()) {
        record.evidence.push(Evidence { at_ms: site.now_ms(), text: words, proves: false });
    }
    if let Err(error) = outcome {
        fail(&mut record, site, error.to_string());
    }
    match guard.heal() {
        Ok(words) => {
            record.healed_at_ms = Some(site.now_ms());
            if let Some(text) = words {
                record.evidence.push(Evidence { at_ms: site.now_ms(), text, proves: false });
            }
            note_healed(&mut record, site);
        }
        Err(error) => fail(&mut record, site, format!("not healed: {error}")),
    }
    if !record.effective && record.reason.is_none() {
        record.reason = Some(unproved(&record));
    }
    record
}

/// Journals, injects, looks for the proof, and tends the fault until its time is over.
fn act(
    plan: &FaultPlan,
    site: &Site<'_>,
    fault: &mut dyn Fault,
    record: &mut FaultRecord,
) -> Result<(), FaultError> {
    let entry = JournalEntry::Intent {
        fault: plan.index,
        what: record.what.clone(),
        nodes: record.nodes.clone(),
        remedy: fault.remedy(),
    };
    site.journal.write(&entry).map_err(|e| FaultError::system("writing the journal", e))?;
    let called_at_ms = site.now_ms();
    record.called_at_ms = Some(called_at_ms);
    (site.called)(plan.index, called_at_ms);
    // The fault's length counts from its call, not from the planned time.
    let end = Instant::now() + Duration::from_millis(plan.for_ms);
    fault.inject()?;
    let nodes = record.nodes.clone();
    (site.tell)(plan.index, FaultStep::Injected { nodes, called_at_ms });
    let mut interval = PROOF_INTERVAL_MIN;
    let mut tend_at = Instant::now() + TEND_INTERVAL;
    loop {
        let now = Instant::now();
        if now >= end {
            return Ok(());
        }
        if now >= tend_at {
            if let Some(text) = fault.tend()? {
                record.evidence.push(Evidence { at_ms: site.now_ms(), text, proves: false });
            }
            tend_at = Instant::now() + TEND_INTERVAL;
        }
        if record.effective {
            look(site, fault, record);
        } else {
            prove(plan, site, fault, record)?;
        }
        // An undone fault is over: the rest is healed, and its time ends here.
        if fault.is_over() || record.undone.is_some() {
            return Ok(());
        }
        let mut until = end.min(tend_at);
        if record.effective {
            until = until.min(Instant::now() + LOOK_INTERVAL);
        } else {
            until = until.min(Instant::now() + interval);
            interval = (interval * 5 / 4).min(PROOF_INTERVAL_MAX);
        }
        if site.cancel.wait_until(until) {
            return Ok(());
        }
    }
}

/// Looks once for the proof.
fn prove(
    plan: &FaultPlan,
    site: &Site<'_>,
    fault: &mut dyn Fault,
    record: &mut FaultRecord,
) -> Result<(), FaultError> {
    if let Some(text) = fault.prove()? {
        let evidence = Evidence { at_ms: site.now_ms(), text, proves: true };
        record.effective = true;
        record.effective_at_ms = Some(evidence.at_ms);
        record.evidence.push(evidence.clone());
        (site.tell)(plan.index, FaultStep::Effective(evidence));
    }
    Ok(())
}

/// Checks once whether a proved fault has been undone.
fn look(site: &Site<'_>, fault: &mut dyn Fault, record: &mut FaultRecord) {
    if !record.effective {
        return;
    }
    let at_ms = site.now_ms();
    let Some(found) = fault.undone() else { return };
    let after_ms = at_ms - record.called_at_ms.unwrap_or(at_ms);
    let undone = Undone { at_ms, after_ms, node: found.node, how: found.how };
    let reason = format!("undone {}", undone.in_words());
    (site.tell)(record.index, FaultStep::Undone { reason: reason.clone() });
    record.effective = false;
    record.reason = Some(reason);
    record.undone = Some(undone);
}

fn note_healed(record: &mut FaultRecord, site: &Site<'_>) {
    (site.tell)(record.index, FaultStep::Healed);
    if let Err(error) = site.journal.write(&JournalEntry::Healed { fault: record.index }) {
        record.evidence.push(Evidence {
            at_ms: site.now_ms(),
            text: format!("healed, but the journal could not be written: {error}"),
            proves: false,
        });
    }
}

fn fail(record: &mut FaultRecord, site: &Site<'_>, reason: String) {
    (site.tell)(record.index, FaultStep::Failed { reason: reason.clone() });
    record.effective = false;
    record.reason = Some(reason);
}

fn unproved(record: &FaultRecord) -> String {
    let held_ms = match (record.called_at_ms, record.healed_at_ms) {
        (Some(called), Some(healed)) => healed - called,
        _ => 0.0,
    };
    let seen = record.evidence.last().map_or(String::new(), |e| format!("; {}", e.text));
    format!("no proof that it took effect was seen in the {held_ms:.1} ms that it lasted{seen}")
}

/// Heals when dropped, unless that was done.
struct Guard {
    fault: Box<dyn Fault>,
    healed: bool,
}

impl Guard {
    fn heal(&mut self) -> Result<Option<String>, FaultError> {
        let result = self.fault.heal();
        self.healed = result.is_ok();
        result
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.healed {
            // The first try has reported its error; this is the second try, or a panic's only one.
            drop(self.fault.heal());
        }
    }
}
