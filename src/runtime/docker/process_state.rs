//! [`ProcessState`]: what is known about a container's process, without asking the daemon each
//! time.

use crate::runtime::{Liveness, Process, RuntimeError};
use parking_lot::Mutex;
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the daemon is asked about a dead node: as a rule, only we start it.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// How long a daemon that did not answer is left alone.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// The process of a running container.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) process: Process,
    /// If this user may open it.
    pub(super) netns: Option<Arc<File>>,
}

#[derive(Debug)]
enum State {
    /// It was seen so, and while it does not live the daemon need not be asked before then.
    Seen(Liveness<Live>, Instant),
    /// We are starting it. It counts as alive only after that.
    Starting,
}

/// The state is locked for moments only, never while the daemon works: the monitor looks at every
/// node every 50 ms, and a start takes seconds.
#[derive(Debug)]
pub(super) struct ProcessState {
    state: Mutex<State>,
    /// Held while the container is being started.
    starts: Mutex<()>,
}

impl ProcessState {
    /// A container that was created and not started.
    pub(super) fn dead() -> Self {
        let state = State::Seen(Liveness::Dead, Instant::now());
        ProcessState { state: Mutex::new(state), starts: Mutex::new(()) }
    }

    /// Whether it lives, and its process. `ask` asks the daemon, which may know of a start that was
    /// not ours; while it does not answer, nobody knows.
    pub(super) fn life(
        &self,
        ask: impl FnOnce() -> Result<Liveness<Live>, RuntimeError>,
    ) -> Liveness<Live> {
        {
            let mut state = self.state.lock();
            match &*state {
                State::Starting => return Liveness::Dead,
                State::Seen(Liveness::Alive(live), _) => {
                    let life = live.process.look().map(|_| live.clone());
                    if let Liveness::Dead = life {
                        *state = State::Seen(Liveness::Dead, Instant::now() + ASK_EVERY);
                    }
                    return life;
                }
                State::Seen(life, not_before) if Instant::now() < *not_before => {
                    return life.clone();
                }
                State::Seen(..) => {}
            }
        }
        let (life, pause) = match ask() {
            Ok(life) => (life, ASK_EVERY),
            Err(_) => (Liveness::Unknown, SILENT_FOR),
        };
        let mut state = self.state.lock();
        // A start that began or ended meanwhile knows better.
        if let State::Seen(Liveness::Dead | Liveness::Unknown, _) = &*state {
            *state = State::Seen(life, Instant::now() + pause);
        }
        match &*state {
            State::Seen(life, _) => life.clone(),
            State::Starting => Liveness::Dead,
        }
    }

    /// Starts it with `start`, which returns its process, unless it lives. If it ends at once it is
    /// dead, which is not an error here.
    pub(super) fn start(
        &self,
        start: impl FnOnce() -> Result<Liveness<Live>, RuntimeError>,
    ) -> Result<(), RuntimeError> {
        let _one_at_a_time = self.starts.lock();
        {
            let mut state = self.state.lock();
            if let State::Seen(Liveness::Alive(live), _) = &*state
                && live.process.lives()
            {
                return Ok(());
            }
            *state = State::Starting;
        }
        // After any outcome, panics included, it is not being started any more.
        let mut outcome = Outcome { known: self, life: Liveness::Unknown };
        outcome.life = start()?;
        Ok(())
    }

    /// Records what was found.
    pub(super) fn found(&self, life: Liveness<Live>) {
        *self.state.lock() = State::Seen(life, Instant::now() + ASK_EVERY);
    }
}

/// Records a start's outcome when it is dropped.
struct Outcome<'a> {
    known: &'a ProcessState,
    life: Liveness<Live>,
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        self.known.found(self.life.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn live() -> Live {
        let own = i32::try_from(std::process::id()).unwrap();
        Live { process: Process::find(own).unwrap(), netns: None }
    }

    fn never() -> Result<Liveness<Live>, RuntimeError> {
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
                    Ok(Liveness::Alive(live()))
                })
            });
            begins.recv().unwrap();
            assert!(known.life(never).alive().is_none());
            end.send(()).unwrap();
            start.join().unwrap().unwrap();
        });
        assert!(known.life(never).alive().is_some());
    }

    #[test]
    fn an_answer_from_before_a_start_does_not_overrule_it() {
        let known = ProcessState::dead();
        let seen = known.life(|| {
            known.start(|| Ok(Liveness::Alive(live()))).unwrap();
            Ok(Liveness::Dead)
        });
        assert!(seen.alive().is_some());
        assert!(known.life(never).alive().is_some());
    }

    #[test]
    fn a_daemon_that_does_not_answer_makes_nobody_dead() {
        let known = ProcessState::dead();
        let silent = || Err(RuntimeError::new("no answer"));
        assert!(matches!(known.life(silent), Liveness::Unknown));
        assert!(matches!(known.life(never), Liveness::Unknown), "and is not asked at once");
        known.found(Liveness::Alive(live()));
        assert!(known.life(never).alive().is_some());
    }

    #[test]
    fn a_start_that_fails_does_not_make_it_live_and_a_later_one_may_succeed() {
        let known = ProcessState::dead();
        assert!(known.start(|| Err(RuntimeError::new("no"))).is_err());
        assert!(known.life(never).alive().is_none(), "and is not asked for at once");
        known.start(|| Ok(Liveness::Alive(live()))).unwrap();
        known.start(never).unwrap();
        assert!(known.life(never).alive().is_some());
    }
}
