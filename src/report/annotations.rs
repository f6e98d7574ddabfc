//! GitHub Actions workflow commands, which become annotations of the scenario's file and of the
//! job's page. A violation is an error, and so is a failed environment; what was not found out is a
//! warning, and what was only measured a notice. On each level the most telling comes first.

use super::failure;
use super::lines::short;
use crate::exit::Exit;
use crate::result::{CellReport, Report, lead};
use crate::verify::{ExpectationVerdict, Reason, Verdict};

/// GitHub shows this many errors and warnings per step, and drops the others.
const SHOWN_MAX: usize = 10;
/// Characters of a message: it is shown in a small box.
const MESSAGE_MAX: usize = 2_000;
/// Lines of a message: the reason, and the first of what happened.
const LINES_MAX: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

/// One annotation: its level, its title after the scenario's name, its message.
type Annotation = (Level, String, Vec<String>);

/// The workflow commands for a report, one line each; none if all cells passed. A plan does not
/// keep its scenario's lines, so they have none.
pub fn annotations(report: &Report) -> Vec<String> {
    let all = found(report);
    let mut lines = Vec::new();
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let such: Vec<&Annotation> = all.iter().filter(|(of, ..)| *of == level).collect();
        let shown = if such.len() > SHOWN_MAX { SHOWN_MAX - 1 } else { such.len() };
        lines.extend(
            such[..shown].iter().map(|(_, title, said)| command(report, level, title, said)),
        );
        if shown < such.len() {
            let said = vec![format!("and {} more, see report.json", such.len() - shown)];
            lines.push(command(report, level, "", &said));
        }
    }
    lines
}

fn found(report: &Report) -> Vec<Annotation> {
    let mut all: Vec<Annotation> = Vec::new();
    let stopped = [Exit::Environment, Exit::Interrupted, Exit::Terminated].contains(&report.exit());
    if stopped {
        let failed = report.exit() == Exit::Environment;
        let level = if failed { Level::Error } else { Level::Warning };
        all.push((level, String::new(), report.reasons.iter().take(1).cloned().collect()));
        // What was not reached says nothing; what several earlier trials saw says much.
        if report.verdict != Verdict::Fail {
            return all;
        }
    }
    for fault in &report.faults {
        if let Some(shortcoming) = fault.shortcoming() {
            let said = format!("{} {shortcoming}", fault.what);
            all.push((Level::Warning, String::new(), vec![said]));
        }
    }
    for (cell, one) in expectations(report) {
        let level = match one.verdict {
            Verdict::Pass | Verdict::Measured => continue,
            Verdict::Inconclusive => Level::Warning,
            Verdict::Fail => Level::Error,
        };
        all.push((level, cell.id.clone(), failure::expectation(report, cell, one)));
    }
    for cell in &report.cells {
        let worst = cell.expectations.iter().map(|e| e.verdict).max().unwrap_or(Verdict::Pass);
        if cell.verdict > worst {
            all.push((Level::Warning, cell.id.clone(), failure::otherwise(report, cell)));
        }
        if cell.verdict == Verdict::Measured && report.verdict != Verdict::Measured {
            let said = lead::measured(std::slice::from_ref(cell));
            all.push((Level::Notice, cell.id.clone(), vec![said]));
        }
    }
    if report.verdict == Verdict::Measured {
        all.push((Level::Notice, String::new(), report.reasons.clone()));
    } else if all.is_empty() && report.verdict != Verdict::Pass {
        all.push((Level::Warning, String::new(), report.reasons.clone()));
    }
    all
}

/// Every expectation with its cell: first those that keep the run from passing, in the order of its
/// reasons, then the others.
fn expectations(report: &Report) -> Vec<(&CellReport, &ExpectationVerdict)> {
    let all = report.cells.iter().flat_map(|cell| cell.expectations.iter().map(move |e| (cell, e)));
    let mut all: Vec<(&CellReport, &ExpectationVerdict)> = all.collect();
    all.sort_by_cached_key(|(cell, one)| {
        let is_same = |r: &Reason| r.is_of(&cell.id) && r.metric == Some(one.metric);
        report.why.iter().position(is_same).unwrap_or(usize::MAX)
    });
    all
}

fn command(report: &Report, level: Level, title: &str, said: &[String]) -> String {
    let level = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let title = if title.is_empty() { String::new() } else { format!(" {title}") };
    let title = property(&short(&format!("{}{title}", report.plan.name), 200));
    let said: Vec<&str> = said.iter().flat_map(|text| text.lines()).take(LINES_MAX).collect();
    let message = if said.is_empty() { "no reason is known".to_owned() } else { said.join("\n") };
    let message = data(&short(&message, MESSAGE_MAX));
    format!("::{level} file={},title={title}::{message}", property(&report.plan.source))
}

/// A message for the runner: line ends are escaped, terminal control is removed.
fn data(text: &str) -> String {
    let safe = |c: char| match c {
        '%' => "%25".to_owned(),
        '\r' => "%0D".to_owned(),
        '\n' => "%0A".to_owned(),
        c if c.is_control() => '\u{fffd}'.to_string(),
        c => c.to_string(),
    };
    text.chars().map(safe).collect()
}

/// A property's value, which also ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
