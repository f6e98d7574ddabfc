//! When to send: [`Pace`] is an absolute schedule, so that it never drifts, and a late sender
//! catches up by at most one second's worth. Pure: it is told the time.

use crate::model::Rate;

/// The most messages that [`Pace::due`] releases at once, so that the caller can react often
/// enough.
pub(crate) const BURST_MAX: u64 = 64;

/// The schedule of one producer: message k is due at the start plus k/rate seconds.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    rate: Rate,
    start_us: u64,
    /// How many messages of the schedule are done: sent or skipped.
    done: u64,
    skipped: u64,
    /// Skipped since [`Pace::take_skipped`].
    untold: Option<Skipped>,
}

/// Skipped messages of a schedule: due at equal intervals between these times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// When the first was due.
    pub first_us: u64,
    /// When the last was due.
    pub last_us: u64,
    pub count: u64,
}

impl Pace {
    /// A schedule whose first message is due at `start_us`. A rate of zero sends nothing.
    pub(crate) fn new(rate: Rate, start_us: u64) -> Self {
        Pace { rate, start_us, done: 0, skipped: 0, untold: None }
    }

    /// How many messages are due at `now_us`, at most [`BURST_MAX`]. What is more than a second
    /// late is skipped and counted.
    pub(crate) fn due(&mut self, now_us: u64) -> u64 {
        let Rate::PerSecond(rate) = self.rate else { return BURST_MAX };
        let late = self.late(now_us);
        let too_late = late.saturating_sub(u64::from(rate));
        self.skip(too_late);
        (late - too_late).min(BURST_MAX)
    }

    /// Skips everything due by now: nothing more will be sent.
    pub(crate) fn give_up(&mut self, now_us: u64) {
        self.skip(self.late(now_us));
    }

    /// How many messages of the schedule are due and not done.
    fn late(&self, now_us: u64) -> u64 {
        let Rate::PerSecond(rate) = self.rate else { return 0 };
        if rate == 0 || now_us < self.start_us {
            return 0;
        }
        let elapsed_us = u128::from(now_us - self.start_us);
        let scheduled = elapsed_us * u128::from(rate) / 1_000_000 + 1;
        // 2^64 messages at 10^6 per second take half a million years.
        u64::try_from(scheduled).unwrap_or(u64::MAX).saturating_sub(self.done)
    }

    fn skip(&mut self, count: u64) {
        let Some(first_us) = self.next_us().filter(|_| count > 0) else { return };
        self.done += count - 1;
        let last_us = self.next_us().unwrap_or(first_us);
        self.done += 1;
        self.skipped += count;
        let untold = self.untold.get_or_insert(Skipped { first_us, last_us, count: 0 });
        (untold.last_us, untold.count) = (last_us, untold.count + count);
    }

    /// What was skipped since the last call.
    pub(crate) fn take_skipped(&mut self) -> Option<Skipped> {
        self.untold.take()
    }

    pub(crate) fn sent(&mut self) {
        self.done += 1;
    }

    /// When the next message is due; `None` if it is due whenever librdkafka accepts it, or never.
    pub(crate) fn next_us(&self) -> Option<u64> {
        match self.rate {
            Rate::Max | Rate::PerSecond(0) => None,
            Rate::PerSecond(rate) => {
                let after_us = (u128::from(self.done) * 1_000_000).div_ceil(u128::from(rate));
                Some(self.start_us.saturating_add(u64::try_from(after_us).unwrap_or(u64::MAX)))
            }
        }
    }

    /// How many messages of the schedule were skipped because the sender was more than a second
    /// late: it was stopped, or librdkafka's queue was full.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain(pace: &mut Pace, now_us: u64) -> u64 {
        let mut sent = 0;
        loop {
            let due = pace.due(now_us);
            if due == 0 {
                return sent;
            }
            (0..due).for_each(|_| pace.sent());
            sent += due;
        }
    }

    #[test]
    fn the_first_message_is_due_at_the_start_and_not_before() {
        let mut pace = Pace::new(Rate::PerSecond(1000), 5_000);
        assert_eq!(pace.next_us(), Some(5_000));
        assert_eq!(pace.due(4_999), 0);
        assert_eq!(pace.due(5_000), 1);
        pace.sent();
        assert_eq!(pace.due(5_999), 0);
        assert_eq!(pace.next_us(), Some(6_000));
        assert_eq!(pace.due(6_000), 1);
    }

    #[test]
    fn a_long_stop_is_caught_up_by_one_second_and_the_rest_is_counted() {
        let mut pace = Pace::new(Rate::PerSecond(1000), 0);
        assert_eq!(drain(&mut pace, 999), 1);
        assert_eq!(drain(&mut pace, 20_000_999), 1000);
        assert_eq!(pace.skipped(), 19_000);
        // Due from 1 ms to 19 s; they are returned once.
        let told = Skipped { first_us: 1_000, last_us: 19_000_000, count: 19_000 };
        assert_eq!((pace.take_skipped(), pace.take_skipped()), (Some(told), None));
        // Back on the old schedule, not on a new one.
        assert_eq!(pace.next_us(), Some(20_001_000));
    }

    #[test]
    fn who_stops_sending_gives_up_what_is_due() {
        let mut pace = Pace::new(Rate::PerSecond(100), 0);
        assert_eq!(drain(&mut pace, 0), 1);
        pace.give_up(35_000);
        let told = Skipped { first_us: 10_000, last_us: 30_000, count: 3 };
        assert_eq!((pace.take_skipped(), pace.skipped()), (Some(told), 3));
        pace.give_up(39_999);
        assert_eq!(pace.take_skipped(), None);
        let mut max = Pace::new(Rate::Max, 0);
        max.give_up(u64::MAX);
        assert_eq!((max.take_skipped(), max.skipped()), (None, 0));
    }

    #[test]
    fn being_late_by_less_than_a_second_skips_nothing() {
        let mut pace = Pace::new(Rate::PerSecond(500), 0);
        assert_eq!(drain(&mut pace, 0), 1);
        assert_eq!(drain(&mut pace, 998_000), 499);
        assert_eq!(pace.skipped(), 0);
    }

    #[test]
    fn the_slowest_rate_keeps_its_beat_over_a_day() {
        let mut pace = Pace::new(Rate::PerSecond(1), 7);
        let day = 24 * 3600_u64;
        let sent: u64 = (0..day).map(|second| drain(&mut pace, 7 + second * 1_000_000)).sum();
        assert_eq!(sent, day);
        assert_eq!(pace.skipped(), 0);
    }

    #[test]
    fn max_is_always_due_and_zero_never() {
        let mut max = Pace::new(Rate::Max, 0);
        assert_eq!((max.due(0), max.next_us()), (BURST_MAX, None));
        let mut none = Pace::new(Rate::PerSecond(0), 0);
        assert_eq!((none.due(u64::MAX), none.next_us()), (0, None));
    }

    proptest! {
        /// Whenever the sender looks, sent plus skipped is exactly the schedule, and one go sends
        /// at most a second's worth.
        #[test]
        fn it_never_drifts_and_never_bursts(
            rate in 1_u32..=1_000_000, start_us in 0_u64..1 << 40,
            sleeps in prop::collection::vec(0_u64..3_000_000, 1..20),
        ) {
            let mut pace = Pace::new(Rate::PerSecond(rate), start_us);
            let (mut now_us, mut total) = (start_us, 0);
            for sleep in sleeps {
                now_us += sleep;
                let sent = drain(&mut pace, now_us);
                prop_assert!(sent <= u64::from(rate));
                total += sent;
                let elapsed_us = u128::from(now_us - start_us);
                let schedule = (elapsed_us * u128::from(rate) / 1_000_000 + 1) as u64;
                prop_assert_eq!(total + pace.skipped(), schedule);
            }
        }

        /// A sender that sleeps until the next message is due finds it due, and never two.
        #[test]
        fn the_next_time_is_exact(rate in 1_u32..=1_000_000, start_us in 0_u64..1 << 40) {
            let mut pace = Pace::new(Rate::PerSecond(rate), start_us);
            for _ in 0..100 {
                let at_us = pace.next_us().expect("a rate has a next time");
                prop_assert!(pace.due(at_us) >= 1);
                prop_assert!(at_us == start_us || pace.due(at_us - 1) == 0);
                pace.sent();
            }
            prop_assert_eq!(pace.skipped(), 0);
        }
    }
}
