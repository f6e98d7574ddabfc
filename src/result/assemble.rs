//! From what is known of a run to its report: verifies each cell, judges it, and finds the reasons.

use super::achieved_rate::AchievedRate;
use super::client_errors::ClientError;
use super::gate::Windows;
use super::report::{CellReport, Memory, Report, SCHEMA};
use super::window::window;
use super::{client_errors, gate, lead};
use crate::client::producer::Summary;
use crate::client::wire::Account;
use crate::event::Observation;
use crate::exit::Exit;
use crate::fault::{FaultRecord, consequences};
use crate::ledger::{LatencyPhase, Ledger, Observed, PartitionLedger, PartitionObserved};
use crate::model::{Environment, Rate};
use crate::plan::{Cell, Plan, ProducerPlan};
use crate::runtime::Stop;
use crate::timeline::Election;
use crate::verify::{
    self, CellFindings, CellInput, CellVerdict, ClientRecord, FaultWindow, Reason, ReasonKind,
    RunVerdict, Scope, Timeline, Verdict,
};
use std::collections::BTreeMap;

/// What is known when a run is over, however it ended.
pub struct Assembly<'a> {
    pub plan: &'a Plan,
    /// Where it ran and on what.
    pub environment: Option<Environment>,
    /// RFC 3339.
    pub started_at: String,
    /// The scenario's zero on the run's clock; `None` if it was not reached.
    pub zero_us: Option<u64>,
    /// When sending ended, on the run's clock.
    pub sending_ended_us: Option<u64>,
    /// The brokers by the names that faults use.
    pub brokers: BTreeMap<String, i32>,
    /// In the plan's order.
    pub faults: Vec<FaultRecord>,
    pub observations: Vec<Observation>,
    /// In the order of the cells; empty when it did not come to that.
    pub clients: &'a [ClientFacts],
    /// One per cell, as far as logs were read.
    pub observed: Vec<Observed>,
    /// Cells that could not be settled, and why.
    pub unsettled: Vec<(u16, String)>,
    pub notes: Vec<String>,
    /// Why the run ended before its time.
    pub stop: Option<Stop>,
}

/// What is known of one client when its run is over.
pub struct ClientFacts {
    /// What was promised; it says who the client is.
    pub ledger: Ledger,
    /// Its own account: how it ended, and its errors; none if it died.
    pub account: Option<Account>,
}

impl ClientFacts {
    /// A producer's own account.
    fn summary(&self) -> Option<&Summary> {
        match self.account.as_ref()? {
            Account::Producer(summary) => Some(summary),
        }
    }
}

/// A cell's findings and verdict.
struct Judged {
    findings: CellFindings,
    verdict: CellVerdict,
    rate: Option<AchievedRate>,
    timeline: Option<Timeline>,
    bytes: usize,
}

impl<'a> Assembly<'a> {
    /// A run of which nothing is known yet.
    pub fn new(plan: &'a Plan) -> Self {
        Assembly {
            plan,
            environment: None,
            started_at: String::new(),
            zero_us: None,
            sending_ended_us: None,
            brokers: BTreeMap::new(),
            faults: Vec::new(),
            observations: Vec::new(),
            clients: &[],
            observed: Vec::new(),
            unsettled: Vec::new(),
            notes: Vec::new(),
            stop: None,
        }
    }

    /// The report without phases, because making it is one of them.
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
        let cells = self.plan.cells.iter().zip(judged).map(|(cell, judged)| {
            let Judged { findings, verdict, rate, timeline, .. } = judged;
            let summaries = || self.clients_of(cell).filter_map(ClientFacts::summary);
            let first = summaries().next().cloned();
            let report = CellReport::new(cell, config(cell), findings, verdict, first);
            let errors: Vec<ClientError> =
                summaries().flat_map(|summary| client_errors::of(summary, zero_us)).collect();
            CellReport { rate, timeline, client_errors: client_errors::merged(&errors), ..report }
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
            about: Vec::new(),
            environment: self.environment,
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

    /// What is known of a cell's clients.
    fn clients_of(&self, cell: &Cell) -> impl Iterator<Item = &ClientFacts> {
        self.clients.iter().filter(|client| client.ledger.id().cell == cell.index)
    }

    /// One record per producer of a cell. Why a ledger is not known goes to `unsettled`.
    fn records<'p>(
        &self,
        cell: &'p Cell,
        zero_us: u64,
        unsettled: &mut Vec<String>,
    ) -> Vec<ClientRecord<'p>> {
        let numbered = (0_u16..).zip(&cell.clients);
        let producers =
            numbered.filter_map(|(number, one)| Some((number, &one.name, one.role.producer()?)));
        let record = |(number, name, plan): (u16, &'p String, &ProducerPlan)| {
            let facts = self.clients_of(cell).find(|facts| facts.ledger.id().producer == number);
            let ledger = facts.map(|own| own.ledger.record()).transpose();
            let ledger = ledger.unwrap_or_else(|error| {
                unsettled.push(format!("the ledger cannot be read: {error}"));
                None
            });
            let own_end = facts.and_then(ClientFacts::summary).map(|own| own.ended_us);
            let acks = plan.config.get("acks").map_or("all", String::as_str);
            ClientRecord {
                name,
                confirmed: acks != "0",
                all_in_sync: matches!(acks, "all" | "-1"),
                ledger: ledger.unwrap_or_default(),
                sending_ended_us: own_end.or(self.sending_ended_us).unwrap_or(zero_us),
            }
        };
        producers.map(record).collect()
    }

    fn judge(&self, cell: &Cell, windows: &[FaultWindow], zero_us: u64) -> Judged {
        let index = usize::from(cell.index);
        let mut unsettled: Vec<String> =
            self.unsettled.iter().filter(|(i, _)| *i == cell.index).map(|u| u.1.clone()).collect();
        let clients = self.records(cell, zero_us, &mut unsettled);
        let partitions = clients.iter().map(|one| one.ledger.partitions.len()).max();
        let unread = unread(partitions.unwrap_or(0));
        let observed = self.observed.get(index).unwrap_or(&unread);
        let input = CellInput {
            topic: &cell.topic.name,
            unclean_elections: Election::Unclean.is_for(&cell.topic.config),
            clients: &clients,
            observed,
            observations: &self.observations,
            faults: windows,
            zero_us,
            holes_explained: None,
        };
        let mut findings = verify::cell(&input);
        let timeline = verify::timeline(&input);
        findings.inconclusive.extend(unsettled);
        let first_fault_us = windows.iter().map(|w| w.called_us).min();
        let end_us = clients.iter().map(|one| one.sending_ended_us).max().unwrap_or(zero_us);
        let own = Windows { zero_us, first_fault_us, end_us };
        let rate = gate::achieved(cell, &clients, &own);
        let mut verdict = verify::judge(&cell.id, &cell.expectations, &findings);
        let before = findings.latencies.iter().find(|l| l.phase == LatencyPhase::Before);
        let p99_us = before.and_then(|l| l.p99_us);
        if let Some(text) = gate::overload(cell, rate.as_ref(), p99_us, &own) {
            let scope = Scope::Cell(cell.id.clone());
            verdict.add(Reason::new(ReasonKind::Overload, scope, text));
        }
        Judged { findings, verdict, rate, timeline, bytes: allocated_bytes(&clients, observed) }
    }

    /// The verdict with reasons, and the exit of the whole run.
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
        clients: Vec::new(),
        log_start: vec![0; partitions],
        end: vec![0; partitions],
        unreadable: vec![Some("it was not read: the run ended before".to_owned()); partitions],
        ..Observed::default()
    }
}

fn allocated_bytes(clients: &[ClientRecord<'_>], observed: &Observed) -> usize {
    let promised = clients.iter().flat_map(|client| &client.ledger.partitions);
    let promised: usize = promised.map(PartitionLedger::allocated_bytes).sum();
    let read = observed.clients.iter().flatten();
    promised + read.map(PartitionObserved::allocated_bytes).sum::<usize>()
}

/// Every property of topic and producers, by name.
fn config(cell: &Cell) -> BTreeMap<String, String> {
    let mut config = cell.topic.config.clone();
    config.insert("partitions".to_owned(), cell.topic.partitions().to_string());
    config.insert("replication.factor".to_owned(), cell.topic.replication_factor().to_string());
    for producer in cell.producers() {
        let rate = match producer.rate {
            Rate::PerSecond(rate) => rate.to_string(),
            Rate::Max => "max".to_owned(),
        };
        let own = [("message.bytes", producer.message_bytes.to_string()), ("rate", rate)];
        let saturate = producer.saturate.then(|| ("saturate", "true".to_owned()));
        let own = own.into_iter().chain(saturate).map(|(name, value)| (name.to_owned(), value));
        // A property of the topic is told of it; what every producer has, once.
        for (name, value) in producer.config.clone().into_iter().chain(own) {
            config.entry(name).or_insert(value);
        }
    }
    config
}

/// The highest resident set of this process so far (getrusage(2) reports KiB).
fn peak_resident_bytes() -> u64 {
    use nix::sys::resource::{UsageWho, getrusage};
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss() as u64 * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{LedgerWriter, ProducerId};
    use crate::model::Metric;
    use crate::plan::ClientPlan;
    use std::path::Path;

    /// A client that had so many messages acknowledged, one after another.
    fn client(folder: &Path, cell: u16, producer: u16, acked: u64) -> ClientFacts {
        let dir = folder.join(format!("{cell}-{producer}"));
        let id = ProducerId { run: 1, cell, producer };
        let (mut sends, mut outcomes) = LedgerWriter::create(&dir, id, 1).unwrap().split();
        for sequence in 0..acked {
            sends.sent(0, sequence, 1_000).unwrap();
            outcomes.acked(0, sequence, sequence as i64, 2_000, 1_000).unwrap();
        }
        ClientFacts { ledger: Ledger::open(&dir).unwrap(), account: None }
    }

    // The first cell has two producers. No log was read, so all that they were promised may be lost.
    #[test]
    fn a_cells_counts_are_those_of_its_own_clients() {
        let text = "name: t\nduration: 9s\nmatrix: {acks: [all, 1]}\ntopic: {partitions: 1}\n";
        let mut plan = crate::plan::from_text("t.yaml", text, &[], Some(1)).unwrap();
        let second = ClientPlan { name: "producer-1".into(), ..plan.cells[0].clients[0].clone() };
        plan.cells[0].clients.push(second);
        let dir = tempfile::tempdir().unwrap();
        let of = |cell, producer, acked| client(dir.path(), cell, producer, acked);
        let report = Assembly {
            zero_us: Some(0),
            sending_ended_us: Some(9_000_000),
            clients: &[of(0, 0, 3), of(0, 1, 2), of(1, 0, 1)],
            ..Assembly::new(&plan)
        };
        let report = report.report();
        let counts = |cell: usize| {
            let counts = &report.cells[cell].counts;
            (counts.sent, counts.of(Metric::Acked), counts[Metric::Lost].most)
        };
        assert_eq!((counts(0), counts(1)), ((5, 5, Some(5)), (1, 1, Some(1))));
        let wanted = |cell: usize| report.cells[cell].rate.as_ref().map(|rate| rate.wanted);
        assert_eq!((wanted(0), wanted(1)), (Some(2_000.0), Some(1_000.0)));
        let whose = report.cells[0].witnesses.iter().map(|one| (one.client.as_deref(), one.count));
        let expected = [(Some("producer-0"), 3), (Some("producer-1"), 2)];
        assert_eq!(whose.collect::<Vec<_>>(), expected);
        assert_eq!(report.plan, plan);
    }
}
