//! [`ClientError`]: what a producer's client told as an error: of which kind, how often, when.

use super::CellReport;
use crate::client::wire::{Summary, Times};
use crate::ledger::Outcome;
use crate::model::more;
use crate::native::Persistence;
use serde::{Deserialize, Serialize};

/// At most so many kinds are told in a line; `report.json` has all.
const TOLD_MAX: usize = 6;

/// Errors of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientError {
    /// Of what they are.
    pub of: ErrorOf,
    /// By the client's own name: `_MSG_TIMED_OUT`.
    pub name: String,
    /// Of messages: whether they can be in a log, by the client's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Persistence>,
    /// Of messages: what they count as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// How many.
    pub count: u64,
    /// The first, milliseconds of the scenario's clock.
    pub first_ms: Option<f64>,
    /// The last.
    pub last_ms: Option<f64>,
}

/// Of what an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorOf {
    /// Of a message, by its delivery report.
    Message,
    /// Of a message that the client did not take: it was not sent.
    Refusal,
    /// Of the client itself, as a connection that broke.
    Client,
}

/// All errors of a producer; `zero_us` is the scenario's zero on the run's clock.
pub fn of(summary: &Summary, zero_us: u64) -> Vec<ClientError> {
    let ms = |us: u64| (us as f64 - zero_us as f64) / 1e3;
    let error = |of: ErrorOf, name: &str, count: u64, times: Option<Times>| ClientError {
        of,
        name: name.to_owned(),
        status: None,
        outcome: None,
        count,
        first_ms: times.map(|times| ms(times.first_us)),
        last_ms: times.map(|times| ms(times.last_us)),
    };
    let errors = &summary.errors;
    let messages = errors.deliveries.iter().map(|one| ClientError {
        status: Some(one.status),
        outcome: Some(one.outcome),
        ..error(ErrorOf::Message, &one.name, one.count, one.times)
    });
    let refusals = errors.refused.iter().map(|(name, count)| {
        error(ErrorOf::Refusal, name, *count, errors.refused_times.get(name).copied())
    });
    let client = errors.client.iter().map(|(name, count)| {
        error(ErrorOf::Client, name, *count, errors.client_times.get(name).copied())
    });
    messages.chain(refusals).chain(client).collect()
}

/// Those of several runs together, each with the scenario's clock of its own.
pub fn merged<'a>(all: impl Iterator<Item = &'a ClientError>) -> Vec<ClientError> {
    let mut sums: Vec<ClientError> = Vec::new();
    for one in all {
        let is_same = |sum: &&mut ClientError| {
            (sum.of, &sum.name, sum.status, sum.outcome)
                == (one.of, &one.name, one.status, one.outcome)
        };
        let Some(sum) = sums.iter_mut().find(is_same) else {
            sums.push(one.clone());
            continue;
        };
        sum.count += one.count;
        sum.first_ms = sum.first_ms.zip(one.first_ms).map(|(a, b)| a.min(b));
        sum.last_ms = sum.last_ms.zip(one.last_ms).map(|(a, b)| a.max(b));
    }
    sums
}

/// A line about them, where messages came to harm; none where only connections broke, which every
/// fault does.
pub fn line(cell: &CellReport) -> Option<String> {
    let harmed = cell.counts.rejected + cell.counts.unknown > 0
        || cell.client_errors.iter().any(|error| error.of == ErrorOf::Refusal);
    (harmed && !cell.client_errors.is_empty()).then(|| words(&cell.client_errors))
}

/// `client errors: _MSG_TIMED_OUT, possibly persisted: 196 unknown, 9.1-11.9 s; …`.
pub fn words(errors: &[ClientError]) -> String {
    let told: Vec<String> = errors.iter().take(TOLD_MAX).map(one).collect();
    let more = more(errors.len().saturating_sub(TOLD_MAX), "kind");
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

/// Without a minus before what rounds to zero.
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
        let many = vec![error(1, 0.0, 0.0); TOLD_MAX + 2];
        assert!(words(&many).ends_with("; and 2 more kinds in report.json"));
        assert!(words(&many[1..]).ends_with("; and 1 more kind in report.json"));
    }

    #[test]
    fn over_several_trials_counts_are_sums_and_times_span_all() {
        let all = [error(2, 5.0, 9.0), error(3, 7.0, 11.0)];
        assert_eq!(merged(all.iter()), [error(5, 5.0, 11.0)]);
    }
}
