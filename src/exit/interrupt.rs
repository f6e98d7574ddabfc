//! SIGINT and SIGTERM: the first asks the run to heal and report, a second one ends the tool at
//! once (the kernel then removes the nodes).

use super::Exit;
use nix::sys::signal::{SigSet, Signal};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::Duration;

/// Whether the run was asked to end. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    state: Arc<(Mutex<Option<Exit>>, Condvar)>,
}

impl Interrupt {
    /// Takes over SIGINT and SIGTERM. Call it before any other thread exists, because threads
    /// inherit the blocked mask. Children do not: `std` empties it for them.
    pub fn install() -> std::io::Result<Self> {
        Interrupt::install_telling(|_| {})
    }

    /// Like [`Interrupt::install`]; `tell` is called at once with the first signal, on a separate
    /// thread.
    pub fn install_telling(tell: impl Fn(Exit) + Send + 'static) -> std::io::Result<Self> {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGINT);
        signals.add(Signal::SIGTERM);
        signals.thread_block()?;
        let interrupt = Interrupt::default();
        let told = interrupt.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            while let Ok(signal) = signals.wait() {
                let exit = match signal {
                    Signal::SIGTERM => Exit::Terminated,
                    _ => Exit::Interrupted,
                };
                if !told.call(exit) {
                    std::process::exit(i32::from(exit.code()));
                }
                tell(exit);
            }
        })?;
        Ok(interrupt)
    }

    /// Asks the run to end; false if that was asked before.
    fn call(&self, exit: Exit) -> bool {
        let (state, wake) = &*self.state;
        let mut state = state.lock();
        let first = state.is_none();
        state.get_or_insert(exit);
        wake.notify_all();
        first
    }

    /// How the run was asked to end.
    pub fn asked(&self) -> Option<Exit> {
        *self.state.0.lock()
    }

    /// Sleeps for `time`, or until the run is asked to end.
    pub fn sleep(&self, time: Duration) -> Option<Exit> {
        let (state, wake) = &*self.state;
        let mut asked = state.lock();
        wake.wait_while_for(&mut asked, |asked| asked.is_none(), time);
        *asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn the_first_call_is_kept_and_wakes_the_sleeper() {
        let interrupt = Interrupt::default();
        assert_eq!(interrupt.sleep(Duration::from_millis(1)), None);
        assert!(interrupt.call(Exit::Terminated));
        assert!(!interrupt.call(Exit::Interrupted));
        let begun = Instant::now();
        assert_eq!(interrupt.sleep(Duration::from_secs(60)), Some(Exit::Terminated));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
