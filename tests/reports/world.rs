//! Reports made from figures: one in which all is well, and what may be wrong with it.

use kafka_chaos::testing::event::Evidence;
use kafka_chaos::testing::fault::FaultRecord;
use kafka_chaos::testing::ledger::LatencyPhase;
use kafka_chaos::testing::model::{Metric, RuntimeKind};
use kafka_chaos::testing::plan;
use kafka_chaos::testing::report::{self, Format, Sort};
use kafka_chaos::testing::result::{
    self, Assembly, CellReport, Invocation, Phase, Report, TrialReport, Verb,
};
use kafka_chaos::testing::runtime::Stop;
use kafka_chaos::testing::verify::{
    Bounds, Counts, PhaseLatency, Reason, ReasonKind, Scope, Verdict, Witness, most_telling_first,
};
use std::collections::BTreeMap;

const SCENARIO: &str = "name: made\nsummary: Made of figures.\n\
    faults:\n  - {process_stop: leader, at: 5s, for: 10s}\n\
    expect: {lost: 0, duplicated: 0}\n";

/// A run that ended like this before anything was sent.
pub fn unsent(stop: Option<Stop>) -> Report {
    let plan =
        plan::from_text("made.yaml", &with_axis("acks: [\"1\", all]"), &[], Some(7)).unwrap();
    assembled(&plan, stop)
}

fn with_axis(axes: &str) -> String {
    format!("{SCENARIO}matrix: {{{axes}}}\n")
}

fn assembled(plan: &plan::Plan, stop: Option<Stop>) -> Report {
    let assembly = Assembly {
        started_at: "2026-01-01T03:00:00+02:00".into(),
        zero_us: Some(0),
        sending_ended_us: Some(20_000_000),
        stop,
        ..Assembly::new(plan)
    };
    assembly.report()
}

/// Two cells, `acks=1` and `acks=all`, of two expectations each, all met; one fault, proved.
pub fn sound() -> Report {
    made_sound(unsent(None))
}

/// A command line that the reports may have kept.
pub fn invocation() -> Invocation {
    Invocation {
        command: Verb::Run,
        scenario: "made.yaml".into(),
        set: vec!["expect.lost=<= 5".into()],
        sweep: vec![],
        seed: 7,
        repeat: 3,
        until_decided: None,
        shard: None,
        runtime: RuntimeKind::Local,
        heap_mib: 256,
        kafka_home: None,
        image: None,
        pull_never: false,
        port_base: None,
        environment: BTreeMap::new(),
        trial: None,
    }
}

/// 36 cells in which all is well.
pub fn sound_36() -> Report {
    let axes = "min.insync.replicas: [1, 2, 3], acks: [\"0\", \"1\", all], \
                unclean.leader.election.enable: [false, true], compression.type: [none, lz4]";
    let plan = plan::from_text("made.yaml", &with_axis(axes), &[], Some(7)).unwrap();
    made_sound(assembled(&plan, None))
}

fn made_sound(mut report: Report) -> Report {
    report.verdict = Verdict::Pass;
    report.exit_code = 0;
    report.reasons = vec!["every expectation of 2 cells is met; the fault took effect".into()];
    report.why.clear();
    report.phases = vec![
        Phase { name: "cluster".into(), ms: 4_250.5 },
        Phase { name: "sending".into(), ms: 20_000.25 },
    ];
    report.faults = vec![FaultRecord {
        trial: None,
        index: 0,
        kind: "process_stop".into(),
        what: "process_stop leader at 5 s for 10 s".into(),
        nodes: vec!["broker-0".into()],
        scheduled_at_ms: 5_000.0,
        called_at_ms: Some(5_000.5),
        effective_at_ms: Some(5_001.75),
        healed_at_ms: Some(15_000.0),
        effective: true,
        undone: None,
        reason: None,
        evidence: vec![Evidence { at_ms: 5_001.75, text: "all in state T".into(), proves: true }],
    }];
    for cell in &mut report.cells {
        make_sound(cell);
    }
    report
}

fn make_sound(cell: &mut CellReport) {
    cell.verdict = Verdict::Pass;
    cell.counts = Counts::exact(12_000, [(Metric::Acked, 12_000)]);
    cell.witnesses.clear();
    cell.rate = None;
    cell.unavailable_ms = Some(9_876.5);
    let latency = |phase, p99_us| PhaseLatency {
        phase,
        count: 10,
        unacked: 0,
        p50_us: Some(9_000),
        p99_us: Some(p99_us),
        max_us: Some(9_999_999),
    };
    cell.latencies =
        vec![latency(LatencyPhase::Before, 24_000), latency(LatencyPhase::During, 9_876_500)];
    for one in &mut cell.expectations {
        one.verdict = Verdict::Pass;
        one.reason = format!("`{}` is met: 0 messages", one.text);
    }
}

/// A witness of lost messages, in words.
pub const LOSS: &str = "990 messages acknowledged by broker 0 were truncated";

/// Violates the first expectation of this cell: messages are lost.
pub fn violate(report: &mut Report, cell: usize) {
    let cell = &mut report.cells[cell];
    cell.verdict = Verdict::Fail;
    cell.counts.set(Metric::Lost, 990);
    cell.expectations[0].verdict = Verdict::Fail;
    cell.expectations[0].reason = "`lost: 0` is violated: 990 messages lost".into();
    cell.witnesses = vec![Witness {
        client: None,
        anomaly: Metric::Lost,
        partition: 0,
        count: 990,
        sequences: None,
        offsets: None,
        acked_from_ms: None,
        acked_to_ms: None,
        acked_by: vec![],
        faults: vec![0],
        moved_by: vec![],
        all_down: None,
        cause: None,
        standing: vec![],
        text: LOSS.into(),
    }];
    let (scope, text) = (Scope::Cell(cell.id.clone()), cell.expectations[0].reason.clone());
    let metric = Some(Metric::Lost);
    let reason = Reason::new(ReasonKind::Violated, scope, text);
    add(report, Reason { metric, amount: 990, ..reason });
    (report.verdict, report.exit_code) = (Verdict::Fail, 1);
}

/// Leaves the first expectation of this cell unsettled.
pub fn unsettle(report: &mut Report, cell: usize) {
    let cell = &mut report.cells[cell];
    cell.verdict = Verdict::Inconclusive;
    cell.expectations[0].verdict = Verdict::Inconclusive;
    cell.expectations[0].reason = "`lost: 0` is not settled: 0 to 5 messages lost".into();
    cell.counts[Metric::Lost] = Bounds { least: 0, most: Some(5) };
    let (scope, text) = (Scope::Cell(cell.id.clone()), cell.expectations[0].reason.clone());
    let reason = Reason::new(ReasonKind::NotSettled, scope.clone(), text);
    add(report, Reason { metric: Some(Metric::Lost), ..reason });
    let text = "the log of partition 2 was not read to its end".to_owned();
    add(report, Reason::new(ReasonKind::NotSettled, scope, text));
    make_inconclusive(report);
}

/// Adds a reason.
pub fn add(report: &mut Report, reason: Reason) {
    report.why.push(reason);
    most_telling_first(&mut report.why);
    report.reasons = report.why.iter().map(ToString::to_string).collect();
}

/// Overloads the machine in this cell.
pub fn overload(report: &mut Report, cell: usize) {
    let cell = &mut report.cells[cell];
    cell.verdict = cell.verdict.max(Verdict::Inconclusive);
    let text = "the machine did not keep up".to_owned();
    let reason = Reason::new(ReasonKind::Overload, Scope::Cell(cell.id.clone()), text);
    add(report, reason);
    make_inconclusive(report);
}

/// Leaves the fault unproved.
pub fn miss(report: &mut Report) {
    let fault = &mut report.faults[0];
    fault.effective = false;
    fault.reason = Some("no thread stood still".into());
    let text = "fault 1 (process_stop leader) did not take effect: no thread stood still".into();
    add(report, Reason::new(ReasonKind::Fault, Scope::Fault(0), text));
    make_inconclusive(report);
}

/// Keeps the run from passing.
pub fn make_inconclusive(report: &mut Report) {
    if report.verdict == Verdict::Pass {
        (report.verdict, report.exit_code) = (Verdict::Inconclusive, 3);
    }
}

/// Merges several trials.
pub fn trials(reports: Vec<Report>) -> Report {
    let numbered = (1..).zip(reports);
    let run = |(number, report): (u32, Report)| {
        let trial = TrialReport {
            number,
            axes: BTreeMap::new(),
            folder: format!("trials/{number:03}"),
            verdict: report.verdict,
            exit_code: report.exit_code,
            reasons: report.reasons.clone(),
            started_at: report.started_at.clone(),
            ms: 1_000.1,
            faults: vec![],
        };
        (trial, report)
    };
    result::merge(numbered.map(run).collect())
}

/// The report in a format, with the table in the plan's order.
pub fn written(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    report::write(report, format, &Sort::Plan, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
