//! [`LogEnds`]: where every log ends at the scenario's zero and right before the first fault. What
//! is missing or doubled below that was so before any fault. See [`ask`].

use crate::clock::Epoch;
use crate::fault::Cancel;
use crate::kafka::{self, Operator, Patience, TopicPartition};
use crate::ledger::LogEnd;
use crate::plan::Plan;
use crate::runtime::Vantage;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// So long before the first fault the ends are asked for: the answers come within a tenth of that,
/// and those that come too late are not used.
const LEAD: Duration = Duration::from_millis(300);
/// Answers are waited for so long.
const PATIENCE: Duration = Duration::from_millis(500);
/// A broker must answer within this time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// The ends that were told, in order of time.
#[derive(Debug, Default)]
pub struct LogEnds(Vec<Round>);

#[derive(Debug)]
struct Round {
    /// All answers were there.
    answered_us: u64,
    ends: BTreeMap<TopicPartition, LogEnd>,
}

impl LogEnds {
    /// The last end of a partition's log that was told before a time, if there is one.
    pub fn before(&self, first_fault_us: u64, topic: &str, partition: i32) -> Option<LogEnd> {
        let rounds = self.0.iter().rev().filter(|round| round.answered_us < first_fault_us);
        let key = (topic.to_owned(), partition);
        rounds.filter_map(|round| round.ends.get(&key)).copied().next()
    }
}

/// Asks every leader, now and right before the first fault, and returns; or when it is called off.
/// No fault waits for it.
pub fn ask(vantage: &Vantage, plan: &Plan, clock: (Epoch, u64), cancel: &Cancel) -> LogEnds {
    let (epoch, zero_us) = clock;
    let all = plan.cells.iter().flat_map(|cell| {
        let partitions = 0..cell.topic.partitions() as i32;
        partitions.map(|partition| (cell.topic.name.clone(), partition))
    });
    let all: Vec<TopicPartition> = all.collect();
    let mut operator = Operator::new(vantage, ANSWER_TIMEOUT);
    let mut rounds = LogEnds::default();
    rounds.0.extend(round(&mut operator, &all, epoch));
    if let Some(first_ms) = plan.faults.iter().map(|fault| fault.at_ms).min() {
        let first_us = zero_us.saturating_add(first_ms.saturating_mul(1_000));
        let at_us = first_us.saturating_sub(LEAD.as_micros() as u64);
        if epoch.elapsed_us() < at_us && !cancel.wait_until(Instant::now() + epoch.until_us(at_us))
        {
            rounds.0.extend(round(&mut operator, &all, epoch));
        }
    }
    rounds
}

/// One question to all leaders. Who does not answer is left out, and whatever else goes wrong is no
/// reason to end the run: without an end nothing is said of what was before the fault.
fn round(operator: &mut Operator, all: &[TopicPartition], epoch: Epoch) -> Option<Round> {
    let at_us = epoch.elapsed_us();
    let mut patience =
        Patience { timeout: PATIENCE, alive: &|| Ok(()), progress: &mut |_missing| {} };
    let found = kafka::offsets(operator, all.iter().cloned(), &mut patience).ok()?;
    let end = |offsets: kafka::Offsets| LogEnd {
        offset: offsets.high_watermark,
        epoch: offsets.epoch,
        at_us,
    };
    let ends = found.into_iter().filter_map(|(key, offsets)| Some((key, end(offsets.ok()?))));
    Some(Round { ends: ends.collect(), answered_us: epoch.elapsed_us() })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The answer of 3 s lacks partition 1, and a fault at 2.9 s came before it.
    #[test]
    fn the_last_answer_before_the_fault_counts() {
        let end = |offset| LogEnd { offset, epoch: 1, at_us: 0 };
        let round = |answered_us, ends: &[(i32, i64)]| Round {
            answered_us,
            ends: ends.iter().map(|(p, offset)| (("t".to_owned(), *p), end(*offset))).collect(),
        };
        let ends = LogEnds(vec![round(100_000, &[(0, 5), (1, 6)]), round(3_000_000, &[(0, 500)])]);
        assert_eq!(ends.before(u64::MAX, "t", 0), Some(end(500)));
        assert_eq!(ends.before(u64::MAX, "t", 1), Some(end(6)));
        assert_eq!(ends.before(2_900_000, "t", 0), Some(end(5)));
        assert_eq!(ends.before(100_000, "t", 0), None);
        assert_eq!(ends.before(u64::MAX, "u", 0), None);
    }
}
