//! [`LogEnds`]: where every log ends at the scenario's zero and right before the first fault.
//! Messages missing or duplicated below that were so before any fault. See [`ask`].

use crate::clock::Epoch;
use crate::fault::Cancel;
use crate::kafka::{self, OffsetsByPartition, Operator, Patience, TopicPartition};
use crate::ledger::LogEnd;
use crate::plan::Plan;
use crate::runtime::Vantage;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long before the first fault the ends are queried: answers come within a tenth of that, and
/// late ones are not used.
const LEAD: Duration = Duration::from_millis(300);
/// How long leaders without an answer are asked again at zero.
const PATIENCE_AT_ZERO: Duration = Duration::from_millis(500);
/// The same right before the first fault.
const PATIENCE: Duration = Duration::from_millis(100);
/// A broker must answer within this time.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(150);
const PAUSE: Duration = Duration::from_millis(20);

// A broker that is silent at the last look must not delay the others' answers.
const _: () = assert!(
    PATIENCE.as_millis() + PAUSE.as_millis() + ANSWER_TIMEOUT.as_millis() < LEAD.as_millis()
);

/// The known ends of each partition in order of time.
#[derive(Debug, Default)]
pub(super) struct LogEnds(BTreeMap<TopicPartition, Vec<Told>>);

#[derive(Clone, Copy, Debug)]
struct Told {
    /// When the answer came.
    answered_us: u64,
    end: LogEnd,
}

impl LogEnds {
    /// The last end of a partition's log that was known before a time.
    pub(super) fn before(
        &self,
        first_fault_us: u64,
        topic: &str,
        partition: i32,
    ) -> Option<LogEnd> {
        let told = self.0.get(&(topic.to_owned(), partition))?;
        let in_time = told.iter().rev().find(|told| told.answered_us < first_fault_us);
        in_time.map(|told| told.end)
    }

    /// Asks all leaders, and those without an answer again, as long as the patience lasts. No
    /// answer waits for another: partitions without one are left out.
    fn round(
        &mut self,
        all: &[TopicPartition],
        patience: Duration,
        now_us: &mut dyn FnMut() -> u64,
        look: &mut dyn FnMut(&[TopicPartition]) -> Option<OffsetsByPartition>,
    ) {
        let begun_us = now_us();
        let mut missing = all.to_vec();
        loop {
            let at_us = now_us();
            let Some(found) = look(&missing) else { return };
            let answered_us = now_us();
            for (key, offsets) in found {
                let Ok(offsets) = offsets else { continue };
                let end = LogEnd { offset: offsets.high_watermark, epoch: offsets.epoch, at_us };
                missing.retain(|one| *one != key);
                self.0.entry(key).or_default().push(Told { answered_us, end });
            }
            if missing.is_empty() || answered_us >= begun_us + patience.as_micros() as u64 {
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Asks every leader, now and right before the first fault, then returns; or when it is called off.
/// No fault waits for it.
pub(super) fn ask(vantage: &Vantage, plan: &Plan, clock: (Epoch, u64), cancel: &Cancel) -> LogEnds {
    let (epoch, zero_us) = clock;
    let all = plan.cells.iter().flat_map(|cell| {
        let partitions = 0..cell.topic.partitions() as i32;
        partitions.map(|partition| (cell.topic.name.clone(), partition))
    });
    let all: Vec<TopicPartition> = all.collect();
    let mut operator = Operator::new(vantage, ANSWER_TIMEOUT);
    let mut ends = LogEnds::default();
    let mut round = |patience| {
        ends.round(&all, patience, &mut || epoch.elapsed_us(), &mut |of| look(&mut operator, of));
    };
    round(PATIENCE_AT_ZERO);
    if let Some(first_ms) = plan.faults.iter().map(|fault| fault.at_ms).min() {
        let first_us = zero_us.saturating_add(first_ms.saturating_mul(1_000));
        let at_us = first_us.saturating_sub(LEAD.as_micros() as u64);
        if epoch.elapsed_us() < at_us && !cancel.wait_until(Instant::now() + epoch.until_us(at_us))
        {
            round(PATIENCE);
        }
    }
    ends
}

/// One question to each of these leaders. A failure does not end the run: without an end, nothing
/// is claimed about the time before the fault.
fn look(operator: &mut Operator, partitions: &[TopicPartition]) -> Option<OffsetsByPartition> {
    let mut once = Patience::new(Duration::ZERO, &|| Ok(()));
    kafka::offsets(operator, partitions.iter().cloned(), &mut once).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::offsets::Offsets;

    fn key(partition: i32) -> TopicPartition {
        ("t".to_owned(), partition)
    }

    // The answer of 3 s lacks partition 1, and a fault at 2.9 s came before it.
    #[test]
    fn the_last_answer_before_the_fault_counts() {
        let end = |offset| LogEnd { offset, epoch: 1, at_us: 0 };
        let told = |answered_us, offset| Told { answered_us, end: end(offset) };
        let of_0 = vec![told(100_000, 5), told(3_000_000, 500)];
        let ends = LogEnds([(key(0), of_0), (key(1), vec![told(100_000, 6)])].into());
        assert_eq!(ends.before(u64::MAX, "t", 0), Some(end(500)));
        assert_eq!(ends.before(u64::MAX, "t", 1), Some(end(6)));
        assert_eq!(ends.before(2_900_000, "t", 0), Some(end(5)));
        assert_eq!(ends.before(100_000, "t", 0), None);
        assert_eq!(ends.before(u64::MAX, "u", 0), None);
    }

    // Asked 0.3 s before a fault at 5 s. Each look takes 50 ms. Partition 0 answers at once, 1 at
    // the second look, and 2 has no leader: that makes no other answer too late.
    #[test]
    fn a_partition_without_a_leader_makes_nobody_late() {
        let first_fault_us = 5_000_000;
        let clock = std::cell::Cell::new(first_fault_us - LEAD.as_micros() as u64);
        let mut asked = Vec::new();
        let mut look = |of: &[TopicPartition]| {
            clock.set(clock.get() + 50_000);
            asked.push(of.len());
            let answers = |key: &TopicPartition| i32::from(asked.len() > 1) >= key.1;
            let offsets = Offsets { leader: 0, epoch: 1, log_start: 0, high_watermark: 7 };
            let answer = |key: &TopicPartition| {
                if answers(key) { Ok(offsets) } else { Err("it has no leader".to_owned()) }
            };
            Some(of.iter().map(|key| (key.clone(), answer(key))).collect())
        };
        let mut ends = LogEnds::default();
        ends.round(&[key(0), key(1), key(2)], PATIENCE, &mut || clock.get(), &mut look);
        assert_eq!(asked, [3, 2]);
        let at_us = |partition| ends.before(first_fault_us, "t", partition).map(|end| end.at_us);
        assert_eq!((at_us(0), at_us(1), at_us(2)), (Some(4_700_000), Some(4_750_000), None));
    }
}
