//! [`Beat`]: when each broker is asked.

/// How often each broker is asked.
pub(crate) const TICK_US: u64 = 200_000;

/// Fixed points in time, one every [`TICK_US`]: a late one does not move those after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat {
    phase_us: u64,
}

impl Beat {
    /// One per node, spread over a tick: together they show a change sooner than each alone, and
    /// the cluster gets no burst.
    pub(super) fn spread(nodes: usize) -> impl Iterator<Item = Beat> {
        let nodes = nodes.max(1) as u64;
        (0..nodes).map(move |index| Beat { phase_us: TICK_US * index / nodes })
    }

    /// The first beat after `now_us`.
    pub(super) fn next_us(self, now_us: u64) -> u64 {
        if now_us < self.phase_us {
            return self.phase_us;
        }
        self.phase_us + ((now_us - self.phase_us) / TICK_US + 1) * TICK_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_do_not_drift_and_are_spread_over_the_tick() {
        let beats: Vec<Beat> = Beat::spread(4).collect();
        assert_eq!(
            beats.iter().map(|b| b.phase_us).collect::<Vec<_>>(),
            [0, 50_000, 100_000, 150_000]
        );
        assert_eq!(beats[1].next_us(0), 50_000);
        assert_eq!(beats[1].next_us(50_000), 250_000);
        assert_eq!(beats[1].next_us(249_999), 250_000);
        // Late by more than a tick: missed beats are skipped, not caught up.
        assert_eq!(beats[1].next_us(777_000), 850_000);
    }
}
