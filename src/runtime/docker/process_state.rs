//! [`ProcessState`]: what is known of a container's process, without asking the daemon each time.

use crate::runtime::{Process, RuntimeError};
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A dead node is asked for this often: nobody but us starts it, as a rule.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// A daemon that did not answer is left alone for so long.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// The process of a running container.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) process: Process,
    /// Where this user may open it.
    pub(super) netns: Option<Arc<File>>,
}

#[derive(Debug)]
enum State {
    Lives(Live),
    /// And the daemon need not be asked before then.
    Dead(Instant),
    /// We are starting it. It does not live before that is over.
    Starting,
}

/// The state is locked for moments only, never while the daemon works: the monitor looks at every
/// node each 50 ms, and a start takes seconds.
#[derive(Debug)]
pub(super) struct ProcessState {
    state: Mutex<State>,
    /// Held by whoever starts the container.
    starts: Mutex<()>,
}

impl ProcessState {
    /// A container that was made and not started.
    pub(super) fn dead() -> Self {
        ProcessState { state: Mutex::new(State::Dead(Instant::now())), starts: Mutex::new(()) }
    }

    /// Its process, if it lives. `ask` asks the daemon, which may know of a start that was not
    /// ours.
    pub(super) fn live(
        &self,
        ask: impl FnOnce() -> Result<Option<Live>, RuntimeError>,
    ) -> Option<Live> {
        {
            let mut state = lock(&self.state);
            match &*state {
                State::Lives(live) if live.process.lives() => return Some(live.clone()),
                State::Lives(_) => {
                    *state = State::Dead(Instant::now() + ASK_EVERY);
                    return None;
                }
                State::Dead(not_before) if Instant::now() < *not_before => return None,
                State::Starting => return None,
                State::Dead(_) => {}
            }
        }
        let (live, pause) = match ask() {
            Ok(live) => (live, ASK_EVERY),
            Err(_) => (None, SILENT_FOR),
        };
        let mut state = lock(&self.state);
        // A start that began or ended meanwhile knows better.
        if let State::Dead(_) = &*state {
            *state = match &live {
                Some(live) => State::Lives(live.clone()),
                None => State::Dead(Instant::now() + pause),
            };
        }
        match &*state {
            State::Lives(live) => Some(live.clone()),
            _ => None,
        }
    }

    /// Starts it by `start`, which gives its process, unless it lives. One that ends at once is
    /// dead, which is no error here.
    pub(super) fn start(
        &self,
        start: impl FnOnce() -> Result<Option<Live>, RuntimeError>,
    ) -> Result<(), RuntimeError> {
        let _one_at_a_time = lock(&self.starts);
        {
            let mut state = lock(&self.state);
            if let State::Lives(live) = &*state
                && live.process.lives()
            {
                return Ok(());
            }
            *state = State::Starting;
        }
        // Whatever comes of it, a panic too, it is not starting any more.
        let mut outcome = Outcome { known: self, live: None };
        outcome.live = start()?;
        Ok(())
    }

    /// Remembers what was just found.
    pub(super) fn found(&self, live: Option<Live>) {
        *lock(&self.state) = match live {
            Some(live) => State::Lives(live),
            None => State::Dead(Instant::now() + ASK_EVERY),
        };
    }
}

/// Tells what came of a start when it is dropped.
struct Outcome<'a> {
    known: &'a ProcessState,
    live: Option<Live>,
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        self.known.found(self.live.take());
    }
}

/// Each change is one assignment, so a panic elsewhere leaves it sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn live() -> Live {
        let own = i32::try_from(std::process::id()).unwrap();
        Live { process: Process::find(own).unwrap(), netns: None }
    }

    fn never() -> Result<Option<Live>, RuntimeError> {
        panic!("the daemon is asked")
    }

    #[test]
    fn whoever_looks_does_not_wait_for_a_start() {
        let known = ProcessState::dead();
        let ((begun, begins), (end, ended)) = (channel(), channel());
        let known = &known;
        std::thread::scope(|scope| {
            let start = scope.spawn(move || {
                known.start(|| {
                    begun.send(()).unwrap();
                    ended.recv().unwrap();
                    Ok(Some(live()))
                })
            });
            begins.recv().unwrap();
            assert!(known.live(never).is_none());
            end.send(()).unwrap();
            start.join().unwrap().unwrap();
        });
        assert!(known.live(never).is_some());
    }

    #[test]
    fn an_answer_from_before_a_start_does_not_overrule_it() {
        let known = ProcessState::dead();
        let seen = known.live(|| {
            known.start(|| Ok(Some(live()))).unwrap();
            Ok(None)
        });
        assert!(seen.is_some());
        assert!(known.live(never).is_some());
    }

    #[test]
    fn a_start_that_fails_leaves_it_dead_and_a_later_one_may_succeed() {
        let known = ProcessState::dead();
        assert!(known.start(|| Err(RuntimeError::new("no"))).is_err());
        assert!(known.live(never).is_none(), "and is not asked for at once");
        known.start(|| Ok(Some(live()))).unwrap();
        known.start(never).unwrap();
        assert!(known.live(never).is_some());
    }
}
