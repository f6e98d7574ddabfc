//! The one clock of a run: microseconds of `CLOCK_MONOTONIC` since the run's epoch.
//!
//! `CLOCK_MONOTONIC` is one clock for all processes of a machine, so the times of the conductor and
//! its workers can be compared without synchronization.

use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// The instant at which a run's clock shows zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch {
    monotonic_us: u64,
}

impl Epoch {
    pub fn now() -> Self {
        Epoch { monotonic_us: monotonic_us() }
    }

    /// Microseconds since the epoch; zero before it.
    pub fn elapsed_us(self) -> u64 {
        monotonic_us().saturating_sub(self.monotonic_us)
    }

    /// Milliseconds since the epoch, with fractions.
    pub fn elapsed_ms(self) -> f64 {
        self.elapsed_us() as f64 / 1e3
    }

    /// How long until `at_us` on this clock; zero if that has passed.
    pub fn until_us(self, at_us: u64) -> std::time::Duration {
        std::time::Duration::from_micros(at_us.saturating_sub(self.elapsed_us()))
    }
}

fn monotonic_us() -> u64 {
    // CLOCK_MONOTONIC exists on every Linux; without it nothing here works.
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("CLOCK_MONOTONIC is always readable");
    now.tv_sec() as u64 * 1_000_000 + now.tv_nsec() as u64 / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_runs_forward_and_sleeping_reaches_the_mark() {
        let epoch = Epoch::now();
        std::thread::sleep(epoch.until_us(2_000));
        assert!(epoch.elapsed_us() >= 2_000);
        assert_eq!(epoch.until_us(0), std::time::Duration::ZERO);
    }
}
