//! Errors that a producer's client reported, in words.

use crate::ledger::Outcome;
use crate::model::{Metric, more};
use crate::native::Persistence;
use crate::result::{CellReport, ClientError, ErrorOf};

/// How many kinds a line lists; `report.json` has all.
const LISTED_MAX: usize = 6;

/// A line about them if messages were affected; `None` if only connections broke, which every fault
/// does.
pub(super) fn line(cell: &CellReport) -> Option<String> {
    let harmed = cell.counts.of(Metric::Rejected) + cell.counts.of(Metric::Unknown) > 0
        || cell.client_errors.iter().any(|error| error.of == ErrorOf::Refusal);
    (harmed && !cell.client_errors.is_empty()).then(|| words(&cell.client_errors))
}

/// `client errors: _MSG_TIMED_OUT, possibly persisted: 196 unknown, 9.1-11.9 s; …`.
pub(super) fn words(errors: &[ClientError]) -> String {
    let told: Vec<String> = errors.iter().take(LISTED_MAX).map(one).collect();
    let more = more(errors.len().saturating_sub(LISTED_MAX), "kind");
    let more = more.map_or(String::new(), |more| format!("; and {more} in report.json"));
    format!("client errors: {}{more}", told.join("; "))
}

fn one(error: &ClientError) -> String {
    let status = match error.status {
        Some(Persistence::NotPersisted) => ", not persisted",
        Some(Persistence::PossiblyPersisted) => ", possibly persisted",
        Some(Persistence::Persisted) => ", persisted",
        None => "",
    };
    let became = match (error.of, error.outcome) {
        (ErrorOf::Refusal, _) => " not taken",
        (_, Some(Outcome::Rejected)) => " rejected",
        (_, Some(Outcome::Unknown)) => " unknown",
        (_, Some(Outcome::Acked) | None) => "",
    };
    let time = match error.first_ms.zip(error.last_ms) {
        None => String::new(),
        Some((first, last)) => {
            let (first, last) = (seconds(first), seconds(last));
            if first == last { format!(", {first} s") } else { format!(", {first}-{last} s") }
        }
    };
    format!("{}{status}: {}{became}{time}", error.name, error.count)
}

/// Without a minus sign for what rounds to zero.
fn seconds(ms: f64) -> String {
    let tenths = (ms / 1e2).round() / 1e1;
    format!("{:.1}", tenths + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(count: u64, first_ms: f64, last_ms: f64) -> ClientError {
        ClientError {
            of: ErrorOf::Message,
            name: "_MSG_TIMED_OUT".to_owned(),
            status: Some(Persistence::PossiblyPersisted),
            outcome: Some(Outcome::Unknown),
            count,
            first_ms: Some(first_ms),
            last_ms: Some(last_ms),
        }
    }

    #[test]
    fn a_kind_is_told_with_its_count_and_its_times() {
        let refused = ClientError {
            of: ErrorOf::Refusal,
            status: None,
            outcome: None,
            first_ms: None,
            last_ms: None,
            ..error(3, 0.0, 0.0)
        };
        let all = [error(196, 9_123.0, 11_930.0), error(1, -20.0, -20.0), refused];
        assert_eq!(
            words(&all),
            "client errors: _MSG_TIMED_OUT, possibly persisted: 196 unknown, 9.1-11.9 s; \
             _MSG_TIMED_OUT, possibly persisted: 1 unknown, 0.0 s; _MSG_TIMED_OUT: 3 not taken"
        );
        let many = vec![error(1, 0.0, 0.0); LISTED_MAX + 2];
        assert!(words(&many).ends_with("; and 2 more kinds in report.json"));
        assert!(words(&many[1..]).ends_with("; and 1 more kind in report.json"));
    }
}
