//! [`Spawner`]: the one thread that forks. It sits in the PID namespace for its children, for as
//! long as anybody can spawn: their death signal is tied to it.

use super::namespace::confine;
use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::io;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Starts processes in the tool's PID namespace. They are children of the tool as any other, and
/// may be waited for from any thread.
#[derive(Clone, Debug)]
pub(super) struct Spawner {
    jobs: Sender<Job>,
}

struct Job {
    command: Command,
    netns: Option<Arc<File>>,
    reply: Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread.
    pub(super) fn start(pid_namespace: File) -> io::Result<Spawner> {
        let (jobs, queue) = channel();
        let (ready, entered) = channel();
        std::thread::Builder::new().name("spawner".to_owned()).spawn(move || {
            let inside = setns(&pid_namespace, CloneFlags::CLONE_NEWPID);
            let go_on = inside.is_ok();
            // Nobody listens only if the starter is gone, and then there is nothing to do.
            if ready.send(inside).is_ok() && go_on {
                work(&queue);
            }
        })?;
        match entered.recv() {
            Ok(inside) => inside?,
            Err(_) => return Err(gone()),
        }
        Ok(Spawner { jobs })
    }

    /// Starts a command in a network namespace, or on the host's network. It is killed when the
    /// tool ends.
    pub(super) fn spawn(&self, command: Command, netns: Option<&Arc<File>>) -> io::Result<Child> {
        let (reply, answer) = channel();
        let job = Job { command, netns: netns.map(Arc::clone), reply };
        self.jobs.send(job).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

fn work(queue: &Receiver<Job>) {
    for Job { mut command, netns, reply } in queue {
        confine(&mut command, netns);
        let spawned = command.spawn().map_err(|e| match e.raw_os_error() {
            // What fork says in a PID namespace whose init has ended.
            Some(libc::ENOMEM) => io::Error::new(
                e.kind(),
                format!("{e}, or the init of the PID namespace was killed"),
            ),
            _ => e,
        });
        if let Err(unheard) = reply.send(spawned)
            && let Ok(mut child) = unheard.0
        {
            // Nobody would ever wait for it. It has not been seen, so its end cannot fail either.
            drop(child.kill().and_then(|()| child.wait()));
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the thread that starts processes has ended")
}
