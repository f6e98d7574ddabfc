//! [`spawn_inside`]: a thread that is known to have entered the vantage's network namespace.

use crate::runtime::Vantage;
use std::io;
use std::sync::mpsc;
use std::thread::JoinHandle;

/// A thread inside the vantage's namespace.
#[derive(Debug)]
pub(super) struct NamespaceThread(JoinHandle<io::Result<()>>);

/// Runs `work` on a thread inside the vantage's network namespace, and returns once the thread is
/// there.
pub(super) fn spawn_inside(
    vantage: &Vantage,
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<NamespaceThread> {
    let (entered, has_entered) = mpsc::sync_channel(1);
    let thread = vantage.spawn(name, move || {
        // The receiver waits for this message, and goes only after it.
        let _received = entered.send(());
        work();
    })?;
    match has_entered.recv() {
        Ok(()) => Ok(NamespaceThread(thread)),
        // The sender is gone without a message: the namespace was refused.
        Err(mpsc::RecvError) => match thread.join() {
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) => Err(io::Error::other("the thread ended before it began")),
            Err(panic) => std::panic::resume_unwind(panic),
        },
    }
}

impl NamespaceThread {
    /// Wakes the thread from [`std::thread::park_timeout`].
    pub(super) fn wake(&self) {
        self.0.thread().unpark();
    }

    /// Waits for the thread's end, and resumes its panic.
    pub(super) fn join(self) {
        match self.0.join() {
            // It had entered the namespace, or there would be no `NamespaceThread`.
            Ok(Ok(()) | Err(_)) => {}
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::sync::Arc;

    #[test]
    fn what_is_no_network_namespace_is_refused_at_once() {
        let file = Arc::new(File::open("/dev/null").unwrap());
        let vantage = Vantage { netns: Some(file), brokers: vec![], bootstrap: Vec::new() };
        assert!(spawn_inside(&vantage, "test", || panic!("must not run")).is_err());
    }

    #[test]
    fn without_a_namespace_it_works_in_the_callers_own() {
        let vantage = Vantage { netns: None, brokers: vec![], bootstrap: Vec::new() };
        let (done, is_done) = mpsc::channel();
        spawn_inside(&vantage, "test", move || done.send(7).unwrap()).unwrap().join();
        assert_eq!(is_done.recv().unwrap(), 7);
    }
}
