//! [`Process`]: a process as `/proc` shows it.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::{fs, io};

/// A process, distinguished from a later one with the same id by its start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// As this process sees it.
    pub pid: i32,
    /// When it was started: clock ticks since boot.
    pub start_ticks: u64,
}

/// Whether something lives. What cannot be read is neither alive nor dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness<T> {
    /// It lives, and this is known of it.
    Alive(T),
    /// It does not live.
    Dead,
    /// Its state cannot be read.
    Unknown,
}

impl<T> Liveness<T> {
    /// What is known of it, if it certainly lives.
    pub fn alive(self) -> Option<T> {
        match self {
            Liveness::Alive(it) => Some(it),
            Liveness::Dead | Liveness::Unknown => None,
        }
    }

    /// With something else that is known of it.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Liveness<U> {
        match self {
            Liveness::Alive(it) => Liveness::Alive(of(it)),
            Liveness::Dead => Liveness::Dead,
            Liveness::Unknown => Liveness::Unknown,
        }
    }
}

impl From<Vec<i32>> for Liveness<Vec<i32>> {
    /// Who has no process is dead.
    fn from(pids: Vec<i32>) -> Self {
        if pids.is_empty() { Liveness::Dead } else { Liveness::Alive(pids) }
    }
}

impl Process {
    /// The process with this id. A zombie is dead.
    pub fn look_for(pid: i32) -> Liveness<Process> {
        stat(pid).map(|(_, start_ticks)| Process { pid, start_ticks })
    }

    /// The process with this id, if it certainly lives.
    pub fn find(pid: i32) -> Option<Process> {
        Process::look_for(pid).alive()
    }

    /// Whether it lives, and the state of its first thread, of `proc(5)`. Signals stop and wake all
    /// threads of a process together, so `T` says that it is stopped.
    pub fn look(self) -> Liveness<char> {
        match stat(self.pid) {
            Liveness::Alive((_, other)) if other != self.start_ticks => Liveness::Dead,
            found => found.map(|(state, _)| state),
        }
    }

    /// Whether it certainly lives.
    pub fn lives(self) -> bool {
        self.state().is_some()
    }

    /// Whether it is certainly dead.
    pub fn is_dead(self) -> bool {
        self.look() == Liveness::Dead
    }

    /// Its state, if it certainly lives.
    pub fn state(self) -> Option<char> {
        self.look().alive()
    }

    /// How many threads it has, if every one of them is in this state (`T` is stopped, `D` frozen).
    /// Stops at the first that is not, so it can be called often.
    pub fn all_in(self, state: char) -> Option<usize> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid)).ok()?;
        let mut threads = 0;
        for task in tasks.flatten() {
            // A thread that has ended meanwhile has no state.
            let Ok(stat) = fs::read_to_string(task.path().join("stat")) else { continue };
            if state_of(&stat)? != state {
                return None;
            }
            threads += 1;
        }
        (threads > 0).then_some(threads)
    }

    /// Whether all its threads are in this state.
    pub fn is_all_in(self, state: char) -> bool {
        self.all_in(state).is_some()
    }
}

/// A process's id in its innermost PID namespace; `None` if it is gone.
pub(super) fn innermost_pid(pid: i32) -> Option<i32> {
    last_ns_pid(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// `NSpid` of `/proc/PID/status` has its ids from the outermost to the innermost namespace.
fn last_ns_pid(status: &str) -> Option<i32> {
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    numbers.split_whitespace().next_back()?.parse().ok()
}

/// Field 3 of `/proc/PID/stat`: the first after the name, which may contain anything, `)` too.
fn state_of(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

/// State and start of a process, fields 3 and 22 of `/proc/PID/stat`.
fn stat(pid: i32) -> Liveness<(char, u64)> {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => parsed(&stat),
        // Where `/proc` hides the processes of others, a signal tells.
        Err(e) if is_gone(&e) && kill(Pid::from_raw(pid), None) != Err(Errno::EPERM) => {
            Liveness::Dead
        }
        Err(_) => Liveness::Unknown,
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

fn parsed(stat: &str) -> Liveness<(char, u64)> {
    let start_ticks = || stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok();
    match state_of(stat).zip(start_ticks()) {
        Some(('Z' | 'X', _)) => Liveness::Dead,
        Some(found) => Liveness::Alive(found),
        None => Liveness::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use std::process::Command;

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_state() {
        assert_eq!(state_of("7 (a) b) T 1 7"), Some('T'));
        assert_eq!(state_of("nonsense"), None);
    }

    #[test]
    fn what_cannot_be_read_is_neither_alive_nor_dead() {
        let stat = |state| format!("7 (a) b) {state}{} 99 0", " 1".repeat(18));
        assert_eq!(parsed(&stat('T')), Liveness::Alive(('T', 99)));
        assert_eq!(parsed(&stat('Z')), Liveness::Dead);
        assert_eq!(parsed("7 (a"), Liveness::Unknown);
        assert!(is_gone(&io::Error::from_raw_os_error(libc::ESRCH)));
        assert!(!is_gone(&io::Error::from_raw_os_error(libc::EMFILE)));
        assert_eq!(Process::look_for(i32::MAX), Liveness::Dead);
    }

    #[test]
    fn the_innermost_number_is_the_last_one() {
        assert_eq!(last_ns_pid("Pid:\t1234\nNSpid:\t1234\t57\t3\nNSsid:\t1\t1\t1\n"), Some(3));
        assert_eq!(last_ns_pid("Pid:\t1234\nNSpid:\t1234\n"), Some(1234));
        assert_eq!(last_ns_pid("Pid:\t1234\n"), None);
        assert!(innermost_pid(std::process::id() as i32).is_some());
    }

    #[test]
    fn a_process_is_seen_running_stopped_and_gone() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::find(child.id() as i32).unwrap();
        assert!(process.lives() && !process.is_all_in('T'));
        kill(Pid::from_raw(process.pid), Signal::SIGSTOP).unwrap();
        while !process.is_all_in('T') {
            std::thread::yield_now();
        }
        assert_eq!(process.all_in('T'), Some(1));
        assert_eq!(process.state(), Some('T'));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(process.is_dead() && !process.lives() && !process.is_all_in('T'));
    }

    #[test]
    fn another_process_with_the_same_id_is_not_taken_for_it() {
        let own = Process::find(std::process::id() as i32).unwrap();
        assert!(Process { start_ticks: own.start_ticks + 1, ..own }.is_dead());
    }
}
