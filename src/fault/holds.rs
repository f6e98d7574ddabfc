//! [`Holds`]: the faults that hold one node, now and before, and what is due when one lets go.
//! Pure: it is told the time.

use crate::runtime::Process;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long after its end a command's effects may appear: the killed take a moment to die.
const DYING: Duration = Duration::from_secs(1);

/// How a fault holds a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its processes are stopped by a signal.
    Stopped,
    /// It is frozen as a whole.
    Frozen,
    /// It was killed, and is not started.
    Dead,
    /// A user's command may do anything to it.
    Touched,
}

impl Way {
    /// Whether a node that is held like this does not run.
    fn keeps_from_running(self) -> bool {
        self != Way::Touched
    }
}

/// What must be done for a node that is let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    Wake(Vec<Process>),
    Thaw,
    Start,
}

/// What letting go requires.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) remedies: Vec<Remedy>,
    /// Faults that keep something from being done.
    pub(super) held_by: BTreeSet<u16>,
}

/// Who accounts for a node that stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Still {
    Nobodys,
    /// A fault that keeps it from running.
    Held,
    /// A command that touched it when it stopped running.
    Touched,
}

#[derive(Debug)]
struct Hold {
    fault: u16,
    way: Way,
    processes: Vec<Process>,
    since: Instant,
    until: Option<Instant>,
}

impl Hold {
    fn overlaps(&self, since: Instant, until: Instant) -> bool {
        self.since <= until && self.until.is_none_or(|end| end >= since)
    }
}

/// One node's holds.
#[derive(Debug, Default)]
pub(super) struct Holds {
    holds: Vec<Hold>,
    /// A kill has let go, but others kept the node from running: the last of them starts it.
    owes_start: bool,
}

impl Holds {
    /// A fault is about to touch the node.
    pub(super) fn take(&mut self, fault: u16, way: Way, processes: &[Process], now: Instant) {
        let processes = processes.to_vec();
        self.holds.push(Hold { fault, way, processes, since: now, until: None });
    }

    /// What is due when this fault lets go; nothing if it holds nothing.
    pub(super) fn release(&self, fault: u16, way: Way) -> Release {
        let mut release = Release::default();
        let is_own = |hold: &Hold| (hold.fault, hold.way) == (fault, way);
        let on = || self.holds.iter().filter(|hold| hold.until.is_none());
        let Some(own) = on().find(|hold| is_own(hold)) else { return release };
        let others = || on().filter(|hold| !is_own(hold));
        let alike = || others().filter(|hold| hold.way == way);
        match way {
            Way::Stopped => {
                let is_kept = |process: &&Process| alike().any(|h| h.processes.contains(process));
                let (kept, free): (Vec<Process>, Vec<Process>) =
                    own.processes.iter().partition(is_kept);
                if !kept.is_empty() {
                    release.held_by.extend(alike().map(|hold| hold.fault));
                }
                if !free.is_empty() {
                    release.remedies.push(Remedy::Wake(free));
                }
            }
            Way::Frozen if alike().next().is_none() => release.remedies.push(Remedy::Thaw),
            Way::Frozen => release.held_by.extend(alike().map(|hold| hold.fault)),
            Way::Dead | Way::Touched => {}
        }
        if way == Way::Dead || (way.keeps_from_running() && self.owes_start) {
            let keepers = others().filter(|hold| hold.way.keeps_from_running());
            let keepers: Vec<u16> = keepers.map(|hold| hold.fault).collect();
            if keepers.is_empty() {
                release.remedies.push(Remedy::Start);
            }
            release.held_by.extend(keepers);
        }
        release
    }

    /// Records that what was due is done.
    pub(super) fn let_go(&mut self, fault: u16, way: Way, now: Instant) {
        let own = |h: &&mut Hold| h.until.is_none() && (h.fault, h.way) == (fault, way);
        let Some(hold) = self.holds.iter_mut().find(own) else { return };
        hold.until = Some(now);
        let is_kept = self.holds.iter().any(|h| h.until.is_none() && h.way.keeps_from_running());
        self.owes_start = is_kept && (self.owes_start || way == Way::Dead);
    }

    /// Whether a fault has killed this process, or is about to.
    pub(super) fn kills(&self, process: Process) -> bool {
        self.holds.iter().any(|hold| hold.way == Way::Dead && hold.processes.contains(&process))
    }

    /// The processes that faults have killed.
    pub(super) fn killed(&self) -> Vec<Process> {
        let dead = self.holds.iter().filter(|hold| hold.way == Way::Dead);
        dead.flat_map(|hold| hold.processes.iter().copied()).collect()
    }

    /// The fault whose command touches the node, or did so a moment ago.
    pub(super) fn touched_by(&self, now: Instant) -> Option<u16> {
        let since = now.checked_sub(DYING).unwrap_or(now);
        let touches = |hold: &&Hold| hold.way == Way::Touched && hold.overlaps(since, now);
        self.holds.iter().rev().find(touches).map(|hold| hold.fault)
    }

    /// See [`super::Custody::owns_end`].
    pub(super) fn owns_end(&self, process: Option<Process>, since: Instant, now: Instant) -> bool {
        self.holds.iter().any(|hold| match hold.way {
            Way::Dead => process.is_some_and(|process| hold.processes.contains(&process)),
            Way::Touched => hold.overlaps(since.checked_sub(DYING).unwrap_or(since), now),
            Way::Stopped | Way::Frozen => false,
        })
    }

    /// See [`super::Custody::owns_standstill`].
    pub(super) fn owns_standstill(&self, since: Instant, now: Instant) -> Still {
        let by = |wanted: fn(Way) -> bool| {
            self.holds.iter().any(|hold| wanted(hold.way) && hold.overlaps(since, now))
        };
        if by(Way::keeps_from_running) {
            Still::Held
        } else if by(|way| way == Way::Touched) {
            Still::Touched
        } else {
            Still::Nobodys
        }
    }
}
