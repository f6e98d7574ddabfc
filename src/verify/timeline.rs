//! [`timeline`]: a cell's messages step by step, for charts.

use super::cell::CellInput;
use super::client::Client;
use super::completeness::{self, Reading};
use super::partition_facts::{PartitionFacts, end};
use super::rule::lost_word;
use super::runs::Runs;
use super::unavailable::scenario_ms;
use crate::ledger::{AckStretch, PULSE_ROW_US, PartitionLedger, PartitionObserved, PulseRow};
use serde::{Deserialize, Serialize};

/// The limit of steps in a timeline; a longer run has longer ones.
pub(crate) const MAX_STEPS: u64 = 240;

/// A cell's messages by the time at which they were sent and acknowledged. All lists have one item
/// per step; those of anomalies are empty if there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// The begin of the first step, in milliseconds of the scenario's clock; often negative.
    pub from_ms: f64,
    pub step_ms: u64,
    /// Messages handed to the client.
    pub sent: Vec<u64>,
    pub acked: Vec<u64>,
    /// The highest latency of these.
    pub latency_max_us: Vec<Option<u64>>,
    /// Messages acknowledged in this step, and lost. The ledger knows each one's time to a quarter
    /// of a second. Lost messages without a known time are in the counts only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<u64>,
    /// Messages acknowledged in this step that are in the log at two or more offsets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicated: Vec<u64>,
}

impl Timeline {
    /// The end of the last step, in milliseconds of the scenario's clock.
    pub fn to_ms(&self) -> f64 {
        self.from_ms + (self.step_ms * self.sent.len() as u64) as f64
    }
}

/// The timeline of a cell; `None` if nothing was sent.
pub(crate) fn timeline(input: &CellInput<'_>) -> Option<Timeline> {
    let rows = || input.clients.iter().flat_map(|client| client.ledger.pulses.iter().flatten());
    let first_us = rows().map(|row| row.at_us).min()?;
    let end_us = rows().map(|row| row.at_us).max()? + PULSE_ROW_US;
    let step_us = step_us(end_us - first_us);
    let steps = Steps { first_us, step_us, count: (end_us - first_us).div_ceil(step_us) as usize };
    Some(Timeline {
        from_ms: scenario_ms(first_us, input.zero_us),
        step_ms: step_us / 1000,
        sent: steps.sums(rows(), |row| row.sent),
        acked: steps.sums(rows(), |row| row.acked),
        latency_max_us: steps.latencies(rows()),
        // If the log was not read whole, it is not known what is missing.
        lost: steps.anomalies(input, lost_word, |client, partition| {
            completeness::of_partition(client, partition).reading == Reading::Whole
        }),
        duplicated: steps.anomalies(input, |_, read, word| read.again().word(word), |_, _| true),
    })
}

/// The shortest of 1, 2, 5, 10 ... rows of the pulse that makes few enough steps.
fn step_us(length_us: u64) -> u64 {
    let decades = (0..).map(|exponent| 10_u64.pow(exponent));
    let mut lengths = decades.flat_map(|ten| [ten, 2 * ten, 5 * ten]).map(|n| n * PULSE_ROW_US);
    lengths.find(|step| length_us.div_ceil(*step) <= MAX_STEPS).unwrap_or(length_us)
}

/// Equal steps from a time on.
struct Steps {
    first_us: u64,
    step_us: u64,
    count: usize,
}

impl Steps {
    /// The step that contains a time, clipped to the first and the last.
    fn of(&self, at_us: u64) -> usize {
        let step = at_us.saturating_sub(self.first_us) / self.step_us;
        (step as usize).min(self.count - 1)
    }

    fn sums<'a>(
        &self,
        rows: impl Iterator<Item = &'a PulseRow>,
        of: fn(&PulseRow) -> u64,
    ) -> Vec<u64> {
        let mut sums = vec![0; self.count];
        rows.for_each(|row| sums[self.of(row.at_us)] += of(row));
        sums
    }

    fn latencies<'a>(&self, rows: impl Iterator<Item = &'a PulseRow>) -> Vec<Option<u64>> {
        let mut highest = vec![None; self.count];
        for row in rows.filter(|row| row.acked > 0) {
            let step = &mut highest[self.of(row.at_us)];
            *step = (*step).max(Some(row.max_latency_us));
        }
        highest
    }

    /// How many messages with an anomaly were acknowledged in each step; empty if none was.
    fn anomalies(
        &self,
        input: &CellInput<'_>,
        word: fn(&PartitionLedger, &PartitionObserved, usize) -> u64,
        is_known: impl Fn(Client<'_>, usize) -> bool,
    ) -> Vec<u64> {
        let mut counts = vec![0; self.count];
        let all = Client::all(input)
            .flat_map(|client| (0..client.partitions()).map(move |at| (client, at)));
        for (client, partition) in all {
            let Some(read) = client.read_of(partition) else { continue };
            let ledger = client.ledger_of(partition);
            let mut ranges = Runs::new(ledger.sent, |index| word(ledger, read, index)).peekable();
            if ranges.peek().is_none() || !is_known(client, partition) {
                continue;
            }
            let facts = PartitionFacts::new(client, partition, true);
            for range in ranges {
                let mut sequence = range.start;
                while sequence < range.end {
                    match facts.stretch_of(sequence) {
                        Ok(ack) => {
                            let to = end(&ack.stretch).min(range.end);
                            (sequence..to)
                                .for_each(|one| counts[self.of(acked_us(&ack, one))] += 1);
                            sequence = to;
                        }
                        Err(next) => sequence = next.unwrap_or(range.end),
                    }
                }
            }
        }
        if counts.iter().all(|count| *count == 0) { Vec::new() } else { counts }
    }
}

/// When a message of a stretch was acknowledged, assuming equal distances.
fn acked_us(ack: &AckStretch, sequence: u64) -> u64 {
    let length_us = ack.last_ack_us - ack.first_ack_us;
    let before = sequence - ack.stretch.sequence;
    ack.first_ack_us + length_us * (2 * before + 1) / (2 * ack.stretch.count)
}
