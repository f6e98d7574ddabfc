//! [`Spawner`]: the one thread that forks. It stays in its children's PID namespace, if there is
//! one, for as long as anybody can spawn: their death signal is tied to it.

use super::namespace::confine;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;
use std::fs::File;
use std::io;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Starts processes that die with the tool. They are ordinary children of the tool; any thread may
/// wait for them.
#[derive(Clone, Debug)]
pub(in crate::runtime) struct Spawner {
    jobs: Sender<Job>,
}

struct Job {
    command: Command,
    netns: Option<Arc<File>>,
    reply: Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread, for children in this PID namespace or in the caller's own.
    pub(in crate::runtime) fn start(pid_namespace: Option<File>) -> io::Result<Spawner> {
        let (jobs, queue) = channel();
        let (ready, entered) = channel();
        // In another namespace a child does not see its parent, and need not: its init takes it
        // along.
        let parent = pid_namespace.is_none().then(Pid::this);
        std::thread::Builder::new().name("spawner".to_owned()).spawn(move || {
            let enter = |namespace: &File| setns(namespace, CloneFlags::CLONE_NEWPID);
            let inside = pid_namespace.as_ref().map_or(Ok(()), enter);
            let go_on = inside.is_ok();
            // The send fails only if the starter is gone, and then there is nothing to do.
            if ready.send(inside).is_ok() && go_on {
                work(&queue, parent);
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
    pub(in crate::runtime) fn spawn(
        &self,
        command: Command,
        netns: Option<&Arc<File>>,
    ) -> io::Result<Child> {
        let (reply, answer) = channel();
        let job = Job { command, netns: netns.map(Arc::clone), reply };
        self.jobs.send(job).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

fn work(queue: &Receiver<Job>, parent: Option<Pid>) {
    for Job { mut command, netns, reply } in queue {
        confine(&mut command, netns, parent);
        let spawned = command.spawn().map_err(|e| match e.raw_os_error() {
            // fork's error in a PID namespace whose init has ended.
            Some(libc::ENOMEM) => io::Error::new(
                e.kind(),
                format!("{e}, or the init of the PID namespace was killed"),
            ),
            _ => e,
        });
        if let Err(unheard) = reply.send(spawned)
            && let Ok(mut child) = unheard.0
        {
            // Nobody would ever reap it. It has not been seen, so its end cannot fail either.
            drop(child.kill().and_then(|()| child.wait()));
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the thread that starts processes has ended")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Process;
    use nix::sys::signal::{Signal, kill};
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::process::CommandExt;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    const AS_TOOL: &str = "CHAOS_TEST_SPAWNER";

    /// Not a test by itself: the next one runs it as the tool that is killed.
    #[test]
    fn a_tool_that_stops_its_child() {
        if std::env::var_os(AS_TOOL).is_none() {
            return;
        }
        let spawner = Spawner::start(None).unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        // As from a fault: its thread ends, and the child stays.
        let asked = std::thread::spawn(move || (spawner.spawn(command, None).unwrap(), spawner));
        let (child, _spawner) = asked.join().unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        kill(pid, Signal::SIGSTOP).unwrap();
        while !Process::find(pid.as_raw()).unwrap().is_all_in('T') {
            std::thread::yield_now();
        }
        writeln!(std::io::stdout(), "\nchild {pid}").unwrap();
        std::thread::sleep(Duration::from_secs(600));
    }

    #[test]
    fn a_stopped_child_dies_with_a_killed_tool() {
        let test = "runtime::local::spawner::tests::a_tool_that_stops_its_child";
        let mut tool = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(AS_TOOL, "1")
            .process_group(0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(tool.stdout.take().unwrap()).lines().map(Result::unwrap);
        let pid = lines.find_map(|l| l.strip_prefix("child ")?.parse().ok()).unwrap();
        let child = Process::find(pid).unwrap();
        assert!(child.is_all_in('T'));
        // Out of reach of the terminal's signals.
        let own = nix::unistd::getsid(None).unwrap();
        assert_ne!(nix::unistd::getsid(Some(Pid::from_raw(pid))).unwrap(), own);
        tool.kill().unwrap();
        tool.wait().unwrap();
        let begun = Instant::now();
        while child.lives() {
            assert!(begun.elapsed() < Duration::from_secs(10), "process {pid} outlives the tool");
            std::thread::yield_now();
        }
    }
}
