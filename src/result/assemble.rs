//! From what is known of a run to its report: verify each cell, judge, find the reasons.

use super::achieved_rate::AchievedRate;
use super::gate::Windows;
use super::report::{CellReport, Memory, Report, SCHEMA};
use super::window::window;
use super::{client_errors, gate, lead};
use crate::client::wire::Summary;
use crate::event::Observation;
use crate::exit::Exit;
use crate::fault::{FaultRecord, consequences};
use crate::ledger::{Ledger, LedgerRecord, Observed, PartitionLedger, PartitionObserved};
use crate::model::Rate;
use crate::plan::{Cell, Plan};
use crate::runtime::Stop;
use crate::timeline::Election;
use crate::verify::{
    self, CellFindings, CellInput, CellVerdict, FaultWindow, Reason, ReasonKind, RunVerdict, Scope,
    Timeline, Verdict,
};
use std::collections::BTreeMap;

/// All that is known when a run is over, however it ended.
pub struct Assembly<'a> {
    /// What was run.
    pub plan: &'a Plan,
    /// Runtime, versions, seed, timing; one line each.
    pub about: Vec<String>,
    /// RFC 3339.
    pub started_at: String,
    /// The scenario's zero on the run's clock; none if it was not reached.
    pub zero_us: Option<u64>,
    /// When sending ended, on the run's clock.
    pub sending_ended_us: Option<u64>,
    /// The brokers by their names, which faults have them by.
    pub brokers: BTreeMap<String, i32>,
    /// In the plan's order.
    pub faults: Vec<FaultRecord>,
    /// What the watcher saw.
    pub observations: Vec<Observation>,
    /// One a cell; empty when it did not come to that.
    pub ledgers: &'a [Ledger],
    /// One a cell; none where the log was not read.
    pub observed: Vec<Option<Observed>>,
    /// Cells that something kept from being settled, and what.
    pub unsettled: Vec<(u16, String)>,
    /// Each worker's own account.
    pub producers: Vec<Option<Summary>>,
    /// Worth knowing.
    pub notes: Vec<String>,
    /// Why the run ended before its time, if it did.
    pub stop: Option<Stop>,
}

/// What is found out about one cell, and its verdict.
struct Judged {
    findings: CellFindings,
    verdict: CellVerdict,
    rate: Option<AchievedRate>,
    timeline: Option<Timeline>,
    bytes: usize,
}

impl Assembly<'_> {
    /// The report; its phases are empty, for this is one of them.
    pub fn report(mut self) -> Report {
        let zero_us = self.zero_us.unwrap_or(0);
        for fault in &mut self.faults {
            let seen = consequences(fault, &self.observations, zero_us);
            fault.evidence.extend(seen);
            fault.evidence.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
        }
        let windows: Vec<FaultWindow> = self
            .faults
            .iter()
            .filter_map(|f| window(f, self.plan, &self.brokers, zero_us))
            .collect();
        let judged: Vec<Judged> =
            self.plan.cells.iter().map(|cell| self.judge(cell, &windows, zero_us)).collect();
        let (run, exit) = self.sum_up(&judged);
        let bytes = judged.iter().map(|j| j.bytes as u64).sum();
        let cells = self.plan.cells.iter().zip(judged).zip(&self.producers);
        let cells = cells.map(|((cell, judged), producer)| {
            let Judged { findings, verdict, rate, timeline, .. } = judged;
            let report = CellReport::new(cell, config(cell), findings, verdict, producer.clone());
            let errors = producer.as_ref().map(|summary| client_errors::of(summary, zero_us));
            CellReport { rate, timeline, client_errors: errors.unwrap_or_default(), ..report }
        });
        let cells: Vec<CellReport> = cells.collect();
        let ms = |us: u64| us as f64 / 1e3;
        Report {
            schema: SCHEMA.to_owned(),
            verdict: run.verdict,
            exit_code: exit.code(),
            reasons: lead::reasons(&run.reasons, &cells, self.faults.len()),
            why: run.reasons,
            started_at: self.started_at,
            about: self.about,
            trials: Vec::new(),
            axes: self.plan.axes.clone(),
            cells,
            faults: self.faults,
            leaders: self.observations,
            phases: Vec::new(),
            zero_ms: self.zero_us.map(ms),
            sending_ended_ms: self.sending_ended_us.map(|us| ms(us) - ms(zero_us)),
            memory: Memory {
                ledger_and_observed_bytes: bytes,
                peak_resident_bytes: peak_resident_bytes(),
            },
            notes: self.notes,
            invocation: None,
            plan: self.plan.clone(),
        }
    }

    fn judge(&self, cell: &Cell, windows: &[FaultWindow], zero_us: u64) -> Judged {
        let index = usize::from(cell.index);
        let mut unsettled: Vec<String> =
            self.unsettled.iter().filter(|(i, _)| *i == cell.index).map(|u| u.1.clone()).collect();
        let ledger = self.ledgers.get(index).map(Ledger::record).transpose();
        let ledger = ledger.unwrap_or_else(|error| {
            unsettled.push(format!("the ledger cannot be read: {error}"));
            None
        });
        let ledger = ledger.unwrap_or_default();
        let unread = unread(ledger.partitions.len());
        let observed = self.observed[index].as_ref().unwrap_or(&unread);
        let own_end = self.producers[index].as_ref().map(|p| p.ended_us);
        let sending_ended_us = own_end.or(self.sending_ended_us).unwrap_or(zero_us);
        let acks = cell.producer.config.get("acks").map_or("all", String::as_str);
        let input = CellInput {
            topic: &cell.topic.name,
            confirmed: acks != "0",
            all_in_sync: matches!(acks, "all" | "-1"),
            unclean_elections: Election::Unclean.is_for(&cell.topic.config),
            ledger: &ledger,
            observed,
            observations: &self.observations,
            faults: windows,
            zero_us,
            sending_ended_us,
            holes_explained: None,
        };
        let mut findings = verify::cell(&input);
        let timeline = verify::timeline(&input);
        findings.inconclusive.extend(unsettled);
        let first_fault_us = windows.iter().map(|w| w.called_us).min();
        let own = Windows { zero_us, first_fault_us, end_us: sending_ended_us };
        let rate = gate::achieved(cell, &ledger, &own);
        let mut verdict = verify::judge(&cell.id, &cell.expectations, &findings);
        let before = findings.latencies.iter().find(|l| l.label == "before");
        let p99_us = before.and_then(|l| l.p99_us);
        if let Some(text) = gate::overload(cell, rate.as_ref(), p99_us, &own) {
            let scope = Scope::Cell(cell.id.clone());
            verdict.add(Reason::new(ReasonKind::Overload, scope, text));
        }
        Judged { findings, verdict, rate, timeline, bytes: allocated_bytes(&ledger, observed) }
    }

    /// Verdict with reasons, and exit of the whole run.
    fn sum_up(&self, judged: &[Judged]) -> (RunVerdict, Exit) {
        let cells: Vec<CellVerdict> = judged.iter().map(|j| j.verdict.clone()).collect();
        let ineffective = self.faults.iter().filter_map(|f| {
            let text = format!("fault {} ({}) {}", f.index + 1, f.what, f.shortcoming()?);
            Some(Reason::new(ReasonKind::Fault, Scope::Fault(f.index), text))
        });
        let mut run = verify::judge_run(&cells, ineffective.collect());
        let (first, exit) = match &self.stop {
            Some(Stop::Interrupted(exit)) => {
                ("interrupted before the log was read back".to_owned(), *exit)
            }
            Some(Stop::Failed(error)) => (error.to_string(), Exit::Environment),
            None => {
                let exit = run.verdict.exit();
                return (run, exit);
            }
        };
        run.reasons.insert(0, Reason::new(ReasonKind::Stopped, Scope::Run, first));
        run.verdict = Verdict::Inconclusive;
        (run, exit)
    }
}

/// A log that nobody read.
fn unread(partitions: usize) -> Observed {
    Observed {
        partitions: Vec::new(),
        log_start: vec![0; partitions],
        end: vec![0; partitions],
        unreadable: vec![Some("it was not read: the run ended before".to_owned()); partitions],
        ..Observed::default()
    }
}

fn allocated_bytes(ledger: &LedgerRecord, observed: &Observed) -> usize {
    let ledger: usize = ledger.partitions.iter().map(PartitionLedger::allocated_bytes).sum();
    let observed: usize = observed.partitions.iter().map(PartitionObserved::allocated_bytes).sum();
    ledger + observed
}

/// Every property of topic and producer, by name.
fn config(cell: &Cell) -> BTreeMap<String, String> {
    let mut config = cell.producer.config.clone();
    config.extend(cell.topic.config.clone());
    config.insert("partitions".to_owned(), cell.topic.partitions().to_string());
    config.insert("replication.factor".to_owned(), cell.topic.replication_factor().to_string());
    config.insert("message.bytes".to_owned(), cell.producer.message_bytes.to_string());
    let rate = match cell.producer.rate {
        Rate::PerSecond(rate) => rate.to_string(),
        Rate::Max => "max".to_owned(),
    };
    config.insert("rate".to_owned(), rate);
    if cell.producer.saturate {
        config.insert("saturate".to_owned(), "true".to_owned());
    }
    config
}

/// The highest resident set that this process ever had (getrusage(2) tells KiB).
fn peak_resident_bytes() -> u64 {
    use nix::sys::resource::{UsageWho, getrusage};
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss() as u64 * 1024)
}
