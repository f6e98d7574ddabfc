//! A process as signals and `/proc` know it.

use super::FaultError;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;

/// A process, told apart from a later one with the same id by its start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id, as this process sees it.
    pub pid: i32,
    start_ticks: u64,
}

impl Process {
    /// The living process with this id, if there is one.
    pub fn find(pid: i32) -> Option<Process> {
        Some(Process { pid, start_ticks: start_ticks(pid)? })
    }

    /// Whether it still exists (a zombie does not).
    pub fn lives(self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }

    /// Sends a signal; a process that has gone is no error.
    ///
    /// # Errors
    /// When the signal is not permitted.
    pub fn signal(self, signal: Signal) -> Result<(), FaultError> {
        if !self.lives() {
            return Ok(());
        }
        match kill(Pid::from_raw(self.pid), signal) {
            Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
            Err(errno) => {
                Err(FaultError::system(format!("{signal} to process {}", self.pid), errno))
            }
        }
    }

    /// How many of its threads are stopped, and how many there are.
    pub fn stopped_threads(self) -> (usize, usize) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", self.pid)) else { return (0, 0) };
        let states: Vec<char> = tasks
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("stat")).ok())
            .filter_map(|stat| state(&stat))
            .collect();
        (states.iter().filter(|s| **s == 'T').count(), states.len())
    }

    /// Whether every thread of it is stopped.
    pub fn is_stopped(self) -> bool {
        let (stopped, all) = self.stopped_threads();
        all > 0 && stopped == all
    }
}

/// Field 3 of `/proc/PID/stat`: the first after the name, which may hold anything, `)` too.
fn state(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Field 22 of `/proc/PID/stat`; `None` for a process that is gone or a zombie (proc(5)).
fn start_ticks(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    (!matches!(fields.first(), Some(&"Z" | &"X"))).then_some(())?;
    fields.get(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_state() {
        assert_eq!(state("7 (a) b) T 1 7"), Some('T'));
        assert_eq!(state("nonsense"), None);
    }

    #[test]
    fn a_process_is_seen_running_stopped_and_gone() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::find(child.id() as i32).unwrap();
        assert!(process.lives());
        assert!(!process.is_stopped());
        process.signal(Signal::SIGSTOP).unwrap();
        while !process.is_stopped() {
            std::thread::yield_now();
        }
        assert_eq!(process.stopped_threads(), (1, 1));
        process.signal(Signal::SIGKILL).unwrap();
        child.wait().unwrap();
        assert!(!process.lives());
        assert!(!process.is_stopped());
        process.signal(Signal::SIGCONT).unwrap();
    }

    #[test]
    fn another_process_with_the_same_id_is_not_taken_for_it() {
        let own = Process::find(std::process::id() as i32).unwrap();
        assert!(!Process { start_ticks: own.start_ticks + 1, ..own }.lives());
    }
}
