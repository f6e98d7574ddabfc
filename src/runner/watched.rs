//! [`Watched`]: what was seen of one node or worker so far, and which of it no fault accounts for.
//! It does not look itself.

use crate::fault::{Custody, Still};
use crate::runtime::Process;
use std::time::Instant;

/// What one look shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It has no process.
    Gone,
    /// Its state cannot be read.
    Unknown,
    /// Its process lives and runs.
    Runs(Process),
    /// Its process lives and stands still.
    StandsStill(Process),
}

/// A time in which it stood still although no fault stopped it; microseconds of the run's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standstill {
    /// When that was first seen.
    pub from_us: u64,
    /// When it was seen to run again, or to be gone; `None`: never.
    pub until_us: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Watched {
    /// `node.id`; -1 for a worker.
    pub node: i32,
    /// For people.
    pub name: String,
    process: Option<Process>,
    lived_at: Instant,
    /// When the last look began.
    looked_at: Instant,
    /// Whether a fault accounts for the last end of its process.
    end_is_owned: bool,
    /// When its process ended without a fault that accounts for it.
    died_us: Option<u64>,
    standing: Standing,
    standstills: Vec<Standstill>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    No,
    /// A fault accounts for it.
    Owned,
    SinceUs(u64),
}

impl Watched {
    /// Not seen yet.
    pub(super) fn new(node: i32, name: String, process: Option<Process>) -> Self {
        Watched {
            node,
            name,
            process,
            lived_at: Instant::now(),
            looked_at: Instant::now(),
            end_is_owned: false,
            died_us: None,
            standing: Standing::No,
            standstills: Vec::new(),
        }
    }

    /// Records what a look showed that began at `begun` and is over now, at `now_us`.
    pub(super) fn see(&mut self, seen: Seen, begun: Instant, now_us: u64, custody: &Custody) {
        let current = match seen {
            Seen::Unknown => return,
            Seen::Gone => None,
            Seen::Runs(process) | Seen::StandsStill(process) => Some(process),
        };
        if self.process.is_some() && current != self.process {
            self.end_is_owned = custody.owns_end(self.node, self.process, self.lived_at);
            if !self.end_is_owned {
                self.died_us.get_or_insert(now_us);
            }
        }
        if current.is_some() {
            self.lived_at = begun;
        }
        self.process = current;
        self.stand(matches!(seen, Seen::StandsStill(_)), begun, now_us, custody);
        self.looked_at = begun;
    }

    fn stand(&mut self, still: bool, begun: Instant, now_us: u64, custody: &Custody) {
        // It may have begun at any time since the last look, by a command that is over already.
        let since = if self.standing == Standing::No { self.looked_at } else { begun };
        let owner = || custody.owns_standstill(self.node, since);
        let now = match (still, self.standing) {
            (false, _) => Standing::No,
            // A process stopped by a command may stay so after the command has ended.
            (true, Standing::Owned) => Standing::Owned,
            (true, before) => match (owner(), before) {
                (Still::Held, _) => Standing::No,
                (Still::Touched, Standing::No) => Standing::Owned,
                (_, Standing::SinceUs(since_us)) => Standing::SinceUs(since_us),
                (_, _) => Standing::SinceUs(now_us),
            },
        };
        if let (Standing::SinceUs(from_us), true) = (self.standing, now != self.standing) {
            self.standstills.push(Standstill { from_us, until_us: Some(now_us) });
        }
        self.standing = now;
    }

    /// Its process, if it was there at the last look.
    pub(super) fn process(&self) -> Option<Process> {
        self.process
    }

    /// When it ended, if no fault accounts for that.
    pub(super) fn died_us(&self) -> Option<u64> {
        self.died_us
    }

    /// Whether a fault accounts for the last end of its process.
    pub(super) fn end_is_owned(&self) -> bool {
        self.end_is_owned
    }

    /// When it stood still although no fault stopped it.
    pub(super) fn standstills(&self) -> Vec<Standstill> {
        let mut all = self.standstills.clone();
        if let Standing::SinceUs(from_us) = self.standing {
            all.push(Standstill { from_us, until_us: None });
        }
        all
    }
}

#[cfg(test)]
mod tests;
