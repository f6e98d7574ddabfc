//! Reports of the schema's first version gave their reasons in words only. [`why`] parses those
//! words, so that old reports can be shown and compared like new ones.

use crate::exit::Exit;
use crate::verify::{ExpectationVerdict, Reason, ReasonKind, Scope};

/// The name of that schema.
pub(crate) const FIRST_SCHEMA: &str = "kafka-chaos/report/1";

/// A cell's id and its expectations.
pub(crate) type OldCell<'a> = (&'a str, &'a [ExpectationVerdict]);

/// The reasons of a run, or of one of several trials, that ended with this exit status.
pub(crate) fn why(
    exit_code: u8,
    reasons: &[String],
    cells: &[OldCell<'_>],
    trial: Option<u32>,
) -> Vec<Reason> {
    let is = |exit: Exit| exit.code() == exit_code;
    if is(Exit::Pass) {
        return Vec::new();
    }
    let stopped = is(Exit::Environment) || is(Exit::Interrupted) || is(Exit::Terminated);
    let reason = |(place, text): (usize, &String)| {
        let mut one = read(text, cells);
        if place == 0 && stopped {
            one = Reason::new(ReasonKind::Stopped, Scope::Run, text.clone());
        }
        Reason { trial, ..one }
    };
    reasons.iter().enumerate().map(reason).collect()
}

fn read(text: &str, cells: &[OldCell<'_>]) -> Reason {
    let of_cell = cells.iter().find_map(|(id, expectations)| {
        let rest = text.strip_prefix(&format!("cell {id}: "))?;
        Some(read_of_cell(id, rest, expectations))
    });
    let of_fault = || {
        let number = text.strip_prefix("fault ")?.split_once(' ')?.0.parse::<u16>().ok()?;
        let scope = Scope::Fault(number.checked_sub(1)?);
        Some(Reason::new(ReasonKind::Fault, scope, text.to_owned()))
    };
    let of_run = || Reason::new(ReasonKind::NotSettled, Scope::Run, text.to_owned());
    of_cell.or_else(of_fault).unwrap_or_else(of_run)
}

fn read_of_cell(id: &str, text: &str, expectations: &[ExpectationVerdict]) -> Reason {
    let own = expectations
        .iter()
        .find_map(|one| Some((one.metric, text.strip_prefix(&format!("`{}` ", one.text))?)));
    let kind = match own {
        Some((_, how)) if how.starts_with("is violated") => ReasonKind::Violated,
        Some((_, how)) if how.starts_with("did not happen") => ReasonKind::Unmet,
        None if text.starts_with("the machine did not keep up") => ReasonKind::Overload,
        Some(_) | None => ReasonKind::NotSettled,
    };
    let metric = own.map(|(metric, _)| metric);
    Reason { metric, ..Reason::new(kind, Scope::Cell(id.to_owned()), text.to_owned()) }
}
