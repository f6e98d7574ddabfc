//! [`ClientError`]: errors that a producer's client reported: kind, count, times.

use crate::client::Times;
use crate::client::producer::Summary;
use crate::ledger::Outcome;
use crate::native::Persistence;
use serde::{Deserialize, Serialize};

/// Errors of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientError {
    /// What they concern.
    pub of: ErrorOf,
    /// The client's own name: `_MSG_TIMED_OUT`.
    pub name: String,
    /// For messages: whether they can be in a log, according to the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Persistence>,
    /// For messages: what they count as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    pub count: u64,
    /// The first, in milliseconds of the scenario's clock.
    pub first_ms: Option<f64>,
    pub last_ms: Option<f64>,
}

/// What an error concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorOf {
    /// A message, by its delivery report.
    Message,
    /// A message that the client did not accept: it was not sent.
    Refusal,
    /// The client itself, such as a broken connection.
    Client,
}

/// All errors of a producer; `zero_us` is the scenario's zero on the run's clock.
pub(super) fn of(summary: &Summary, zero_us: u64) -> Vec<ClientError> {
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

/// The errors of several runs together, each with its own scenario clock.
pub(super) fn merged<'a>(all: impl IntoIterator<Item = &'a ClientError>) -> Vec<ClientError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_several_trials_counts_are_sums_and_times_span_all() {
        let error = |count, first_ms, last_ms| ClientError {
            of: ErrorOf::Message,
            name: "_MSG_TIMED_OUT".to_owned(),
            status: Some(Persistence::PossiblyPersisted),
            outcome: Some(Outcome::Unknown),
            count,
            first_ms: Some(first_ms),
            last_ms: Some(last_ms),
        };
        let all = [error(2, 5.0, 9.0), error(3, 7.0, 11.0)];
        assert_eq!(merged(all.iter()), [error(5, 5.0, 11.0)]);
    }
}
